import numpy as np
import pytest

from sternway.device.chips import find_chip
from sternway.device.clip import CANDIDATES
from sternway.device.emulated import (
    EmulatedBus,
    EmulatedLsm6dsox,
    EmulatedMotor,
    EmulatedMpu6050,
    VirtualClock,
    emulated_pins,
)
from sternway.device.haptics import NoMotor, PwmMotor
from sternway.device.motor_test import MotorTest, judge
from sternway.errors import BusError

from .conftest import Bobbing


def bench(kind=EmulatedLsm6dsox, address=0x6A, motion=None, wired=True):
    clock = VirtualClock()
    motor = EmulatedMotor(clock)
    pins = emulated_pins(motor)
    emulated = kind(motion or Bobbing(), clock, motor=motor, rate_error=-0.02)
    bus = EmulatedBus({address: emulated}, clock, clock.sleep)
    chip = find_chip(bus, CANDIDATES)
    chip.reset()
    clock.sleep(0.1)
    test = MotorTest(chip, PwmMotor(18, pins) if wired else NoMotor(), clock=clock, sleep=clock.sleep)
    return test, emulated, bus, pins, clock


@pytest.mark.parametrize(("kind", "address"), [(EmulatedLsm6dsox, 0x6A), (EmulatedMpu6050, 0x68)])
def test_a_buzz_is_felt_and_its_onset_measured(kind, address):
    test, *_ = bench(kind, address)
    result = test.run()
    assert result.detected
    # The emulated motor's force is half at 1.23 lags of 35 ms: 43 ms; the window adds half its 10 ms or so.
    assert result.onset_s == pytest.approx(0.048, abs=0.015)


def test_a_motor_that_is_not_wired_is_not_felt_although_the_body_moves():
    test, *_ = bench(wired=False)
    result = test.run()
    assert not result.detected
    assert result.onset_s is None


def test_the_chip_and_the_motor_are_left_as_they_were_meant_to_be():
    test, emulated, _, pins, _ = bench()
    test.run()
    assert emulated.registers[0x10] == 0x56
    assert emulated.registers[0x09] == 0x55
    assert pins.pin("GPIO18").state == 0.0


def test_the_motor_is_off_when_the_chip_goes_away_meanwhile():
    test, emulated, bus, pins, clock = bench()

    def read(address, register, count, read=bus.read):
        emulated.unplugged = clock() > 1.0
        return read(address, register, count)

    bus.read = read
    with pytest.raises(BusError):
        test.run()
    assert pins.pin("GPIO18").state == 0.0
    assert max(state.state for state in pins.pin("GPIO18").states) == 1.0


def test_the_shake_of_a_hand_is_no_buzz():
    time_s = np.arange(0.0, 1.1, 0.0012)
    shake = 15.0 * np.sin(2 * np.pi * 8.0 * time_s) * (time_s > 0.5)
    accel = np.column_stack((shake, shake, 9.8 + shake)) + np.random.default_rng(0).normal(
        0.0, 0.02, (len(time_s), 3)
    )
    assert not judge(time_s, accel, 0.5, 0.9).detected
