import dataclasses
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sternway.alert.patterns import PATTERNS, Prompt
from sternway.alert.policy import AlertPolicy, PolicySettings
from sternway.events import Cause, Event, Kind
from sternway.wire.values import Cue


def event(kind, time_s, severity=0.5, level=None, cause=None):
    return Event(kind, time_s - 0.1, time_s, severity, level=level, cause=cause)


class Wearer:
    """Runs a policy on a 20 ms grid and keeps what is felt: (time, name)."""

    def __init__(self, settings=None, step_s=0.02):
        self.policy, self.step_s, self.felt = AlertPolicy(settings), step_s, []

    def live(self, until_s, happenings=(), from_s=0.0):
        """``happenings`` are events and prompts; each is told in the turn that first covers its time."""
        waiting = sorted(happenings, key=_when)
        for turn in range(1, round((until_s - from_s) / self.step_s) + 1):
            now_s = from_s + turn * self.step_s
            now = [h for h in waiting if _when(h) <= now_s]
            waiting = waiting[len(now) :]
            events = [h for h in now if isinstance(h, Event)]
            for pattern in self.policy.update(now_s, events, [h for h in now if isinstance(h, Prompt)]):
                self.felt.append((round(self.policy.decided_at_s, 6), pattern.name))
        return self.felt


def _when(happening):
    return happening.decided_at_s if isinstance(happening, Event) else happening.time_s


def test_a_stumble_is_felt_in_the_same_turn_at_its_own_time():
    assert Wearer().live(2.0, [event(Kind.STUMBLE, 1.003)]) == [(1.003, "attention")]


def test_a_second_stumble_soon_after_escalates_and_a_late_one_does_not():
    felt = Wearer().live(200.0, [event(Kind.STUMBLE, t) for t in (10.0, 40.0, 150.0)])
    assert felt == [(10.0, "attention"), (40.0, "attention_again"), (150.0, "attention")]


def test_one_stumble_seen_twice_is_one_buzz():
    assert len(Wearer().live(20.0, [event(Kind.STUMBLE, 10.0), event(Kind.STUMBLE, 11.0)])) == 1


def test_a_warning_interrupts_a_cue_at_once():
    felt = Wearer().live(3.0, [Prompt(Cue.TURN, 1.0), event(Kind.STUMBLE, 1.1)])
    assert felt == [(1.0, "turn"), (1.1, "attention")]


def test_a_cue_waits_for_a_warning_and_is_dropped_when_stale():
    felt = Wearer().live(3.0, [event(Kind.STUMBLE, 1.0), Prompt(Cue.TURN, 1.1)])
    assert felt == [(1.0, "attention"), (1.68, "turn")]
    strict = Wearer(PolicySettings(stale_s=0.2)).live(3.0, [event(Kind.STUMBLE, 1.0), Prompt(Cue.TURN, 1.1)])
    assert strict == [(1.0, "attention")]


def test_a_stop_rule_says_trouble_alone_instead_of_the_stumble_that_met_it():
    felt = Wearer().live(3.0, [event(Kind.STUMBLE, 1.0), Prompt(Cue.TROUBLE, 1.0)])
    assert felt == [(1.0, "trouble")]


def test_trouble_is_never_dropped():
    felt = Wearer(PolicySettings(stale_s=0.1)).live(
        3.0, [event(Kind.FALL, 1.0), event(Kind.FAULT, 1.05, cause=Cause.GAPS)]
    )
    assert [name for _, name in felt[:2]] == ["attention_again", "trouble"]


def test_advice_keeps_to_its_budget_and_stumbles_do_not_draw_on_it():
    advice = [event(Kind.STABILITY, 60.0 * n, level="raised") for n in range(1, 10)]
    stumbles = [event(Kind.STUMBLE, 60.0 * n + 30.0) for n in range(1, 10)]
    felt = Wearer(step_s=0.1).live(620.0, advice + stumbles)
    assert sum(name.startswith("attention") for t, name in felt if t % 60 == 0) == 2
    assert sum(name.startswith("attention") for t, name in felt if t % 60 == 30) == 9


def test_the_budget_comes_back():
    advice = [event(Kind.FATIGUE, t) for t in (10.0, 100.0, 200.0, 611.0)]
    assert [t for t, _ in Wearer(step_s=0.1).live(650.0, advice)] == [10.0, 100.0, 611.0]


def test_high_unsteadiness_escalates_at_once():
    felt = Wearer().live(20.0, [event(Kind.STABILITY, 5.0, level="raised"), event(Kind.STABILITY, 7.0, level="high")])
    assert felt == [(5.0, "attention"), (7.0, "attention_again")]


@pytest.mark.parametrize("kind", [Kind.PRE_IMPACT, Kind.NOT_WORN, Kind.FALL_CONFIRMED, Kind.FALL_CANCELLED])
def test_what_is_not_in_the_vocabulary_does_not_buzz(kind):
    assert Wearer().live(3.0, [event(kind, 1.0)]) == []


@pytest.mark.parametrize("over", [event(Kind.FAULT, 1.0, 0.0), event(Kind.STABILITY, 1.0, 0.0, "steady")])
def test_good_news_does_not_buzz(over):
    assert Wearer().live(3.0, [over]) == []


def test_each_cause_of_a_fault_is_said_once():
    gaps = [event(Kind.FAULT, t, cause=Cause.GAPS) for t in (1.0, 2.0, 3.0)]
    other = [event(Kind.FAULT, 5.0, cause=Cause.NO_SENSOR)]
    assert Wearer().live(8.0, gaps + other) == [(1.0, "trouble"), (5.0, "trouble")]


def test_a_fall_buzzes_until_it_is_settled():
    felt = Wearer().live(30.0, [event(Kind.FALL, 1.0), event(Kind.FALL_CANCELLED, 8.5)])
    assert felt == [(t, "attention_again") for t in (1.0, 3.0, 5.0, 7.0)]


def test_a_long_silence_during_a_fall_is_made_up_for_by_one_buzz():
    policy = AlertPolicy()
    policy.update(1.0, [event(Kind.FALL, 1.0)])
    assert len(policy.update(60.0, [])) == 1
    assert policy.decided_at_s == pytest.approx(59.0)


happening = st.one_of(
    st.builds(Prompt, st.sampled_from(list(Cue)), st.floats(0.0, 50.0)),
    st.builds(
        event,
        st.sampled_from([Kind.STUMBLE, Kind.STABILITY, Kind.FATIGUE, Kind.FALL, Kind.FAULT, Kind.FALL_CANCELLED]),
        st.floats(0.0, 50.0),
        level=st.sampled_from([None, "raised", "high"]),
        cause=st.sampled_from(list(Cause)),
    ),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(happening, max_size=25))
def test_never_two_at_once_and_only_a_louder_one_cuts_in(happenings):
    felt = Wearer(step_s=0.05).live(60.0, happenings)
    for (before_s, before), (after_s, after) in itertools.pairwise(felt):
        one, other = PATTERNS[Cue(before)], PATTERNS[Cue(after)]
        assert after_s >= before_s + one.duration_s or other.priority > one.priority


@settings(max_examples=40, deadline=None)
@given(st.lists(happening, max_size=25))
def test_an_undisturbed_cue_is_felt_within_100_ms_of_its_cause(happenings):
    wearer = Wearer(step_s=0.02)
    wearer.live(60.0, [h for h in happenings if isinstance(h, Event)])
    wearer.live(62.0, [Prompt(Cue.CHANGE, 61.0)], from_s=60.0)
    if all(t < 59.0 for t, _ in wearer.felt[:-1]):
        assert wearer.felt[-1] == (61.0, "change")


@settings(max_examples=40, deadline=None)
@given(st.lists(happening, max_size=15, unique_by=lambda h: round(_when(h))))
def test_a_finer_cut_changes_nothing_where_no_cause_falls_into_the_turn_of_a_waiting_cue(happenings):
    happenings = [_moved_to(h, round(_when(h)) + 0.005) for h in happenings]
    assert Wearer(step_s=0.01).live(60.0, happenings) == Wearer(step_s=0.02).live(60.0, happenings)


def _moved_to(happening, time_s):
    name = "decided_at_s" if isinstance(happening, Event) else "time_s"
    return dataclasses.replace(happening, **{name: time_s})
