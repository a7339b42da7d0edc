"""The fourth noun of the data flow: what is kept and published, and what the clip says about itself now."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

import numpy as np

from sternway.events import Cause, Event
from sternway.samples import GRAVITY_MPS2, Floats

SCHEMA_VERSION = 1

TRACE_ACCEL_SCALE_MPS2 = 16 * GRAVITY_MPS2 / 32768
"""One count of a raw trace: the chip's own at +-16 g, so that nothing is rounded away."""

TRACE_GYRO_SCALE_RADPS = float(np.deg2rad(2000.0)) / 32768
"""One count of a raw trace: +-2000 deg/s over 16 bits, a little finer than the chip's step of 70 mdeg/s."""


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
    week_steps: int | None = None
    week_backward_s: float | None = None


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


def trace_body(
    event: Event, start_s: float, rate_hz: float, accel_mps2: Floats, gyro_radps: Floats, *, frame: str = "chip"
) -> dict[str, Any]:
    """Return the body of a trace record: the raw samples around ``event``.

    ``accel_mps2`` and ``gyro_radps`` are (n, 3), in the axes ``frame`` names ("chip" or "body"), the first sample at
    ``start_s``. They are kept as 16-bit counts, little-endian, row by row, in base64.

    >>> from sternway.events import Kind
    >>> stumble = Event(Kind.STUMBLE, 1.0, 1.2, 0.5)
    >>> body = trace_body(stumble, 0.0, 100.0, np.full((2, 3), 9.8), np.zeros((2, 3)))
    >>> trace_arrays(body)[0].round(2).tolist()
    [[9.8, 9.8, 9.8], [9.8, 9.8, 9.8]]
    """
    return {
        "event_kind": event.kind.value,
        "event_time_s": round(event.time_s, 4),
        "start_s": round(start_s, 4),
        "rate_hz": rate_hz,
        "frame": frame,
        "sample_count": len(accel_mps2),
        "accel_scale_mps2": TRACE_ACCEL_SCALE_MPS2,
        "accel": _counts(accel_mps2, TRACE_ACCEL_SCALE_MPS2),
        "gyro_scale_radps": TRACE_GYRO_SCALE_RADPS,
        "gyro": _counts(gyro_radps, TRACE_GYRO_SCALE_RADPS),
    }


def trace_arrays(body: Mapping[str, Any]) -> tuple[Floats, Floats]:
    """Return the samples of a trace body: accel_mps2 (n, 3) and gyro_radps (n, 3)."""
    count = body["sample_count"]
    return (
        _values(body["accel"], body["accel_scale_mps2"], count),
        _values(body["gyro"], body["gyro_scale_radps"], count),
    )


def _counts(values: Floats, scale: float) -> str:
    counts = np.clip(np.round(np.nan_to_num(values) / scale), -32768, 32767).astype("<i2")
    return base64.b64encode(counts.tobytes()).decode("ascii")


def _values(text: str, scale: float, count: int) -> Floats:
    counts = np.frombuffer(base64.b64decode(text, validate=True), dtype="<i2")
    return counts.reshape(count, 3).astype(np.float64) * scale
