"""Second-order filters on plain floats, for streams at exactly 100 Hz."""

import math

from sternway.motion.resample import RATE_HZ


class Biquad:
    """One second-order section, in transposed direct form II (Oppenheim and Schafer)."""

    def __init__(self, b0: float, b1: float, b2: float, a1: float, a2: float) -> None:
        self._b0, self._b1, self._b2, self._a1, self._a2 = b0, b1, b2, a1, a2
        self.reset()

    @classmethod
    def low_pass(cls, corner_hz: float) -> "Biquad":
        """Return a second-order Butterworth low-pass."""
        k = math.tan(math.pi * corner_hz / RATE_HZ)
        norm = 1.0 / (1.0 + math.sqrt(2.0) * k + k * k)
        return cls(k * k * norm, 2.0 * k * k * norm, k * k * norm, *_poles(k, norm))

    @classmethod
    def high_pass(cls, corner_hz: float) -> "Biquad":
        """Return a second-order Butterworth high-pass."""
        k = math.tan(math.pi * corner_hz / RATE_HZ)
        norm = 1.0 / (1.0 + math.sqrt(2.0) * k + k * k)
        return cls(norm, -2.0 * norm, norm, *_poles(k, norm))

    def reset(self) -> None:
        """Forget the past, as if it had been zero."""
        self._z1 = 0.0
        self._z2 = 0.0

    def update(self, x: float) -> float:
        """Return the output for the newest input."""
        y = self._b0 * x + self._z1
        self._z1 = self._b1 * x - self._a1 * y + self._z2
        self._z2 = self._b2 * x - self._a2 * y
        return y


class BandPass:
    """A second-order Butterworth high-pass and low-pass in a row."""

    def __init__(self, low_hz: float, high_hz: float) -> None:
        self._high_pass = Biquad.high_pass(low_hz)
        self._low_pass = Biquad.low_pass(high_hz)

    def reset(self) -> None:
        """Forget the past."""
        self._high_pass.reset()
        self._low_pass.reset()

    def update(self, x: float) -> float:
        """Return the output for the newest input."""
        return self._low_pass.update(self._high_pass.update(x))


def _poles(k: float, norm: float) -> tuple[float, float]:
    return 2.0 * (k * k - 1.0) * norm, (1.0 - math.sqrt(2.0) * k + k * k) * norm
