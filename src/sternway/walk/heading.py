"""How far the walker turned about the vertical between two moments of the last seconds."""

from bisect import bisect_left
from collections import deque

from sternway.motion.resample import PERIOD_S

KEPT_S = 8.0
"""How far back a heading is asked for: the first steps of a walk are decided up to 7 s after they were made."""

EVERY = 5
"""Samples between two headings kept: a tenth of a step is near enough."""

OFFSET_S = 5.0
"""How slowly the gyro's own zero is learned while the walker stands still; the standing check lasts twice that."""


class Heading:
    """Heading from the yaw rate alone; only differences mean anything.

    A gyro that reads some degrees a second at rest would make a turn of every walk (MPU-6050 data sheet: up to 20),
    so its zero is learned while standing.
    """

    def __init__(self) -> None:
        self._offset_radps = 0.0
        self._heading_rad = 0.0
        self._count = 0
        self._times_s: deque[float] = deque(maxlen=round(KEPT_S / (EVERY * PERIOD_S)))
        self._headings_rad: deque[float] = deque(maxlen=self._times_s.maxlen)

    def update(self, time_s: float, yaw_rate_radps: float, still: bool) -> float:
        """Take one sample; return the yaw rate in rad/s without the gyro's own zero."""
        turning_radps = yaw_rate_radps - self._offset_radps
        if still:
            self._offset_radps += PERIOD_S / OFFSET_S * turning_radps
        self._heading_rad += turning_radps * PERIOD_S
        if self._count % EVERY == 0:
            self._times_s.append(time_s)
            self._headings_rad.append(self._heading_rad)
        self._count += 1
        return turning_radps

    def turned_rad(self, start_s: float, end_s: float) -> float:
        """Return the turn from ``start_s`` to ``end_s``; what lies further back than is kept counts as straight."""
        return self._at(end_s) - self._at(start_s)

    def _at(self, time_s: float) -> float:
        place = bisect_left(self._times_s, time_s)
        return self._headings_rad[place] if place < len(self._times_s) else self._heading_rad
