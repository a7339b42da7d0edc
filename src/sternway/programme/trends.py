"""Pain, dose and steadiness side by side, week by week, and whether they change."""

import datetime
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sternway.programme.adherence import WEEK, monday_of
from sternway.programme.history import Day, History

LEAST_WEEKS = 3
"""Weeks with a value below which no change is spoken of."""


@dataclass(frozen=True, slots=True)
class WeekSummary:
    """One week of one variation (or of all). ``None`` where nothing is known; means are over walks."""

    monday: Day
    walk_count: int
    backward_min: float
    steps_backward: int
    stumble_count: int
    steady_share: float | None
    cadence_spm: float | None
    softness_ratio: float | None
    lean_rad: float | None
    sway_mps2: float | None
    walk_test_s: float | None
    pain_before: float | None
    pain_after: float | None
    pain_next_morning: float | None


@dataclass(frozen=True, slots=True)
class Trend:
    """How a weekly figure changes: Theil-Sen slope a week and a word (falling, level, rising, not enough yet)."""

    slope_per_week: float | None
    word: str


def weekly(history: History, variation: str | None = None) -> list[WeekSummary]:
    """Return every week from the first walk or pain to the last, empty weeks too.

    ``variation`` keeps flat, uphill and treadmill apart, as baselines are; pain belongs to the person and to all.
    """
    days = [walk.day for walk in history.walks] + [pain.day for pain in history.pains]
    if not days:
        return []
    first, last = monday_of(min(days)), monday_of(max(days))
    return [_summary(history, variation, first + n * WEEK) for n in range((last - first).days // 7 + 1)]


def _summary(history: History, variation: str | None, monday: Day) -> WeekSummary:
    sunday = monday + datetime.timedelta(days=6)
    walks = [w for w in history.walks if monday <= w.day <= sunday and variation in (None, w.variation)]
    pains = [pain for pain in history.pains if monday <= pain.day <= sunday]
    known = [walk.level == "steady" for walk in walks if walk.level != "unknown"]
    asked = {walk.day for walk in walks if walk.pain_before is not None}
    before = [w.pain_before for w in walks] + [p.value for p in pains if p.when == "before" and p.day not in asked]
    return WeekSummary(
        monday=monday,
        walk_count=len(walks),
        backward_min=round(sum(walk.backward_s for walk in walks) / 60.0, 2),
        steps_backward=sum(walk.steps_backward for walk in walks),
        stumble_count=sum(walk.stumble_count for walk in walks),
        steady_share=_mean(map(float, known)),
        cadence_spm=_mean(walk.cadence_spm for walk in walks),
        softness_ratio=_mean(walk.softness_ratio for walk in walks),
        lean_rad=_mean(walk.lean_rad for walk in walks),
        sway_mps2=_mean(walk.sway_mps2 for walk in walks),
        walk_test_s=_mean(walk.walk_test_s for walk in walks),
        pain_before=_mean(before),
        pain_after=_mean(pain.value for pain in pains if pain.when == "after"),
        pain_next_morning=_mean(pain.value for pain in pains if pain.when == "next_morning"),
    )


def _mean(values: Iterable[float | None]) -> float | None:
    known = [float(value) for value in values if value is not None]
    return round(statistics.fmean(known), 4) if known else None


def trend(values: Sequence[float | None], least_change: float) -> Trend:
    """Return the change of weekly ``values``; a slope within ``least_change`` a week is *level*.

    The slope is the median of all pairwise slopes (Theil 1950, Sen 1968): one odd week does not turn it.

    >>> trend([4.0, 3.5, None, 2.5], 0.1).word
    'falling'
    >>> trend([4.0, None], 0.1).word
    'not enough yet'
    """
    known = [(week, value) for week, value in enumerate(values) if value is not None]
    if len(known) < LEAST_WEEKS:
        return Trend(None, "not enough yet")
    slopes = [(b - a) / (j - i) for n, (i, a) in enumerate(known) for j, b in known[n + 1 :]]
    slope = statistics.median(slopes)
    word = "level" if abs(slope) <= least_change else "rising" if slope > 0.0 else "falling"
    return Trend(round(slope, 4), word)
