"""Which of what the detectors find counts: by session, by the gate, by how probable it is."""

import pytest

from sternway.detect.gate import WalkingGate
from sternway.detect.stumble import ALWAYS_WORN, IN_A_WALK
from sternway.events import Event, Kind
from sternway.monitor import UNDER_WAY, Monitor, counts
from sternway.records import Phase


def stumble(probability=None):
    evidence = {} if probability is None else {"probability": probability}
    return Event(Kind.STUMBLE, 10.0, 10.1, 0.5, evidence)


class OpenGate(WalkingGate):
    def open_at(self, time_s, hold_s=None):
        return True


@pytest.mark.parametrize("point", [ALWAYS_WORN, IN_A_WALK])
def test_a_stumble_outside_gait_counts_where_it_is_probable_enough_by_itself(point):
    assert counts(stumble(point.alone), WalkingGate(), point)
    assert not counts(stumble(point.alone - 0.01), WalkingGate(), point)


@pytest.mark.parametrize("point", [ALWAYS_WORN, IN_A_WALK])
def test_in_gait_a_less_probable_one_counts_too(point):
    assert counts(stumble(point.in_gait), OpenGate(), point)
    assert not counts(stumble(point.in_gait - 0.01), OpenGate(), point)


def test_without_a_probability_the_gate_decides():
    assert counts(stumble(), OpenGate(), IN_A_WALK)
    assert not counts(stumble(), WalkingGate(), IN_A_WALK)


def test_a_foreseen_fall_keeps_its_gate_and_a_fall_has_none():
    foreseen, fall = (Event(kind, 10.0, 10.1, 0.5, {"probability": 1.0}) for kind in (Kind.PRE_IMPACT, Kind.FALL))
    assert not counts(foreseen, WalkingGate(), IN_A_WALK)
    assert counts(foreseen, OpenGate(), ALWAYS_WORN)
    assert counts(fall, WalkingGate(), ALWAYS_WORN)


@pytest.mark.parametrize("phase", list(Phase))
def test_in_a_walk_under_way_more_counts_than_before_it_in_a_rest_and_after_it(phase, monkeypatch):
    monitor = Monitor()
    monkeypatch.setattr(type(monitor.session), "phase", property(lambda _: phase))
    between = stumble((IN_A_WALK.alone + ALWAYS_WORN.alone) / 2.0)
    assert monitor._is_believed(between) is (phase in UNDER_WAY)
    assert (phase in UNDER_WAY) is (phase in {Phase.WARM_UP, Phase.BACKWARD, Phase.COOL_DOWN, Phase.WALK_TEST})
