"""The third noun of the data flow: something happened that a person or a server may want to know."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """Every kind of event; the same words in code, on MQTT and in the store."""

    STUMBLE = "stumble"
    PRE_IMPACT = "pre_impact"
    FALL = "fall"
    FALL_CONFIRMED = "fall_confirmed"
    FALL_CANCELLED = "fall_cancelled"
    STABILITY = "stability"
    FATIGUE = "fatigue"
    NOT_WORN = "not_worn"
    FAULT = "fault"


class Cause(StrEnum):
    """Why there is a FAULT."""

    NO_SENSOR = "no_sensor"
    WRONG_CHIP = "wrong_chip"
    FROZEN_SENSOR = "frozen_sensor"
    GAPS = "gaps"
    CLIPPED = "clipped"
    IMPLAUSIBLE = "implausible"
    LOW_BATTERY = "low_battery"
    DETECTOR_LATE = "detector_late"
    STORE_FULL = "store_full"
    SOFTWARE = "software"
    MOTOR_FAILED = "motor_failed"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to the wearer or to the clip.

    ``time_s`` is when it happened and ``decided_at_s`` when it was known, both on the sample clock. ``severity`` is
    0 (over, all well again) to 1 (as bad as it gets). ``evidence`` holds a few named numbers a person can read.
    ``cause`` is set for faults only; ``level`` carries the word of a stability event (steady, raised, high, unknown).
    """

    kind: Kind
    time_s: float
    decided_at_s: float
    severity: float
    evidence: Mapping[str, float] = field(default_factory=dict)
    cause: Cause | None = None
    level: str | None = None


class Press(StrEnum):
    """What the wearer did with the button."""

    SHORT = "short"
    LONG = "long"
