"""How soon added unsteadiness is found, and how often a steady walk is called unsteady.

Each walk of 90 s or more is cut in two: one part teaches the detector what is normal, the other 50 s are scored, in
both orders. Step-time jitter is added to the scored part. Two readings of "times the person's own spread" are given:
*as counted* takes the robust deviation of the step times that the clip itself counts (what published figures do);
*as it is* takes the spread that matching the waves gives: smaller, so that the same factor is harder to find.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from sternway.commands.progress import progress
from sternway.detect.stability import StabilityDetector
from sternway.evaluate.intervals import poisson_rate, wilson
from sternway.evaluate.jitter import jittered
from sternway.evaluate.trial import Dataset, Trial, TrialFile
from sternway.motion.mounting import Mounting, MountingEstimator
from sternway.motion.regularity import pool
from sternway.motion.straight import STRETCH_S, DatedStretch, StraightWalking
from sternway.motion.trunk import TrunkTracker
from sternway.samples import Block, Floats

FACTORS = (1.0, 1.2, 1.4, 1.8, 2.5)
READINGS = ("as_counted", "as_it_is")
TEST_S, LEAST_S = 50.0, 90.0
CUES = ("raised", "high")

Stretches = list[DatedStretch]


@dataclass(frozen=True, slots=True)
class Run:
    """One scored minute: the jitter factor, whether and when a cue came, and the highest score reached."""

    reading: str
    factor: float
    found_after_s: float | None
    score: float


@dataclass(frozen=True, slots=True)
class WalkScore:
    """One walk: its runs, and its stretches as they are."""

    subject: str
    activity: str
    runs: tuple[Run, ...]
    stretches: tuple[DatedStretch, ...]


def evaluate(reader: Dataset, files: Sequence[TrialFile], jobs: int) -> tuple[dict[str, Any], str]:
    """Score every long walk of a data set; return the figures for JSON and a table for people."""
    walks = list(_walks(reader, files, jobs))
    runs = [run for walk in walks for run in walk.runs]
    figures: dict[str, Any] = {"walks": len(walks), "subjects": len({walk.subject for walk in walks})}
    figures["false_cues"] = _false_cues([run for run in runs if run.factor == 1.0])
    figures["power"] = {
        reading: {f"{factor:g}": _power(runs, reading, factor) for factor in FACTORS[1:]} for reading in READINGS
    }
    figures["other_pace"] = _other_pace(walks)
    return {"stability": figures}, _words(figures)


def score_walk(reader: Dataset, file: TrialFile) -> WalkScore | None:
    """Score one file; ``None`` where it is no long walk, or no mounting or normal can be learned from it."""
    trial = reader.read(file)
    if not trial.activity.is_walking or trial.duration_s < LEAST_S:
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
    runs = list(_runs(stretches, stretches, "as_counted", 1.0))
    for reading, spread_s in spreads_s.items():
        for factor in FACTORS[1:]:
            block = jittered(trial.block(), contacts_s, spread_s * float(np.sqrt(factor**2 - 1.0)), 0.0, rng)
            runs += _runs(stretches, track(block, mounting)[0], reading, factor)
    return WalkScore(trial.subject, trial.activity.code, tuple(runs), tuple(stretches))


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


def _walks(reader: Dataset, files: Sequence[TrialFile], jobs: int) -> Iterable[WalkScore]:
    work = partial(score_walk, reader)
    if jobs <= 1:
        yield from (walk for walk in progress(map(work, files), len(files)) if walk)
        return
    with ProcessPoolExecutor(jobs) as pool_:
        yield from (walk for walk in progress(pool_.map(work, files), len(files)) if walk)


def _mounting(trial: Trial) -> Mounting | None:
    """Return how the sensor sits, as the mounting step finds it in this walk."""
    tracker, estimator = TrunkTracker(), MountingEstimator()
    found = [estimator.update(trunk) for trunk in tracker.update(trial.block())]
    return next((mounting for mounting in reversed(found) if mounting), None)


def _runs(own: Stretches, scored: Stretches, reading: str, factor: float) -> Iterable[Run]:
    """Yield one run that learns first and one that learns from what comes after."""
    if not own:
        return
    split_s = own[-1].end_s - TEST_S
    first_s = own[0].end_s - STRETCH_S
    later_s = first_s + TEST_S
    orders = (
        ([d for d in own if d.end_s <= split_s], [d for d in scored if d.end_s - STRETCH_S > split_s], split_s),
        ([d for d in own if d.end_s - STRETCH_S > later_s], [d for d in scored if d.end_s <= later_s], first_s),
    )
    for learned, tested, start_s in orders:
        detector = StabilityDetector()
        listen(detector, learned)
        if detector.learning or not tested:
            continue
        shifted = [replace(d, end_s=d.end_s + 1e4, decided_at_s=d.decided_at_s + 1e4) for d in tested]
        cues_s, highest = listen(detector, shifted)
        after_s = [cue_s - 1e4 - start_s for cue_s in cues_s]
        yield Run(reading, factor, min((s for s in after_s if s <= TEST_S), default=None), highest)


def _false_cues(runs: Sequence[Run]) -> dict[str, Any]:
    hours = len(runs) * TEST_S / 3600.0
    count = sum(run.found_after_s is not None for run in runs)
    low, high = poisson_rate(count, hours) or (None, None)
    return {
        "runs": len(runs),
        "hours": round(hours, 3),
        "count": count,
        "per_30_min": None if not hours else round(count / hours / 2.0, 3),
        "interval_per_30_min": None if low is None or high is None else [round(low / 2.0, 3), round(high / 2.0, 3)],
    }


def _power(runs: Sequence[Run], reading: str, factor: float) -> dict[str, Any]:
    chosen = [run for run in runs if run.reading == reading and run.factor == factor]
    times_s = sorted(run.found_after_s for run in chosen if run.found_after_s is not None)
    return {
        "runs": len(chosen),
        "found": len(times_s),
        "share": len(times_s) / len(chosen) if chosen else None,
        "interval": wilson(len(times_s), len(chosen)),
        "after_s_p50": round(times_s[len(times_s) // 2], 1) if times_s else None,
        "score_p50": round(float(np.median([run.score for run in chosen])), 2) if chosen else None,
    }


def _other_pace(walks: Sequence[WalkScore]) -> dict[str, Any]:
    """Let each person's other walks be judged by the normal of their first: another pace is not unsteadiness."""
    by_person: dict[str, list[WalkScore]] = {}
    for walk in walks:
        by_person.setdefault(walk.subject, []).append(walk)
    cued, people = [], 0
    for subject, own in by_person.items():
        first, *others = sorted(own, key=lambda walk: walk.activity)
        for other in others:
            detector = StabilityDetector()
            listen(detector, first.stretches)
            later = [replace(d, end_s=d.end_s + 1e4, decided_at_s=d.decided_at_s + 1e4) for d in other.stretches]
            people += 1
            cues_s, _ = listen(detector, later)
            cued += [f"{subject} {other.activity}"] if cues_s else []
    return {"compared": people, "cued": cued}


def _words(figures: Mapping[str, Any]) -> str:
    false = figures["false_cues"]
    if not false["runs"]:
        return "stability: no walk of 90 s or more to score\n"
    lines = [
        f"stability: {figures['walks']} walks of {figures['subjects']} people; {TEST_S:.0f} s scored a run",
        f"  false cues                {false['count']} in {60 * false['hours']:.0f} min: {false['per_30_min']:.2f} "
        f"in 30 min ({_span(false['interval_per_30_min'])})",
        f"  called at another pace    {len(figures['other_pace']['cued'])} of {figures['other_pace']['compared']} "
        f"{' '.join(figures['other_pace']['cued'])}",
    ]
    for reading in READINGS:
        lines.append(f"  jitter found within {TEST_S:.0f} s, times the own spread {reading.replace('_', ' ')}")
        for factor, row in figures["power"][reading].items():
            share = 100.0 * (row["share"] or 0.0)
            limits = _span([100.0 * limit for limit in row["interval"] or (0.0, 1.0)])
            lines.append(
                f"    x{factor:<5} {row['found']:>3} of {row['runs']:<3} {share:5.0f} % ({limits})   "
                f"median after {row['after_s_p50']} s, score {row['score_p50']}"
            )
    return "\n".join(lines) + "\n"


def _span(limits: Sequence[float] | None) -> str:
    return "unknown" if limits is None else f"{limits[0]:.2g}-{limits[1]:.3g}"
