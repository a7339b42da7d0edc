import dataclasses
import json

import pytest

from sternway.conversion import convert
from sternway.motion.gait import Direction, Step
from sternway.walk.dose import Dose

FORWARD, BACKWARD, UNKNOWN = Direction.FORWARD, Direction.BACKWARD, Direction.UNKNOWN
STEP_S = 0.5


def walked(*step_times_s, loadings=()):
    """Return the dose of steps backward, then of standing."""
    dose, now_s = Dose(), 0.0
    for number, step_time_s in enumerate(step_times_s):
        now_s += step_time_s or STEP_S
        loading = loadings[number] if loadings else None
        dose.step(Step(now_s, now_s + 0.1, step_time_s, loading_mps3=loading), BACKWARD)
        dose.sample(now_s, True, BACKWARD)
    dose.close()
    return dose


class Stroll:
    """Steps every half second; the direction told may be late."""

    def __init__(self):
        self.dose, self.now_s = Dose(), 0.0

    def steps(self, count, told, turned_rad=0.0, swing_rad=0.0, first_s=STEP_S):
        for number in range(count):
            step_s = STEP_S if number else first_s
            self.now_s += step_s
            turned = turned_rad + swing_rad * (-1) ** number
            self.dose.step(Step(self.now_s, self.now_s + 0.1, step_s), told, turned)
            self.dose.sample(self.now_s, True, told)
        return self

    def turn(self):
        """Turn half round, beginning and ending gently."""
        for turned_rad in (0.2, 0.5, 0.9, 0.9, 0.5, 0.14):
            self.steps(1, BACKWARD, turned_rad)
        return self

    def stand(self):
        self.now_s += 2.0
        self.dose.sample(self.now_s, False, UNKNOWN)
        return self

    @property
    def counts(self):
        self.dose.close()
        shares = (self.dose.backward, self.dose.forward, self.dose.turning, self.dose.unknown)
        return tuple(share.step_count for share in shares)


@pytest.fixture
def stroll():
    return Stroll()


def test_the_first_step_of_a_bout_takes_as_long_as_the_next():
    dose = walked(None, 0.6, 0.5)
    assert (dose.backward.step_count, dose.backward.seconds) == (3, pytest.approx(1.7))
    assert dose.backward.cadence_spm == pytest.approx(60 / 0.55)


@pytest.mark.parametrize("halt_s", [9.0, 1.2])
def test_a_halt_between_steps_is_no_walking(halt_s):
    assert walked(*[0.5] * 6, halt_s, 0.5).backward.seconds == pytest.approx(4.0)


def test_a_body_that_sways_to_rest_makes_no_step():
    assert walked(*[0.5] * 8, loadings=[20.0] * 7 + [1.0]).backward.step_count == 7


def test_a_soft_step_in_the_middle_of_a_walk_is_one():
    assert walked(*[0.5] * 8, loadings=[20.0] * 6 + [1.0, 20.0]).backward.step_count == 8


def test_steps_before_the_direction_is_told_belong_to_it(stroll):
    assert stroll.steps(4, UNKNOWN).steps(10, BACKWARD).counts == (14, 0, 0, 0)


@pytest.mark.parametrize("halt_s", [1.2, 9.0])
def test_after_a_halt_what_is_told_at_first_is_of_the_walk_before(stroll, halt_s):
    stroll.steps(10, BACKWARD).steps(3, BACKWARD, first_s=halt_s)
    assert stroll.steps(10, FORWARD).counts == (10, 13, 0, 0)


def test_after_a_turn_what_is_told_at_first_is_of_the_walk_before(stroll):
    stroll.steps(10, BACKWARD).turn().steps(3, BACKWARD)
    assert stroll.steps(10, FORWARD).counts == (10, 13, 6, 0)


def test_what_waits_is_provisional_and_what_is_settled_only_grows(stroll):
    stroll.steps(10, BACKWARD)
    settled, waiting = stroll.dose.settled(BACKWARD), stroll.dose.provisional(BACKWARD)
    assert settled[0] + waiting[0] == 10
    assert settled[1] + waiting[1] == pytest.approx(5.0)
    assert stroll.dose.waiting_count == waiting[0] > 0
    assert stroll.dose.settled(FORWARD) == (0, 0.0)


def test_no_settled_total_ever_falls_whatever_is_told(stroll):
    """Backward, forward without a turn, a turn, a halt: no count and no time goes back."""
    before = dict.fromkeys((BACKWARD, FORWARD), (0, 0.0))
    for told in (*[BACKWARD] * 9, *[FORWARD] * 2, UNKNOWN, *[BACKWARD] * 4, UNKNOWN, *[FORWARD] * 9):
        stroll.steps(1, told, turned_rad=0.5 if told is UNKNOWN else 0.0)
        for way in before:
            now = stroll.dose.settled(way)
            assert all(new >= old for new, old in zip(now, before[way], strict=True))
            before[way] = now


def test_steps_the_other_way_without_a_turn_are_not_counted_as_the_old_way(stroll):
    """The direction is late by a second: two steps are told the old way, and settle as what they were."""
    stroll.steps(10, BACKWARD).steps(2, BACKWARD).steps(12, FORWARD)
    backward, forward, turning, unknown = stroll.counts
    assert (turning, unknown) == (0, 0)
    assert backward == pytest.approx(10, abs=1)
    assert forward == pytest.approx(14, abs=1)


def test_slow_steps_are_walking_and_no_halts():
    assert walked(*[2.0] * 10).backward.seconds == pytest.approx(20.0)


def test_the_last_steps_before_standing_keep_their_direction(stroll):
    assert stroll.steps(10, BACKWARD).stand().counts == (10, 0, 0, 0)


def test_a_few_steps_on_the_spot_have_no_direction(stroll):
    assert stroll.steps(3, UNKNOWN).stand().steps(10, FORWARD).counts == (0, 10, 0, 3)


def test_steps_of_a_turn_belong_to_no_direction(stroll):
    """The hips swing by six degrees a step."""
    stroll.steps(10, BACKWARD, swing_rad=0.1).turn()
    assert stroll.steps(10, BACKWARD, swing_rad=0.1).counts == (20, 0, 6, 0)


def test_a_path_that_bends_is_no_turn(stroll):
    assert stroll.steps(20, BACKWARD, turned_rad=0.1).counts == (20, 0, 0, 0)


def test_what_waits_survives_being_written_down(stroll):
    stroll.steps(3, UNKNOWN).steps(5, BACKWARD)
    stroll.dose = convert(json.loads(json.dumps(dataclasses.asdict(stroll.dose))), Dose, "dose")
    assert stroll.steps(5, BACKWARD).counts == (13, 0, 0, 0)


def test_nothing_walked_has_no_cadence_and_no_softness():
    assert (Dose().backward.cadence_spm, Dose().backward.softness_mps3) == (None, None)
