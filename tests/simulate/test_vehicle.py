import numpy as np
import pytest

from sternway.motion.trunk_tracker import TrunkTracker, merge_steps
from sternway.samples import Block
from sternway.simulate.script import Ride, Stand, Walk
from sternway.simulate.walker import BELT, Walker

VEHICLES = ("car", "bus", "train")


def ridden(vehicle, level_mps2, seconds=40.0):
    walker = Walker((Stand(4.0), Ride(seconds, vehicle, level_mps2)), seed=4)
    time_s = np.arange(0.0, 4.0 + seconds, 0.01)
    return time_s, *walker.at(time_s)


@pytest.mark.parametrize("vehicle", VEHICLES)
def test_a_ride_shakes_up_and_down_by_its_level(vehicle):
    time_s, accel, _ = ridden(vehicle, 0.8)
    inside = (time_s > 8.0) & (time_s < 40.0)
    assert np.std(accel[inside] @ np.array(BELT.up)) == pytest.approx(0.8, rel=0.15)


@pytest.mark.parametrize("vehicle", VEHICLES)
@pytest.mark.parametrize("level_mps2", [0.3, 0.8, 1.6])
def test_a_ride_is_no_walk(vehicle, level_mps2):
    time_s, accel, gyro = ridden(vehicle, level_mps2)
    motions = TrunkTracker(mounting=BELT).update(Block(time_s, accel, gyro, 0.0))
    assert merge_steps(motions) == ()
    assert not any(motion.walking.any() for motion in motions)


@pytest.mark.parametrize("cadence_spm", [30.0, 45.0, 60.0])
def test_slow_steps_are_counted_once_each(cadence_spm):
    walker = Walker((Stand(5.0), Walk(60.0, speed_mps=0.005 * cadence_spm, cadence_spm=cadence_spm), Stand(3.0)), 3)
    time_s = np.arange(0.0, walker.truth.duration_s, 0.01)
    accel, gyro = walker.at(time_s)
    steps = merge_steps(TrunkTracker(mounting=BELT).update(Block(time_s, accel, gyro, 0.0)))
    assert len(steps) == pytest.approx(len(walker.truth.contacts), abs=2)


def test_a_limp_makes_the_left_step_longer():
    contacts = Walker((Walk(60.0, limp=0.2),), seed=2).truth.contacts
    times_s = np.array([contact.time_s for contact in contacts])
    left = np.array([contact.side == "left" for contact in contacts])[1:]
    step_s = np.diff(times_s)
    assert step_s[left].mean() / step_s[~left].mean() == pytest.approx(1.22, abs=0.04)


def test_flat_gait_rises_less():
    def rise(share):
        accel, _ = Walker((Walk(20.0, rise=share),), seed=2).at(np.arange(4.0, 18.0, 0.01))
        return np.std(accel @ np.array(BELT.up))

    assert rise(0.33) < 0.6 * rise(1.0)
