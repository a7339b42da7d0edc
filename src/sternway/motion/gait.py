"""The words for gait that every room shares: a step, and which way the wearer walks."""

from dataclasses import dataclass
from enum import IntEnum


class Direction(IntEnum):
    """Which way the wearer walks; the sign is the sign of the forward velocity."""

    BACKWARD = -1
    UNKNOWN = 0
    FORWARD = 1

    @property
    def word(self) -> str:
        """Return the lower-case word used on MQTT and pages.

        >>> Direction.BACKWARD.word
        'backward'
        """
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Step:
    """One initial contact.

    ``time_s`` is when the foot met the ground and ``decided_at_s`` when that was known. ``step_time_s`` is the time
    since the contact before it, ``None`` for the first of a bout. ``side`` is ``"left"``, ``"right"`` or ``None``.
    ``loading_mps3`` is the largest rise of vertical acceleration around the contact: a proxy of loading rate.
    """

    time_s: float
    decided_at_s: float
    step_time_s: float | None = None
    side: str | None = None
    loading_mps3: float | None = None
