import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sternway.conversion import plain
from sternway.errors import PlanError
from sternway.programme.plan import Plan, Week, load_plan, plan_from, plan_text
from sternway.wire.plan import LONGEST_MIN, WalkPlan, walk_plan_from

OWN = """
name = "After the operation"
days_per_week = 2
cap_min = 6
variation = "treadmill"
support = "rail"

[[weeks]]
stretches = 3
stretch_min = 1

[[weeks]]
stretches = 2
stretch_min = 2.0
"""


def test_the_default_plan_is_the_one_of_the_programme():
    minutes = [week.minutes for week in Plan().ladder()]
    assert minutes[:4] == [5, 7, 10, 12]
    assert (Plan().weeks[0].stretches, Plan().weeks[0].stretch_min) == (5, 1)
    assert 10 <= minutes[3] <= 15
    assert (minutes[-1], Plan().days_per_week, Plan().support) == (20, 3, "wall")
    assert Plan().walk(0, "").minutes == WalkPlan().minutes == 5


@given(
    weeks=st.lists(st.tuples(st.integers(1, 10), st.sampled_from([0.1, 0.5, 1.0, 2.0, 3.0])), min_size=1, max_size=5),
    cap_min=st.floats(0.5, LONGEST_MIN),
)
def test_every_ladder_rises_by_a_week_of_the_table_or_a_tenth_and_ends_at_the_cap(weeks, cap_min):
    weeks = tuple(sorted((Week(*week) for week in weeks), key=lambda week: week.minutes))
    if weeks[0].minutes > cap_min:
        return
    plan = Plan(weeks=weeks, cap_min=cap_min)
    ladder = plan.ladder()
    for before, after in itertools.pairwise(ladder):
        assert after in weeks or before.minutes < after.minutes <= before.minutes * 1.1 + 1e-9
    assert ladder[0].minutes > 0.0
    assert ladder[-1].minutes == pytest.approx(cap_min)


def test_a_physiotherapists_own_plan_is_read():
    plan = load_plan(OWN)
    assert [round(week.minutes, 2) for week in plan.ladder()] == [3.0, 4.0, 4.4, 4.5, 4.95, 5.0, 5.5, 6.0]
    walk = plan.walk(1, "because")
    assert (walk.stretches, walk.support, walk.version, walk.lane_steps) == (2, "rail", "After the operation", 0)
    assert load_plan(plan_text(plan)) == plan
    assert plan_from(plan.body()) == plan


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("days_per_wek = 3", "unknown key days_per_wek; did you mean days_per_week?"),
        ("days_per_week = 8", "days_per_week must be between 1 and 7, not 8"),
        ("days_per_week = 'three'", "days_per_week must be a whole number, not 'three'"),
        ("cap_min = 90", "cap_min must be between 0.5 and 30, not 90"),
        ("cap_min = nan", "cap_min must be between"),
        ("cap_min = 3", "cap_min = 3 is less than the first week's 5 min"),
        ("rest_s = -1", "rest_s must be between 0 and 600, not -1"),
        ("support = 'rope'", "support must be one of partner, rail, wall, none, not 'rope'"),
        ("variation = 'stairs'", "variation must be one of flat, uphill, treadmill"),
        ("[[weeks]]\nstretchs = 3", r"unknown key weeks\[1\].stretchs; did you mean weeks\[1\].stretches?"),
        ("[[weeks]]\nstretches = 0", r"weeks\[1\].stretches must be between 1 and 30, not 0"),
        ("[[weeks]]\nstretches = 5\n[[weeks]]\nstretches = 4", r"weeks\[2\].* is 4 min, less than the week before"),
        ("weeks = 3", r"weeks must be one or more tables: write \[\[weeks\]\]"),
        ("weeks = []", "weeks must be one or more tables"),
        ("cap_min = ", "not valid TOML"),
    ],
)
def test_a_wrong_plan_says_what_to_mend(text, words):
    with pytest.raises(PlanError, match=words):
        load_plan(text)


def test_the_plan_of_a_walk_goes_over_the_wire_and_back():
    walk = Plan().walk(3, "From 10 to 12 minutes.", walk_test=True, support="rail")
    assert plain(walk_plan_from(plain(walk))) == plain(walk)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"stretches": 30, "stretch_min": 2.0}, "a walk of 60 minutes"),
        ({"stretch_min": 0.0}, "more than 0"),
        ({"stretch_min": float("inf")}, "stretch_min must be between"),
        ({"lane_steps": -1}, "lane_steps must be between"),
        ({"surprise": 1}, "unknown key surprise"),
        ({"walk_test": "yes"}, "walk_test must be true or false"),
    ],
)
def test_a_walk_that_cannot_be_is_refused(change, words):
    with pytest.raises(PlanError, match=words):
        walk_plan_from(plain(WalkPlan()) | change)


@given(st.dictionaries(st.sampled_from([*plain(WalkPlan()), "x"]), st.none() | st.text() | st.floats()))
def test_no_message_can_make_a_plan_that_asks_too_much(values):
    try:
        walk = walk_plan_from(values)
    except PlanError:
        return
    assert 0.0 < walk.minutes <= LONGEST_MIN
