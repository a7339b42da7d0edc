"""Cross-validation by person of what counts as a stumble: always worn, and in a walk under way."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from sternway.detect.stumble import OperatingPoint
from sternway.evaluate.pipeline import SESSIONS, Alarm, TrialResult
from sternway.evaluate.score import Json, heard, scores
from sternway.events import Kind
from sternway.training.crossval import folds_of
from sternway.training.fit import log_odds_of
from sternway.training.moments import Moments, Numbers
from sternway.training.stumble import fit_stumble

CURVE = tuple(
    OperatingPoint(alone, in_gait)
    for alone, in_gait in ((0.95, 0.8), (0.8, 0.5), (0.5, 0.18), (0.3, 0.12), (0.12, 0.05), (0.05, 0.03), (0.0, 0.0))
)
"""Pairs of least probabilities, by itself and in gait, for the operating curve."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Moments, and what a network that was fitted without this person said of each: log odds (n,)."""

    moments: Moments
    log_odds: Numbers


def cross_validated(moments: Sequence[Moments], count: int, seed: int, say: Callable[[str], None]) -> list[Judged]:
    """Return the judgement of all moments that are scored: as recorded, and stumbles cut short."""
    folds = folds_of(sorted({one.group for one in moments}), count, seed)
    judged = []
    for fold in range(count):
        say(f"stumble: fold {fold + 1} of {count} ...")
        network = fit_stumble([one for one in moments if folds[one.group] != fold], seed, "fold")
        for one in moments:
            if folds[one.group] == fold and _is_scored(one):
                odds = log_odds_of(network, one.inputs) if len(one.inputs) else np.empty(0, np.float32)
                judged.append(Judged(one, odds))
    return judged


def _is_scored(moments: Moments) -> bool:
    return not moments.made or (moments.activity.is_stumble and moments.made == "cut short")


def figures(judged: Sequence[Judged], point: OperatingPoint) -> Json:
    """Return what counts at ``point``: stumbles whole and cut short, daily trials, walking, long wear."""
    outcomes = [(one.moments, outcome_of(one, point)) for one in judged]
    short = [outcome for moments, outcome in outcomes if moments.made]
    whole = [outcome for moments, outcome in outcomes if not moments.made]
    trials = [outcome for outcome in whole if outcome.subject.startswith("sisfall/")]
    wear = [outcome for outcome in whole if not outcome.subject.startswith("sisfall/")]
    stumble = scores("sisfall", "always", trials)["stumble"]
    cut_short = scores("cut short", "always", short)["stumble"]
    return {
        "stumbles": [stumble["detected"], stumble["trials"]],
        "cut_short": [cut_short["detected"], cut_short["trials"]],
        "daily_trials_alarmed": [stumble["adl_trials_with_alarm"], stumble["adl_trials"]],
        "walking": [stumble["false_alarms_walking"], stumble["walking_hours"]],
        "wear": [
            sum(len(heard(outcome, Kind.STUMBLE, "always")) for outcome in wear),
            sum(outcome.duration_s for outcome in wear) / 3600.0,
        ],
        "latency_s": stumble["latency_s"]["p50"],
    }


def outcome_of(judged: Judged, point: OperatingPoint) -> TrialResult:
    """Return the alarms that count at ``point``."""
    moments, alarms = judged.moments, []
    rows = zip(moments.times_s.tolist(), judged.log_odds.tolist(), moments.in_gait.tolist(), strict=True)
    for row, (time_s, odds, in_gait) in enumerate(rows):
        if not moments.soft[row] and point.accepts(1.0 / (1.0 + math.exp(-odds)), in_gait):
            walking = bool(moments.walking[row])
            alarms.append(Alarm(Kind.STUMBLE, time_s, time_s, _COUNTS, walking, moments.activity.code, {}))
    return TrialResult(
        name=moments.name,
        subject=moments.group,
        activity=moments.activity,
        duration_s=moments.duration_s,
        walking_s=moments.walking_s,
        impact_s=moments.impact_s,
        onset_s=None,
        alert_s=moments.alert_s,
        seconds_of={moments.activity.code: moments.duration_s},
        alarms=tuple(alarms),
        end_s=moments.end_s,
    )


_COUNTS = frozenset(SESSIONS)


def table(judged: Sequence[Judged]) -> str:
    """Return the operating curve as a Markdown table, the two points in force in bold."""
    lines = [
        "| least probability, alone / in gait | stumbles | cut short | daily trials alarmed | in walking | in wear |",
        "|---|---|---|---|---|---|",
    ]
    for point in sorted({*CURVE, *SESSIONS.values()}, key=lambda point: -point.alone):
        row = figures(judged, point)
        (heard_count, trials), (short, shorts), (loud, daily) = (
            row[name] for name in ("stumbles", "cut_short", "daily_trials_alarmed")
        )
        name = f"{point.alone:g} / {point.in_gait:g}"
        names = [session for session, at in SESSIONS.items() if at == point]
        lines.append(
            f"| {f'**{name}** ({names[0]})' if names else name} | {heard_count} of {trials} | {short} of {shorts} "
            f"| {loud} of {daily} | {row['walking'][0]} in {row['walking'][1]:.1f} h "
            f"| {row['wear'][0]} in {row['wear'][1]:.1f} h |"
        )
    return "\n".join(lines)
