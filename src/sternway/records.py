"""The fourth noun of the data flow: what is kept and published, and what the clip says about itself now."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from sternway.events import Cause, Event

SCHEMA_VERSION = 1


class RecordKind(StrEnum):
    """What a durable record holds."""

    EVENT = "event"
    SESSION = "session"
    JOURNAL = "journal"
    WALK_TEST = "walk_test"
    TRACE = "trace"
    DROPPED = "dropped"


class Phase(StrEnum):
    """Where the wearer is in a walk."""

    READY = "ready"
    STANDING_CHECK = "standing_check"
    WARM_UP = "warm_up"
    BACKWARD = "backward"
    REST = "rest"
    COOL_DOWN = "cool_down"
    PAUSED = "paused"
    WALK_TEST = "walk_test"


@dataclass(frozen=True, slots=True)
class Moment:
    """When and where a record was made: ``wall_time`` is ISO 8601 in UTC and worth as much as ``clock_synced``."""

    clip_id: str
    boot_id: str
    monotonic_s: float
    wall_time: str
    clock_synced: bool


@dataclass(frozen=True, slots=True)
class Record:
    """One durable record. ``store_id`` and ``seq`` are ``None`` until the outbox has given them.

    ``body`` is plain data (what JSON can carry), whose form depends on ``kind``.
    """

    kind: RecordKind
    body: Mapping[str, Any]
    moment: Moment
    schema: int = SCHEMA_VERSION
    store_id: str | None = None
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class State:
    """What the clip says about itself now. ``None`` means *unknown*; it is shown so, never as zero."""

    phase: Phase
    direction: str
    steps: int
    steps_backward: int
    backward_s: float
    forward_s: float
    cadence_spm: float | None
    stability: str
    stability_learning: bool
    fault: Cause | None
    worn: bool | None
    battery_percent: float | None
    under_voltage: bool | None
    haptics: bool
    last_walk: str | None
    last_event_at: str | None
    last_event_kind: str | None
    event_count: int
    lane: int | None
    plan_progress: float | None
    version: str


class Sink(Protocol):
    """Takes records off the loop's hands. Enqueues; never blocks, never raises."""

    def offer(self, record: Record) -> None:
        """Take ``record`` to be kept and published."""
        ...


def event_body(event: Event) -> dict[str, Any]:
    """Return the body of an event record.

    >>> from sternway.events import Kind
    >>> event_body(Event(Kind.STUMBLE, 1.0, 1.2, 0.5, {"peak_g": 2.0}))["kind"]
    'stumble'
    """
    return {
        "kind": event.kind.value,
        "time_s": round(event.time_s, 4),
        "decided_at_s": round(event.decided_at_s, 4),
        "severity": round(event.severity, 4),
        "evidence": {name: round(float(value), 6) for name, value in event.evidence.items()},
        "cause": event.cause.value if event.cause else None,
        "level": event.level,
    }
