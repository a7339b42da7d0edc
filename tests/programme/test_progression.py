import datetime
import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from sternway.conversion import convert
from sternway.errors import MessageError
from sternway.programme.history import History, Pain, PlannedPause, WalkDone
from sternway.programme.plan import Plan, Week
from sternway.programme.progression import Position, decide, on_changed_plan, position_from, suggest_support
from sternway.programme.rules import RULES, Move
from sternway.programme.simulation import PROFILES, simulate
from sternway.wire.journal import PlanPosition

MONDAY = datetime.date(2026, 1, 5)
PLAN = Plan()


def day(number):
    return MONDAY + datetime.timedelta(days=number)


def walk(number, **kinds):
    return WalkDone(day(number), 300.0, level=kinds.pop("level", "steady"), **kinds)


def well(*numbers, pain=2):
    """Walks on days ``numbers`` that went well, each with its next morning."""
    pains = tuple(Pain(day(number + 1), pain, "next_morning") for number in numbers)
    return History(tuple(walk(number) for number in numbers), pains)


WELL = well(0, 2, 4)


def changed(history=WELL, last=None, morning=None, unanswered=False, **parts):
    """Return ``history`` with its last walk or the morning after it changed."""
    walks = (*history.walks[:-1], replace(history.walks[-1], **(last or {})))
    pains = history.pains if morning is None else (*history.pains[:-1], replace(history.pains[-1], value=morning))
    return replace(history, walks=walks, pains=pains[:-1] if unanswered else pains, **parts)


@pytest.mark.parametrize(
    ("history", "move", "words"),
    [
        (WELL, Move.PROGRESS, "Pain next morning 2/10, no stumble in the last two walks, as steady as your usual."),
        (changed(last={"level": "unknown"}), Move.PROGRESS, "as steady as your usual"),
        (changed(morning=3), Move.PROGRESS, "Pain next morning 3/10"),
        (changed(morning=4), Move.HOLD, "Pain the morning after a walk was 4/10."),
        (changed(morning=6), Move.BACK, "Pain next morning was 6/10."),
        (changed(well(0, 2, 4, pain=4)), Move.BACK, "hurt too much after both of the last two walks"),
        (changed(morning=2, last={"pain_before": 0}), Move.HOLD, "Pain the morning after a walk was 2/10."),
        (changed(unanswered=True), Move.HOLD, "not answered yet"),
        (replace(WELL, pains=WELL.pains[::2]), Move.HOLD, "the walk before the last was not answered"),
        (changed(last={"stumble_count": 1}), Move.HOLD, "A stumble in the last two walks."),
        (changed(last={"stumble_count": 2}), Move.BACK, "2 stumbles in the last two walks."),
        (changed(last={"level": "raised"}), Move.HOLD, "Less steady than your usual in one of the last two walks."),
        (changed(last={"stopped": True}), Move.HOLD, "The last walk was stopped early."),
        (changed(last={"fall_count": 1}), Move.BACK, "A fall was noticed."),
        (well(0), Move.HOLD, "1 of 2 complete walks at these minutes so far."),
        (History(), Move.HOLD, "0 of 2 complete walks"),
        (changed(pauses=(PlannedPause(day(7), day(20), "holiday"),)), Move.PAUSE, "Planned pause (holiday) until"),
    ],
)
def test_each_rule_makes_its_move_and_says_why(history, move, words):
    decision = decide(PLAN, Position(2, day(0)), history, day(7))
    assert decision.move is move
    assert words in " ".join(decision.reasons)
    assert decision.position.step == {Move.PROGRESS: 3, Move.BACK: 1}.get(move, 2)
    assert (decision.walk is None) is (move is Move.PAUSE)


def test_less_steady_twice_steps_back():
    history = replace(WELL, walks=tuple(replace(w, level="raised") for w in WELL.walks))
    assert decide(PLAN, Position(2, day(0)), history, day(7)).move is Move.BACK


@pytest.mark.parametrize("decided_on", [4, 5])
@pytest.mark.parametrize("trouble", [{"stumble_count": 2}, {"fall_count": 1}])
def test_the_same_trouble_moves_the_plan_back_only_once(trouble, decided_on):
    history = changed(last=trouble)
    first = decide(PLAN, Position(3, day(0)), history, day(decided_on))
    assert (first.move, first.position.step) == (Move.BACK, 2)
    for later in (4, 5, 6, 8):
        if later >= decided_on:
            assert decide(PLAN, first.position, history, day(later)).position == first.position


def test_a_second_walk_on_the_day_of_a_move_is_looked_at_by_itself():
    position = decide(PLAN, Position(3, day(0)), changed(last={"fall_count": 1}), day(4)).position
    for last, step in (({"stumble_count": 1}, 2), ({"fall_count": 1}, 1)):
        twice = replace(WELL, walks=(*changed(last={"fall_count": 1}).walks, walk(4, **last)))
        assert decide(PLAN, position, twice, day(4)).position.step == step
        assert decide(PLAN, position, twice, day(5)).position.step == step


def test_the_walk_that_moved_the_plan_back_is_none_at_the_new_minutes():
    position = decide(PLAN, Position(3, day(0)), changed(last={"stumble_count": 2}), day(4)).position
    assert "0 of 2 complete walks" in " ".join(decide(PLAN, position, WELL, day(5)).reasons)


def test_two_weeks_away_step_back_and_a_planned_pause_of_two_weeks_does_not():
    away = decide(PLAN, Position(3, day(0)), WELL, day(4 + 15))
    assert (away.move, away.reasons) == (Move.BACK, ("14 days without a walk: begin again a little lower.",))
    paused = replace(WELL, pauses=(PlannedPause(day(5), day(18), "holiday"),))
    back = decide(PLAN, Position(3, day(0)), paused, day(19))
    assert back.position.step >= 3


def test_the_ends_of_the_plan_hold():
    top = len(PLAN.ladder()) - 1
    assert decide(PLAN, Position(top, day(0)), WELL, day(7)).reasons == ("You are at the top of your plan.",)
    least = decide(PLAN, Position(0, day(0)), changed(morning=8), day(7))
    assert (least.position.step, least.walk.minutes) == (0, 5.0)
    assert least.walk.reason.startswith("Stay at 5 minutes, the least of your plan.")


def test_a_shorter_plan_takes_the_person_to_its_top():
    assert decide(structs.replace(PLAN, cap_min=7.0), Position(9, day(0)), WELL, day(7)).walk.minutes == 7.0


@pytest.mark.parametrize(
    ("step", "weeks", "new_step", "words"),
    [
        (4, (Week(5, 2.0), Week(4, 3.0)), 2, "Stay at 13 minutes."),
        (4, (Week(4, 3.0), Week(5, 3.0)), 0, "From 13 to 12 minutes."),
        (4, (Week(5, 3.0),), 0, "It begins at 15 minutes, more than your 13 until now."),
        (1, (Week(7, 1.0), Week(7, 1.0), Week(7, 1.0), Week(5, 2.0)), 1, "Stay at 7 minutes."),
        (0, (Week(2, 1.0), Week(5, 1.0)), 0, "From 5 to 2 minutes."),
    ],
)
def test_a_changed_plan_goes_on_where_it_asks_for_no_more_than_before(step, weeks, new_step, words):
    changed_plan = structs.replace(PLAN, weeks=weeks)
    assert on_changed_plan(Position(step, day(2), 1), PLAN, changed_plan) == (Position(new_step, day(2), 1), words)


def test_three_days_a_week_are_spread():
    asked = [decide(PLAN, Position(0, day(0)), WELL, day(n)).day_words for n in (4, 5, 6, 7)]
    assert asked == [
        "You have walked today.",
        "Rest: 3 walks this week, as planned.",
        "Rest: 3 walks this week, as planned.",
        "Walk 1 of 3 this week.",
    ]
    assert decide(PLAN, Position(0, day(0)), well(0), day(1)).day_words == "Rest: you walked yesterday."


def test_the_walk_test_comes_after_two_walks_and_then_every_second_week():
    def due(history, number):
        return decide(PLAN, Position(0, day(0)), history, day(number)).walk.walk_test

    assert [due(well(0), 2), due(well(0, 2), 4)] == [False, True]
    tested = replace(WELL, walk_test_days=(day(4),))
    assert [due(tested, 7), due(tested, 18)] == [False, True]


def test_support_is_given_at_once_and_taken_away_only_when_earned():
    steady = well(0, 2, 4, 7, 9, 11)
    assert suggest_support("wall", well(0, 2, 4, 7, 9))[0] == "wall"
    assert suggest_support("wall", steady)[0] == "none"
    assert suggest_support("wall", changed(steady, morning=5))[0] == "wall"
    assert suggest_support("wall", replace(steady, pains=steady.pains[1:]))[0] == "wall"
    assert suggest_support("wall", changed(steady, last={"stumble_count": 1}))[0] == "rail"
    assert suggest_support("wall", changed(steady, last={"support": "rail"}))[0] == "rail"
    assert suggest_support("partner", changed(well(0), last={"support": "partner", "fall_count": 1}))[0] == "partner"


def test_one_stumble_asks_for_one_level_more_and_a_clean_walk_with_it_for_no_other():
    stumbled, clean = walk(0, support="wall", stumble_count=1), walk(2, support="rail")
    assert suggest_support("wall", History((stumbled,)))[0] == "rail"
    assert suggest_support("wall", History((stumbled, clean)))[0] == "rail"
    assert suggest_support("wall", History((stumbled, replace(clean, support="wall"))))[0] == "rail"
    assert suggest_support("wall", History((stumbled, replace(clean, stumble_count=1))))[0] == "partner"


def test_a_position_goes_through_plain_data_and_a_spoilt_one_is_refused():
    assert position_from(Position(3, day(2), 1).written()) == Position(3, day(2), 1)
    assert position_from(convert({"step": 3, "moved_on": "2026-01-07"}, PlanPosition, "")) == Position(3, day(2))
    with pytest.raises(MessageError, match="step must be a whole number"):
        convert({"step": "x"}, PlanPosition, "")


# --- six weeks ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("profile", "minutes"),
    [("steady", [5, 7, 10, 12, 13, 14]), ("flare", [5, 7, 5, None, 5, 7]), ("stumbles", [5, 7, 7, 10, 7, 10])],
)
def test_six_simulated_weeks_decide_as_the_programme_says(profile, minutes):
    days = list(simulate(PLAN, PROFILES[profile], 6, MONDAY))
    assert [d.decision.walk.minutes if d.decision.walk else None for d in days[::7]] == minutes
    assert all(d.decision.reasons and all(d.decision.reasons) for d in days)
    walks, mornings = [], {}
    for today in days:
        _agrees_with_the_programme(today, walks, mornings)
        if today.walk:
            lived = PROFILES[profile].live(len(walks))
            walks.append(today.walk)
            mornings[len(walks) - 1] = lived.morning


def _agrees_with_the_programme(today, walks, mornings):
    """In the programme's words: pain <= 3, no stumble in the last two, not less steady; else not on."""
    move, last = today.decision.move, walks[-2:]
    calm = not any(w.stumble_count or w.level in ("raised", "high") for w in last)
    comfortable = all(mornings[n] <= 3 for n in range(max(0, len(walks) - 2), len(walks)))
    if not (calm and comfortable):
        assert move in (Move.HOLD, Move.BACK, Move.PAUSE)
    if move is Move.PROGRESS:
        assert walks
    if move is Move.BACK:
        assert not (calm and comfortable)


def test_a_planned_pause_costs_no_step():
    days = list(simulate(PLAN, PROFILES["flare"], 6, MONDAY))
    paused = [d for d in days if d.decision.move is Move.PAUSE]
    assert len(paused) == 7
    assert len({d.decision.position for d in paused}) == 1


# --- laws ---------------------------------------------------------------------------------------------------------

lived = st.tuples(
    st.booleans(),
    st.integers(0, 3),
    st.sampled_from(["steady", "steady", "raised", "high", "unknown"]),
    st.none() | st.integers(0, 10),
    st.booleans(),
)
plans = st.builds(Plan, days_per_week=st.integers(1, 7), cap_min=st.floats(5.0, 30.0))


@settings(max_examples=60, deadline=None)
@given(st.lists(lived, min_size=20, max_size=70), plans)
def test_whatever_happens_the_plan_keeps_its_promises(days, plan):
    """Never on after pain over 3 or two recent stumbles, never more than a step a week, never outside the plan."""
    history, position = History(), Position(0, MONDAY)
    ladder, progressed, pain = plan.ladder(), [], {}
    for number, (walks, stumbles, level, morning, falls) in enumerate(days):
        if number in pain:
            history = replace(history, pains=(*history.pains, Pain(day(number), pain[number], "next_morning")))
        decision = decide(plan, position, history, day(number))
        assert 0 <= decision.position.step < len(ladder)
        assert 0.0 < decision.walk.minutes <= plan.cap_min + 1e-9
        assert abs(decision.position.step - position.step) <= 1
        assert decision.reasons
        if decision.move is Move.PROGRESS:
            progressed.append(number)
            last = history.walks[-2:]
            assert sum(w.stumble_count for w in last) == 0
            assert not any(w.level in ("raised", "high") or w.fall_count for w in last)
            assert all(history.next_morning(done) is not None for done in last)
            assert all(history.next_morning(done) <= 3 for done in last)
            before, after = ladder[position.step], ladder[decision.position.step]
            assert after in plan.weeks or after.minutes <= 1.1 * before.minutes + 1e-9
        again = decide(plan, decision.position, history, day(number))
        assert again.position == decision.position
        position = decision.position
        if walks:
            done = walk(number, stumble_count=stumbles // 2, level=level, fall_count=int(falls and stumbles == 3))
            history = replace(history, walks=(*history.walks, done))
            if morning is not None:
                pain[number + 1] = morning
    assert all(later - before >= 7 for before, later in itertools.pairwise(progressed))


def test_the_last_rule_always_holds_and_names_are_unique():
    assert RULES[-1].move is Move.PROGRESS
    assert len({rule.name for rule in RULES}) == len(RULES)
