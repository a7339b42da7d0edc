"""How soon added unsteadiness is found, and how often a steady walk is called unsteady.

Twice: with the thresholds as shipped, and each person under the threshold that all the others ask for.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from sternway.detect.stability import StabilitySettings
from sternway.evaluate.intervals import poisson_rate, wilson
from sternway.evaluate.progress import progress
from sternway.evaluate.stability_runs import (
    FACTORS,
    READINGS,
    TEST_S,
    WITHIN_S,
    Pace,
    Run,
    Walk,
    measure_walk,
    other_pace,
    runs_of,
)
from sternway.evaluate.trial import Dataset, TrialFile

BUDGET_PER_30_MIN = 1.0
GRID = tuple(round(1.0 + 0.1 * step, 1) for step in range(26))
"""Thresholds that are tried, in units of all that is not known."""


def evaluate(reader: Dataset, files: Sequence[TrialFile], jobs: int) -> tuple[dict[str, Any], str]:
    """Score every long walk of a data set; return the figures for JSON and a table for people."""
    walking = [file for file in files if reader.activities[file.activity].is_walking]
    walks = list(_walks(reader, walking, jobs))
    figures: dict[str, Any] = {
        "walks": len(walks),
        "subjects": len({walk.subject for walk in walks}),
        **figures_of(runs_of(walks), other_pace(walks)),
        "cross_validated": cross_validated(walks),
    }
    return {"stability": figures}, words_of(figures)


def figures_of(runs: Sequence[Run], paces: Sequence[Pace]) -> dict[str, Any]:
    """Return false cues, power and what another pace led to."""
    return {
        "false_cues": _false_cues([run for run in runs if run.factor == 1.0]),
        "power": {
            reading: {f"{factor:g}": _power(runs, reading, factor) for factor in FACTORS[1:]} for reading in READINGS
        },
        "other_pace": {"compared": len(paces), "cued": [pace.words for pace in paces if pace.cued]},
    }


def cross_validated(walks: Sequence[Walk], grid: Sequence[float] = GRID) -> dict[str, Any]:
    """Return the figures of each person under the threshold that the *others* ask for.

    The lowest ``raised`` on the grid that keeps the others to the budget of false cues and silent at another pace;
    ``high`` and ``steady`` keep their ratio to it. Only the threshold is chosen so: the usual spreads and weights of
    the measures were found on all of these people.
    """
    people = sorted({walk.subject for walk in walks})
    if len(people) < 2:
        return {}
    trials = {raised: (runs_of(walks, at(raised)), other_pace(walks, at(raised))) for raised in grid}
    runs: list[Run] = []
    paces: list[Pace] = []
    chosen: dict[str, float] = {}
    for person in people:
        chosen[person] = next((raised for raised in grid if _quiet(*trials[raised], person)), grid[-1])
        heard, compared = trials[chosen[person]]
        runs += [run for run in heard if run.subject == person]
        paces += [pace for pace in compared if pace.subject == person]
    return {"raised": chosen, **figures_of(runs, paces)}


def at(raised: float) -> StabilitySettings:
    """Return the settings with another threshold to cue, the others in the same ratio to it."""
    usual = StabilitySettings()
    ratio = raised / usual.raised
    return replace(usual, raised=raised, high=usual.high * ratio, steady=usual.steady * ratio)


def _quiet(runs: Sequence[Run], paces: Sequence[Pace], left_out: str) -> bool:
    """Return whether all but one person stay within the budget."""
    false = _false_cues([run for run in runs if run.factor == 1.0 and run.subject != left_out])
    loud = any(pace.cued for pace in paces if pace.subject != left_out)
    return not loud and (false["per_30_min"] or 0.0) <= BUDGET_PER_30_MIN


def _walks(reader: Dataset, files: Sequence[TrialFile], jobs: int) -> Iterable[Walk]:
    work = partial(measure_walk, reader)
    if jobs <= 1:
        yield from (walk for walk in progress(map(work, files), len(files)) if walk)
        return
    with ProcessPoolExecutor(jobs) as pool_:
        yield from (walk for walk in progress(pool_.map(work, files), len(files)) if walk)


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


def words_of(figures: Mapping[str, Any]) -> str:
    """Return the figures as lines a person reads."""
    if not figures["false_cues"]["runs"]:
        return "stability: no walk of 90 s or more to score\n"
    lines = [f"stability: {figures['walks']} walks of {figures['subjects']} people; {TEST_S:.0f} s scored a run"]
    lines += ["", "with the thresholds as shipped", *_lines(figures)]
    other = figures["cross_validated"]
    if other:
        low, high = min(other["raised"].values()), max(other["raised"].values())
        lines += [
            "",
            f"each person under the threshold that the others ask for ({low:g} to {high:g})",
            *_lines(other),
        ]
    return "\n".join(lines) + "\n"


def _lines(figures: Mapping[str, Any]) -> Iterable[str]:
    false, pace = figures["false_cues"], figures["other_pace"]
    yield (
        f"  false cues                {false['count']} in {60 * false['hours']:.0f} min: {false['per_30_min']:.2f} "
        f"in 30 min ({_span(false['interval_per_30_min'])})"
    )
    yield f"  cued at another pace      {len(pace['cued'])} of {pace['compared']} {' '.join(pace['cued'])}"
    for reading in READINGS:
        yield f"  jitter found within {WITHIN_S:.0f} s, times the own spread {reading.replace('_', ' ')}"
        for factor, row in figures["power"][reading].items():
            share = 100.0 * (row["share"] or 0.0)
            limits = _span([100.0 * limit for limit in row["interval"] or (0.0, 1.0)])
            yield (
                f"    x{factor:<5} {row['found']:>3} of {row['runs']:<3} {share:5.0f} % ({limits})   "
                f"median after {row['after_s_p50']} s, score {row['score_p50']}"
            )


def _span(limits: Sequence[float] | None) -> str:
    return "unknown" if limits is None else f"{limits[0]:.2g}-{limits[1]:.3g}"
