"""A stumble: the trunk is jolted, thrown aside and tipped far beyond what this person's walking does."""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sternway.detect.jolt import CHANNELS, JoltTracker
from sternway.detect.usual import BriskWalk, PaceLevel
from sternway.events import Event, Kind
from sternway.motion.resample import RATE_HZ
from sternway.motion.trunk import TrunkMotion
from sternway.samples import GRAVITY_MPS2

BRISK_WALK = {"jerk": 52.0, "horizontal": 3.9, "tilt_rate": 0.6}
"""Everybody's start: 0.7 of the level that one in four exceeds when told to walk quickly (SisFall D02, 18 people)."""

_FLOOR = {"jerk": 0.1, "horizontal": 0.1, "tilt_rate": 0.01}
"""Below these, sensor noise: a logarithm needs something to hold on to."""


@dataclass(frozen=True, slots=True)
class StumbleSettings:
    """What is a stumble.

    ``weights`` are the shares of the three ratios: a logistic regression on SisFall walking, stairs and stumbles and
    on HAPT walking, weights held positive, scaled to a sum of one. ``threshold``: the weighted geometric mean of the
    ratios, the lowest at which five-fold cross-validation by subject hears nothing in any walking. ``peak_s`` is how
    long a peak counts; ``refractory_s``: a stumble and its recovery steps are one event. ``settle_s``: the sensor
    rests this long after our own motor before the same stumble may be heard again.
    """

    weights: tuple[float, float, float] = (0.59, 0.23, 0.18)
    threshold: float = 2.72
    peak_s: float = 0.25
    refractory_s: float = 3.0
    settle_s: float = 0.3


class StumbleDetector:
    """Compares the newest quarter second with what is usual for this person at this pace.

    Each of jerk, horizontal acceleration and tilt rate is divided by its own level: that of the last seconds, or of
    this person's brisk walk where that is larger, so that setting off is not a stumble. Ratios to oneself carry over
    to other people, devices and places on the belt where thresholds in m/s2 do not (Weiss et al. 2010 first used
    peak-to-peak ratios for missteps). ``baseline`` is what :attr:`baseline` gave in an earlier walk.
    """

    def __init__(self, settings: StumbleSettings | None = None, baseline: Mapping[str, Any] | None = None) -> None:
        self._settings = settings or StumbleSettings()
        self._least = math.log(self._settings.threshold)
        self._brisk = BriskWalk(BRISK_WALK, baseline)
        self._jolts = JoltTracker()
        self._quiet_until_s = -math.inf
        self.reset()

    def reset(self) -> None:
        """Forget all motion, but not the person, nor when the last alarm was."""
        self._jolts.reset()
        self._restart()

    def forget(self) -> None:
        """Forget the person."""
        self._brisk.forget()

    @property
    def baseline(self) -> dict[str, Any]:
        """Return what was learned about the person, as plain data."""
        return self._brisk.plain

    def update(self, trunk: TrunkMotion) -> list[Event]:
        """Return a stumble at the sample at which the jolt passes the threshold."""
        if trunk.after_gap:
            self._restart()
        rows = zip(
            trunk.time_s.tolist(),
            self._jolts.update(trunk),
            trunk.accel_norm_mps2.tolist(),
            trunk.walking.tolist(),
            trunk.motor_on.tolist(),
            strict=True,
        )
        found = [self._see(*row) for row in rows]
        return [event for event in found if event is not None]

    def _restart(self) -> None:
        self._paces = tuple(PaceLevel() for _ in CHANNELS)
        self._peaks = tuple(deque([0.0], maxlen=round(self._settings.peak_s * RATE_HZ)) for _ in CHANNELS)
        self._norms: deque[float] = deque(maxlen=round(self._settings.peak_s * RATE_HZ))
        self._rising_s: float | None = None

    def _see(
        self, time_s: float, jolt: tuple[float, float, float], norm_mps2: float, walking: bool, motor_on: bool
    ) -> Event | None:
        self._norms.append(norm_mps2)
        for peak, value in zip(self._peaks, jolt, strict=True):
            peak.append(value)
        own = {name: pace.push(value) for name, pace, value in zip(CHANNELS, self._paces, jolt, strict=True)}
        brisk = self._brisk.levels
        usual = [max(own[name], brisk[name], _FLOOR[name]) for name in CHANNELS]
        ratios = [max(peak) / level for peak, level in zip(self._peaks, usual, strict=True)]
        score = sum(w * math.log(max(r, 1e-3)) for w, r in zip(self._settings.weights, ratios, strict=True))
        self._follow_rise(time_s, score)
        held = time_s < self._quiet_until_s
        if held and motor_on:
            self._quiet_until_s = max(self._quiet_until_s, time_s + self._settings.settle_s)
        if walking and not held and score < 0.5 * self._least:
            self._brisk.walk(own)
        if held or score < self._least:
            return None
        self._quiet_until_s = time_s + self._settings.refractory_s
        return self._event(time_s, score, ratios)

    def _follow_rise(self, time_s: float, score: float) -> None:
        """Remember where the present excess began: that is when the stumble happened."""
        if score < 0.5 * self._least:
            self._rising_s = None
        elif self._rising_s is None:
            self._rising_s = time_s

    def _event(self, time_s: float, score: float, ratios: list[float]) -> Event:
        evidence = {f"{name}_ratio": ratio for name, ratio in zip(CHANNELS, ratios, strict=True)}
        evidence |= {"times_usual": math.exp(score), "peak_g": max(self._norms) / GRAVITY_MPS2}
        severity = min(1.0, 0.4 + 0.3 * (score - self._least) / self._least)
        began_s = time_s if self._rising_s is None else max(self._rising_s, time_s - 0.5)
        return Event(Kind.STUMBLE, began_s, time_s, severity, evidence)
