"""How regularly the walker walks, by week, with a streak that forgives."""

import datetime
from dataclasses import dataclass

from sternway.programme.history import Day, History

WEEK = datetime.timedelta(days=7)

FORGIVEN_EVERY = 4
"""One missed week in so many is forgiven: life happens, and a streak that breaks at once discourages."""

REMIND_DAYS = 3
"""Days without a walk after which a reminder is fair on a plan of three days a week."""


@dataclass(frozen=True, slots=True)
class WeekDone:
    """One week from Monday: ``kept`` where at most one planned walk is missing, ``excused`` by a planned pause."""

    monday: Day
    walk_count: int
    planned_count: int
    backward_min: float
    kept: bool
    excused: bool


@dataclass(frozen=True, slots=True)
class Adherence:
    """All weeks up to now, oldest first, and the streak of kept weeks."""

    weeks: tuple[WeekDone, ...]
    streak: int
    words: str


def monday_of(day: Day) -> Day:
    """Return the Monday of the week of ``day``.

    >>> monday_of(datetime.date(2026, 5, 7))
    datetime.date(2026, 5, 4)
    """
    return day - datetime.timedelta(days=day.weekday())


def adherence(history: History, days_per_week: int, began_on: Day, today: Day) -> Adherence:
    """Return the weeks from ``began_on`` to ``today``; the week under way can only help the streak.

    Days of a planned pause are not asked for: a week is excused where it leaves fewer than two free days.
    """
    first, this = monday_of(began_on), monday_of(today)
    weeks = tuple(
        _week(history, days_per_week, first + n * WEEK, began_on) for n in range((this - first).days // 7 + 1)
    )
    streak = _streak(weeks)
    return Adherence(weeks, streak, _words(weeks[-1] if weeks else None, streak))


def _week(history: History, days_per_week: int, monday: Day, began_on: Day) -> WeekDone:
    days = [day for n in range(7) if (day := monday + datetime.timedelta(days=n)) >= began_on]
    free = [day for day in days if history.pause_on(day) is None]
    walks = [walk for walk in history.walks if monday <= walk.day < monday + WEEK]
    planned = min(days_per_week, (len(free) * days_per_week + 6) // 7)
    done = len({walk.day for walk in walks})
    return WeekDone(
        monday,
        done,
        planned,
        round(sum(walk.backward_s for walk in walks) / 60.0, 2),
        kept=done > 0 and done >= planned - 1,
        excused=len(free) < min(2, len(days)) and done == 0,
    )


def _streak(weeks: tuple[WeekDone, ...]) -> int:
    """Count kept weeks back from now: excused ones are passed over, one missed in every four is forgiven."""
    streak, since_missed = 0, FORGIVEN_EVERY
    for age, week in enumerate(reversed(weeks)):
        if week.kept:
            streak, since_missed = streak + 1, since_missed + 1
        elif week.excused or age == 0:
            continue
        elif since_missed >= FORGIVEN_EVERY:
            since_missed = 0
        else:
            break
    return streak


def _words(week: WeekDone | None, streak: int) -> str:
    if week is None:
        return "No walk yet."
    if week.excused:
        return f"A planned pause; your {streak} kept weeks wait for you." if streak else "A planned pause."
    now = f"{week.walk_count} of {week.planned_count} walks this week"
    return f"{now}; {streak} {'week' if streak == 1 else 'weeks'} kept." if streak else f"{now}."


def reminder(history: History, began_on: Day, today: Day) -> str | None:
    """Return what to remind the walker of, ``None`` where nothing is due; a planned pause is never nagged."""
    if history.pause_on(today) is not None:
        return None
    last = max([walk.day for walk in history.walks], default=None)
    idle = history.idle_days(last if last is not None else began_on, today)
    if idle < REMIND_DAYS:
        return None
    if last is None:
        return "Your first walk waits: five minutes."
    return f"Last walk {(today - last).days} days ago. A short one counts."
