"""Detects a FIFO that is silent, frozen or saturated."""

from dataclasses import dataclass

import numpy as np

from sternway.device.chips import Frames
from sternway.device.recovery import Failure

_RAIL_COUNT = 32767


@dataclass(frozen=True, slots=True)
class HealthTiming:
    """How long nothing, one and the same, or the limit may come before that is a failure."""

    silent_s: float = 0.25  # longer than the smallest FIFO needs to run over and begin anew
    frozen_s: float = 0.5  # a hundred equal samples: noise alone moves the last bit
    saturated_s: float = 0.5  # an impact rails for some 50 ms
    rate_s: float = 0.5  # frames are counted for so long ...
    rate_error: float = 0.25  # ... and may differ by so much: a clock is 4 % off at worst, and a poll holds 4 frames


EXPLANATIONS = {
    Failure.SILENT: "the sensor is there but gives no samples",
    Failure.SATURATED: "the sensor is stuck at its limit; power it off and on, replace it if that stays",
    Failure.FROZEN: "the sensor repeats one sample; power it off and on, replace it if that stays",
    Failure.WRONG_RATE: "the sensor does not keep its rate; power it off and on, replace it if that stays",
}


class StreamHealth:
    """Checks raw counts. ``has_delivered`` tells whether any frame came since ``begin``."""

    def __init__(self, timing: HealthTiming) -> None:
        self._timing = timing
        self.begin(0.0)

    def begin(self, now_s: float) -> None:
        """Forget the past: the stream begins, or begins anew."""
        self.has_delivered = False
        self._last_frames_s = self._last_change_s = self._last_unsaturated_s = now_s
        self.restart_rate(now_s)
        self._last = np.zeros(6, np.int16)

    def restart_rate(self, now_s: float) -> None:
        """Count frames anew, as after some were lost."""
        self._counted_from_s, self._frame_count = now_s, 0

    def keeps_rate(self, rate_hz: float, now_s: float) -> bool:
        """Return whether as many frames came as a chip at ``rate_hz`` makes; true until enough could be counted."""
        elapsed_s = now_s - self._counted_from_s
        if elapsed_s < self._timing.rate_s:
            return True
        kept = abs(self._frame_count / (elapsed_s * rate_hz) - 1.0) < self._timing.rate_error
        self.restart_rate(now_s)
        return kept

    def examine(self, frames: Frames, now_s: float) -> Failure | None:
        """Return what is wrong with the stream at ``now_s``, when ``frames`` were read."""
        if len(frames):
            self._frame_count += len(frames)
            self.has_delivered = True
            self._last_frames_s = now_s
            counts = np.hstack((frames.accel, frames.gyro))
            if (counts != self._last).any():
                self._last_change_s = now_s
            if (np.abs(counts.astype(np.int32)).max(axis=0) < _RAIL_COUNT).all():
                self._last_unsaturated_s = now_s
            self._last = counts[-1]
        if now_s - self._last_frames_s > self._timing.silent_s:
            return Failure.SILENT
        if (
            now_s - self._last_unsaturated_s > self._timing.saturated_s
        ):  # first: what is stuck at the rail is frozen too
            return Failure.SATURATED
        return Failure.FROZEN if now_s - self._last_change_s > self._timing.frozen_s else None
