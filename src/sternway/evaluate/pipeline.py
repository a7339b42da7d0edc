"""The production pipeline over one labelled recording: what a clip would have said, and when."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sternway.detect.stumble import ALWAYS_WORN, IN_A_WALK
from sternway.evaluate.trial import Activity, Trial
from sternway.events import Event, Kind
from sternway.monitor import Monitor, counts, pieces

LOOK_S = 1.0
"""How often the gate is asked about what was heard; it remembers a minute. The monitor itself cuts far finer."""

SCORED = (Kind.STUMBLE, Kind.PRE_IMPACT, Kind.FALL)

SESSIONS = {"always": ALWAYS_WORN, "walk": IN_A_WALK}
"""What the clip may know of its wearer: nothing, or that a walk is under way."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """One event of a scored kind, with what the labels say of the moment at which it was decided.

    ``sessions`` are those of :data:`SESSIONS` in which it counts. ``activity`` is the code of what was going on.
    """

    kind: Kind
    time_s: float
    decided_at_s: float
    sessions: frozenset[str]
    walking: bool
    activity: str
    evidence: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class TrialResult:
    """A trial without its samples: what was asked, what is known, what was heard.

    ``end_s`` is the time of the last sample; ``peak_s`` and ``remarks`` are the trial's.
    """

    name: str
    subject: str
    activity: Activity
    duration_s: float
    walking_s: float
    impact_s: float | None
    onset_s: float | None
    alert_s: tuple[float, float] | None
    seconds_of: Mapping[str, float]
    alarms: tuple[Alarm, ...]
    end_s: float = math.inf
    peak_s: float | None = None
    remarks: tuple[str, ...] = ()


def run(trial: Trial) -> TrialResult:
    """Stream ``trial`` through a fresh monitor, cold and causal, as a clip just switched on would live it."""
    monitor = Monitor(gated=False)
    alarms: list[Alarm] = []
    for piece in pieces(trial.block(), LOOK_S):
        alarms += [_alarm(event, trial, monitor) for event in monitor.update(piece).events if event.kind in SCORED]
    return TrialResult(
        name=trial.name,
        subject=trial.subject,
        activity=trial.activity,
        duration_s=trial.duration_s,
        walking_s=trial.walking_s,
        impact_s=trial.impact_s,
        onset_s=trial.onset_s,
        alert_s=trial.alert_s,
        seconds_of=_seconds_of(trial),
        alarms=tuple(alarms),
        end_s=float(trial.time_s[-1]),
        peak_s=trial.peak_s,
        remarks=trial.remarks,
    )


def _alarm(event: Event, trial: Trial, monitor: Monitor) -> Alarm:
    row = min(int(np.searchsorted(trial.time_s, event.decided_at_s)), len(trial.time_s) - 1)
    return Alarm(
        kind=event.kind,
        time_s=event.time_s,
        decided_at_s=event.decided_at_s,
        sessions=frozenset(name for name, point in SESSIONS.items() if counts(event, monitor.gate, point)),
        walking=bool(trial.walking[row]),
        activity=_activity_at(trial, event.decided_at_s),
        evidence=dict(event.evidence),
    )


def _activity_at(trial: Trial, time_s: float) -> str:
    for segment in trial.segments:
        if segment.start_s <= time_s < segment.end_s:
            return segment.activity.code
    return trial.activity.code


def _seconds_of(trial: Trial) -> dict[str, float]:
    """Return how long each activity lasted."""
    if not trial.segments:
        return {trial.activity.code: trial.duration_s}
    seconds: dict[str, float] = {}
    for segment in trial.segments:
        code = segment.activity.code
        seconds[code] = seconds.get(code, 0.0) + segment.end_s - segment.start_s
    return seconds
