"""Compares the steadiness of walking with the person's own baseline, and finds fatigue within one walk."""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sternway.detect.baseline import MEASURES, Baseline, BaselineComparison, BaselineSettings, baseline_from_plain
from sternway.events import Event, Kind
from sternway.motion.regularity import GaitQuality, pool
from sternway.motion.straight import DatedStretch, StraightSettings, StraightWalking
from sternway.motion.trunk import TrunkMotion

STEADY, RAISED, HIGH, UNKNOWN = "steady", "raised", "high", "unknown"
_EPOCH_STRETCHES = 2
_STRETCH_WEIGHT = 1.0 / _EPOCH_STRETCHES


@dataclass(frozen=True, slots=True)
class StabilitySettings:
    """When walking counts as less steady than usual.

    An epoch is two stretches of 5 s at most ``epoch_span_s`` apart. ``learning_epochs`` of them make a first normal;
    later ones join it ``trust_after_s`` later, if the walker is still steady then. Scores are smoothed by
    ``smoothing`` a stretch. ``raised`` and ``high`` are the scores that cue, ``steady`` the one that ends it, set for
    at most one false cue in 30 minutes of walking; ``sway_margin`` and ``low_margin`` are added for the sway axis
    and for walking that is unusually regular. ``stale_s`` after the last epoch steadiness is unknown again.
    ``fatigue`` is how much less steady (in usual spreads) the last minutes must be than the first two of this walk;
    a rest of ``rest_s`` begins another walk.
    """

    straight: StraightSettings = StraightSettings()
    baseline: BaselineSettings = BaselineSettings()
    epoch_span_s: float = 60.0
    learning_epochs: float = 3.0
    trust_after_s: float = 60.0
    smoothing: float = 0.4
    raised: float = 2.3
    high: float = 3.7
    steady: float = 1.25
    sway_margin: float = 0.6
    low_margin: float = 0.6
    stale_s: float = 60.0
    fatigue: float = 1.3
    fatigue_smoothing: float = 0.03
    fatigue_reference_count: int = 24
    rest_s: float = 600.0


# The three measures of an axis agree only in part, so that their mean varies less than each (18 people, SisFall).
_AXIS_SPREAD = {"timing": 0.87, "sway": 0.54}
# One measure alone may not carry an axis: timing has three that agree, while sway may show in one only.
_Z_LIMIT = {"timing": 5.0, "sway": 8.0}


class StabilityDetector:
    """Compares straight walking with the person's own normal; gives STABILITY on a change of level and FATIGUE.

    Two axes: *timing* (step-time spread, step and stride regularity) and *sway* (sideways share, trunk sway, harmonic
    ratio). Each is the weighted mean of its measures' z-scores, smoothed, and divided by all that is not known: the
    scatter that smoothing leaves, the few epochs behind the normal, how walks differ, and how far today's cadence is
    from the usual one.
    ``variation`` is flat, treadmill or uphill and may be set at any time.
    """

    def __init__(self, settings: StabilitySettings | None = None, baselines: Mapping[str, Any] | None = None) -> None:
        self._settings = settings or StabilitySettings()
        self._baselines: dict[str, Baseline] = {}
        for key, plain in (baselines or {}).items():
            self._baselines[key] = baseline_from_plain(plain, self._settings.baseline)
        self.variation = "flat"
        self._straight = StraightWalking(self._settings.straight)
        self._time_s = -math.inf
        self.reset()

    def reset(self) -> None:
        """Forget all motion and today's level, but not what is normal for this person."""
        self._straight.reset()
        self._level = UNKNOWN
        self._key = ""
        self._last_epoch_s = -math.inf
        self._drift: dict[str, _FatigueDrift] = {}
        self._restart("")

    def forget(self) -> None:
        """Forget the person as well."""
        self._baselines.clear()
        self.reset()

    @property
    def level(self) -> str:
        """Return steady, raised, high or unknown."""
        return self._level

    @property
    def score(self) -> float:
        """Return the largest deviation from the baseline in standard errors, less its margin."""
        return self._max_score()

    @property
    def learning(self) -> bool:
        """Return whether the normal is too young for the way the wearer walks now, backward before the first step."""
        baseline = self._baselines.get(self._key or f"backward/{self.variation}")
        return baseline is None or baseline.epochs < self._settings.learning_epochs

    @property
    def baselines(self) -> dict[str, Any]:
        """Return every normal as plain data, with the epochs of 10 s behind it; hand it to the next detector."""
        return {key: baseline.to_plain() for key, baseline in self._baselines.items()}

    def update(self, trunk: TrunkMotion) -> list[Event]:
        """Return changes of level, and fatigue."""
        events: list[Event] = []
        for stretch in self._straight.update(trunk):
            events += self._expire(stretch.decided_at_s)
            events += self.compare(stretch)
        if len(trunk):
            self._time_s = trunk.samples[-1].time_s
            events += self._expire(self._time_s)
        return events

    def _restart(self, key: str) -> None:
        """Start comparing with another normal."""
        self._key = key
        self._stretches: deque[DatedStretch] = deque(maxlen=_EPOCH_STRETCHES)
        self._scores = {"timing": _SmoothedScore(), "sway": _SmoothedScore()}
        self._pending: deque[tuple[float, GaitQuality]] = deque()

    def _expire(self, now_s: float) -> list[Event]:
        since_s = self._last_epoch_s + self._settings.stale_s
        if self._level == UNKNOWN or now_s < since_s:
            return []
        return self._change_level(UNKNOWN, since_s, since_s, 0.0, {})

    def compare(self, stretch: DatedStretch) -> list[Event]:
        """Compare one measured stretch with the normal; :meth:`update` does this with each that it finds."""
        key = f"{stretch.direction.word}/{self.variation}"
        if key != self._key:
            self._restart(key)
        if self._stretches and stretch.end_s - self._stretches[-1].end_s > self._settings.epoch_span_s:
            self._restart(key)
        self._stretches.append(stretch)
        if len(self._stretches) < _EPOCH_STRETCHES:
            return []
        quality = pool([dated.measured for dated in self._stretches])
        return self._score_epoch(quality, stretch)

    def _score_epoch(self, quality: GaitQuality, stretch: DatedStretch) -> list[Event]:
        baseline = self._baselines.setdefault(self._key, Baseline(self._settings.baseline))
        if baseline.epochs < self._settings.learning_epochs:
            baseline.learn(quality, _STRETCH_WEIGHT)
            return []
        self._last_epoch_s = stretch.end_s
        comparison = baseline.compare(quality)
        for axis, score in self._scores.items():
            score.add(*_axis(comparison, axis), self._settings.smoothing)
        events = self._update_level(stretch, comparison, quality)
        self._learn_after_delay(baseline, quality, stretch.end_s)
        return events + self._watch_fatigue(stretch)

    def _learn_after_delay(self, baseline: Baseline, quality: GaitQuality, time_s: float) -> None:
        """Let steady walking join the normal after a while; what is unsteady must not become it."""
        if self._level != STEADY:
            self._pending.clear()
            return
        self._pending.append((time_s, quality))
        while self._pending[0][0] + self._settings.trust_after_s < time_s:
            baseline.learn(self._pending.popleft()[1], _STRETCH_WEIGHT)

    def _update_level(
        self, stretch: DatedStretch, comparison: BaselineComparison, quality: GaitQuality
    ) -> list[Event]:
        severity = self.score
        level = self._next_level(severity)
        if level == self._level:
            return []
        evidence = {f"{name}_z": z for name, z in comparison.z.items()}
        evidence |= {"score": severity, "cadence_spm": quality.cadence_spm}
        evidence["baseline_s"] = 10.0 * self._baselines[self._key].epochs
        share = 0.0 if level == STEADY else min(1.0, severity / (2.0 * self._settings.high))
        return self._change_level(level, stretch.end_s, stretch.decided_at_s, share, evidence)

    def _max_score(self) -> float:
        """Return the largest score of both axes and both sides, each less the margin it needs."""
        settings = self._settings
        timing, sway = self._scores["timing"].value(), self._scores["sway"].value()
        return max(
            timing,
            sway - settings.sway_margin,
            -timing - settings.low_margin,
            -sway - settings.sway_margin - settings.low_margin,
        )

    def _next_level(self, score: float) -> str:
        """Return the level for ``score``, which must fall well below a threshold to undo it."""
        settings = self._settings
        if score >= settings.high:
            return HIGH
        if score >= settings.raised:
            return HIGH if self._level == HIGH and score >= 0.5 * (settings.raised + settings.high) else RAISED
        return STEADY if score < settings.steady or self._level in (STEADY, UNKNOWN) else RAISED

    def _change_level(
        self, level: str, time_s: float, decided_at_s: float, severity: float, evidence: dict[str, float]
    ) -> list[Event]:
        self._level = level
        return [Event(Kind.STABILITY, time_s, decided_at_s, severity, evidence, level=level)]

    def _watch_fatigue(self, stretch: DatedStretch) -> list[Event]:
        """Compare the last minutes with this walk's first ones, for each direction apart."""
        drift = self._drift.get(self._key)
        if drift is None or stretch.end_s - drift.last_s > self._settings.rest_s:
            drift = self._drift[self._key] = _FatigueDrift()
        increase = drift.add(self._scores["timing"].last, stretch.end_s, self._settings)
        if increase is None or drift.reported:
            return []
        drift.reported = True
        evidence = {"drift": increase, "walked_s": stretch.end_s - drift.first_s}
        severity = min(1.0, increase / (3.0 * self._settings.fatigue))
        return [Event(Kind.FATIGUE, stretch.end_s, stretch.decided_at_s, severity, evidence)]


@dataclass(slots=True)
class _SmoothedScore:
    """One axis, smoothed from zero: a walk begins as steady as usual."""

    mean: float = 0.0
    standard_error: float = 0.0
    last: float = 0.0
    variance: float = 1.0

    def add(self, z: float, standard_error: float, smoothing: float) -> None:
        """Take the score of one epoch.

        Smoothing leaves smoothing / (2 - smoothing) of one epoch's variance, times 1 + (1 - smoothing) because each
        epoch shares half its steps with the next: together, smoothing.
        """
        self.last, self.standard_error = z, standard_error
        self.mean += smoothing * (z - self.mean)
        self.variance = smoothing

    def value(self) -> float:
        """Return the smoothed score divided by its standard error."""
        return self.mean / math.sqrt(self.variance + self.standard_error * self.standard_error)


@dataclass(slots=True)
class _FatigueDrift:
    """The mean score of a walk's first minutes, and a slow one of the last."""

    first_s: float = 0.0
    last_s: float = 0.0
    count: int = 0
    reference: float = 0.0
    slow: float = 0.0
    reported: bool = False

    def add(self, z: float, time_s: float, settings: StabilitySettings) -> float | None:
        """Return how much less steady the last minutes are, in spreads, where that is enough to say so."""
        if not self.count:
            self.first_s = time_s
        self.last_s = time_s
        self.count += 1
        if self.count <= settings.fatigue_reference_count:
            self.reference += (z - self.reference) / self.count
            self.slow = self.reference
            return None
        self.slow += settings.fatigue_smoothing * (z - self.slow)
        increase = self.slow - self.reference
        return increase if increase > settings.fatigue else None


def _axis(comparison: BaselineComparison, axis: str) -> tuple[float, float]:
    """Return the score of one axis and its standing doubt, in spreads of that score."""
    measures, limit = [measure for measure in MEASURES if measure.axis == axis], _Z_LIMIT[axis]
    z = sum(measure.weight * max(-limit, min(limit, comparison.z[measure.name])) for measure in measures)
    standard_error = sum(measure.weight * comparison.standard_error[measure.name] for measure in measures)
    return z / _AXIS_SPREAD[axis], standard_error / _AXIS_SPREAD[axis]
