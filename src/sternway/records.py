"""The fourth noun of the data flow: what is kept and published."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol

from msgspec import Struct

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


class Body(Struct, frozen=True, kw_only=True):
    """What a record holds. A field that is not known here is left out when reading: a newer clip may tell more."""


class Dropped(Body, frozen=True, kw_only=True):
    """A tombstone: a record of ``kind`` was let go, for want of space or because it could not be read."""

    kind: RecordKind
    reason: Literal["space", "unreadable"]


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

    ``body`` is one of the types in :mod:`sternway.wire`, which one depends on ``kind``.
    """

    kind: RecordKind
    body: Body
    moment: Moment
    schema: int = SCHEMA_VERSION
    store_id: str | None = None
    seq: int | None = None


class Sink(Protocol):
    """Takes records off the loop's hands. Enqueues; never blocks, never raises."""

    def offer(self, record: Record) -> None:
        """Take ``record`` to be kept and published."""
        ...
