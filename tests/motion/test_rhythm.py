import math

import numpy as np
import pytest

from sternway.motion.rhythm import RhythmEstimator, slowed


def found(seconds, vertical, gyro):
    """The rhythm after ``seconds`` of these functions of time."""
    estimator = RhythmEstimator()
    for at_s in np.arange(0.0, seconds, 0.01).tolist():
        estimator.update(vertical(at_s), gyro(at_s))
    return estimator.rhythm


def walking(step_s, overtone=0.0):
    def vertical(at_s):
        turn = 2.0 * math.pi * at_s / step_s
        return math.cos(turn) + overtone * math.cos(2.0 * turn)

    def gyro(at_s):
        stride = math.pi * at_s / step_s
        return 0.3 * math.cos(stride), 0.1 * math.cos(2.0 * stride), 0.3 * math.sin(stride)

    return vertical, gyro


@pytest.mark.parametrize("step_s", [0.45, 0.6, 0.9, 1.3, 2.0])
@pytest.mark.parametrize("overtone", [0.0, 1.5])
def test_the_step_time_is_found_neither_halved_nor_doubled(step_s, overtone):
    rhythm = found(14.0, *walking(step_s, overtone))
    assert rhythm is not None
    assert rhythm.step_s == pytest.approx(step_s, rel=0.04)


def test_shaking_without_a_change_of_sides_is_no_gait():
    vertical, _ = walking(0.7)
    shaken = found(14.0, vertical, lambda at_s: (0.3 * math.cos(2.0 * math.pi * at_s / 0.7), 0.0, 0.0))
    assert shaken is None


def test_who_does_not_turn_at_all_does_not_walk():
    assert found(14.0, walking(0.6)[0], lambda _: (0.0, 0.0, 0.0)) is None


def test_slowness_is_one_for_usual_and_grows_for_very_slow_steps():
    assert slowed(None) == slowed(found(6.0, *walking(0.6))) == 1
    assert [slowed(found(14.0, *walking(step_s))) for step_s in (1.2, 2.0)] == [2, 3]
