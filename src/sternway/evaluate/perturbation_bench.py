"""Where perturbations go in a walk, and what each of them was: every family, size and part of a walk in turn."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sternway.evaluate.perturbation import Shape, perturbed
from sternway.evaluate.perturbation_families import FAMILIES, LENGTH_S, drawn
from sternway.evaluate.trial import Trial
from sternway.evaluate.variation import seed_of
from sternway.motion.trunk import TrunkMotion
from sternway.motion.trunk_tracker import TrunkTracker, merge_steps
from sternway.samples import Floats

SIZES_G = (0.3, 0.5, 0.7, 1.0, 1.5, 2.0)
HEARD_S = 1.2
"""A stumble decided within this time of the perturbation's begin has been heard."""

PARTS = ("setting off", "turning", "stopping", "steady, at first", "steady")
"""Parts of a walk; *at first* is before 20 s of it are known."""

SPLIT_S = 1.5
"""Between two steps so far apart there was a pause."""

TURNING_RADPS = 0.8
"""The mean rate over half a second that is a turn: a U-turn takes one to three seconds."""


@dataclass(frozen=True, slots=True)
class Spacing:
    """When perturbations begin, all in seconds, and in which ``parts`` of a walk.

    Those in a steady walk come ``every_s``: long enough for walking to be itself again between two. The others come
    ``off_s`` after the first contact, in the middle of a turn, and ``stop_s`` before the last contact, at least
    ``apart_s`` from the one before. ``known_s`` of walking is what the second channel needs, with a margin.
    """

    every_s: float = 12.0
    apart_s: float = 6.0
    off_s: tuple[float, float] = (0.9, 2.4)
    stop_s: tuple[float, float] = (0.3, 1.5)
    known_s: float = 23.0
    parts: tuple[str, ...] = PARTS


@dataclass(frozen=True, slots=True)
class Probe:
    """One perturbation: when it begins, of which family, how hard, in which part of a walk.

    ``phase`` is the share of a step that had gone by since the last initial contact, ``None`` where no step is known.
    """

    begin_s: float
    family: str
    size_g: float
    part: str = "steady"
    phase: float | None = None


@dataclass(frozen=True, slots=True)
class Gait:
    """What our own step detector says of a walk: ``contacts_s`` (n,), bouts as (first, last contact), and turns."""

    contacts_s: Floats
    bouts_s: tuple[tuple[float, float], ...]
    turns_s: tuple[float, ...]


def gait_of(trial: Trial) -> Gait:
    """Return the steps, bouts and turns found in ``trial``."""
    trunks = [trunk for trunk in TrunkTracker().update(trial.block()) if len(trunk)]
    contacts_s = np.array([step.time_s for step in merge_steps(trunks)])
    edges = np.flatnonzero(np.diff(contacts_s) > SPLIT_S)
    pieces = np.split(contacts_s, edges + 1) if len(contacts_s) else []
    bouts_s = tuple((float(piece[0]), float(piece[-1])) for piece in pieces if len(piece) > 3)
    return Gait(contacts_s, bouts_s, tuple(time_s for trunk in trunks for time_s in _turns_s(trunk)))


def _turns_s(trunk: TrunkMotion) -> list[float]:
    """Return the middle of each turn of at least half a second."""
    smooth = np.convolve(trunk.yaw_rate_radps, np.full(50, 1.0 / 50.0), "same")
    edges = np.flatnonzero(np.diff(np.concatenate(([0], np.abs(smooth) > TURNING_RADPS, [0]))))
    times_s = trunk.time_s
    return [float(times_s[(start + end) // 2]) for start, end in edges.reshape(-1, 2).tolist() if end - start >= 50]


def plan_of(
    trial: Trial,
    gait: Gait,
    families: Sequence[str] = FAMILIES,
    spacing: Spacing | None = None,
    draw: int = 0,
) -> list[Probe]:
    """Return the perturbations of a walk: its own draw, of all pairs of family and size in turn."""
    spacing = spacing or Spacing()
    random = np.random.default_rng([seed_of(trial.name), draw])
    pairs = [(family, size_g) for family in families for size_g in SIZES_G]
    shuffled = itertools.cycle([pairs[at] for at in random.permutation(len(pairs))])
    probes: list[Probe] = []
    for begin_s, part in sorted(_places(gait, random, spacing)):
        free_s = probes[-1].begin_s + spacing.apart_s if probes else trial.time_s[0] + 2.0
        if part in spacing.parts and free_s <= begin_s < trial.time_s[-1] - LENGTH_S:
            family, size_g = next(shuffled)
            probes.append(Probe(begin_s, family, size_g, part, _phase(gait, begin_s)))
    return probes


def _places(gait: Gait, random: np.random.Generator, spacing: Spacing) -> list[tuple[float, str]]:
    """Return moments with the part of a walk that each is in."""
    places: list[tuple[float, str]] = []
    walked_s = 0.0
    for first_s, last_s in gait.bouts_s:
        places.append((first_s + random.uniform(*spacing.off_s), "setting off"))
        places.append((last_s - random.uniform(*spacing.stop_s), "stopping"))
        known_s = first_s + spacing.known_s - walked_s
        steady_s = np.arange(first_s + 4.0, last_s - 3.0, spacing.every_s) + random.uniform(0.0, 1.2)
        straight_s = [s for s in steady_s.tolist() if all(abs(s - turn_s) > 2.0 for turn_s in gait.turns_s)]
        places += [(begin_s, "steady" if begin_s > known_s else "steady, at first") for begin_s in straight_s]
        walked_s += last_s - first_s
    inside = [t for t in gait.turns_s if any(first_s + 2.0 < t < last_s - 1.5 for first_s, last_s in gait.bouts_s)]
    return places + [(turn_s + random.uniform(-0.5, 0.3), "turning") for turn_s in inside]


def _phase(gait: Gait, time_s: float) -> float | None:
    after = int(np.searchsorted(gait.contacts_s, time_s))
    if after in (0, len(gait.contacts_s)):
        return None
    before_s, next_s = gait.contacts_s[after - 1 : after + 1].tolist()
    return float((time_s - before_s) / (next_s - before_s)) if next_s - before_s < SPLIT_S else None


def with_probes(trial: Trial, probes: Sequence[Probe], cut: Sequence[Shape], draw: int = 0) -> Trial:
    """Return ``trial`` with these perturbations in it; ``cut`` are the real shapes that may be scaled."""
    random = np.random.default_rng([seed_of(trial.name), draw, 1])
    for probe in probes:
        shape = drawn(probe.family, random, cut).sized(probe.size_g)
        trial = perturbed(trial, probe.begin_s, shape, float(random.uniform(-np.pi, np.pi)))
    return trial


def joined(trials: Sequence[Trial]) -> Trial:
    """Return the trials of one person one after the other, as one walk of minutes; each keeps its own marks."""
    period_s = 1.0 / trials[0].rate_hz
    times, segments, begin_s = [], [], 0.0
    for trial in trials:
        shift_s = begin_s - float(trial.time_s[0])
        times.append(trial.time_s + shift_s)
        segments += [
            replace(segment, start_s=segment.start_s + shift_s, end_s=segment.end_s + shift_s)
            for segment in trial.segments
        ]
        begin_s = float(times[-1][-1]) + period_s
    return replace(
        trials[0],
        time_s=np.concatenate(times),
        accel_mps2=np.concatenate([trial.accel_mps2 for trial in trials]),
        gyro_radps=np.concatenate([trial.gyro_radps for trial in trials]),
        walking=np.concatenate([trial.walking for trial in trials]),
        segments=tuple(segments),
        gait=None,
    )
