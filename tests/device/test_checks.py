import dataclasses

import pytest

from sternway.config import PinSettings, SensorSettings, Settings
from sternway.device import checks
from sternway.device.checks import (
    CheckContext,
    CheckStatus,
    check_bus,
    check_button,
    check_chip,
    check_motor,
    check_power,
    check_samples,
)
from sternway.device.emulated import (
    EmulatedBus,
    EmulatedClockChip,
    EmulatedLsm6dsox,
    EmulatedMotor,
    EmulatedMpu6050,
    VirtualClock,
    emulated_pins,
)
from sternway.events import Press

from .conftest import Bobbing
from .test_battery import Gauge
from .test_emulated import Steady


class Rest(Steady):
    def at(self, times_s):
        accel, gyro = super().at(times_s)
        return accel * 0.0 + (0.0, 0.0, 9.8), gyro * 0.0


def bench(chips=None, settings=None, motion=None):
    clock = VirtualClock()
    motor = EmulatedMotor(clock)
    makers = {
        "lsm": lambda: EmulatedLsm6dsox(motion or Rest(), clock, motor=motor),
        "mpu": lambda: EmulatedMpu6050(motion or Rest(), clock, motor=motor),
        "stranger": lambda: EmulatedLsm6dsox(motion or Rest(), clock, identity=0x6B),
        "clock": EmulatedClockChip,
        "gauge": lambda: Gauge(73.0),
    }
    placed = {place: makers[name]() for place, name in (chips or {0x6A: "lsm"}).items()}
    bus = EmulatedBus(placed, clock, clock.sleep)
    return CheckContext(settings or Settings(), bus, emulated_pins(motor), clock, clock.sleep)


def told(finding):
    return finding.verdict, finding.words


def test_a_clip_that_is_well_built_is_ok_in_every_step():
    clip = bench()
    for check in (check_bus, check_chip, check_samples, check_motor, check_button):
        assert check(clip).verdict is CheckStatus.OK, check


def test_a_silent_bus_hints_at_swapped_wires():
    verdict, words = told(check_bus(bench({0x42: "lsm"})))
    assert verdict is CheckStatus.WRONG
    assert "check VCC, GND, SDA and SCL" in words
    assert "SDA and SCL may be swapped" in words


def test_a_stuck_bus_says_so_at_once():
    clip = bench()
    clip.bus.stuck_clocks = 99
    verdict, words = told(check_bus(clip))
    assert verdict is CheckStatus.WRONG
    assert "holds SDA or SCL low" in words
    assert clip.clock() < 0.2


@pytest.mark.parametrize(
    ("chips", "verdict", "words"),
    [
        ({0x6B: "lsm"}, CheckStatus.OK, "LSM6DSOX at 0x6b"),
        ({0x68: "mpu"}, CheckStatus.OK, "MPU-6050 at 0x68"),
        ({0x68: "clock", 0x6A: "lsm"}, CheckStatus.OK, "LSM6DSOX at 0x6a"),
        ({0x6A: "stranger"}, CheckStatus.WRONG, "an LSM6DSR or ISM330DHCX"),
        ({0x68: "clock"}, CheckStatus.WRONG, "real-time clock"),
        ({0x6A: "lsm", 0x68: "mpu"}, CheckStatus.WRONG, "another at 0x68: choose one with sensor.address"),
    ],
)
def test_the_chip_is_named(chips, verdict, words):
    finding = check_chip(bench(chips))
    assert finding.verdict is verdict
    assert words in finding.words


def test_of_two_chips_the_chosen_one_is_taken():
    settings = Settings(sensor=SensorSettings(address=0x68))
    assert told(check_chip(bench({0x6A: "lsm", 0x68: "mpu"}, settings))) == (CheckStatus.OK, "MPU-6050 at 0x68")


def test_errors_on_the_wire_are_counted():
    clip = bench()

    def read(address, register, count, read=clip.bus.read):
        if clip.bus.transfer_count % 200 == 0:
            clip.bus.nack_count = 1
        return read(address, register, count)

    clip.bus.read = read
    finding = check_samples(clip)
    assert finding.verdict is CheckStatus.WRONG
    assert finding.figures["no_answer_count"] >= 3
    assert "no answer" in finding.words
    assert "shorten the wires" in finding.words


def test_a_chip_that_reads_gravity_wrong_is_not_trusted():
    class Heavy(Rest):
        def at(self, times_s):
            accel, gyro = super().at(times_s)
            return accel * 1.3, gyro

    finding = check_samples(bench(motion=Heavy()))
    assert finding.verdict is CheckStatus.WRONG
    assert "gravity reads 1.30 g" in finding.words


def test_gravity_is_not_judged_while_somebody_moves():
    finding = check_samples(bench(motion=Bobbing()))
    assert finding.verdict is CheckStatus.OK
    assert "gravity is not judged" in finding.words


def test_a_sensor_without_samples_says_what_to_check():
    finding = check_samples(bench({0x42: "lsm"}))
    assert finding.verdict is CheckStatus.WRONG
    assert "check VCC" in finding.words


def test_a_motor_that_is_not_felt_points_to_its_parts():
    settings = Settings(pins=PinSettings(motor=12))  # the emulated motor hangs on 18
    verdict, words = told(check_motor(bench(settings=settings)))
    assert verdict is CheckStatus.WRONG
    assert "the diode's direction and the wire to GPIO12" in words


def test_a_motor_cannot_be_judged_without_a_sensor():
    assert check_motor(bench({0x42: "lsm"})).verdict is CheckStatus.UNKNOWN


def test_a_pin_in_use_is_told(monkeypatch):
    def busy(*_):
        raise RuntimeError("GPIO busy")

    monkeypatch.setattr(checks, "wired_motor", busy)
    verdict, words = told(check_motor(bench()))
    assert verdict is CheckStatus.WRONG
    assert "GPIO18 cannot be had (GPIO busy); stop what else uses it" in words


def test_a_motor_switched_off_is_left_alone():
    settings = Settings(pins=PinSettings(motor=0))
    assert check_motor(bench(settings=settings)).verdict is CheckStatus.SKIPPED


def test_a_button_that_is_held_down_is_a_short():
    clip = bench()
    pin = clip.pins.pin("GPIO17")

    class Short(type(pin)):
        def _get_state(self):
            return False

    pin.__class__ = Short
    assert "look for a short between GPIO17 and ground" in check_button(clip).words


def test_a_press_is_heard(monkeypatch):
    clip = bench()

    class Pressed(checks.Button):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            self.presses.put((Press.SHORT, 1.0))

    monkeypatch.setattr(checks, "Button", Pressed)
    assert told(check_button(clip, 5.0)) == (CheckStatus.OK, "short press heard")


def test_no_press_says_where_the_button_belongs():
    finding = check_button(bench(), 0.001)
    assert finding.verdict is CheckStatus.WRONG
    assert "between GPIO17 and ground" in finding.words


@pytest.mark.parametrize(
    ("sagged", "verdict", "words"),
    [
        (True, CheckStatus.WRONG, "shorter cable or a stronger power bank; battery 73 %"),
        (False, CheckStatus.OK, "supply steady; battery 73 %"),
        (None, CheckStatus.UNKNOWN, "this board cannot tell a weak supply; battery 73 %"),
    ],
)
def test_power_is_told_as_far_as_it_is_known(monkeypatch, sagged, verdict, words):
    monkeypatch.setattr(checks, "under_voltage", lambda: sagged)
    finding = check_power(bench({0x6A: "lsm", 0x36: "gauge"}))
    assert finding.verdict is verdict
    assert words in finding.words


def test_findings_are_plain_data():
    assert dataclasses.asdict(check_bus(bench()))["verdict"] == "ok"
