import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sternway.programme.history import History, Pain, WalkDone
from sternway.programme.trends import trend, weekly

MONDAY = datetime.date(2026, 1, 5)


def day(number):
    return MONDAY + datetime.timedelta(days=number)


HISTORY = History(
    (
        WalkDone(day(0), 300.0, 450, level="steady", pain_before=4, softness_ratio=0.6),
        WalkDone(day(2), 420.0, 600, stumble_count=1, level="raised", pain_before=2),
        WalkDone(day(15), 600.0, 900, level="unknown", variation="uphill", walk_test_s=5.0),
    ),
    (Pain(day(1), 3, "next_morning"), Pain(day(3), 5, "next_morning"), Pain(day(2), 1, "after")),
)


def test_weeks_put_pain_dose_and_steadiness_side_by_side():
    first, empty, third = weekly(HISTORY)
    assert (first.walk_count, first.backward_min, first.steps_backward, first.stumble_count) == (2, 12.0, 1050, 1)
    assert (first.pain_before, first.pain_after, first.pain_next_morning) == (3.0, 1.0, 4.0)
    assert (first.steady_share, first.softness_ratio) == (0.5, 0.6)
    assert (empty.walk_count, empty.steady_share, empty.pain_next_morning) == (0, None, None)
    assert (third.backward_min, third.steady_share) == (10.0, None)
    assert (first.walk_test_s, third.walk_test_s) == (None, 5.0)


def test_pain_before_a_walk_that_has_it_counts_once():
    walks = (WalkDone(day(0), 300.0, pain_before=4), WalkDone(day(2), 300.0))
    pains = (Pain(day(0), 4, "before"), Pain(day(2), 1, "before"))
    assert weekly(History(walks, pains))[0].pain_before == 2.5


def test_variations_are_kept_apart():
    assert [week.walk_count for week in weekly(HISTORY, "flat")] == [2, 0, 0]
    assert [week.walk_count for week in weekly(HISTORY, "uphill")] == [0, 0, 1]
    assert weekly(History()) == []


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ([5.0, 4.0, 3.0], "falling"),
        ([5.0, None, 4.0, 3.5], "falling"),
        ([1.0, 2.0, 3.0], "rising"),
        ([3.0, 3.1, 3.0, 2.9], "level"),
        ([3.0, 3.0, 9.0, 3.0, 3.0], "level"),
        ([3.0, 2.0], "not enough yet"),
        ([], "not enough yet"),
    ],
)
def test_a_trend_says_its_word_and_one_odd_week_does_not_turn_it(values, word):
    assert trend(values, least_change=0.1).word == word


@given(st.floats(-5.0, 5.0), st.floats(-10.0, 10.0))
def test_a_straight_line_has_its_own_slope(slope, start):
    assert trend([start + slope * week for week in range(6)], 0.0).slope_per_week == pytest.approx(slope, abs=1e-3)
