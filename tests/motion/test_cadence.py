import numpy as np
import pytest

from sternway.motion.cadence import RotationCadence
from sternway.motion.trunk_tracker import TrunkTracker
from sternway.samples import GRAVITY_MPS2, Block


def pelvis(cadence_spm, seconds=12.0):
    """A pelvis that rotates and lists once a stride and pitches once a step, with no acceleration."""
    time_s = np.arange(0.0, seconds, 0.01)
    stride = 2 * np.pi * cadence_spm / 120.0 * time_s
    gyro = np.column_stack((0.5 * np.sin(stride), 0.3 * np.sin(stride + 1.0), 0.4 * np.sin(2 * stride)))
    return Block(time_s, np.tile([0.0, 0.0, GRAVITY_MPS2], (len(time_s), 1)), gyro, 0.0)


def told(block):
    estimator = RotationCadence()
    return [one for motion in TrunkTracker().update(block) for one in estimator.update(motion)]


@pytest.mark.parametrize("cadence_spm", [55, 70, 95, 120, 145])
def test_cadence_is_told_once_a_second_from_rotation_alone(cadence_spm):
    found = told(pelvis(cadence_spm))
    assert len(found) == 8
    assert [one.cadence_spm for one in found] == pytest.approx([cadence_spm] * 8, rel=0.02)
    assert all(one.similarity > 0.8 for one in found)


def test_what_does_not_repeat_has_no_cadence():
    block = pelvis(100)
    still = Block(block.time_s, block.accel_mps2, np.zeros_like(block.gyro_radps), 0.0)
    assert told(still) == []
    noise = np.random.default_rng(1).normal(size=block.gyro_radps.shape)
    assert told(Block(block.time_s, block.accel_mps2, noise, 0.0)) == []
