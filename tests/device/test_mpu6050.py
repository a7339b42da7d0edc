import numpy as np

from sternway.device.chips import Pending
from sternway.device.emulated import EmulatedMpu6050, VirtualClock

from .conftest import Bobbing, rig_of


def test_a_fifo_with_room_for_fewer_than_three_frames_counts_as_run_over():
    rig = rig_of(EmulatedMpu6050, 0x68, identity=0x71)
    rig.run(1.0)
    chip = rig.clip.chip
    chip.restart_fifo()
    rig.clock.sleep(0.15)
    assert chip.pending() == Pending(30, overflow=False)
    rig.clock.sleep(0.055)
    assert chip.pending().overflow


def test_frames_out_of_step_are_thrown_away_and_the_fifo_begun_anew(mpu):
    mpu.run(1.0)
    mpu.clock.sleep(1.0)  # runs over: 1024 bytes are not a multiple of 14
    frames = mpu.clip.chip.take(80)
    assert (len(frames), frames.lost) == (0, True)
    mpu.clock.sleep(0.1)
    frames = mpu.clip.chip.take(mpu.clip.chip.pending().frames)
    assert not frames.lost
    assert np.abs(frames.accel[:, 2] / 2048 - 1.0).max() < 0.3


def test_wakes_the_chip_before_it_sets_it_up(mpu):
    assert mpu.chip.registers[0x6B] == 0x40
    mpu.run(0.3)
    assert mpu.chip.registers[0x6B] == 0x01
    assert mpu.chip.registers[0x1C] == 0x18


def test_the_accelerometers_own_low_pass_is_set_where_there_is_one():
    for identity, low_pass in ((0x68, 0x00), (0x70, 0x03), (0x71, 0x03)):
        rig = rig_of(EmulatedMpu6050, 0x68, identity=identity)
        rig.run(0.3)
        assert rig.chip.registers[0x1D] == low_pass


def test_the_fast_configuration_runs_at_a_kilohertz(mpu):
    mpu.run(0.3)
    assert mpu.clip.chip.configure(fast=True) == []
    assert mpu.clip.chip.rate_hz == 1000.0
    mpu.clock.sleep(0.05)
    assert 45 <= mpu.clip.chip.pending().frames <= 52


def test_a_chip_without_power_answers_as_after_power_on():
    chip = EmulatedMpu6050(Bobbing(), VirtualClock())
    assert chip.read(0x75, 1) == b"\x68"
    assert chip.read(0x6B, 1) == b"\x40"
