"""What is true while each FAULT lasts: the one table that the clip and the pages share."""

from enum import StrEnum

from sternway.events import Cause


class Effect(StrEnum):
    """What the wearer can count on while a FAULT lasts."""

    UNWATCHED = "unwatched"
    """Motion is not known, or not to be believed: nothing warns."""
    UNFELT = "unfelt"
    """Motion is watched, but no warning can be felt."""
    LATE = "late"
    """Motion is watched, but a warning may come too late."""
    WARNING = "warning"
    """Motion is watched and warnings are felt, as ever."""


EFFECTS: dict[Cause, Effect] = {
    Cause.NO_SENSOR: Effect.UNWATCHED,
    Cause.WRONG_CHIP: Effect.UNWATCHED,
    Cause.FROZEN_SENSOR: Effect.UNWATCHED,
    Cause.GAPS: Effect.UNWATCHED,
    Cause.CLIPPED: Effect.UNWATCHED,
    Cause.IMPLAUSIBLE: Effect.UNWATCHED,
    Cause.SOFTWARE: Effect.UNWATCHED,
    Cause.DETECTOR_LATE: Effect.LATE,
    Cause.MOTOR_FAILED: Effect.UNFELT,
    Cause.LOW_BATTERY: Effect.WARNING,
    Cause.STORE_FULL: Effect.WARNING,
}

FROM_SAMPLES = frozenset(
    {
        Cause.NO_SENSOR,
        Cause.WRONG_CHIP,
        Cause.FROZEN_SENSOR,
        Cause.GAPS,
        Cause.CLIPPED,
        Cause.IMPLAUSIBLE,
        Cause.DETECTOR_LATE,
    }
)
"""Causes that the detectors find; the others are found by the loop around them."""

PAUSING = frozenset(cause for cause, effect in EFFECTS.items() if effect is not Effect.WARNING)
"""Causes that pause the walk."""
