import numpy as np
import pytest

from sternway.device.clip import Clip, ClipState
from sternway.device.emulated import EmulatedBus, EmulatedClockChip, EmulatedLsm6dsox, VirtualClock
from sternway.device.recovery import Failure, RecoveryStep
from sternway.events import Cause

from .conftest import Bobbing, samples


def is_well(rig):
    return lambda: rig.clip.cause is None and rig.clip.state is ClipState.STREAM and len(rig.blocks) > 0


def streams_again(rig):
    """No fault, streaming, and a block with samples came last."""
    seen = []

    def condition():
        seen.append(rig.clip.state is ClipState.STREAM and rig.clip.cause is None)
        return len(seen) > 5 and all(seen[-5:])

    return condition


def test_walks_through_its_states_to_the_stream(rig):
    rig.run(1.0)
    assert rig.walked == [ClipState.WAIT, ClipState.CONFIGURE, ClipState.STREAM]
    assert rig.clip.cause is None
    assert not rig.clip.failures


def test_gives_what_the_body_does_in_si_units_at_the_right_time(rig):
    rig.chip.rate_error = 0.03
    time_s, rows = samples(rig.run(20.0))
    accel, gyro = Bobbing().at(time_s - 50.0)
    # 5 ms of time would be 0.13 m/s² here; noise, rounding and half a period of the clock stay below that.
    assert np.abs(rows[:, :3] - accel)[200:].max() < 0.13
    assert np.abs(rows[:, 3:] - gyro)[200:].max() < 0.03


def test_loses_and_doubles_no_sample(rig):
    time_s, _ = samples(rig.run(30.0))
    steps = np.diff(time_s)
    assert steps.min() > 0.004
    assert steps.max() < 0.006
    assert sum(block.after_gap for block in rig.blocks) == 1  # the first one


def test_polls_at_least_every_20_ms(streaming):
    blocks = streaming.run(5.0)
    assert np.diff([block.read_at_s for block in blocks]).max() < 0.025


def test_unplugged_at_the_start_says_so_within_two_seconds_and_keeps_ticking(rig):
    rig.chip.unplugged = True
    assert rig.seconds_until(lambda: rig.clip.cause is Cause.NO_SENSOR) < 2.0
    assert all(len(block) == 0 for block in rig.run(5.0))
    assert "check VCC, GND, SDA and SCL" in rig.clip.explanation


def test_plugged_in_later_it_streams(rig):
    rig.chip.unplugged = True
    rig.run(3.0)
    rig.chip.unplugged = False
    assert rig.seconds_until(streams_again(rig)) < 3.0
    assert len(samples(rig.run(1.0))[0]) > 150


def test_unplugged_while_walking_is_a_fault_and_back_is_not(streaming):
    streaming.chip.unplugged = True
    assert streaming.seconds_until(lambda: streaming.clip.cause is Cause.NO_SENSOR) < 2.0
    streaming.run(4.0)
    streaming.chip.brown_out()  # it comes back as after power-on
    streaming.chip.unplugged = False
    assert streaming.seconds_until(streams_again(streaming)) < 4.0
    back = [block for block in streaming.blocks if block.after_gap]
    assert len(back) == 2
    time_s, rows = samples(streaming.run(2.0))
    assert np.abs(rows[:, :3] - Bobbing().at(time_s - 50.0)[0]).max() < 0.15


def test_a_burst_of_nacks_is_ridden_out_without_losing_a_sample(streaming):
    streaming.bus.nack_count = 2
    streaming.run(3.0)
    assert streaming.clip.failures == {Failure.NO_ANSWER: 2}
    assert streaming.clip.recovery_steps == {RecoveryStep.RETRY: 2}
    assert streaming.clip.cause is None
    assert sum(block.after_gap for block in streaming.blocks) == 1


def test_a_loose_contact_that_slips_again_and_again_is_only_retried(streaming):
    for _ in range(20):
        streaming.bus.nack_count = 3
        streaming.run(0.3)
    assert set(streaming.clip.recovery_steps) == {RecoveryStep.RETRY}
    assert streaming.clip.cause is None
    assert sum(block.after_gap for block in streaming.blocks) == 1


def test_nacks_in_every_place_never_raise_and_always_heal(rig):
    rng = np.random.default_rng(7)
    for _ in range(60):
        rig.run(float(rng.uniform(0.01, 0.4)))
        rig.bus.nack_count = int(rng.integers(1, 9))
    assert rig.seconds_until(streams_again(rig)) < 5.0
    time_s, _ = samples(rig.blocks)
    assert np.diff(time_s).min() > 0.0


def test_a_broken_burst_is_a_gap_not_a_shift(mpu):
    mpu.run(2.0)
    mpu.clock.sleep(0.2)
    count_read = mpu.bus.transfer_count + 1

    def fail_second_burst(address, register, count, read=mpu.bus.read):
        if mpu.bus.transfer_count == count_read:
            mpu.bus.nack_count = 1
        return read(address, register, count)

    mpu.bus.read = fail_second_burst
    blocks = mpu.run(2.0)
    assert mpu.clip.failures == {Failure.NO_ANSWER: 1, Failure.LOST_FRAMES: 1}
    assert [block.after_gap for block in blocks if len(block)].count(True) == 1
    time_s, rows = samples(blocks[20:])
    assert np.abs(rows[:, :3] - Bobbing().at(time_s - 50.0)[0]).max() < 0.15


def test_wrong_chip_is_named(lsm):
    lsm.chip.identity = 0x6B
    assert lsm.seconds_until(lambda: lsm.clip.cause is Cause.WRONG_CHIP) < 2.0
    assert "0x6a is an LSM6DSR or ISM330DHCX (identity 0x6b)" in lsm.clip.explanation
    assert RecoveryStep.CLEAR_BUS not in lsm.clip.recovery_steps


def test_a_real_time_clock_at_0x68_is_named():
    clock = VirtualClock()
    clip = Clip(EmulatedBus({0x68: EmulatedClockChip()}, clock, clock.sleep), clock=clock, sleep=clock.sleep)
    for _ in clip:
        if clock() > 2.0:
            break
    assert clip.cause is Cause.WRONG_CHIP
    assert "real-time clock" in clip.explanation


def test_brown_out_while_streaming_is_found_and_the_chip_set_up_again(streaming):
    streaming.chip.brown_out()
    blocks = streaming.run(2.0)
    assert [block.after_gap for block in blocks if len(block)].count(True) == 1
    assert streaming.clip.cause is None
    time_s, rows = samples(streaming.run(2.0))
    assert np.abs(rows[:, :3] - Bobbing().at(time_s - 50.0)[0]).max() < 0.15


@pytest.mark.parametrize(("place", "value"), [(0x10, 0x50), (0x11, 0x50)])
def test_a_register_that_changes_its_mind_is_noticed_within_two_seconds(lsm, place, value):
    lsm.run(2.0)
    lsm.chip.registers[place] = value  # full scale now 2 g or 250 deg/s: every number would be eight times too large
    lsm.run(1.5)
    assert lsm.clip.failures[Failure.REGISTERS] == 1
    lsm.run(0.5)
    assert lsm.chip.registers[place] in (0x56, 0x5C)


def test_frozen_data_that_a_reset_mends(streaming):
    streaming.chip.frozen_until_reset = True
    streaming.run(3.0)
    assert streaming.clip.failures == {Failure.FROZEN: 1}
    assert streaming.clip.recovery_steps == {RecoveryStep.REINITIALISE: 1}
    assert streaming.clip.cause is None
    assert len(samples(streaming.run(1.0))[0]) > 150


def test_data_frozen_for_good_is_a_fault_within_two_seconds_and_can_heal(streaming):
    streaming.chip.frozen = True
    assert streaming.seconds_until(lambda: streaming.clip.cause is Cause.FROZEN_SENSOR) < 2.0
    streaming.run(5.0)
    assert streaming.clip.cause is Cause.FROZEN_SENSOR
    streaming.chip.frozen = False
    assert streaming.seconds_until(streams_again(streaming)) < 4.0


def test_saturation_for_good_is_a_fault_within_two_seconds_and_can_heal(streaming):
    streaming.chip.saturated = True
    assert streaming.seconds_until(lambda: streaming.clip.cause is Cause.CLIPPED) < 2.0
    streaming.chip.saturated = False
    assert streaming.seconds_until(streams_again(streaming)) < 4.0


def test_a_short_impact_at_the_rail_is_no_fault(streaming):
    streaming.chip.saturated = True
    streaming.run(0.1)
    streaming.chip.saturated = False
    streaming.run(2.0)
    assert not streaming.clip.failures


def test_a_host_that_slept_finds_an_overflow_and_marks_a_gap(streaming):
    streaming.clock.sleep(3.0)
    streaming.run(2.0)
    assert streaming.clip.failures[Failure.OVERFLOW] == 1
    assert sum(block.after_gap for block in streaming.blocks) == 2
    time_s, rows = samples(streaming.run(2.0))
    assert np.abs(rows[:, :3] - Bobbing().at(time_s - 50.0)[0]).max() < 0.15


def test_a_fifo_that_runs_over_between_count_and_data_never_gives_shifted_frames(streaming):
    streaming.bus.stall_s = 2.0
    before_count = len(streaming.blocks)
    streaming.run(3.0)
    time_s, rows = samples(streaming.blocks[before_count:])
    accel = Bobbing().at(time_s - 50.0)[0]
    assert np.abs(rows[:, 2]).max() < 13.0
    assert np.abs(rows[-300:, :3] - accel[-300:]).max() < 0.15
    assert sum(block.after_gap for block in streaming.blocks) == 2


def test_a_short_pause_of_the_host_costs_nothing(rig):
    rig.run(5.0)
    rig.clock.sleep(0.15)
    rig.run(5.0)
    assert not rig.clip.failures
    steps = np.diff(samples(rig.blocks)[0])
    assert steps.min() > 0.0045
    assert steps.max() < 0.0055


def test_stuck_sda_is_clocked_free(streaming):
    streaming.bus.stuck_clocks = 9
    assert streaming.seconds_until(lambda: streaming.bus_recovery.clear_count == 1) < 2.0
    assert streaming.seconds_until(streams_again(streaming)) < 2.0
    assert streaming.bus_recovery.rebind_count == 0
    assert streaming.clip.cause is None


def test_a_hung_adapter_is_rebound(streaming):
    streaming.bus.adapter_hung = True
    assert streaming.seconds_until(lambda: streaming.bus_recovery.rebind_count == 1) < 2.0
    assert streaming.seconds_until(streams_again(streaming)) < 2.0
    assert streaming.clip.cause is None


def test_a_bus_that_stays_stuck_is_a_fault_within_two_seconds_and_is_tried_again_in_time(streaming):
    streaming.bus.stuck_clocks = 1_000_000
    assert streaming.seconds_until(lambda: streaming.clip.cause is Cause.NO_SENSOR) < 2.0
    assert "holds SDA or SCL low" in streaming.clip.explanation
    streaming.run(60.0)
    assert 5 <= streaming.bus_recovery.clear_count <= 8  # not every second: it disturbs the whole bus


def test_a_slow_bus_still_streams(streaming):
    streaming.bus.slowness = 4.0  # 100 kHz
    streaming.run(3.0)
    assert not streaming.clip.failures


def test_the_address_can_be_chosen_between_two_chips():
    clock = VirtualClock()
    chips = {place: EmulatedLsm6dsox(Bobbing(), clock) for place in (0x6A, 0x6B)}
    clip = Clip(EmulatedBus(chips, clock, clock.sleep), address=0x6B, clock=clock, sleep=clock.sleep)
    clip.poll()
    assert clip.chip is not None
    assert clip.chip.address == 0x6B


def test_close_ends_the_iteration(lsm):
    for number, _ in enumerate(lsm.clip):
        if number == 3:
            lsm.clip.close()
    assert number == 3


def test_in_a_hurry_it_reads_every_5_ms_and_gives_the_same_samples(streaming):
    streaming.clip.fast_polling = True
    blocks = streaming.run(2.0)
    assert np.diff([block.read_at_s for block in blocks]).max() < 0.007
    time_s, _ = samples(blocks)
    assert 0.004 < np.diff(time_s).min() <= np.diff(time_s).max() < 0.006


@pytest.mark.parametrize("rate_error", [-0.5, 1.0])
def test_a_chip_at_another_rate_than_it_was_set_to_is_a_fault_within_two_seconds(mpu, rate_error):
    mpu.run(2.0)
    mpu.chip.rate_error = rate_error
    mpu.chip._retime()
    assert mpu.seconds_until(lambda: mpu.clip.cause is Cause.IMPLAUSIBLE) < 2.0
    mpu.chip.rate_error = 0.0
    mpu.chip._retime()
    assert mpu.seconds_until(streams_again(mpu)) < 4.0
