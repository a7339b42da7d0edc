"""What the hardware says of its supply, and when that is too little."""

from dataclasses import dataclass

LOW_PERCENT = 10.0
"""Below this a walk of half an hour may not be finished: a clip draws 10 to 15 % of a 2 Ah cell in that time."""

NO_LONGER_LOW_PERCENT = 12.0
"""A low battery is low until this: by choice, not from data, so far above that only charging gets there."""


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
