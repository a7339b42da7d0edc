"""Bursts that break off, bytes lost or added, counts that lie: what is passed on is the body's motion, or nothing."""

import errno
from random import Random

import numpy as np
import pytest

from sternway.device.clip import ClipState
from sternway.device.emulated import BrokenBurst, ShiftedBurst

from .conftest import CHIPS, Bobbing, samples

ERRNOS = (errno.EREMOTEIO, errno.ENXIO, errno.EIO, errno.ETIMEDOUT, errno.EAGAIN, errno.EBUSY)
FRAME_BYTES = 14  # of the MPU-6050 family; two words of the LSM6DSOX


def breaks(rig, after_bytes, number):
    rig.bus.burst_fault = BrokenBurst(after_bytes, number)


def draw(rig, random):
    """Let one thing go wrong on the wire or in the chip."""
    place = random.randrange(4 * FRAME_BYTES)
    data = random.randbytes(random.randint(1, 3))
    kind = random.randrange(6)
    if kind == 0:
        breaks(rig, place, random.choice(ERRNOS))
    elif kind == 1:
        rig.bus.burst_fault = ShiftedBurst(place)
    elif kind == 2:
        rig.bus.burst_fault = ShiftedBurst(place, data)
    elif kind == 3:
        rig.chip.lose(place, len(data))
    elif kind == 4:
        rig.chip.add(place, data)
    else:
        rig.chip.count_error = random.randint(-60, 60)
        rig.run(random.uniform(0.0, 0.3))
        rig.chip.count_error = 0


def far_off(blocks):
    """Return how many of the samples passed on are not the body's motion."""
    if not any(map(len, blocks)):
        return 0
    time_s, rows = samples(blocks)
    accel, gyro = Bobbing().at(time_s - 50.0)
    return int((np.abs(rows - np.hstack((accel, gyro))).max(axis=1) > 0.6).sum())


@pytest.mark.parametrize("chip", CHIPS)
def test_a_burst_that_breaks_off_at_any_byte_costs_a_moment(chip):
    rig = CHIPS[chip]()
    rig.run(1.0)
    for after_bytes in range(FRAME_BYTES):
        breaks(rig, after_bytes, ERRNOS[after_bytes % len(ERRNOS)])
        blocks = rig.run(0.4)
        assert far_off(blocks) == 0, after_bytes
        assert sum(map(len, blocks)) > 50, after_bytes
    assert rig.clip.state is ClipState.STREAM
    assert rig.clip.cause is None


@pytest.mark.parametrize("chip", CHIPS)
def test_whatever_a_transfer_does_no_number_out_of_step_is_passed_on(chip):
    """A byte changed in the very last word of a burst, on the wire, is behind every check: one sample at most."""
    rig, random = CHIPS[chip](), Random(4)
    rig.run(1.0)
    for _ in range(60):
        draw(rig, random)
        blocks = rig.run(0.3)
        assert far_off(blocks) <= 1
    rig.run(5.0)
    assert rig.clip.cause is None
    assert far_off(rig.run(1.0)) == 0


def test_a_shifted_frame_shows_in_the_temperature(mpu):
    mpu.run(1.0)
    mpu.bus.burst_fault = ShiftedBurst(3)
    assert far_off(mpu.run(0.5)) == 0
    assert mpu.bus.burst_fault is None
