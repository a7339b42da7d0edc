"""Motor self-test: the accelerometer must measure the vibration of the motor, and when it begins."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import numpy as np

from sternway.device.chips import Chip
from sternway.device.haptics import Motor
from sternway.samples import Floats

_QUIET_S, _BUZZ_S, _AFTER_S = 0.5, 0.4, 0.2
POLL_S = 0.01
"""How long between two readings of the FIFO."""
# Two turns of a motor at 200 Hz: short against its rise, long enough to hold a whole shake.
_WINDOW_S = 0.01
# Five samples at the fast rate are 5 to 6 ms; at both ends of a recording they are incomplete.
_AVERAGE, _MARGIN = np.full(5, 0.2), 2
# A buzz is a twentieth of the weakest coin motor's at the belt (0.5 g), and well above any noise.
_LEAST_MPS2 = 0.25
# Against shaking by hand or a passing lorry: the buzz must stand out from the quiet before it.
_LEAST_RATIO = 4.0


@dataclass(frozen=True, slots=True)
class MotorResponse:
    """Vibration (root mean square) before and during the buzz, and its onset after switching on, if any."""

    quiet_mps2: float
    buzz_mps2: float
    onset_s: float | None

    @property
    def detected(self) -> bool:
        """Return whether the motor was detected."""
        return self.onset_s is not None


class MotorTest:
    """Buzzes once and measures with the accelerometer at its fast rate; leaves the motor off and the chip as before.

    Raises :class:`~sternway.errors.BusError` where the chip does not answer; the motor is off then too.
    """

    def __init__(
        self,
        chip: Chip,
        motor: Motor,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._chip = chip
        self._motor = motor
        self._clock = clock
        self._sleep = sleep

    def run(self) -> MotorResponse:
        """Buzz for 0.4 s and return the response."""
        self._chip.configure(fast=True)
        try:
            self._sleep(self._chip.settle_s)
            self._chip.restart_fifo()
            self._record(POLL_S)
            before_s, before = self._record(_QUIET_S)
            start_s = self._clock()
            self._motor.drive(1.0)
            during_s, during = self._record(_BUZZ_S)
            self._motor.drive(0.0)
            after_s, after = self._record(_AFTER_S)
        finally:
            self._motor.drive(0.0)
            self._chip.configure()
        time_s = np.concatenate((before_s, during_s, after_s))
        return judge(time_s, np.concatenate((before, during, after)), start_s, start_s + _BUZZ_S)

    def _record(self, duration_s: float) -> tuple[Floats, Floats]:
        return record(self._chip, duration_s, self._clock, self._sleep)


def record(
    chip: Chip,
    duration_s: float,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
    until: Callable[[Floats], bool] = lambda _: False,
) -> tuple[Floats, Floats]:
    """Return times (n,) and accelerations (n, 3, m/s²); each burst ends when it was read, at the chip's own rate.

    Ends after ``duration_s``, or with the first burst (k, 3) for which ``until`` is true.
    """
    end_s = clock() + duration_s
    times, rows = [np.empty(0)], [np.empty((0, 3))]
    while clock() < end_s:
        sleep(POLL_S)
        counted_s = clock()
        frames = chip.take(chip.pending().frames)
        times.append(counted_s - np.arange(len(frames) - 1, -1, -1) / chip.rate_hz)
        rows.append(frames.accel.astype(np.float64) * chip.accel_scale_mps2)
        if until(rows[-1]):
            break
    return np.concatenate(times), np.concatenate(rows)


def judge(time_s: Floats, accel_mps2: Floats, start_s: float, end_s: float) -> MotorResponse:
    """Return what a buzz during ``[start_s, end_s)`` did to ``accel_mps2`` (n, 3) at ``time_s`` (n,).

    What remains beside a moving average over 6 ms is a motor's 150 to 250 Hz and nearly nothing of a body's motion.
    The onset is where its power over 10 ms first reaches a quarter of the settled buzz (half its strength).
    """
    smoothed = np.column_stack([np.convolve(axis, _AVERAGE, mode="same") for axis in accel_mps2.T])
    shake = (accel_mps2 - smoothed)[_MARGIN:-_MARGIN]
    time_s = time_s[_MARGIN:-_MARGIN]
    power = (shake * shake).sum(axis=1)
    quiet = power[time_s < start_s]
    settled = power[(time_s >= start_s + 0.5 * (end_s - start_s)) & (time_s < end_s)]
    if not len(quiet) or not len(settled):
        return MotorResponse(0.0, 0.0, None)
    quiet_mps2, buzz_mps2 = float(np.sqrt(quiet.mean())), float(np.sqrt(settled.mean()))
    if buzz_mps2 < _LEAST_MPS2 or buzz_mps2 < _LEAST_RATIO * quiet_mps2:
        return MotorResponse(quiet_mps2, buzz_mps2, None)
    width = max(1, round(_WINDOW_S / float(median(np.diff(time_s)))))
    smooth = np.convolve(power, np.ones(width) / width)[: len(power)]
    late = np.flatnonzero((time_s >= start_s) & (smooth >= 0.25 * buzz_mps2 * buzz_mps2))
    return MotorResponse(quiet_mps2, buzz_mps2, float(time_s[late[0]]) - start_s if len(late) else None)
