"""The motor: plays one pattern at a time in a thread of its own, and never keeps the loop waiting."""

import logging
import threading
from collections.abc import Callable, Iterator
from typing import Protocol, TypeAlias

from gpiozero import Motor as BridgeDevice
from gpiozero import PWMOutputDevice
from gpiozero.pins import Factory

from sternway.alert.patterns import Pattern
from sternway.config import HapticsSettings, PinSettings

_log = logging.getLogger(__name__)

Pins: TypeAlias = Factory
"""What reaches the GPIO pins: gpiozero's factory, real or mock; None is gpiozero's default."""

# The motor's own inertia smooths this; software PWM of lgpio costs little at this rate.
_PWM_HZ = 200
# Half a spin-up of full reverse stops a bridged motor without turning it back.
_BRAKE_S = 0.03
# A coin motor turns on down to about a third of its rated voltage and stalls below.
_LEAST_LEVEL = 0.35


class Motor(Protocol):
    """Whatever turns: ``drive`` takes -1 (brake) to 1 (full)."""

    def drive(self, level: float) -> None:
        """Turn at ``level`` from now on."""
        ...

    def close(self) -> None:
        """Stop and let go of the pin."""
        ...


class NoMotor:
    """No motor is wired, or buzzing is switched off."""

    def drive(self, level: float) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


class PwmMotor:
    """A motor on one transistor: it can be driven but not braked. Off until driven.

    From rest, full level is one plain write, at once: lgpio's PWM thread may sleep for 20 ms before it begins. At
    rest there is no PWM to keep a processor awake.
    """

    def __init__(self, pin: int, factory: Factory | None = None) -> None:
        self._device = PWMOutputDevice(pin, initial_value=0.0, frequency=_PWM_HZ, pin_factory=factory)
        self._device.frequency = None

    def drive(self, level: float) -> None:
        """Turn at ``level``; a brake is a stop."""
        level = max(0.0, min(1.0, level))
        if level == 0.0:
            self._device.frequency = None
        elif level < 1.0 and self._device.frequency is None:
            self._device.frequency = _PWM_HZ
        self._device.value = level

    def close(self) -> None:
        """Stop and let go of the pin."""
        self.drive(0.0)
        self._device.close()


class BridgeMotor:
    """A motor on an H-bridge, which can be braked by driving it backwards for a moment."""

    def __init__(self, pin: int, reverse_pin: int, factory: Factory | None = None) -> None:
        self._device = BridgeDevice(pin, reverse_pin, pwm=True, pin_factory=factory)

    def drive(self, level: float) -> None:
        """Turn at ``level``, backwards where negative."""
        self._device.value = max(-1.0, min(1.0, level))

    def close(self) -> None:
        """Stop and let go of the pins."""
        self._device.stop()
        self._device.close()


def wired_motor(pins: PinSettings, settings: HapticsSettings, factory: Factory | None = None) -> Motor:
    """Return the motor that the settings describe; raises gpiozero's errors where a pin cannot be had."""
    if not settings.enabled or not pins.motor:
        return NoMotor()
    if pins.motor_reverse:
        return BridgeMotor(pins.motor, pins.motor_reverse, factory)
    return PwmMotor(pins.motor, factory)


def drive_plan(pattern: Pattern, settings: HapticsSettings, can_brake: bool) -> Iterator[tuple[float, float]]:
    """Yield (level, seconds) for every stretch of ``pattern``: overdrive, hold, brake where possible, rest.

    Full level spins the motor up, for the longer the more its strength is to rise; then a lower level holds it.

    >>> one = Pattern("one", ((0.5, 0.03, 0.0), (1.0, 0.2, 0.1)), 1, "one, rising")
    >>> [(level, round(seconds, 3)) for level, seconds in drive_plan(one, HapticsSettings(), can_brake=False)]
    [(1.0, 0.03), (1.0, 0.03), (0.65, 0.17), (0.0, 0.1)]
    """
    turning = 0.0
    for strength, on_s, off_s in pattern.pulses:
        overdrive_s = min(on_s, settings.overdrive_s * max(0.0, strength - turning))
        brake_s = min(_BRAKE_S, off_s) if can_brake else 0.0
        stretches = (
            (1.0, overdrive_s),
            (max(_LEAST_LEVEL, settings.hold * strength), on_s - overdrive_s),
            (-1.0, brake_s),
            (0.0, off_s - brake_s),
        )
        yield from (stretch for stretch in stretches if stretch[1] > 0.0)
        turning = 0.0 if off_s else strength


class Haptics:
    """Plays patterns on a motor, one at a time: a higher priority interrupts a lower one, anything else is dropped.

    Off until the first pattern and after the last; ``close`` leaves the motor off and still. A motor that fails is
    only noted: ``failure`` says why, until the end. ``prepare`` is called in the thread that plays, before anything
    else.
    """

    def __init__(
        self,
        motor: Motor,
        settings: HapticsSettings | None = None,
        *,
        wake: threading.Event | None = None,
        prepare: Callable[[], object] = lambda: None,
    ) -> None:
        self.failure = ""
        self._motor = motor
        self._settings = settings or HapticsSettings()
        self._can_brake = isinstance(motor, BridgeMotor)
        self._lock = threading.Lock()
        self._wake = wake or threading.Event()
        self._prepare = prepare
        self._next: Pattern | None = None
        self._playing: Pattern | None = None
        self._open = True
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread that plays."""
        self._thread = threading.Thread(target=self.run, name="haptics", daemon=True)
        self._thread.start()

    def play(self, pattern: Pattern) -> None:
        """Play ``pattern`` at once, unless one of the same or a higher priority is on."""
        with self._lock:
            current = self._next or self._playing
            if not self._open or (current is not None and pattern.priority <= current.priority):
                return
            self._next = pattern
            self._wake.set()

    @property
    def present(self) -> bool:
        """Say whether there is a motor at all."""
        return not isinstance(self._motor, NoMotor)

    @property
    def idle(self) -> bool:
        """Say whether nothing plays or waits to be played."""
        with self._lock:
            return self._playing is None and self._next is None

    def close(self) -> None:
        """Stop the motor, wait until it is off and let go of it."""
        with self._lock:
            self._open = False
            self._next = None
            self._wake.set()
        if self._thread is not None:
            self._thread.join()
        self.drive(0.0)
        self._safely(self._motor.close)

    def run(self) -> None:
        """Play what is asked for until closed (the thread's body)."""
        self._prepare()
        while self._open:
            self._wake.wait()
            self.play_next()

    def play_next(self) -> None:
        """Play the pattern that waits, until its end or until it is interrupted."""
        with self._lock:
            self._wake.clear()
            self._playing, self._next = self._next, None
            pattern = self._playing if self._open else None
        if pattern is None:
            return
        for level, duration_s in drive_plan(pattern, self._settings, self._can_brake):
            self.drive(level)
            if self._wake.wait(duration_s):
                break
        self.drive(0.0)
        with self._lock:
            self._playing = None

    def drive(self, level: float) -> None:
        """Drive the motor itself, as its self-test does."""
        self._safely(lambda: self._motor.drive(level))

    def _safely(self, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception as error:  # gpiozero raises many kinds; none may end the thread
            if not self.failure:
                self.failure = f"the motor's pin failed ({error}); check that nothing else uses it"
                _log.error("%s", self.failure)
