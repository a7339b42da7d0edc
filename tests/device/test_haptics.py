import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sternway.alert.patterns import PATTERNS, Pattern
from sternway.config import HapticsSettings, PinSettings
from sternway.device.emulated import VirtualClock, emulated_pins
from sternway.device.haptics import BridgeMotor, Haptics, NoMotor, PwmMotor, drive_plan, wired_motor
from sternway.wire.values import Cue

LOW = Pattern("low", ((1.0, 0.3, 0.1), (1.0, 0.3, 0.0)), 1, "low")
HIGH = Pattern("high", ((0.6, 0.2, 0.0),), 5, "high")


class Wake:
    """An event in virtual time: waiting lets time pass, unless something is to happen meanwhile."""

    def __init__(self, clock):
        self._clock = clock
        self._set = False
        self.meanwhile = []

    def set(self):
        self._set = True

    def clear(self):
        self._set = False

    def wait(self, timeout=None):
        if timeout is not None:
            if self.meanwhile:
                self._clock.sleep(timeout / 2)
                self.meanwhile.pop(0)()
            self._clock.sleep(0.0 if self._set else timeout)
        return self._set


class Journal:
    """A motor that writes down when it was driven how."""

    def __init__(self, clock):
        self._clock = clock
        self.driven = []
        self.closed = False

    def drive(self, level):
        self.driven.append((round(self._clock(), 4), round(level, 4)))

    def close(self):
        self.closed = True


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def motor(clock):
    return Journal(clock)


@pytest.fixture
def wake(clock):
    return Wake(clock)


@pytest.fixture
def haptics(motor, clock, wake):
    return Haptics(motor, wake=wake)


def test_a_pulse_is_overdriven_then_held_then_off(haptics, motor):
    haptics.play(LOW)
    haptics.play_next()
    assert motor.driven == [
        (0.0, 1.0),
        (0.06, 0.65),
        (0.3, 0.0),
        (0.4, 1.0),
        (0.46, 0.65),
        (0.7, 0.0),
    ]


def test_playing_never_waits_for_the_motor(haptics, motor):
    haptics.play(LOW)
    assert motor.driven == []


def test_a_higher_priority_interrupts_at_once(haptics, motor, wake):
    haptics.play(LOW)
    wake.meanwhile = [lambda: haptics.play(HIGH)]
    haptics.play_next()
    assert motor.driven == [(0.0, 1.0), (0.03, 0.0)]
    haptics.play_next()
    assert motor.driven[2:] == [(0.03, 1.0), (0.066, 0.39), (0.23, 0.0)]


@pytest.mark.parametrize("second", [LOW, Pattern("equal", ((1.0, 0.1, 0.0),), 5, "equal")])
def test_a_lower_or_equal_priority_is_not_heard_over_another(haptics, motor, wake, second):
    haptics.play(HIGH)
    wake.meanwhile = [lambda: haptics.play(second)]
    haptics.play_next()
    haptics.play_next()
    assert [level for _, level in motor.driven] == [1.0, 0.39, 0.0]


def test_close_leaves_the_motor_off_and_plays_no_more(haptics, motor):
    haptics.play(HIGH)
    haptics.close()
    haptics.play(HIGH)
    haptics.play_next()
    assert [level for _, level in motor.driven] == [0.0]
    assert motor.closed


def test_a_pin_that_fails_is_told_in_words_and_raises_nothing(clock, wake):
    class Broken(Journal):
        def drive(self, level):
            raise OSError("GPIO busy")

    haptics = Haptics(Broken(clock), wake=wake)
    haptics.play(HIGH)
    haptics.play_next()
    assert haptics.failure == "the motor's pin failed (GPIO busy); check that nothing else uses it"


def test_the_thread_plays_on_a_real_pin_and_ends_with_it_off():
    pins, prepared = emulated_pins(), []
    haptics = Haptics(PwmMotor(18, pins), prepare=lambda: prepared.append(threading.current_thread().name))
    haptics.start()
    haptics.play(Pattern("blip", ((1.0, 0.001, 0.0),), 1, "blip"))
    while not any(state.state for state in pins.pin("GPIO18").states):
        pass
    haptics.close()
    assert haptics.failure == ""
    assert prepared == ["haptics"]
    states = [state.state for state in pins.pin("GPIO18").states]
    assert max(states) == 1.0
    assert states[-1] == 0.0


@given(st.sampled_from(list(PATTERNS.values())), st.booleans(), st.floats(0.0, 0.2))
def test_a_plan_lasts_as_long_as_its_pattern_and_stays_within_the_motors_limits(pattern, can_brake, overdrive_s):
    plan = list(drive_plan(pattern, HapticsSettings(overdrive_s=overdrive_s), can_brake))
    assert sum(seconds for _, seconds in plan) == pytest.approx(pattern.duration_s)
    assert all(seconds >= 0.0 for _, seconds in plan)
    assert all((-1.0 if can_brake else 0.0) <= level <= 1.0 for level, _ in plan)


def test_a_bridge_brakes_with_a_moment_of_reverse():
    plan = list(drive_plan(LOW, HapticsSettings(), can_brake=True))
    assert (-1.0, 0.03) in plan


@pytest.mark.parametrize(
    ("pins", "settings", "kind"),
    [
        (PinSettings(), HapticsSettings(), PwmMotor),
        (PinSettings(motor_reverse=23), HapticsSettings(), BridgeMotor),
        (PinSettings(motor=0), HapticsSettings(), NoMotor),
        (PinSettings(), HapticsSettings(enabled=False), NoMotor),
    ],
)
def test_the_settings_choose_the_motor(pins, settings, kind):
    motor = wired_motor(pins, settings, emulated_pins())
    assert isinstance(motor, kind)
    motor.drive(1.0)
    motor.drive(-1.0)
    motor.drive(0.0)
    motor.close()


def test_the_motor_is_off_until_a_pattern_comes():
    pins = emulated_pins()
    motor = PwmMotor(18, pins)
    assert pins.pin("GPIO18").state == 0.0
    motor.close()


def test_every_cue_reaches_the_pin_as_its_rhythm(clock, wake):
    pins = emulated_pins()
    haptics = Haptics(PwmMotor(18, pins), wake=wake)
    for cue in Cue:
        pins.pin("GPIO18").clear_states()
        haptics.play(PATTERNS[cue])
        haptics.play_next()
        levels = [state.state for state in pins.pin("GPIO18").states]
        beats = sum(1 for _, _, off_s in PATTERNS[cue].pulses if off_s) + 1
        assert levels[0] == levels[-1] == 0.0
        assert levels[1:].count(0.0) == beats, cue
    haptics.close()
