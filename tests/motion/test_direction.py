import numpy as np
import pytest

from sternway.motion.direction import DirectionEstimator
from sternway.motion.gait import Direction
from sternway.motion.trunk_tracker import TrunkTracker
from sternway.samples import Block
from sternway.simulate.script import BACKWARD, FORWARD, Stand, Turn, Walk
from sternway.simulate.walker import BELT, Walker


def pendulum(seconds=6.0, step_hz=1.8, vertical_mps2=1.5, forward_mps2=1.0, left_mps2=0.4):
    """Forward gait as an inverted pendulum: fastest where lowest."""
    turn = 2.0 * np.pi * step_hz * np.arange(0.0, seconds, 0.01)
    return vertical_mps2 * np.cos(turn), -forward_mps2 * np.sin(turn), left_mps2 * np.sin(0.5 * turn)


def told(vertical, forward, left, yaw=None, walking=None, estimator=None):
    estimator = estimator or DirectionEstimator()
    yaw = np.zeros(len(vertical)) if yaw is None else yaw
    walking = np.ones(len(vertical), bool) if walking is None else walking
    rows = zip(vertical.tolist(), forward.tolist(), left.tolist(), yaw.tolist(), walking.tolist(), strict=True)
    return [estimator.update(*row) for row in rows]


def lived(script, seconds, seed=2):
    walker = Walker(script, seed=seed)
    time_s = np.arange(0.0, seconds, 0.01)
    accel, gyro = walker.at(time_s)
    motions = TrunkTracker(mounting=BELT).update(Block(time_s, accel, gyro, 0.0))
    return np.concatenate([m.time_s for m in motions]), np.concatenate([m.direction for m in motions])


def test_fastest_where_lowest_is_forward_and_the_other_way_round_backward():
    vertical, forward, left = pendulum()
    assert told(vertical, forward, left)[-1] is Direction.FORWARD
    assert told(vertical, -forward, left)[-1] is Direction.BACKWARD


@pytest.mark.parametrize("way", [FORWARD, BACKWARD])
@pytest.mark.parametrize("speed_mps", [0.5, 0.9, 1.3])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_walk_is_told_within_two_and_a_third_seconds_and_never_wrongly(way, speed_mps, seed):
    time_s, direction = lived((Stand(2.0), Walk(12.0, way, speed_mps)), 14.0, seed)
    assert set(direction[(time_s > 5.0) & (time_s < 13.5)]) == {way}
    assert -way not in direction


def first_answer_s(answers):
    return next((0.01 * row for row, answer in enumerate(answers) if answer is not Direction.UNKNOWN), None)


def test_clear_evidence_speaks_after_a_second_and_vague_evidence_later():
    vertical, forward, left = pendulum()
    assert 0.9 < first_answer_s(told(vertical, forward, left)) < 1.2
    vague = forward + pendulum(step_hz=2.33, forward_mps2=2.5)[1]
    assert 1.5 < first_answer_s(told(vertical, vague, left)) < 3.0


def test_after_a_turn_a_clear_answer_needs_half_a_second_of_straight_walking():
    # The filter that parts turns from the swing of the hips calls it a turn for a second longer.
    vertical, forward, left = pendulum(9.0)
    turning = (np.arange(900) > 20) & (np.arange(900) < 500)
    answers = told(vertical, forward, left, yaw=2.0 * turning)
    after = next(row for row in range(500, 900) if answers[row] is Direction.FORWARD)
    assert answers[510] is Direction.UNKNOWN
    assert 630 < after < 680


def test_what_is_felt_in_a_turn_is_no_evidence():
    vertical, forward, left = pendulum(9.0)
    at = np.arange(900)
    yaw = 2.0 * ((at > 400) & (at < 500))
    felt = np.where((at > 420) & (at < 560), -8.0 * forward, forward)
    assert Direction.BACKWARD not in told(vertical, felt, left, yaw)


@pytest.mark.parametrize(
    "gait",
    [
        {"forward_mps2": 0.15},  # marching in place
        {"left_mps2": 3.5},  # sideways
        {"vertical_mps2": 0.1, "forward_mps2": 0.1, "left_mps2": 0.05},  # hardly moving
    ],
)
def test_what_is_neither_forward_nor_backward_is_unknown(gait):
    assert set(told(*pendulum(**gait))) == {Direction.UNKNOWN}


def test_vertical_and_forward_without_a_common_rhythm_are_unknown():
    vertical, _, left = pendulum()
    _, forward, _ = pendulum(step_hz=2.33)
    answers = told(vertical, forward, left)
    assert answers.count(Direction.UNKNOWN) > 0.6 * len(answers)


def test_who_does_not_walk_goes_no_way():
    walking = np.arange(600) < 400
    answers = told(*pendulum(), walking=walking)
    assert answers[399] is Direction.FORWARD
    assert set(answers[400:]) == {Direction.UNKNOWN}


def test_a_turn_resets_the_answer():
    vertical, forward, left = pendulum(12.0)
    at = np.arange(1200)
    turned = np.where(at < 600, forward, -forward)
    answers = told(vertical, turned, left, yaw=1.5 * ((at > 500) & (at < 700)))
    assert answers[500] is Direction.FORWARD
    assert answers[650] is Direction.UNKNOWN
    assert Direction.FORWARD not in answers[700:]
    assert answers[-1] is Direction.BACKWARD


def test_a_stop_resets_the_answer_and_its_evidence():
    vertical, forward, left = pendulum(9.0)
    at = np.arange(900)
    answers = told(vertical, np.where(at < 400, forward, -forward), left, walking=(at < 400) | (at > 420))
    assert Direction.FORWARD not in answers[400:]


def test_another_way_without_a_turn_is_unknown_within_a_second_and_told_within_two():
    vertical, forward, left = pendulum(9.0)
    answers = told(vertical, np.where(np.arange(900) < 450, forward, -forward), left)
    assert Direction.FORWARD not in answers[560:]
    assert set(answers[650:]) == {Direction.BACKWARD}


def test_running_is_unknown_and_never_backward():
    # Running, the trunk is slowest where it is lowest, as in backward walking.
    vertical, forward, left = pendulum(step_hz=2.7, vertical_mps2=9.0, forward_mps2=4.0)
    assert set(told(vertical, -forward, left)) == {Direction.UNKNOWN}


def test_the_flatter_the_gait_the_less_sure_is_the_answer():
    sure = []
    for vertical_mps2 in (1.5, 0.4, 0.3):
        estimator = DirectionEstimator()
        told(*pendulum(vertical_mps2=vertical_mps2, forward_mps2=0.4, left_mps2=0.2), estimator=estimator)
        sure.append(estimator.confidence)
    assert sure == sorted(sure, reverse=True)
    assert sure[0] > sure[-1]


def test_slow_gait_is_told_as_gait_in_quick_motion_is():
    vertical, forward, left = pendulum(40.0, step_hz=0.5, vertical_mps2=0.5, forward_mps2=0.3, left_mps2=0.1)
    estimator = DirectionEstimator()
    rows = zip(vertical.tolist(), (-forward).tolist(), left.tolist(), strict=True)
    answers = [estimator.update(*row, 0.0, True, slowness=3) for row in rows]
    assert Direction.FORWARD not in answers
    assert answers[-1] is Direction.BACKWARD


def test_endless_turning_ends_in_unknown():
    answers = told(*pendulum(12.0), yaw=np.where(np.arange(1200) > 300, 2.0, 0.0))
    assert answers[-1] is Direction.UNKNOWN


def test_a_turn_of_the_simulated_walker_is_never_told_wrongly():
    _, direction = lived((Stand(2.0), Walk(6.0), Turn(), Walk(6.0)), 16.0)
    assert Direction.BACKWARD not in direction


def test_confidence_grows_with_the_evidence():
    clear, vague = DirectionEstimator(), DirectionEstimator()
    vertical, forward, left = pendulum()
    told(vertical, forward, left, estimator=clear)
    told(vertical, forward + pendulum(step_hz=2.7, forward_mps2=3.0)[1], left, estimator=vague)
    assert 0.5 <= vague.confidence < clear.confidence <= 1.0
