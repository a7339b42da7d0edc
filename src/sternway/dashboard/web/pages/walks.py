"""Walks: the list, the calendar, one walk, one event with what the detector saw."""

import calendar
import datetime
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from starlette.exceptions import HTTPException
from starlette.responses import Response

from sternway.conversion import plain
from sternway.dashboard.store import lookup
from sternway.dashboard.store.lookup import EventRow, WalkRow
from sternway.dashboard.web import words
from sternway.dashboard.web.charts import Chart, lines
from sternway.dashboard.web.request_context import Visit
from sternway.samples import GRAVITY_MPS2, Floats
from sternway.walk.walk_test import TRIAL_COUNT, WalkTestResult
from sternway.walk.words import reason_words
from sternway.wire.report import SessionReport
from sternway.wire.trace import Trace, trace_arrays

PAGE_COUNT = 20
SHOWN_KINDS = ("stumble", "pre_impact", "fall", "fall_confirmed", "fall_cancelled", "fatigue", "not_worn", "fault")
"""Events that are listed; steadiness is drawn as a band instead."""
LABELLED_KINDS = ("stumble", "pre_impact", "fall", "fall_confirmed")
CALENDAR_YEARS = range(2000, 3000)
BUCKET_COUNT = 4
"""Samples a drawn pair of points: lowest and highest of each bucket, so that no peak is lost."""


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of the timeline, in percent of the walk."""

    left: float
    width: float
    name: str
    words: str


@dataclass(frozen=True, slots=True)
class Day:
    """A day in the calendar."""

    date: datetime.date
    walk: WalkRow | None


def show(visit: Visit) -> Response:
    """Show the list and a month of the calendar."""
    page = int(visit.query_number("page", 1, 100_000) or 1)
    count = lookup.walk_count(visit.store, visit.clip_id)
    rows = lookup.walks(visit.store, visit.clip_id, limit=PAGE_COUNT, skip=PAGE_COUNT * (page - 1))
    month = _month(visit)
    return visit.page(
        "walks.html",
        rows=rows,
        count=count,
        page=page,
        is_last=PAGE_COUNT * page >= count,
        month=month,
        weeks=_weeks(visit, month),
        earlier=(month - datetime.timedelta(days=1)).replace(day=1),
        later=(month + datetime.timedelta(days=31)).replace(day=1),
        today=visit.today,
    )


def one(visit: Visit) -> Response:
    """Show one walk."""
    found = lookup.walk(visit.store, visit.clip_id, visit.path_number("walk_id"))
    if found is None:
        raise HTTPException(404)
    row, report, zero_s = found
    events = [event for event in lookup.events_in(visit.store, visit.clip_id, row) if event.kind in SHOWN_KINDS]
    return visit.page(
        "walk.html",
        walk=row,
        report=report,
        ended=reason_words(report),
        answers=plain(report.answers),
        phases=_phases(report),
        levels=_levels(report),
        marks=[(event, _percent(report, event.at_s - zero_s)) for event in events],
        events=events,
        timeline_rows=_timeline_rows(report, zero_s),
        walk_test=_walk_test_words(report),
    )


def _walk_test_words(report: SessionReport) -> list[str]:
    """Return what the walk test in this walk says, its bands and their disagreement; nothing without one."""
    trials_s = report.walk_test_s
    return WalkTestResult(trials_s).words() if len(trials_s) >= TRIAL_COUNT else []


def event(visit: Visit) -> Response:
    """Show one event: the trace, what the detector saw, and what people say."""
    row = _event(visit)
    trace = lookup.trace(visit.store, visit.clip_id, row)
    return visit.page(
        "event.html",
        event=row,
        walk=lookup.walk_around(visit.store, visit.clip_id, row),
        charts=_trace_charts(trace, row) if trace else (),
        evidence=[(_evidence_words(name), value) for name, value in sorted(row.evidence.items())],
        can_label=visit.is_owner and row.kind in LABELLED_KINDS,
    )


def label(visit: Visit) -> Response:
    """Keep whether an event was right or a false alarm."""
    row = _event(visit)
    verdict = visit.choice("verdict", tuple(words.LABELS))
    if verdict is not None and visit.person is not None:
        lookup.label(visit.store, row.id, verdict, visit.person.name)
    return visit.go(f"/events/{row.id}", "labelled")


def _event(visit: Visit) -> EventRow:
    row = lookup.event(visit.store, visit.clip_id, visit.path_number("event_id"))
    if row is None:
        raise HTTPException(404)
    return row


def _month(visit: Visit) -> datetime.date:
    """Return the month asked for; this one where it is none, or none in which a clip can have been worn."""
    this_month = visit.today.replace(day=1)
    try:
        month = datetime.date.fromisoformat(visit.request.query_params.get("month", "") + "-01")
    except ValueError:
        return this_month
    return month if month.year in CALENDAR_YEARS else this_month


def _weeks(visit: Visit, month: datetime.date) -> list[list[Day | None]]:
    """Return the month as weeks from Monday; ``None`` stands for days of other months."""
    begin = datetime.datetime.combine(month, datetime.time(), visit.zone)
    end = datetime.datetime.combine((month + datetime.timedelta(days=31)).replace(day=1), datetime.time(), visit.zone)
    walks = lookup.walks(visit.store, visit.clip_id, begin.timestamp(), end.timestamp())
    by_day = {datetime.datetime.fromtimestamp(walk.started_s, visit.zone).date(): walk for walk in walks}
    weeks = calendar.Calendar().monthdatescalendar(month.year, month.month)
    return [[Day(day, by_day.get(day)) if day.month == month.month else None for day in week] for week in weeks]


def _percent(report: SessionReport, time_s: float) -> float:
    length_s = max(report.ended_s - report.started_s, 1e-3)
    return round(min(max(100.0 * (time_s - report.started_s) / length_s, 0.0), 100.0), 2)


def _phases(report: SessionReport) -> list[Band]:
    """Return which way the walk went, phase by phase."""
    starts = [(name, time_s) for name, time_s in report.phases]
    return _bands(report, starts, words.PHASES)


def _levels(report: SessionReport) -> list[Band]:
    """Return how steady backward walking was; other phases are left out."""
    level, is_backward, starts = "unknown", False, []
    changes = [(event.time_s, "level", str(event.level)) for event in report.events.listed if event.level]
    phases = [(time_s, "phase", name) for name, time_s in report.phases]
    for time_s, what, name in sorted([*changes, *phases]):
        if what == "level":
            level = name
        else:
            is_backward = name == "backward"
        starts.append((level if is_backward else "none", time_s))
    return [band for band in _bands(report, starts, words.LEVELS) if band.name != "none"]


def _bands(report: SessionReport, starts: Sequence[tuple[str, float]], names: dict[str, str]) -> list[Band]:
    ends = [time_s for _, time_s in starts[1:]] + [report.ended_s]
    bands = []
    for (name, begun_s), end_s in zip(starts, ends, strict=False):
        left, right = _percent(report, begun_s), _percent(report, end_s)
        if right > left:
            bands.append(Band(left, round(right - left, 2), name, names.get(name, name)))
    return bands


def _timeline_rows(report: SessionReport, zero_s: float) -> list[tuple[str, float]]:
    """Return the timeline as (words, Unix time), for whoever reads instead of looking."""
    rows = [(words.PHASES.get(name, name), zero_s + time_s) for name, time_s in report.phases]
    for felt in report.events.listed:
        if felt.level:
            rows.append((f"Steadiness: {words.LEVELS[felt.level]}", zero_s + felt.time_s))
        else:
            rows.append((words.KINDS.get(felt.kind, felt.kind), zero_s + felt.time_s))
    return sorted(rows, key=lambda row: row[1])


def _trace_charts(trace: Trace, event: EventRow) -> tuple[Chart, ...]:
    """Return acceleration and turning rate around an event, in g and degrees a second."""
    accel_mps2, gyro_radps = trace_arrays(trace)
    times_s = trace.start_s - event.time_s + np.arange(len(accel_mps2)) / trace.rate_hz
    accel_g, gyro_dps = accel_mps2 / GRAVITY_MPS2, np.degrees(gyro_radps)
    names = ("Forward", "Left", "Up") if trace.frame == "body" else ("Chip x", "Chip y", "Chip z")
    return (
        _trace_chart("Acceleration, in g", "g", times_s, accel_g, names=names, digits=2),
        _trace_chart("Turning, in degrees a second", "°/s", times_s, gyro_dps, names=names, digits=0),
    )


def _trace_chart(
    title: str, unit: str, times_s: Floats, values: Floats, *, names: tuple[str, ...], digits: int
) -> Chart:
    size = np.linalg.norm(values, axis=1)
    peak = int(np.argmax(size))
    ticks = [(float(second), f"{second:+d} s" if second else "event") for second in (-2, -1, 0, 1, 2)]
    svg = lines(
        {name: _thin(times_s, values[:, axis]) for axis, name in enumerate(names)}, x_labels=ticks, css="thin"
    )
    rows = [
        (name, *(f"{value:.{digits}f}" for value in (column.min(), np.median(column), column.max())))
        for name, column in zip(names, values.T, strict=True)
    ]
    return Chart(
        title,
        svg,
        f"Strongest {abs(times_s[peak]):.1f} s {'after' if times_s[peak] > 0 else 'before'} the event: "
        f"{size[peak]:.{digits}f} {unit}.",
        names,
        ("Axis", f"Lowest {unit}", f"Middle {unit}", f"Highest {unit}"),
        tuple(rows),
    )


def _thin(times_s: Floats, values: Floats) -> list[tuple[float, float]]:
    """Return few enough points to draw, lowest and highest of each bucket in the order they came."""
    chosen = []
    for begin in range(0, len(values), BUCKET_COUNT):
        bucket = values[begin : begin + BUCKET_COUNT]
        chosen += sorted({begin + int(np.argmin(bucket)), begin + int(np.argmax(bucket))})
    return [(round(float(times_s[index]), 3), round(float(values[index]), 3)) for index in chosen]


_EVIDENCE = {
    "peak_g": "Strongest jolt, in g",
    "score": "Detector’s score",
    "probability": "Detector’s probability",
    "cadence_spm": "Steps a minute",
    "baseline_s": "Walking it was compared with, in seconds",
    "drift": "Change since the walk began",
    "walked_s": "Walked before, in seconds",
    "still_s": "Still for, in seconds",
}


def _evidence_words(name: str) -> str:
    """Return what a number of the detector means; one it does not know is shown by its own name.

    >>> _evidence_words("score"), _evidence_words("step_time_variability_z")
    ('Detector’s score', 'Step time variability, against your usual')
    """
    if name in _EVIDENCE:
        return _EVIDENCE[name]
    if name.endswith("_z"):
        return name[:-2].replace("_", " ").capitalize() + ", against your usual"
    return name.replace("_", " ").capitalize()
