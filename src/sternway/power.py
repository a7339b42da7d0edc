"""What the hardware says of its supply, and when that is too little."""

from collections import deque
from dataclasses import dataclass

LOW_PERCENT = 10.0
"""Below this a walk of half an hour may not be finished: a clip draws 10 to 15 % of a 2 Ah cell in that time."""

NO_LONGER_LOW_PERCENT = 12.0
"""A low battery is low until this: by choice, not from data, so far above that only charging gets there."""

WARN_BEFORE_S = 600.0
"""Twice the five minutes in which a walk can be ended in peace: a gauge's slope is rough."""

TREND_S = 300.0
CHARGED_PERCENT = 2.0


@dataclass(frozen=True, slots=True)
class Power:
    """What the hardware says of its supply; ``None`` is unknown."""

    battery_percent: float | None = None
    under_voltage: bool | None = None

    @property
    def is_low(self) -> bool:
        """Say whether the clip may go dark on this walk.

        >>> Power(battery_percent=8.0).is_low, Power().is_low
        (True, False)
        """
        empty = self.battery_percent is not None and self.battery_percent < LOW_PERCENT
        return empty or bool(self.under_voltage)


class ChargeTrend:
    """Foresees the end of a battery from how the charge fell: a worn cell holds less than its percent promise.

    ``will_end`` stays until the charge has risen by :data:`CHARGED_PERCENT`: only a charger does that.
    """

    def __init__(self) -> None:
        self._seen: deque[tuple[float, float]] = deque()
        self._low_at_percent: float | None = None

    def will_end(self, now_s: float, percent: float | None) -> bool:
        """Take the charge at ``now_s``; return whether it will be gone within :data:`WARN_BEFORE_S`."""
        if percent is None:
            return self._low_at_percent is not None
        if self._low_at_percent is not None and percent > self._low_at_percent + CHARGED_PERCENT:
            self._low_at_percent = None
            self._seen.clear()
        self._seen.append((now_s, percent))
        while now_s - self._seen[0][0] > TREND_S:
            self._seen.popleft()
        from_s, from_percent = self._seen[0]
        elapsed_s, fallen = now_s - from_s, from_percent - percent
        if elapsed_s >= TREND_S / 2.0 and fallen > 0.0 and percent / fallen * elapsed_s < WARN_BEFORE_S:
            self._low_at_percent = percent if self._low_at_percent is None else self._low_at_percent
        return self._low_at_percent is not None
