import copy
import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sternway.motion.attitude import Attitude
from sternway.samples import GRAVITY_MPS2, Block

RATE_HZ = 100


def block(accel, gyro, start=0, after_gap=False):
    time_s = (start + np.arange(len(accel)) + 0.5) / RATE_HZ
    return Block(time_s, np.asarray(accel, float), np.asarray(gyro, float), 0.0, after_gap)


def tipping(angle_rad, push_mps2):
    """A chip that tips about its x axis by ``angle_rad`` (n,) while ``push_mps2`` (n, 3) moves it."""
    force = np.add(push_mps2, [0.0, 0.0, GRAVITY_MPS2])
    cos, sin = np.cos(angle_rad), np.sin(angle_rad)
    accel = np.stack(
        (force[:, 0], cos * force[:, 1] + sin * force[:, 2], -sin * force[:, 1] + cos * force[:, 2]), axis=1
    )
    gyro = np.stack((np.gradient(angle_rad) * RATE_HZ, np.zeros_like(cos), np.zeros_like(cos)), axis=1)
    up = np.stack((np.zeros_like(cos), sin, cos), axis=1)
    return accel, gyro, up


def error_deg(found, truth):
    return np.degrees(np.arccos(np.clip(np.sum(found * truth, axis=1), -1, 1)))


def eased(seconds, start_s, length_s):
    """Run from 0 to 1, smoothly."""
    return 0.5 - 0.5 * np.cos(np.pi * np.clip((seconds - start_s) / length_s, 0, 1))


def fall(seconds=12.0):
    """Stand, then tip by 90 degrees in 0.8 s while half unloaded, hit with 5 g for as long as stops the body, lie."""
    t = np.arange(0, seconds, 1 / RATE_HZ)
    push = np.zeros((len(t), 3))
    down, blow = (t >= 5.2) & (t < 5.8), (t >= 5.8) & (t < 5.88)
    push[down] = [0.0, 2.0, -5.0]
    push[blow] = -push[down].sum(axis=0) / blow.sum()
    return t, *tipping(np.radians(90) * eased(t, 5.0, 0.8), push)


def test_a_chip_at_rest_says_up_whichever_way_it_lies():
    rng = np.random.default_rng(0)
    for up in rng.normal(size=(20, 3)):
        up = up / np.linalg.norm(up)
        found = Attitude().update(block(np.tile(GRAVITY_MPS2 * up, (50, 1)), np.zeros((50, 3))))
        assert np.allclose(found, up, atol=1e-9)


def test_the_tilt_is_right_through_a_fall():
    t, accel, gyro, up = fall()
    errors = error_deg(Attitude().update(block(accel, gyro)), up)
    assert errors.max() < 10.0
    assert errors[t > 10].max() < 2.0


def test_an_accelerometer_alone_would_be_far_off_in_that_fall():
    _, accel, _, up = fall()
    assert error_deg(accel / np.linalg.norm(accel, axis=1, keepdims=True), up).max() > 20.0


def test_two_seconds_of_violent_shaking_move_it_little():
    t = np.arange(0, 6, 1 / RATE_HZ)
    shaking = (t >= 3) & (t < 5)
    push = np.where(shaking[:, None], 30.0 * np.sin(2 * np.pi * 3 * t)[:, None] * [1.0, 0.7, 1.0], 0.0)
    accel, gyro, up = tipping(0.5 * np.sin(2 * np.pi * 1.5 * t) * shaking, push)
    assert error_deg(Attitude().update(block(accel, gyro)), up).max() < 11.0


def test_it_starts_in_motion():
    t = np.arange(0.17, 4, 1 / RATE_HZ)
    push = 4.0 * np.stack((np.sin(12 * t), np.sin(6 * t), np.cos(12 * t)), axis=1)
    accel, gyro, up = tipping(0.1 * np.sin(6 * t), push)
    errors = error_deg(Attitude().update(block(accel, gyro)), up)
    assert errors[0] > 15.0
    assert errors[50:].max() < 10.0
    assert errors[150:].max() < 6.0


@pytest.mark.parametrize("bias_dps", [2.0, 5.0, -8.0])
def test_the_bias_of_the_gyro_is_learned_and_taken_off(bias_dps):
    t = np.arange(0, 40, 1 / RATE_HZ)
    accel, gyro, up = tipping(0.1 * np.sin(5 * t), np.zeros((len(t), 3)))
    attitude = Attitude()
    errors = error_deg(attitude.update(block(accel, gyro + np.radians(bias_dps))), up)
    assert errors[-500:].max() < 1.5
    assert attitude.bias_radps[:2] == pytest.approx([np.radians(bias_dps)] * 2, abs=np.radians(0.5))


def test_no_more_than_the_known_chips_have_is_taken_for_bias():
    attitude = Attitude()
    still = np.tile([0.0, 0.0, GRAVITY_MPS2], (6000, 1))
    attitude.update(block(still, np.tile([0.6, -0.6, 0.0], (6000, 1))))
    assert attitude.bias_radps[:2] == (0.2, -0.2)


def test_the_bias_outlives_a_gap_but_not_a_reset():
    attitude = Attitude()
    still = np.tile([0.0, 0.0, GRAVITY_MPS2], (3000, 1))
    attitude.update(block(still, np.full((3000, 3), 0.05)))
    attitude.update(block(still[:1], np.full((1, 3), 0.05), after_gap=True))
    assert attitude.bias_radps[0] == pytest.approx(0.05, abs=0.01)
    attitude.reset()
    assert attitude.bias_radps == (0.0, 0.0, 0.0)


def test_after_a_gap_up_is_found_anew():
    attitude = Attitude()
    attitude.update(block(np.tile([0.0, 0.0, GRAVITY_MPS2], (500, 1)), np.zeros((500, 3))))
    found = attitude.update(block(np.tile([GRAVITY_MPS2, 0.0, 0.0], (5, 1)), np.zeros((5, 3)), after_gap=True))
    assert error_deg(found, np.tile([1.0, 0.0, 0.0], (5, 1))).max() < 0.1


def test_one_wild_sample_does_not_turn_the_world():
    accel = np.tile([0.0, 0.0, GRAVITY_MPS2], (600, 1))
    accel[400] = [3900.0, 0.0, 0.0]
    errors = error_deg(Attitude().update(block(accel, np.zeros((600, 3)))), np.tile([0.0, 0.0, 1.0], (600, 1)))
    assert errors.max() < 3.0


def test_a_dead_accelerometer_gives_finite_numbers():
    assert np.isfinite(Attitude().update(block(np.zeros((300, 3)), np.ones((300, 3))))).all()


@given(cuts=st.lists(st.integers(0, 400), max_size=8), seed=st.integers(0, 9))
@settings(max_examples=30, deadline=None)
def test_where_the_stream_is_cut_changes_nothing_to_the_last_bit(cuts, seed):
    rng = np.random.default_rng(seed)
    accel, gyro = 10 * rng.normal(size=(400, 3)), rng.normal(size=(400, 3))
    whole = Attitude().update(block(accel, gyro))
    pieces = Attitude()
    found = [
        pieces.update(block(accel[a:b], gyro[a:b], start=a)) for a, b in itertools.pairwise([0, *sorted(cuts), 400])
    ]
    assert np.array_equal(np.concatenate(found), whole)


def test_a_copy_goes_on_alike():
    _, accel, gyro, _ = fall()
    attitude = Attitude()
    attitude.update(block(accel[:540], gyro[:540]))
    alike = copy.deepcopy(attitude)
    rest = block(accel[540:], gyro[540:])
    assert np.array_equal(attitude.update(rest), alike.update(rest))


def test_up_is_of_unit_length():
    _, accel, gyro, _ = fall()
    for x, y, z in Attitude().update(block(accel, gyro)):
        assert math.hypot(x, y, z) == pytest.approx(1.0, abs=1e-12)
