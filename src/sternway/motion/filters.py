"""Butterworth filters on plain floats, for streams at exactly 100 Hz, in transposed direct form II.

Oppenheim and Schafer, Discrete-Time Signal Processing. All coefficients of a numerator are multiples of the first,
so that one product of the input serves them all.
"""

import math

from sternway.motion.resample import RATE_HZ


class LowPass:
    """A second-order Butterworth low-pass."""

    def __init__(self, corner_hz: float) -> None:
        k, norm, (self._a1, self._a2) = _butterworth(corner_hz)
        self._gain = k * k * norm
        self.reset()

    def reset(self) -> None:
        """Forget the past, as if it had been zero."""
        self._z1 = self._z2 = 0.0

    def update(self, x: float) -> float:
        """Return the output for the newest input."""
        bx = self._gain * x
        y = bx + self._z1
        self._z1 = bx + bx - self._a1 * y + self._z2
        self._z2 = bx - self._a2 * y
        return y


class BandPass:
    """A second-order Butterworth high-pass and low-pass in a row; their zeros together are ``(1 - z^-2)^2``."""

    def __init__(self, low_hz: float, high_hz: float) -> None:
        _, low_norm, (c1, c2) = _butterworth(low_hz)
        k, high_norm, (d1, d2) = _butterworth(high_hz)
        self._gain = low_norm * k * k * high_norm
        self._a1, self._a2, self._a3, self._a4 = c1 + d1, c2 + c1 * d1 + d2, c1 * d2 + c2 * d1, c2 * d2
        self.reset()

    def reset(self) -> None:
        """Forget the past, as if it had been zero."""
        self._z1 = self._z2 = self._z3 = self._z4 = 0.0

    def update(self, x: float) -> float:
        """Return the output for the newest input."""
        bx = self._gain * x
        y = bx + self._z1
        self._z1 = self._z2 - self._a1 * y
        self._z2 = self._z3 - self._a2 * y - bx - bx
        self._z3 = self._z4 - self._a3 * y
        self._z4 = bx - self._a4 * y
        return y


def _butterworth(corner_hz: float) -> tuple[float, float, tuple[float, float]]:
    """Return the prewarped corner, the gain of the high-pass, and the denominator's a1 and a2."""
    k = math.tan(math.pi * corner_hz / RATE_HZ)
    norm = 1.0 / (1.0 + math.sqrt(2.0) * k + k * k)
    return k, norm, (2.0 * (k * k - 1.0) * norm, (1.0 - math.sqrt(2.0) * k + k * k) * norm)
