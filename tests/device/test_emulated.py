"""The emulated chips answer drivers that know nothing of ours (Adafruit's): a third party vouches for them."""

import adafruit_lsm6ds
import adafruit_mpu6050
import numpy as np
import pytest
from adafruit_lsm6ds.lsm6dsox import LSM6DSOX

from sternway.device.emulated import (
    EmulatedBus,
    EmulatedLsm6dsox,
    EmulatedMotor,
    EmulatedMpu6050,
    VirtualClock,
    emulated_pins,
)
from sternway.errors import BusError

ACCEL = (1.5, -2.5, 9.0)
GYRO = (0.5, -1.0, 2.0)


class Steady:
    def at(self, times_s):
        return np.tile(ACCEL, (len(times_s), 1)), np.tile(GYRO, (len(times_s), 1))


class Wire:
    """What CircuitPython calls an I2C bus, over ours."""

    def __init__(self, bus):
        self._bus = bus

    def try_lock(self):
        return True

    def unlock(self):
        pass

    def writeto(self, address, buffer, *, start=0, end=None):
        data = bytes(buffer[start:end])
        if not data:  # a probe
            self._bus.read(address, 0x00, 1)
            return
        self._bus.write(address, data[0], data[1:])

    def readfrom_into(self, address, buffer, *, start=0, end=None):
        raise AssertionError("a register is always named first")

    def writeto_then_readfrom(
        self, address, out_buffer, in_buffer, *, out_start=0, out_end=None, in_start=0, in_end=None
    ):
        (register,) = out_buffer[out_start:out_end]
        end = len(in_buffer) if in_end is None else in_end
        in_buffer[in_start:end] = self._bus.read(address, register, end - in_start)


@pytest.fixture
def clock(monkeypatch):
    clock = VirtualClock()
    monkeypatch.setattr(adafruit_lsm6ds, "sleep", clock.sleep)
    monkeypatch.setattr(adafruit_mpu6050, "sleep", clock.sleep)
    return clock


def wire(clock, address, chip):
    return Wire(EmulatedBus({address: chip}, clock, clock.sleep))


def test_adafruits_lsm6dsox_driver_reads_the_emulated_chip(clock):
    sensor = LSM6DSOX(wire(clock, 0x6A, EmulatedLsm6dsox(Steady(), clock)))
    for accel_range in (adafruit_lsm6ds.AccelRange.RANGE_2G, adafruit_lsm6ds.AccelRange.RANGE_16G):
        sensor.accelerometer_range = accel_range
        sensor.gyro_range = adafruit_lsm6ds.GyroRange.RANGE_2000_DPS
        clock.sleep(0.1)
        assert sensor.acceleration == pytest.approx(ACCEL, abs=0.05)
        assert sensor.gyro == pytest.approx(GYRO, abs=0.01)


def test_adafruits_lsm6dsox_driver_resets_the_emulated_chip(clock):
    sensor = LSM6DSOX(wire(clock, 0x6A, EmulatedLsm6dsox(Steady(), clock)))
    assert sensor.accelerometer_data_rate == adafruit_lsm6ds.Rate.RATE_104_HZ
    sensor.reset()
    assert sensor.accelerometer_data_rate == adafruit_lsm6ds.Rate.RATE_SHUTDOWN


def test_adafruits_mpu6050_driver_reads_the_emulated_chip(clock):
    sensor = adafruit_mpu6050.MPU6050(wire(clock, 0x68, EmulatedMpu6050(Steady(), clock)))
    sensor.accelerometer_range = adafruit_mpu6050.Range.RANGE_16_G
    sensor.gyro_range = adafruit_mpu6050.GyroRange.RANGE_2000_DPS
    clock.sleep(0.1)
    assert sensor.acceleration == pytest.approx(ACCEL, abs=0.1)
    assert sensor.gyro == pytest.approx(GYRO, abs=0.01)


def test_adafruits_mpu6050_driver_counts_the_emulated_fifo(clock):
    sensor = adafruit_mpu6050.MPU6050(wire(clock, 0x68, EmulatedMpu6050(Steady(), clock)))
    sensor.filter_bandwidth = adafruit_mpu6050.Bandwidth.BAND_44_HZ
    sensor.sample_rate_divisor = 4
    sensor.fiforst = True
    sensor.accel_fifo_en = True
    sensor.fifo_en = True
    clock.sleep(0.5)
    assert sensor.fifo_count // 6 == pytest.approx(100, abs=1)


def test_wire_time_is_that_of_400_khz():
    clock = VirtualClock()
    bus = EmulatedBus({0x6A: EmulatedLsm6dsox(Steady(), clock)}, clock, clock.sleep)
    bus.read(0x6A, 0x78, 1024)
    assert clock() == pytest.approx(0.0257, abs=0.001)


def test_a_full_fifo_drops_the_oldest_and_says_so():
    clock = VirtualClock()
    chip = EmulatedLsm6dsox(Steady(), clock)
    for register, value in ((0x09, 0x55), (0x10, 0x54), (0x11, 0x5C), (0x0A, 0x06)):
        chip.write(register, bytes((value,)))
    clock.sleep(1.0)
    low, high = chip.read(0x3A, 2)
    assert (high & 3) << 8 | low == pytest.approx(2 * 208, abs=4)
    assert not high & 0x48
    clock.sleep(1.0)
    low, high = chip.read(0x3A, 2)
    assert ((high & 3) << 8 | low, high & 0x48) == (512, 0x48)


@pytest.mark.parametrize(("duty", "felt"), [(0.0, False), (1.0, True)])
def test_a_running_motor_shakes_a_fast_chip(duty, felt):
    clock = VirtualClock()
    motor = EmulatedMotor(clock)
    chip = EmulatedLsm6dsox(Steady(), clock, motor=motor)
    for register, value in ((0x09, 0x77), (0x10, 0x74), (0x11, 0x7C), (0x0A, 0x06)):
        chip.write(register, bytes((value,)))
    motor.set_level(duty)
    clock.sleep(0.3)
    words = np.frombuffer(chip.read(0x78, 7 * 400), np.uint8).reshape(-1, 7)
    accel = words[words[:, 0] >> 3 == 2][:, 1:].copy().view("<i2") * 0.488e-3
    assert bool(np.std(accel[-100:, 1]) > 0.1) is felt


def test_nobody_answers_at_an_empty_address():
    clock = VirtualClock()
    with pytest.raises(BusError, match="nothing answers at 0x6b"):
        EmulatedBus({}, clock, clock.sleep).read(0x6B, 0x0F, 1)


def test_a_day_of_buzzing_does_not_fill_the_memory_of_the_pin():
    pin = emulated_pins().pin("GPIO18")
    pin.function = "output"
    for count in range(1000):
        pin.state = float(count % 2)
    assert len(pin.states) <= 200
    assert pin.states[-1].state == 1.0
