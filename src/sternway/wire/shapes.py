"""The shape of every message and of every record's body: types, ranges, lengths, names."""

from collections.abc import Mapping
from typing import Any

from sternway.alert.patterns import Cue
from sternway.errors import MessageError
from sternway.events import Cause, Kind
from sternway.programme.journal import EntryKind
from sternway.records import SCHEMA_VERSION, Phase, RecordKind
from sternway.wire import topics
from sternway.wire.schema import (
    ANY_NAME,
    Flag,
    Instant,
    Integer,
    Items,
    Maybe,
    Named,
    Number,
    Plain,
    Shape,
    Struct,
    Text,
    Words,
)

AUTOMATION_KINDS = (Kind.STUMBLE, Kind.PRE_IMPACT, Kind.FALL, Kind.FALL_CONFIRMED, Kind.FALL_CANCELLED)
"""The events a home may act on at once; the others are in ``state`` and in the records."""

COMMAND_EXPIRY_S = 30.0
"""A command is refused when older: who pressed *stop* half a minute ago has done something else since."""

DAY_S = 86_400.0
LONGEST_UPTIME_S = 10 * 366 * DAY_S

_SCHEMA = Integer(SCHEMA_VERSION, SCHEMA_VERSION)
_UPTIME = Number(0.0, LONGEST_UPTIME_S)
_SEQ = Integer(1)
_STORE_ID = Text(32, r"[0-9a-f]{32}")
_BOOT_ID = Text(36, r"[0-9a-f-]{8,36}")
_SEVERITY = Number(0.0, 1.0)
_EVIDENCE = Named(Number(-1e9, 1e9), 32)
_BASE64 = Text(40_000, r"[A-Za-z0-9+/]*={0,2}")

EVENT_BODY = Struct(
    {
        "kind": Words(*Kind),
        "time_s": _UPTIME,
        "decided_at_s": _UPTIME,
        "severity": _SEVERITY,
        "evidence": _EVIDENCE,
        "cause": Maybe(Words(*Cause)),
        "level": Maybe(Words("steady", "raised", "high", "unknown")),
    }
)
TRACE_BODY = Struct(
    {
        "event_kind": Words(*Kind),
        "event_time_s": _UPTIME,
        "start_s": _UPTIME,
        "rate_hz": Number(10.0, 2000.0),
        "frame": Words("chip", "body"),
        "sample_count": Integer(0, 5000),
        "accel_scale_mps2": Number(1e-6, 1.0),
        "accel": _BASE64,
        "gyro_scale_radps": Number(1e-6, 1.0),
        "gyro": _BASE64,
    }
)
DROPPED_BODY = Struct({"kind": Words(*RecordKind), "reason": Words("space", "unreadable")})
JOURNAL_BODY = Struct(
    {"kind": Words(*EntryKind), "body": Named(Plain(3, 200, 2000), 60)},
    {
        "entry_id": Text(64),
        "day": Text(10, r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
        "written": Text(40),
        "corrects": Maybe(Text(64)),
    },
)
WALK_TEST_BODY = Struct(
    {
        "distance_m": Number(0.1, 100.0),
        "trials_s": Items(Number(0.0, 600.0), 20),
        "mean_s": Number(0.0, 600.0),
        "speed_mps": Number(0.0, 10.0),
        "before_s": Maybe(Number(0.0, 600.0)),
        "words": Items(Text(400), 20),
    }
)

BODIES: dict[RecordKind, Shape] = {
    RecordKind.EVENT: EVENT_BODY,
    RecordKind.TRACE: TRACE_BODY,
    RecordKind.DROPPED: DROPPED_BODY,
    RecordKind.SESSION: Named(Plain(), 200),
    RecordKind.JOURNAL: JOURNAL_BODY,
    RecordKind.WALK_TEST: WALK_TEST_BODY,
}

_MOMENT: dict[str, Shape] = {
    "boot_id": _BOOT_ID,
    "monotonic_s": _UPTIME,
    "wall_time": Instant(),
    "clock_synced": Flag(),
}
ENVELOPE = Struct(
    {
        "schema": _SCHEMA,
        "clip_id": Text(32, topics.CLIP_ID),
        "store_id": _STORE_ID,
        "seq": _SEQ,
        "oldest_seq": _SEQ,
        **_MOMENT,
        "kind": Words(*RecordKind),
        "body": Named(Plain(6, 2000, 40_000), 200, ANY_NAME),
    }
)
STATE = Struct(
    {
        "schema": _SCHEMA,
        "sent_at": Maybe(Instant()),
        "phase": Words(*Phase),
        "direction": Words("forward", "backward", "unknown"),
        "steps": Integer(0, 10**6),
        "steps_backward": Integer(0, 10**6),
        "backward_s": Number(0.0, DAY_S),
        "forward_s": Number(0.0, DAY_S),
        "cadence_spm": Maybe(Number(0.0, 300.0)),
        "stability": Words("steady", "raised", "high", "unknown"),
        "stability_learning": Flag(),
        "fault": Maybe(Words(*Cause)),
        "worn": Maybe(Flag()),
        "battery_percent": Maybe(Number(0.0, 100.0)),
        "under_voltage": Maybe(Flag()),
        "haptics": Flag(),
        "last_walk": Maybe(Instant()),
        "last_event_at": Maybe(Instant()),
        "last_event_kind": Maybe(Words(*Kind)),
        "event_count": Integer(0, 10**9),
        "lane": Maybe(Integer(0, 1000)),
        "plan_progress": Maybe(Number(0.0, 1.0)),
        "version": Text(40),
        "week_steps": Maybe(Integer(0, 10**7)),
        "week_backward_s": Maybe(Number(0.0, 7 * DAY_S)),
    }
)
EVENT = Struct(
    {
        "schema": _SCHEMA,
        "event_type": Words(*AUTOMATION_KINDS),
        "severity": _SEVERITY,
        "evidence": _EVIDENCE,
        "store_id": Maybe(_STORE_ID),
        "seq": Maybe(_SEQ),
        **_MOMENT,
    }
)
ACK = Struct({"schema": _SCHEMA, "store_id": _STORE_ID, "seq": Integer(0)})
PLAN = Struct({"schema": _SCHEMA, "version": Integer(0, 10**9), "plan": Named(Plain(4, 200, 1000), 60)})
REPLY = Struct({"schema": _SCHEMA, "id": Text(64), "ok": Flag(), "words": Text(200)})

COMMAND_BODIES: dict[str, Struct] = {
    "start": Struct(
        {},
        {"variation": Text(40), "support": Text(40), "check": Named(Plain(1, 20, 200), 30), "walk_test": Flag()},
    ),
    "stop": Struct({}, {"reason": Text(80)}),
    "pause": Struct({}),
    "resume": Struct({}),
    "ok": Struct({}),
    "pain": Struct(
        {},
        {
            "level": Integer(0, 10),
            "place": Text(40),
            "when": Words("before", "during", "after", "next_morning"),
            "note": Text(400),
        },
    ),
    "buzz": Struct({}, {"cue": Words(*Cue)}),
    "haptics": Struct({"on": Flag()}),
}


def command_shape(name: str) -> Struct:
    """Return the shape of the command ``name``: an id of its own, when it was sent where that is known, its body."""
    body = {"body": COMMAND_BODIES[name]}
    required, optional = (body, {}) if COMMAND_BODIES[name].shapes else ({}, body)
    return Struct({"id": Text(64, r"[A-Za-z0-9._:-]{1,64}"), **required}, {"sent_at": Maybe(Instant()), **optional})


def check_body(kind: RecordKind, body: Mapping[str, Any]) -> None:
    """Refuse a record body that does not fit its kind, or a trace that has not the samples it counts."""
    BODIES[kind].check(body, kind)
    if kind is RecordKind.TRACE and not len(body["accel"]) == len(body["gyro"]) == 8 * body["sample_count"]:
        raise MessageError("trace: accel and gyro must hold sample_count rows of three 16-bit counts in base64")
