"""Does the sensor sit stiffly in its box? The motor at several speeds, and a tap, tell it."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sternway.device.chips import Chip
from sternway.device.haptics import Motor
from sternway.device.motor_test import POLL_S, record
from sternway.samples import Floats

# Well above what a coin motor needs to start, and far enough apart to see how the shake grows with speed.
_LEVELS = (1.0, 0.8, 0.65, 0.5)
# A coin motor has settled after three of its lags of 35 to 60 ms.
_SETTLE_S, _LISTEN_S = 0.2, 0.25
# Slower shaking than a motor's is the body's or the table's.
_SLOWEST_HZ = 40.0
# Less cannot be told from noise; a speed that hardly changes tells nothing of its effect.
_LEAST_MPS2, _LEAST_SPEED_RATIO = 0.15, 1.2
# A moving average over 20 ms takes out a box that swings on its pad (below 25 Hz) and leaves a ring of the sensor.
_AVERAGE_S = 0.02
# The sensor must feel a quarter of 1 g before it is a tap; the ring is looked for when finger and box have parted.
_TAP_MPS2 = 2.5
_RING_FROM_S, _RING_TO_S = 0.012, 0.06


@dataclass(frozen=True, slots=True)
class MountingTest:
    """Turns a motor at four speeds, or waits for a tap, and listens; leaves the chip as before.

    Raises :class:`~sternway.errors.BusError` where the chip does not answer; the motor is off then too.
    """

    chip: Chip
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def growth(self, motor: Motor) -> float | None:
        """Return with which power of its speed the motor's shake grows at the sensor; ``None``: too little felt.

        An unbalanced mass pushes with the square of its speed, and so a sensor that is screwed to the box feels about
        2. One on something soft feels less and less of the box the faster it shakes: 1 and below.
        """
        self._start()
        try:
            return growth_of([self._spun(motor, level) for level in _LEVELS])
        finally:
            motor.drive(0.0)
            self.chip.configure()

    def ring(self, wait_s: float) -> float | None:
        """Return how much of a tap still rings after 12 to 60 ms, as a share of its peak; ``None`` without a tap."""
        self._start()
        try:
            time_s, accel = record(self.chip, wait_s, self.clock, self.sleep, until=_is_tapped)
            more_s, more = record(self.chip, 2 * _RING_TO_S, self.clock, self.sleep)
        finally:
            self.chip.configure()
        return ring_of(np.concatenate((time_s, more_s)), np.concatenate((accel, more)))

    def _start(self) -> None:
        self.chip.configure(fast=True)
        self.sleep(self.chip.settle_s)
        self.chip.restart_fifo()
        record(self.chip, POLL_S, self.clock, self.sleep)

    def _spun(self, motor: Motor, level: float) -> tuple[float, float]:
        motor.drive(level)
        record(self.chip, _SETTLE_S, self.clock, self.sleep)
        return shake_of(*record(self.chip, _LISTEN_S, self.clock, self.sleep))


def shake_of(time_s: Floats, accel_mps2: Floats) -> tuple[float, float]:
    """Return frequency (Hz) and strength (m/s², root mean square) of the strongest shaking above 40 Hz."""
    if len(time_s) < 32:
        return 0.0, 0.0
    window = np.hanning(len(time_s))
    spectrum = np.fft.rfft((accel_mps2 - accel_mps2.mean(axis=0)) * window[:, None], axis=0)
    power = (np.abs(spectrum) ** 2).sum(axis=1)
    hz = np.fft.rfftfreq(len(time_s), (time_s[-1] - time_s[0]) / (len(time_s) - 1))
    power[hz < _SLOWEST_HZ] = 0.0
    peak = int(power.argmax())
    line = slice(max(0, peak - 2), peak + 3)
    strength = np.sqrt(2.0 * power[line].sum() / len(time_s) / (window * window).sum())
    return float((hz[line] * power[line]).sum() / max(power[line].sum(), 1e-12)), float(strength)


def growth_of(shakes: list[tuple[float, float]]) -> float | None:
    """Return the power of frequency with which ``shakes`` (Hz, m/s²) grow; ``None`` if it cannot be told."""
    felt = [(hz, strength) for hz, strength in shakes if strength >= _LEAST_MPS2]
    if len(felt) < 2 or max(felt)[0] < _LEAST_SPEED_RATIO * min(felt)[0]:
        return None
    hz, strength = np.log(np.array(felt).T)
    return float(np.polyfit(hz, strength, 1)[0])


def ring_of(time_s: Floats, accel_mps2: Floats) -> float | None:
    """Return how much of the strongest tap in ``accel_mps2`` (n, 3) still rings after it, as a share of its peak."""
    if len(time_s) < 32:
        return None
    strength = np.sqrt((_without_pad(time_s, accel_mps2) ** 2).sum(axis=1))
    peak = int(strength.argmax())
    after_s = time_s - time_s[peak]
    late = (after_s >= _RING_FROM_S) & (after_s <= _RING_TO_S)
    if strength[peak] < _TAP_MPS2 or not late.any():
        return None
    return float(np.sqrt(2.0 * (strength[late] ** 2).mean()) / strength[peak])


def _is_tapped(accel_mps2: Floats) -> bool:
    return bool(len(accel_mps2)) and float(np.ptp(accel_mps2, axis=0).max()) >= 2.0 * _TAP_MPS2


def _without_pad(time_s: Floats, accel_mps2: Floats) -> Floats:
    count = 1 + 2 * round(_AVERAGE_S / 2.0 / float(np.median(np.diff(time_s))))
    padded = np.pad(accel_mps2, ((count // 2, count // 2), (0, 0)), mode="edge")
    kernel = np.full(count, 1.0 / count)
    rest: Floats = accel_mps2 - np.column_stack([np.convolve(axis, kernel, mode="valid") for axis in padded.T])
    return rest
