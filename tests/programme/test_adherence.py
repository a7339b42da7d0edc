import datetime

import pytest

from sternway.programme.adherence import adherence, reminder
from sternway.programme.history import History, PlannedPause, WalkDone

MONDAY = datetime.date(2026, 1, 5)


def day(number):
    return MONDAY + datetime.timedelta(days=number)


def walked(*weeks, pauses=()):
    """``weeks`` are the walks of each week, on Monday, Wednesday, Friday."""
    days = [7 * week + (0, 2, 4)[n] for week, count in enumerate(weeks) for n in range(count)]
    return History(tuple(WalkDone(day(number), 300.0) for number in days), pauses=tuple(pauses))


@pytest.mark.parametrize(
    ("weeks", "streak"),
    [
        ((3, 3, 3), 3),
        ((3, 2, 3), 3),  # one walk less is forgiven
        ((3, 0, 3), 2),  # one missed week is forgiven, though not counted
        ((3, 0, 3, 0, 3), 2),  # two in four are not
        ((3, 0, 3, 3, 3, 3, 0, 3), 6),
        ((3, 0, 0, 3), 1),
        ((3, 3, 1), 2),  # the week under way can only help
        ((0,), 0),
    ],
)
def test_the_streak_forgives_a_little(weeks, streak):
    today = day(7 * len(weeks) - 1)
    assert adherence(walked(*weeks), 3, MONDAY, today).streak == streak


def test_a_planned_pause_neither_breaks_nor_feeds_the_streak():
    holiday = PlannedPause(day(7), day(20))
    done = adherence(walked(3, 0, 0, 3, pauses=[holiday]), 3, MONDAY, day(27))
    assert done.streak == 2
    assert [week.excused for week in done.weeks] == [False, True, True, False]


def test_a_beginning_on_a_sunday_is_no_planned_pause():
    assert adherence(History(), 3, day(6), day(6)).words == "0 of 1 walks this week."


def test_half_a_week_of_pause_asks_for_half_the_walks():
    done = adherence(walked(1, pauses=[PlannedPause(day(3), day(9))]), 3, MONDAY, day(6))
    assert (done.weeks[0].planned_count, done.weeks[0].kept) == (2, True)


def test_weeks_hold_walks_and_minutes_and_words():
    done = adherence(walked(3, 2), 3, MONDAY, day(10))
    assert [(week.walk_count, week.backward_min) for week in done.weeks] == [(3, 15.0), (2, 10.0)]
    assert done.words == "2 of 3 walks this week; 2 weeks kept."


def test_the_reminder_comes_after_three_days_and_never_in_a_pause():
    history = walked(1)
    assert reminder(history, MONDAY, day(3)) is None
    assert reminder(history, MONDAY, day(4)) == "Last walk 4 days ago. A short one counts."
    assert reminder(History(), MONDAY, day(4)) == "Your first walk waits: five minutes."
    away = walked(1, pauses=[PlannedPause(day(2), day(9))])
    assert [reminder(away, MONDAY, day(number)) for number in (6, 11)] == [None, None]
    assert reminder(away, MONDAY, day(12)) == "Last walk 12 days ago. A short one counts."
