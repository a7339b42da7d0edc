from dataclasses import replace

import numpy as np
import pytest

from sternway.errors import RecordingError
from sternway.evaluate.plausible import checked
from sternway.evaluate.trial import Activity, Trial
from sternway.samples import GRAVITY_MPS2


def standing(norm_mps2=GRAVITY_MPS2, rate_hz=100.0, said_hz=100.0, turning_radps=0.0):
    time_s = np.arange(500) / rate_hz
    accel = np.tile([0.0, -norm_mps2, 0.0], (500, 1))
    gyro = np.tile([0.0, turning_radps, 0.0], (500, 1))
    return Trial("t", "A", Activity("a", "a"), said_hz, time_s, accel, gyro, np.zeros(500, dtype=bool))


def test_an_ordinary_recording_has_no_remark():
    trial = standing()
    assert checked(trial) is trial


def test_a_sensor_that_is_off_by_a_third_is_remarked_upon_and_still_read():
    trial = checked(replace(standing(1.35 * GRAVITY_MPS2), remarks=("before",)))
    assert trial.remarks[0] == "before"
    assert "13.24 m/s2 while the person is still" in trial.remarks[1]


@pytest.mark.parametrize("norm_mps2", [1.0, 0.02, GRAVITY_MPS2**2, 981.0])
def test_accelerations_in_another_unit_are_refused(norm_mps2):
    with pytest.raises(RecordingError, match="unit"):
        checked(standing(norm_mps2))


def test_a_rate_that_is_not_the_one_said_is_refused_or_remarked_upon():
    with pytest.raises(RecordingError, match=r"50\.0 Hz, not at 100 Hz"):
        checked(standing(rate_hz=50.0))
    assert "its times are believed" in checked(standing(rate_hz=85.0)).remarks[0]


def test_bursts_and_gaps_are_not_another_rate():
    trial = standing()
    bursts = np.repeat(np.arange(100) * 0.05, 5) + np.tile(np.arange(5) * 0.001, 100)
    assert checked(replace(trial, time_s=bursts)).remarks == ()
    gap = trial.time_s + np.where(trial.time_s > 2.0, 60.0, 0.0)
    assert checked(replace(trial, time_s=gap)).remarks == ()


def test_degrees_a_second_taken_for_radians_are_refused():
    with pytest.raises(RecordingError, match="degrees"):
        checked(standing(turning_radps=90.0))


def test_gravity_is_read_where_the_person_is_still():
    trial = standing()
    trial.accel_mps2[:400] *= np.linspace(0.5, 3.0, 400)[:, None]
    assert checked(trial).remarks == ()


def test_a_person_who_never_rests_says_little_about_gravity():
    trial = standing(1.35 * GRAVITY_MPS2, turning_radps=1.0)
    assert checked(trial).remarks == ()
    with pytest.raises(RecordingError, match="unit"):
        checked(standing(1.7 * GRAVITY_MPS2, turning_radps=1.0))
