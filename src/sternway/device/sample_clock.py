"""When each sample was taken: the count of samples regressed on the host's monotonic clock."""

import numpy as np

from sternway.samples import Floats

# The line forgets with this many observations: 30 s at 50 reads a second, slow against jitter, quick against warmth.
_MEMORY_COUNT = 1500
# What the chip says of its own rate weighs like this many observations over this many seconds.
_PRIOR_S, _PRIOR_COUNT = 0.5, 25
# An observation that took longer than this between two looks at the host clock says too little about when.
_LATE_S = 0.005
# Samples must have been lost when the line is off by more than this, this many observations in a row.
_JUMP_S = 0.05
_JUMP_COUNT = 3
# Times bend towards the line by at most this share of a period per sample.
_BEND = 0.05
_LEAST_STEP_S = 1e-6


class SampleClock:
    """Gives samples evenly spaced times that follow the chip's true rate.

    Each observation says that ``n`` samples existed when the host looked, so the newest is between zero and one
    period old. A weighted regression line with fading memory (idea: Klipper's clock synchronisation) runs through
    the observations, half a period late on average; times follow the line and never step backwards.
    """

    def __init__(self, rate_hz: float) -> None:
        self._last_s: float | None = None
        self._period_s = 1.0 / rate_hz
        self.restart()

    def restart(self, rate_hz: float | None = None) -> None:
        """Begin anew at the next observation, at ``rate_hz`` or at the rate learned so far; times still only rise."""
        if rate_hz is not None:
            self._period_s = 1.0 / rate_hz
        self._seen_count = 0
        self._weight = 0.0
        self._mean_count = 0.0
        self._mean_s = 0.0
        self._sum_xx = _PRIOR_COUNT * (_PRIOR_S / self._period_s) ** 2 / 12.0
        self._sum_xy = self._sum_xx * self._period_s
        self._off_count = 0
        self._follows = False

    @property
    def rate_hz(self) -> float:
        """Return the chip's true sample rate as learned so far."""
        return 1.0 / self._period_s

    def advance(self, new_count: int, before_s: float, after_s: float) -> tuple[Floats, bool]:
        """Return the times (n,) of ``new_count`` samples counted between two host times, and whether time jumped.

        After a jump the first sample does not follow on the last one.
        """
        self._seen_count += new_count
        at_s = 0.5 * (before_s + after_s)
        jumped = False
        if self._weight == 0.0:
            self._observe(at_s)
        elif after_s - before_s <= _LATE_S:
            if abs(at_s - self._line_s()) <= _JUMP_S:
                self._off_count = 0
                self._observe(at_s)
            else:
                jumped = self._jump(at_s)
        return self._times(new_count), jumped

    def _line_s(self) -> float:
        """Return when the newest sample was counted, as the line has it."""
        return self._mean_s + (self._seen_count - self._mean_count) * self._period_s

    def _observe(self, at_s: float) -> None:
        """Put one more point on the line (Welford's update with a fading memory)."""
        faded = self._weight * (1.0 - 1.0 / _MEMORY_COUNT)
        self._weight = faded + 1.0
        step_count, step_s = self._seen_count - self._mean_count, at_s - self._mean_s
        self._mean_count += step_count / self._weight
        self._mean_s += step_s / self._weight
        if faded:
            share, keep = faded / self._weight, 1.0 - 1.0 / _MEMORY_COUNT
            self._sum_xx = keep * self._sum_xx + share * step_count * step_count
            self._sum_xy = keep * self._sum_xy + share * step_count * step_s
        self._period_s = self._sum_xy / self._sum_xx

    def _jump(self, at_s: float) -> bool:
        self._off_count += 1
        if self._off_count < _JUMP_COUNT:
            return False
        self.restart()
        self._observe(at_s)
        return True

    def _times(self, count: int) -> Floats:
        if count == 0:
            return np.empty(0)
        end_s = self._line_s() - 0.5 * self._period_s
        step_s = self._period_s
        last_s = self._last_s if self._last_s is not None else end_s - count * step_s
        if self._follows:
            step_s = min(max((end_s - last_s) / count, (1.0 - _BEND) * step_s), (1.0 + _BEND) * step_s)
            end_s = last_s + count * step_s
        elif end_s - (count - 1) * step_s <= last_s:
            step_s = max((end_s - last_s) / count, _LEAST_STEP_S)
            end_s = last_s + count * step_s
        self._follows = True
        self._last_s = end_s
        back = np.arange(count - 1, -1, -1, dtype=np.float64)
        return end_s - step_s * back
