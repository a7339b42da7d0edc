"""Progress: pain, dose, steadiness, softness and the walk test by week, and one page to print."""

import dataclasses
import datetime
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from starlette.responses import Response

from sternway.dashboard.programme import history_since, home_day
from sternway.dashboard.store.journal import entries, plan_in_force
from sternway.dashboard.store.lookup import walks as every_walk
from sternway.dashboard.web import words
from sternway.dashboard.web.charts import Chart, bars, lines
from sternway.dashboard.web.rendering import number
from sternway.dashboard.web.request_context import Visit
from sternway.programme.adherence import Adherence, adherence
from sternway.programme.history import History, PlannedPause, WalkDone
from sternway.programme.journal import Entry, in_force
from sternway.programme.trends import WeekSummary, trend, weekly
from sternway.walk.walk_test_bands import CHANGES
from sternway.wire.journal import Activity, EntryKind
from sternway.wire.plan import VARIATIONS

SPANS = {"4": "4 weeks", "12": "3 months", "26": "6 months", "52": "A year"}
_KINDS = (EntryKind.PAIN, EntryKind.CHECK, EntryKind.PAUSE, EntryKind.ACTIVITY)
_TREND_WORDS = {
    "falling": "It has been going down.",
    "level": "It has stayed about level.",
    "rising": "It has been going up.",
    "not enough yet": "Three weeks with answers are needed before a change can be spoken of.",
}


def show(visit: Visit) -> Response:
    """Show the page."""
    return visit.page("progress.html", **_facts(visit))


def printed(visit: Visit) -> Response:
    """Show the same on one page of paper."""
    return visit.page("progress_print.html", **_facts(visit), made=home_day(visit.store.clock()))


def _facts(visit: Visit) -> dict[str, Any]:
    span = visit.request.query_params.get("weeks", "12")
    span = span if span in SPANS else "12"
    variation = visit.request.query_params.get("variation", "")
    variation = variation if variation in VARIATIONS else ""
    today = home_day(visit.store.clock())
    since = today - datetime.timedelta(days=7 * int(span) - 1)
    since -= datetime.timedelta(days=since.weekday())
    kept = in_force(entries(visit.store, visit.clip_id, since, _KINDS))
    history = history_since(visit.store, visit.clip_id, since, kept)
    weeks = weekly(history, variation or None)
    walks = [walk for walk in history.walks if variation in ("", walk.variation)]
    plan = plan_in_force(visit.store, visit.clip_id)
    return {
        "weeks": weeks,
        "charts": _charts(weeks, kept),
        "adherence": _adherence(visit, history.pauses, plan.days_per_week, since),
        "plan": plan,
        "span": span,
        "spans": SPANS,
        "variation": variation,
        "variations": [("", "All"), *((name, words.VARIATIONS[name]) for name in VARIATIONS)],
        "since": since,
        "today": today,
        "walk_count": sum(week.walk_count for week in weeks),
        "backward_min": sum(week.backward_min for week in weeks),
        "stumble_count": sum(week.stumble_count for week in weeks),
        "fall_count": sum(walk.fall_count for walk in walks),
        "supports": _counted(walk.support for walk in walks),
        "stops": _counted(walk.reason for walk in walks if walk.stopped),
    }


def _counted(names: Iterable[str]) -> dict[str, int]:
    """Return how often each name comes, the most frequent first."""
    return dict(Counter(names).most_common())


def _adherence(visit: Visit, pauses: tuple[PlannedPause, ...], days_per_week: int, since: datetime.date) -> Adherence:
    """Return the streak over all walks ever, and the weeks from ``since`` on."""
    today = home_day(visit.store.clock())
    rows = every_walk(visit.store, visit.clip_id)
    walks = tuple(WalkDone(home_day(row.started_s), row.backward_s) for row in rows)
    began = min([walk.day for walk in walks], default=today)
    done = adherence(History(walks, pauses=pauses), days_per_week, began, today)
    return dataclasses.replace(done, weeks=tuple(week for week in done.weeks if week.monday >= since))


def _charts(weeks: list[WeekSummary], kept: list[Entry]) -> list[Chart]:
    if not weeks:
        return []
    return [
        _dose_chart(weeks),
        _pain_chart(weeks),
        _share_chart(weeks),
        *([_walk_test_chart(weeks)] if any(week.walk_test_s is not None for week in weeks) else []),
        _line_chart(
            weeks,
            "Sway of the trunk",
            "m/s²",
            lambda week: week.sway_mps2,
            digits=2,
            least_change=0.02,
            meaning="Less is calmer. From the belt, backward walking only.",
        ),
        _line_chart(
            weeks,
            "Lean of the trunk",
            "°",
            lambda week: None if week.lean_rad is None else math.degrees(week.lean_rad),
            digits=1,
            least_change=0.2,
            meaning="How far from your own quiet standing, on average.",
        ),
        _line_chart(
            weeks,
            "Landing, backward against forward",
            "%",
            lambda week: None if week.softness_ratio is None else 100.0 * week.softness_ratio,
            digits=0,
            least_change=1.0,
            meaning="A proxy: how fast the trunk is jolted at each step. It is not the load on the knee.",
        ),
        _line_chart(
            weeks,
            "Steps a minute, backward",
            "",
            lambda week: week.cadence_spm,
            digits=0,
            least_change=0.7,
            meaning="The pace of backward walking.",
        ),
        *([_activity_chart(weeks, kept)] if any(entry.kind is EntryKind.ACTIVITY for entry in kept) else []),
    ]


def _dose_chart(weeks: list[WeekSummary]) -> Chart:
    minutes = [week.backward_min for week in weeks]
    return Chart(
        "Minutes backward, by week",
        bars(_labels(weeks), {"Minutes": minutes}),
        f"{sum(minutes):.0f} minutes in {sum(week.walk_count for week in weeks)} walks. {_trend(minutes, 0.5)}",
        ("Minutes",),
        ("Week from", "Walks", "Minutes", "Steps", "Stumbles"),
        tuple(
            (
                f"{w.monday:%-d %b}",
                str(w.walk_count),
                f"{w.backward_min:.0f}",
                str(w.steps_backward),
                str(w.stumble_count),
            )
            for w in weeks
        ),
    )


def _pain_chart(weeks: list[WeekSummary]) -> Chart:
    columns = {
        "Before": [week.pain_before for week in weeks],
        "After": [week.pain_after for week in weeks],
        "Next morning": [week.pain_next_morning for week in weeks],
    }
    return Chart(
        "Pain, 0 to 10, mean of each week",
        lines(
            {name: _points(values) for name, values in columns.items()},
            y_range=(0, 10),
            x_labels=_ticks(weeks),
            dots=True,
        ),
        f"Next morning: {_trend(columns['Next morning'], 0.1)}",
        tuple(columns),
        ("Week from", *columns),
        tuple(
            (f"{week.monday:%-d %b}", *(number(values[index], 1) for values in columns.values()))
            for index, week in enumerate(weeks)
        ),
    )


def _share_chart(weeks: list[WeekSummary]) -> Chart:
    share = [None if week.steady_share is None else 100.0 * week.steady_share for week in weeks]
    return Chart(
        "Walks as steady as your usual, in %",
        lines({"Steady": _points(share)}, y_range=(0, 100), x_labels=_ticks(weeks), dots=True),
        f"Against your own baseline, not against other people. {_trend(share, 2.0)}",
        ("Steady",),
        ("Week from", "Steady walks, %"),
        tuple((f"{week.monday:%-d %b}", number(value)) for week, value in zip(weeks, share, strict=True)),
    )


def _walk_test_chart(weeks: list[WeekSummary]) -> Chart:
    """Draw the walk test; from the first week to the last it must change by more than its measuring error."""
    tested = [index for index, week in enumerate(weeks) if week.walk_test_s is not None]
    error_s = max(change.change_s for change in CHANGES)
    return _line_chart(
        weeks,
        "Three metres backward",
        "s",
        lambda week: week.walk_test_s,
        digits=1,
        least_change=error_s / max(1, tested[-1] - tested[0]),
        meaning=f"Mean of three trials. Less is quicker. Changes up to {error_s:.1f} s may be measuring error.",
        level="No change beyond that.",
    )


def _line_chart(
    weeks: list[WeekSummary],
    title: str,
    unit: str,
    value_of: Callable[[WeekSummary], float | None],
    *,
    digits: int,
    least_change: float,
    meaning: str,
    level: str = _TREND_WORDS["level"],
) -> Chart:
    values = [value_of(week) for week in weeks]
    return Chart(
        f"{title}, {unit}" if unit else title,
        lines({title: _points(values)}, x_labels=_ticks(weeks), dots=True),
        f"{meaning} {_trend(values, least_change, level)}",
        (title,),
        ("Week from", unit or title),
        tuple((f"{week.monday:%-d %b}", number(value, digits)) for week, value in zip(weeks, values, strict=True)),
    )


def _activity_chart(weeks: list[WeekSummary], kept: list[Entry]) -> Chart:
    minutes = [0.0] * len(weeks)
    for entry in kept:
        index = (entry.day - weeks[0].monday).days // 7
        if isinstance(entry.body, Activity) and 0 <= index < len(weeks):
            minutes[index] += entry.body.minutes or 0.0
    return Chart(
        "Other activities, minutes by week",
        bars(_labels(weeks), {"Minutes": minutes}),
        f"{sum(minutes):.0f} minutes of swimming, cycling and other exercise.",
        ("Minutes",),
        ("Week from", "Minutes"),
        tuple((f"{week.monday:%-d %b}", f"{value:.0f}") for week, value in zip(weeks, minutes, strict=True)),
    )


def _trend(values: Sequence[float | None], least_change: float, level: str = _TREND_WORDS["level"]) -> str:
    return {**_TREND_WORDS, "level": level}[trend(values, least_change).word]


def _points(values: Sequence[float | None]) -> list[tuple[float, float | None]]:
    return [(float(index), value) for index, value in enumerate(values)]


def _labels(weeks: list[WeekSummary]) -> list[str]:
    return [f"{week.monday:%-d %b}" for week in weeks]


def _ticks(weeks: list[WeekSummary], most: int = 5) -> list[tuple[float, str]]:
    step = max(1, -(-len(weeks) // most))
    return [(float(index), f"{week.monday:%-d %b}") for index, week in enumerate(weeks) if index % step == 0]
