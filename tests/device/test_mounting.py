import numpy as np
import pytest

from sternway.config import HapticsSettings, PinSettings, Settings
from sternway.device.checks import CheckContext, CheckStatus
from sternway.device.emulated import (
    EmulatedBox,
    EmulatedBus,
    EmulatedLsm6dsox,
    EmulatedMotor,
    EmulatedMpu6050,
    VirtualClock,
    emulated_pins,
)
from sternway.device.emulated.box import tap_mps2
from sternway.device.mounting_check import LEAST_GROWTH, MOST_RING, check_mounting
from sternway.device.mounting_test import growth_of, ring_of, shake_of

from .conftest import Bobbing

CHIPS = {"LSM6DSOX": (EmulatedLsm6dsox, 0x6A), "MPU-6050": (EmulatedMpu6050, 0x68)}


def context_of(chip="LSM6DSOX", natural_hz=None, damping=0.1, tapped=True, settings=None):
    """A clip on a body that bobs, in a box whose sensor swings at ``natural_hz`` (none: it is screwed on)."""
    kind, address = CHIPS[chip]
    clock = VirtualClock()
    motor = EmulatedMotor(clock)
    box = EmulatedBox(motor, clock, natural_hz, damping)
    bus = EmulatedBus({address: kind(Bobbing(), clock, motor=box)}, clock, clock.sleep)
    settings, asked = settings or Settings(), []

    def ask(words):
        asked.append(words)
        if tapped:
            box.tap()

    context = CheckContext(settings, bus, emulated_pins(motor, settings.pins.motor or 18), clock, clock.sleep, ask)
    return context, asked


@pytest.mark.parametrize("chip", CHIPS)
def test_a_sensor_that_is_screwed_on_is_stiff(chip):
    context, asked = context_of(chip)
    finding = check_mounting(context, 10.0)
    assert finding.verdict is CheckStatus.OK
    assert finding.figures["shake_growth"] > LEAST_GROWTH + 0.2
    assert finding.figures["tap_ring"] < MOST_RING / 3
    assert asked == ["Tap the closed box once with a fingertip, now."]


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("natural_hz", [30.0, 45.0, 90.0, 150.0])
@pytest.mark.parametrize("damping", [0.1, 0.25])
def test_a_sensor_on_foam_is_told_by_the_motor_alone(chip, natural_hz, damping):
    context, asked = context_of(chip, natural_hz, damping)
    finding = check_mounting(context)
    assert finding.verdict is CheckStatus.UNKNOWN
    assert "the sensor may sit softly" in finding.words
    assert asked == []


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("natural_hz", [20.0, 30.0, 45.0, 60.0])
def test_a_sensor_on_foam_is_told_by_a_tap_alone(chip, natural_hz):
    settings = Settings(haptics=HapticsSettings(enabled=False))
    finding = check_mounting(context_of(chip, natural_hz, settings=settings)[0], 10.0)
    assert finding.verdict is CheckStatus.UNKNOWN
    assert set(finding.figures) == {"tap_ring"}
    assert finding.figures["tap_ring"] > 2 * MOST_RING


def test_no_tap_is_not_taken_for_a_stiff_box():
    context, _ = context_of(tapped=False)
    finding = check_mounting(context, 1.0)
    assert finding.verdict is CheckStatus.UNKNOWN
    assert "no tap was felt" in finding.words


def test_a_motor_that_is_not_felt_judges_nothing():
    finding = check_mounting(context_of(settings=Settings(pins=PinSettings(motor=0)))[0])
    assert finding.verdict is CheckStatus.UNKNOWN
    assert "too little to judge" in finding.words


def test_without_a_sensor_nothing_is_judged_and_the_motor_is_off():
    context, _ = context_of()
    context.bus.chips.clear()
    finding = check_mounting(context)
    assert finding.verdict is CheckStatus.UNKNOWN
    assert "cannot be judged without the sensor" in finding.words
    assert context.pins.pin("GPIO18").state == 0.0


def test_without_pins_nothing_is_judged(monkeypatch):
    def busy(*_):
        raise RuntimeError("GPIO busy")

    monkeypatch.setattr("sternway.device.mounting_check.wired_motor", busy)
    finding = check_mounting(context_of()[0])
    assert finding.verdict is CheckStatus.UNKNOWN
    assert "GPIO busy" in finding.words


def test_the_chip_walks_on_as_it_did():
    context, _ = context_of()
    check_mounting(context, 2.0)
    assert context.bus.chips[0x6A].registers[0x10] == 0x56


def test_shaking_is_measured_at_its_frequency():
    time_s = np.arange(300) / 833.0
    accel = np.column_stack((np.full(300, 9.8), np.zeros(300), 3.0 * np.sin(2 * np.pi * 171.0 * time_s)))
    hz, strength = shake_of(time_s, accel)
    assert hz == pytest.approx(171.0, abs=1.0)
    assert strength == pytest.approx(3.0 / np.sqrt(2.0), rel=0.03)


def test_a_force_that_grows_with_the_square_has_the_power_two():
    assert growth_of([(230.0, 2.3**2), (180.0, 1.8**2), (120.0, 1.2**2)]) == pytest.approx(2.0)


@pytest.mark.parametrize("shakes", [[], [(230.0, 5.0)], [(230.0, 5.0), (225.0, 4.0)], [(230.0, 0.1), (100.0, 0.01)]])
def test_too_little_shaking_tells_no_power(shakes):
    assert growth_of(shakes) is None


def test_a_short_or_weak_record_holds_no_tap():
    assert ring_of(np.arange(3.0), np.zeros((3, 3))) is None
    assert ring_of(np.arange(900) / 833.0, np.zeros((900, 3))) is None


@pytest.mark.parametrize("natural_hz", [None, 45.0])
def test_where_the_box_is_asked_does_not_change_what_it_feels(natural_hz):
    def felt(cuts):
        clock = VirtualClock()
        box = EmulatedBox(EmulatedMotor(clock), clock, natural_hz)
        box.tap(0.05)
        parts = [box.shake_mps2(part) for part in np.split(np.arange(1, 250) / 833.0, cuts)]
        return np.concatenate([np.zeros(0) if part is None else part[0] for part in parts if part])

    whole = felt([])
    assert np.abs(whole).max() > 2.0
    assert np.allclose(felt([100, 101, 180])[-149:], whole[-149:], atol=1e-9)


def test_a_tap_leaves_no_speed_behind():
    time_s = np.arange(0.0, 0.5, 1e-5)
    assert np.trapezoid(tap_mps2(time_s), time_s) == pytest.approx(0.0, abs=1e-3)
    assert (tap_mps2(np.array([-1.0, -0.001])) == 0.0).all()
