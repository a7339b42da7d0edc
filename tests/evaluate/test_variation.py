import numpy as np
import pytest

from sternway.evaluate.trial import Activity, Trial
from sternway.evaluate.variation import VARIATIONS, orientations, resampled, turned, vary

WALK = Activity("W", "walking", is_walking=True)


def trial(count=2000, rate_hz=200.0, impact_s=None):
    time_s = np.arange(count) / rate_hz
    accel = np.column_stack((np.sin(6 * time_s), np.cos(6 * time_s), 9.8 + 30 * np.sin(12 * time_s)))
    gyro = np.column_stack((np.sin(5 * time_s), 20 * np.cos(3 * time_s), 0.1 * time_s))
    return Trial("t", "A", WALK, rate_hz, time_s, accel, gyro, np.ones(count, dtype=bool), impact_s=impact_s)


@pytest.mark.parametrize("variation", VARIATIONS)
def test_every_variation_keeps_a_trial_whole_and_repeats_itself(variation):
    before = trial(impact_s=7.0)
    first, again = vary(before, variation), vary(before, variation)
    assert len(first.time_s) == len(first.accel_mps2) == len(first.gyro_radps) == len(first.walking)
    assert np.array_equal(first.accel_mps2, again.accel_mps2)
    assert np.array_equal(before.accel_mps2, trial().accel_mps2)


def test_there_are_24_different_orientations_and_each_is_a_rotation():
    found = orientations()
    assert len({matrix.tobytes() for matrix in found}) == 24
    assert all(np.linalg.det(matrix) == pytest.approx(1.0) for matrix in found)


def test_turning_keeps_lengths_and_turns_both_sensors_alike():
    before, matrix = trial(), orientations()[5]
    after = turned(before, matrix)
    assert np.linalg.norm(after.accel_mps2, axis=1) == pytest.approx(np.linalg.norm(before.accel_mps2, axis=1))
    assert np.sum(after.accel_mps2 * after.gyro_radps, axis=1) == pytest.approx(
        np.sum(before.accel_mps2 * before.gyro_radps, axis=1)
    )


@pytest.mark.parametrize("rate_hz", [50, 104, 208])
def test_resampling_keeps_the_motion_and_its_times(rate_hz):
    after = resampled(trial(), rate_hz)
    assert np.diff(after.time_s) == pytest.approx(1 / rate_hz)
    inside = slice(10, -10)
    assert after.gyro_radps[inside, 0] == pytest.approx(np.sin(5 * after.time_s[inside]), abs=0.03)


def test_unplugging_ends_before_the_impact():
    assert vary(trial(impact_s=7.0), "unplugged").time_s[-1] < 6.9
