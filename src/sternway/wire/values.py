"""The words and numbers that many messages share: each declared once, with its range."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from sternway.conversion import LARGEST_INTEGER

NOT_ANSWERED = "not answered"

DAY_S = 86_400.0
LONGEST_UPTIME_S = 10 * 366 * DAY_S

# A real day of the Gregorian calendar: the published schema refuses the same days as the code.
_LEAP_YEAR = r"(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
_MONTHS = r"(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
_DAY = rf"(?!0000)(?:[0-9]{{4}}-{_MONTHS}|02-(?:0[1-9]|1[0-9]|2[0-8]))|{_LEAP_YEAR}-02-29)"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?"
END = r"$(?!\n)"
"""The end of a text; ``$`` alone also matches before a last line feed."""


class Level(StrEnum):
    """How steady walking is against the walker's own usual."""

    STEADY = "steady"
    RAISED = "raised"
    HIGH = "high"
    UNKNOWN = "unknown"


class Way(StrEnum):
    """Which way the walker goes."""

    FORWARD = "forward"
    BACKWARD = "backward"
    UNKNOWN = "unknown"


class Support(StrEnum):
    """What the walker may hold on to, from most to least."""

    PARTNER = "partner"
    RAIL = "rail"
    WALL = "wall"
    NONE = "none"


class Variation(StrEnum):
    """Ways of walking whose baselines and trends are kept apart."""

    FLAT = "flat"
    UPHILL = "uphill"
    TREADMILL = "treadmill"


class PainTime(StrEnum):
    """When it hurts, seen from the walk."""

    BEFORE = "before"
    DURING = "during"
    AFTER = "after"
    NEXT_MORNING = "next_morning"


class Cue(StrEnum):
    """What the clip can say by buzzing."""

    START = "start"
    CHANGE = "change"
    TURN = "turn"
    ATTENTION = "attention"
    ATTENTION_AGAIN = "attention_again"
    TROUBLE = "trouble"
    END = "end"


Count = Annotated[int, Meta(ge=0, le=LARGEST_INTEGER)]
Number = Annotated[float, Meta(ge=-1e9, le=1e9)]
Share = Annotated[float, Meta(ge=0.0, le=1.0)]
Uptime = Annotated[float, Meta(ge=0.0, le=LONGEST_UPTIME_S)]
Score = Annotated[int, Meta(ge=0, le=10)]
Word = Annotated[str, Meta(max_length=64)]
Text = Annotated[str, Meta(max_length=2000)]
Name = Annotated[str, Meta(pattern=rf"^[a-z][a-z0-9_]{{0,47}}{END}")]
Day = Annotated[str, Meta(max_length=10, pattern=rf"^{_DAY}{END}", description="a date, such as 2026-05-01")]
Instant = Annotated[
    str,
    Meta(
        max_length=32,
        pattern=rf"^{_DAY}T{_TIME}(?:Z|\+00:00){END}",
        description="a real date and time in UTC, such as 2026-05-01T10:00:00Z",
        extra_json_schema={"format": "date-time"},
    ),
]
"""A moment in UTC, as ISO 8601 with seconds."""
StoreId = Annotated[str, Meta(max_length=32, pattern=rf"^[0-9a-f]{{32}}{END}")]
BootId = Annotated[str, Meta(max_length=36, pattern=rf"^[0-9a-f-]{{8,36}}{END}")]
Seq = Annotated[int, Meta(ge=1, le=LARGEST_INTEGER)]
