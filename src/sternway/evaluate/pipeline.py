"""The production pipeline over one labelled recording: what a clip would have said, and when."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sternway.evaluate.trial import Activity, Trial
from sternway.events import Event, Kind
from sternway.monitor import GATED, Monitor, pieces

LOOK_S = 1.0
"""How often the gate is asked about what was heard; it remembers a minute. The monitor itself cuts far finer."""

SCORED = (Kind.STUMBLE, Kind.PRE_IMPACT, Kind.FALL)


@dataclass(frozen=True, slots=True)
class Alarm:
    """One event of a scored kind, with what the labels say of the moment at which it was decided.

    ``gate_open`` says whether it counts with the walking gate too: gait was recognised when it *happened*, or its
    kind is never gated, as a fall. ``activity`` is the code of what was going on.
    """

    kind: Kind
    time_s: float
    decided_at_s: float
    gate_open: bool
    walking: bool
    activity: str
    evidence: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class TrialResult:
    """A trial without its samples: what was asked, what is known, what was heard."""

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
    )


def _alarm(event: Event, trial: Trial, monitor: Monitor) -> Alarm:
    row = min(int(np.searchsorted(trial.time_s, event.decided_at_s)), len(trial.time_s) - 1)
    return Alarm(
        kind=event.kind,
        time_s=event.time_s,
        decided_at_s=event.decided_at_s,
        gate_open=event.kind not in GATED or monitor.gate.open_at(event.time_s, GATED[event.kind]),
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
