"""A register map that makes samples while time passes."""

import math
from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sternway.device.emulated.motor import Shaker
from sternway.samples import Floats

Counts = NDArray[np.int16]

_NOISE_MPS2 = 0.007  # 70 to 110 ug/sqrt(Hz) over 50 Hz
_NOISE_RADPS = 0.0006  # 4 to 5 mdps/sqrt(Hz) over 50 Hz
_RAIL = 32767
# More samples than any FIFO holds are not made one by one after a long silence.
_MOST_AT_ONCE = 1100


class Motion(Protocol):
    """What the chip feels, as a function of time."""

    def at(self, times_s: Floats, /) -> tuple[Floats, Floats]:
        """Return specific force (n, 3) and angular rate (n, 3) in chip axes and SI at nondecreasing times."""
        ...


class EmulatedChip:
    """A register map that makes samples while time passes. Children say what the registers mean.

    ``rate_error`` is the chip's own clock against the host's (0.02: two percent fast). Faults: ``unplugged``,
    ``frozen`` (samples repeat), ``saturated`` (all axes at the rail), ``brown_out()`` (registers as after power-on),
    ``identity``, ``count_error`` (what the FIFO's count says more or less than it holds, in the register's own unit),
    ``lose(place)`` and ``add(place, data)`` (bytes lost from or added to the FIFO), ``distort`` (changes the counts
    (n, 6), accelerometer first, before they reach the FIFO).
    """

    size = 128
    identity_register = 0x0F

    def __init__(
        self,
        motion: Motion,
        clock: Callable[[], float],
        *,
        identity: int,
        rate_error: float = 0.0,
        seed: int = 0,
        motor: Shaker | None = None,
        start_s: float | None = None,
    ) -> None:
        self.identity = identity
        self.rate_error = rate_error
        self.unplugged = False
        self.frozen = False
        self.frozen_until_reset = False
        self.saturated = False
        self.count_error = 0
        self.distort: Callable[[Floats, Counts], Counts] | None = None
        self.sample_count = 0
        self._motion = motion
        self._clock = clock
        self._motor = motor
        self._random = np.random.default_rng(seed)
        self._start_s = clock() if start_s is None else start_s
        self._last: Counts = np.zeros(6, np.int16)
        self.brown_out()

    def brown_out(self) -> None:
        """Lose power for a moment: every register is as after power-on and the FIFO is empty."""
        self.registers = bytearray(self.size)
        self.fifo = bytearray()
        self.frozen_until_reset = False
        self._power_on()
        self._retime()

    def lose(self, place: int, count: int = 1) -> None:
        """Lose ``count`` bytes from ``place`` on in the FIFO."""
        self._run()
        del self.fifo[place : place + count]

    def add(self, place: int, data: bytes) -> None:
        """Put ``data`` into the FIFO before ``place``."""
        self._run()
        self.fifo[place:place] = data

    def read(self, register: int, count: int) -> bytes:
        """Answer a burst read."""
        self._run()
        return self._answer(register, count)

    def write(self, register: int, data: bytes) -> None:
        """Take a burst write."""
        self._run()
        for offset, value in enumerate(data):
            self._take(register + offset, value)

    def _power_on(self) -> None:
        raise NotImplementedError

    def _rate_hz(self) -> float:
        """Return the nominal sample rate that the registers ask for; 0 while asleep."""
        raise NotImplementedError

    def _scales(self) -> tuple[float, float, float]:
        """Return m/s² per count, rad/s per count and the low-pass corner in Hz."""
        raise NotImplementedError

    def _keep(self, counts: Counts, skipped: int) -> None:
        """Put samples (n, 6), accelerometer first, into output registers and FIFO; ``skipped`` came before them."""
        raise NotImplementedError

    def _answer(self, register: int, count: int) -> bytes:
        raise NotImplementedError

    def _take(self, register: int, value: int) -> None:
        raise NotImplementedError

    def _retime(self) -> None:
        self._epoch_s = self._clock()
        self._ticks = 0
        self._rate_now_hz = self._rate_hz()

    def _run(self) -> None:
        """Make all samples that are due."""
        if self._rate_hz() != self._rate_now_hz:
            self._retime()
        rate = self._rate_now_hz * (1.0 + self.rate_error)
        due = int((self._clock() - self._epoch_s) * rate) - self._ticks
        if due <= 0:
            return
        skipped = max(0, due - _MOST_AT_ONCE)
        ticks = self._ticks + skipped + np.arange(1, due - skipped + 1)
        self._ticks += due
        self.sample_count += due
        self._keep(self._counts(self._epoch_s + ticks / rate), skipped)

    def _counts(self, times_s: Floats) -> Counts:
        if self.frozen or self.frozen_until_reset:
            return np.tile(self._last, (len(times_s), 1))
        if self.saturated:
            return np.full((len(times_s), 6), _RAIL, np.int16)
        accel_lsb, gyro_lsb, corner_hz = self._scales()
        accel, gyro = self._motion.at(times_s - self._start_s)
        accel = accel + self._random.normal(0.0, _NOISE_MPS2, accel.shape)
        gyro = gyro + self._random.normal(0.0, _NOISE_RADPS, gyro.shape)
        shake = self._motor.shake_mps2(times_s) if self._motor else None
        if shake is not None:
            force, turning_hz = shake
            # Second-order low-pass; the force turns in the plane of the coin.
            passed = force / math.sqrt(1.0 + (turning_hz / corner_hz) ** 4)
            accel = accel + passed[:, None] * np.array([0.3, 1.0, 0.9])
            gyro = gyro + passed[:, None] * np.array([0.02, 0.01, 0.005])
        both = np.hstack((accel / accel_lsb, gyro / gyro_lsb))
        counts: Counts = np.clip(np.rint(both), -_RAIL - 1, _RAIL).astype(np.int16)
        if self.distort is not None:
            counts = self.distort(times_s - self._start_s, counts)
        self._last = counts[-1]
        return counts
