"""Walks made less steady by a known amount, and what the steadiness detector says of them.

Each walk of 90 s or more is cut in two: one part teaches the detector what is normal, the other 50 s are scored, in
both orders. Step-time jitter is added to the scored part. Two readings of "times the person's own spread" are given:
*as counted* takes the robust deviation of the step times that the clip itself counts (what published figures do);
*as it is* takes the spread that matching the waves gives: smaller, so that the same factor is harder to find.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sternway.detect.stability import StabilityDetector, StabilitySettings
from sternway.evaluate.jitter import jittered
from sternway.evaluate.trial import Dataset, Trial, TrialFile
from sternway.motion.mounting import Mounting, MountingEstimator
from sternway.motion.regularity import pool
from sternway.motion.straight import STRETCH_S, DatedStretch, StraightWalking
from sternway.motion.trunk_tracker import TrunkTracker
from sternway.samples import Block, Floats

FACTORS = (1.0, 1.2, 1.4, 1.8, 2.5)
READINGS = ("as_counted", "as_it_is")
TEST_S, LEAST_S, REST_S = 50.0, 90.0, 1e4
WITHIN_S = 60.0
"""A cue counts within a minute; 50 s of a walk last that long at most once jitter has stretched its steps."""

CUES = ("raised", "high")

Stretches = list[DatedStretch]


@dataclass(frozen=True, slots=True)
class Run:
    """One scored minute: whose, the jitter factor, whether and when a cue came, and the highest score reached."""

    subject: str
    reading: str
    factor: float
    found_after_s: float | None
    score: float


@dataclass(frozen=True, slots=True)
class Walk:
    """One walk: its stretches as they are, and with jitter added (by reading and factor)."""

    subject: str
    activity: str
    stretches: tuple[DatedStretch, ...]
    jittered: Mapping[tuple[str, float], tuple[DatedStretch, ...]]


@dataclass(frozen=True, slots=True)
class Pace:
    """A walk judged by the normal of another walk, at another pace, of the same person."""

    subject: str
    activity: str
    cued: bool

    @property
    def words(self) -> str:
        """Return who and what."""
        return f"{self.subject} {self.activity}"


def measure_walk(reader: Dataset, file: TrialFile) -> Walk | None:
    """Measure one file; ``None`` where it is no long walk, or no mounting or normal can be learned from it."""
    trial = reader.read(file)
    if trial.duration_s < LEAST_S:
        return None
    mounting = _mounting(trial)
    if mounting is None:
        return None
    rng = np.random.default_rng(int.from_bytes(hashlib.sha256(trial.name.encode()).digest()[:4], "big"))
    stretches, contacts_s = track(trial.block(), mounting)
    if not stretches:
        return None
    quality = pool([dated.measured for dated in stretches])
    spreads_s = dict(zip(READINGS, (counted_spread_s(contacts_s), quality.step_time_spread_s), strict=True))
    jittered_stretches = {}
    for reading, spread_s in spreads_s.items():
        for factor in FACTORS[1:]:
            block = jittered(trial.block(), contacts_s, spread_s * float(np.sqrt(factor**2 - 1.0)), 0.0, rng)
            jittered_stretches[reading, factor] = tuple(track(block, mounting)[0])
    return Walk(trial.subject, trial.activity.code, tuple(stretches), jittered_stretches)


def runs_of(walks: Iterable[Walk], settings: StabilitySettings | None = None) -> list[Run]:
    """Return the scored minutes of these walks."""
    runs: list[Run] = []
    for walk in walks:
        runs += _runs(walk, walk.stretches, "as_counted", 1.0, settings)
        for (reading, factor), stretches in walk.jittered.items():
            runs += _runs(walk, stretches, reading, factor, settings)
    return runs


def track(block: Block, mounting: Mounting) -> tuple[Stretches, list[float]]:
    """Return the measured stretches of straight walking in ``block``, and the times of all its steps."""
    trunks = TrunkTracker(mounting=mounting).update(block)
    straight = StraightWalking()
    stretches = [dated for trunk in trunks for dated in straight.update(trunk)]
    return stretches, [step.time_s for trunk in trunks for step in trunk.steps]


def counted_spread_s(contacts_s: Sequence[float] | Floats) -> float:
    """Return 1.4826 times the median absolute deviation of step times, without missed and doubled steps.

    >>> round(counted_spread_s([0.0, 0.5, 1.01, 1.51, 2.0, 3.0]), 4)
    0.0074
    """
    steps_s = np.diff(np.asarray(contacts_s))
    median_s = float(np.median(steps_s))
    fair_s = steps_s[(steps_s > 0.6 * median_s) & (steps_s < 1.5 * median_s)]
    return 1.4826 * float(np.median(np.abs(fair_s - np.median(fair_s))))


def listen(detector: StabilityDetector, stretches: Iterable[DatedStretch]) -> tuple[list[float], float]:
    """Return when cues came, and the highest score."""
    cues_s, highest = [], 0.0
    for dated in stretches:
        cues_s += [event.decided_at_s for event in detector.compare(dated) if event.level in CUES]
        highest = max(highest, detector.score)
    return cues_s, highest


def other_pace(walks: Sequence[Walk], settings: StabilitySettings | None = None) -> list[Pace]:
    """Let each person's other walks be judged by the normal of their first: another pace is not unsteadiness."""
    by_person: dict[str, list[Walk]] = {}
    for walk in walks:
        by_person.setdefault(walk.subject, []).append(walk)
    paces = []
    for subject, own in by_person.items():
        first, *others = sorted(own, key=lambda walk: walk.activity)
        for other in others:
            detector = StabilityDetector(settings)
            listen(detector, first.stretches)
            cues_s, _ = listen(detector, later(other.stretches))
            paces.append(Pace(subject, other.activity, bool(cues_s)))
    return paces


def _mounting(trial: Trial) -> Mounting | None:
    """Return how the sensor sits, as the mounting step finds it in this walk."""
    tracker, estimator = TrunkTracker(), MountingEstimator()
    found = [estimator.update(trunk) for trunk in tracker.update(trial.block())]
    return next((mounting for mounting in reversed(found) if mounting), None)


def _runs(
    walk: Walk, scored: Sequence[DatedStretch], reading: str, factor: float, settings: StabilitySettings | None
) -> Iterable[Run]:
    """Yield one run that learns first and one that learns from what comes after."""
    own = walk.stretches
    split_s = own[-1].end_s - TEST_S
    first_s = own[0].end_s - STRETCH_S
    later_s = first_s + TEST_S
    orders = (
        ([d for d in own if d.end_s <= split_s], [d for d in scored if d.end_s - STRETCH_S > split_s], split_s),
        ([d for d in own if d.end_s - STRETCH_S > later_s], [d for d in scored if d.end_s <= later_s], first_s),
    )
    for learned, tested, start_s in orders:
        detector = StabilityDetector(settings)
        listen(detector, learned)
        if detector.learning or not tested:
            continue
        cues_s, highest = listen(detector, later(tested))
        after_s = [cue_s - REST_S - start_s for cue_s in cues_s]
        found = min((s for s in after_s if s <= WITHIN_S), default=None)
        yield Run(walk.subject, reading, factor, found, highest)


def later(stretches: Iterable[DatedStretch]) -> Stretches:
    """Return the same stretches of a walk some hours later, so that nothing of the first hangs on."""
    return [replace(d, end_s=d.end_s + REST_S, decided_at_s=d.decided_at_s + REST_S) for d in stretches]
