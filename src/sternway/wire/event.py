"""The body of an event record."""

from typing import Annotated

from msgspec import Meta, field
from msgspec.structs import asdict

from sternway.events import Event
from sternway.records import Body
from sternway.wire.values import Level, Name, Share, Uptime, Word

Evidence = Annotated[dict[Name, Annotated[float, Meta(ge=-1e9, le=1e9)]], Meta(max_length=32)]


class EventBody(Body, kw_only=True, frozen=True):
    """An event as :class:`~sternway.events.Event` tells it; ``kind`` and ``cause`` may be newer than the reader."""

    kind: Word
    time_s: Uptime
    decided_at_s: Uptime = 0.0
    severity: Share
    evidence: Evidence = field(default_factory=dict)
    cause: Word | None = None
    level: Level | None = None


class EventInWalk(EventBody, kw_only=True, frozen=True):
    """An event as the report of a walk lists it, with the phase of the walk."""

    severity: Share = 0.0
    phase: Word | None = None


def event_body(event: Event) -> EventBody:
    """Return the body of an event record.

    >>> from sternway.events import Kind
    >>> event_body(Event(Kind.STUMBLE, 1.0, 1.2, 0.5, {"peak_g": 2.0})).kind
    'stumble'
    """
    return EventBody(
        kind=event.kind.value,
        time_s=round(event.time_s, 4),
        decided_at_s=round(event.decided_at_s, 4),
        severity=round(event.severity, 4),
        evidence={name: round(float(value), 6) for name, value in event.evidence.items()},
        cause=event.cause.value if event.cause else None,
        level=None if event.level is None else Level(event.level),
    )


def event_in_walk(event: Event, phase: str) -> EventInWalk:
    """Return ``event`` as the report of a walk lists it."""
    return EventInWalk(**asdict(event_body(event)), phase=phase)
