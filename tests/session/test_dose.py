import pytest

from sternway.motion.gait import Direction, Step
from sternway.session.dose import Dose

BACKWARD = Direction.BACKWARD


def walked(*step_times_s, direction=BACKWARD):
    dose = Dose()
    for number, step_time_s in enumerate(step_times_s):
        dose.step(Step(float(number), number + 0.1, step_time_s), direction)
    return dose


def test_the_first_step_of_a_bout_takes_as_long_as_the_next():
    dose = walked(None, 0.6, 0.5)
    assert (dose.backward.step_count, dose.backward.seconds) == (3, pytest.approx(1.7))
    assert dose.backward.cadence_spm == pytest.approx(60 / 0.55)


def test_a_halt_between_steps_is_no_walking():
    assert walked(0.5, 9.0, 0.5).backward.seconds == pytest.approx(1.5)


def test_steps_of_a_turn_belong_to_no_direction():
    dose = Dose()
    dose.step(Step(1.0, 1.1, 0.5), BACKWARD, turning=True)
    assert (dose.turning.step_count, dose.backward.step_count) == (1, 0)


def test_nothing_walked_has_no_cadence_and_no_softness():
    assert (Dose().backward.cadence_spm, Dose().backward.softness_mps3) == (None, None)
