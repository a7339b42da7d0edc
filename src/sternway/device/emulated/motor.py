"""A motor that can be felt."""

import math
from collections.abc import Callable
from typing import Protocol

import numpy as np
from gpiozero.pins.mock import MockFactory, MockPWMPin

from sternway.samples import Floats


class Shaker(Protocol):
    """What shakes a chip beside the body's own motion: a motor, or the box that carries one."""

    def shake_mps2(self, times_s: Floats, /) -> tuple[Floats, float] | None:
        """Return the force (n,) at nondecreasing times and its mean frequency; ``None`` while all rests."""
        ...


class EmulatedMotor:
    """An eccentric-mass motor: spins up and down with a lag, and shakes the chip at a rate that follows its speed.

    Full speed is 230 turns a second and 1 g at the chip; the lag of 35 ms is that of common 10 mm coin motors.
    """

    _SPIN_UP_S, _FULL_HZ, _FULL_MPS2 = 0.035, 230.0, 9.8

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._levels: list[tuple[float, float]] = [(-math.inf, 0.0)]
        self._at_s = -math.inf
        self._speed = 0.0
        self._turns = 0.0

    def set_level(self, level: float) -> None:
        """Take the duty cycle of the pin, from now on."""
        self._levels.append((self._clock(), level))

    def shake_mps2(self, times_s: Floats) -> tuple[Floats, float] | None:
        """Return the force (n,) at nondecreasing times and its mean frequency; ``None`` while the motor rests."""
        if len(self._levels) == 1 and self._levels[0][1] == 0.0 and self._speed < 1e-3:
            return None
        out = np.zeros(len(times_s))
        for index, time_s in enumerate(times_s.tolist()):
            self._turn_until(time_s)
            out[index] = self._FULL_MPS2 * self._speed**2 * math.sin(2.0 * math.pi * self._turns)
        return out, max(1.0, self._FULL_HZ * self._speed)

    def _turn_until(self, time_s: float) -> None:
        while len(self._levels) > 1 and self._levels[1][0] <= time_s:
            self._spin(self._levels[1][0])
            self._levels.pop(0)
        self._spin(time_s)

    def _spin(self, time_s: float) -> None:
        passed_s = min(time_s - self._at_s, 1.0) if math.isfinite(self._at_s) else 0.0
        if passed_s > 0.0:
            target = self._levels[0][1]
            self._speed = target + (self._speed - target) * math.exp(-passed_s / self._SPIN_UP_S)
            self._turns += self._FULL_HZ * self._speed * passed_s
        self._at_s = time_s


STATES_KEPT = 200
"""States that a motor's pin remembers: some twenty patterns."""


class MotorPin(MockPWMPin):  # type: ignore[misc]
    """A mock pin that tells a listener of its level, and forgets what gpiozero's would remember for ever."""

    on_level: Callable[[float], None] | None = None

    def _change_state(self, value: float) -> bool:
        changed: bool = super()._change_state(value)
        del self.states[:-STATES_KEPT]
        if changed and self.on_level is not None:
            self.on_level(float(value))
        return changed


def emulated_pins(motor: EmulatedMotor | None = None, motor_pin: int = 18) -> MockFactory:
    """Return gpiozero's mock pins with PWM; ``motor`` turns with ``motor_pin``."""
    factory = MockFactory(pin_class=MotorPin)
    if motor is not None:
        factory.pin(f"GPIO{motor_pin}").on_level = motor.set_level
    return factory
