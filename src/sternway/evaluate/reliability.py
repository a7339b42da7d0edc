"""Do measures of steadiness tell one person from another, trial after trial? Intraclass correlation, ICC(1,1)."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from sternway.evaluate.trial import Dataset, GaitReference, Trial, TrialFile
from sternway.motion.mounting import Mounting, MountingEstimator
from sternway.motion.regularity import step_regularity
from sternway.motion.trunk import TrunkMotion
from sternway.motion.trunk_tracker import TrunkTracker
from sternway.samples import Floats

_MARGIN_S = 0.6
_SHORTEST_S = 4.0
_FEWEST_TRIALS = 3
MEASURES = ("step_regularity", "ml_ratio")


def evaluate(reader: Dataset, files: Sequence[TrialFile]) -> tuple[dict[str, Any], str]:
    """Return how reliable each measure is over the repeated trials of a data set about gait, and words about it."""
    if getattr(reader, "purpose", "detection") != "gait":
        return {}, ""
    people: dict[str, list[Floats]] = {}
    for subject, trials in _by_subject(reader, files).items():
        mountings = [_mounting(trial) for trial in trials]
        known = next((mounting for mounting in mountings if mounting), None)
        rows = [_row(trial, own or known) for trial, own in zip(trials, mountings, strict=True)]
        people[subject] = [row for row in rows if row is not None]
    people = {subject: rows for subject, rows in people.items() if len(rows) >= _FEWEST_TRIALS}
    if len(people) < 2:
        return {}, ""
    values = icc(people)
    named = {name: round(float(value), 3) for name, value in zip(MEASURES, values, strict=True)}
    count = sum(map(len, people.values()))
    words = ", ".join(f"{name.replace('_', ' ')} {value:.2f}" for name, value in named.items())
    figures = {"people": len(people), "trials": count, "icc": named}
    return {"reliability": figures}, f"reliability, ICC(1,1) of one trial: {words} ({count} trials)\n"


def icc(people: Mapping[str, Sequence[Floats]]) -> Floats:
    """Return ICC(1,1) a column from each person's trials (one-way analysis of variance, unequal counts).

    >>> people = {"a": [np.array([1.0]), np.array([1.1])], "b": [np.array([3.0]), np.array([3.1])]}
    >>> round(float(icc(people)[0]), 3)
    0.998
    """
    groups = [np.array(rows) for rows in people.values()]
    counts = np.array([len(group) for group in groups])
    total, n = counts.sum(), len(groups)
    k = (total - np.sum(counts**2) / total) / (n - 1)
    grand = np.concatenate(groups).mean(axis=0)
    between = sum(len(group) * (group.mean(axis=0) - grand) ** 2 for group in groups) / (n - 1)
    within = sum(((group - group.mean(axis=0)) ** 2).sum(axis=0) for group in groups) / (total - n)
    return np.asarray((between - within) / (between + (k - 1) * within), dtype=np.float64)


def straight_spans(gait: GaitReference) -> list[tuple[float, float]]:
    """Return the walking between turns, without what is near a start, a stop or a turn."""
    spans = []
    for start_s, end_s in gait.bouts_s:
        cuts = [start_s, *(edge for turn in gait.turns_s for edge in turn if start_s < edge < end_s), end_s]
        spans += [(a + _MARGIN_S, b - _MARGIN_S) for a, b in pairwise(cuts)][::2]
    return [(start_s, end_s) for start_s, end_s in spans if end_s - start_s >= _SHORTEST_S]


def _by_subject(reader: Dataset, files: Sequence[TrialFile]) -> dict[str, list[Trial]]:
    trials: dict[str, list[Trial]] = {}
    for file in files:
        trial = reader.read(file)
        if trial.gait is not None:
            trials.setdefault(trial.subject, []).append(trial)
    return trials


def _mounting(trial: Trial) -> Mounting | None:
    estimator = MountingEstimator()
    found = [estimator.update(trunk) for trunk in TrunkTracker().update(trial.block())]
    return next((mounting for mounting in reversed(found) if mounting), None)


def _row(trial: Trial, mounting: Mounting | None) -> Floats | None:
    """Return the measures of one trial, each the mean over its straight spans weighted by their length."""
    if mounting is None or trial.gait is None:
        return None
    trunks = TrunkTracker(mounting=mounting).update(trial.block())
    rows = [
        (end - start, _measured(trunk, trial.gait, start, end))
        for trunk in trunks
        for start, end in straight_spans(trial.gait)
    ]
    weighed = [(weight, row) for weight, row in rows if row is not None]
    if not weighed:
        return None
    return np.asarray(np.average([row for _, row in weighed], axis=0, weights=[weight for weight, _ in weighed]))


def _measured(trunk: TrunkMotion, gait: GaitReference, start_s: float, end_s: float) -> tuple[float, float] | None:
    rows = (trunk.time_s >= start_s) & (trunk.time_s < end_s)
    contacts_s = gait.contacts_s[(gait.contacts_s >= start_s) & (gait.contacts_s < end_s)]
    if np.count_nonzero(rows) < _SHORTEST_S * 100 or len(contacts_s) < 5 or trunk.mediolateral_mps2 is None:
        return None
    vertical, sideways = trunk.vertical_mps2[rows], trunk.mediolateral_mps2[rows]
    regularity = step_regularity(vertical, float(np.median(np.diff(contacts_s))))
    return regularity, float(np.std(sideways) / np.std(vertical))
