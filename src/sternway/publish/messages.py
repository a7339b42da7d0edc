"""Every message on the wire: its shape, how it is written and how it is read. Both ends check both ways.

A payload that does not fit raises :class:`~sternway.errors.MessageError`, which says where and what was wanted.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple, NoReturn

from sternway.alert.patterns import Cue
from sternway.errors import MessageError
from sternway.events import Cause, Kind
from sternway.publish import topics
from sternway.publish.schema import (
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
from sternway.records import SCHEMA_VERSION, Moment, Phase, Record, RecordKind, State
from sternway.session.journal import EntryKind

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


class Arrival(NamedTuple):
    """A record as it came over the wire; whatever is older than ``oldest_seq`` is no longer held by the clip."""

    record: Record
    oldest_seq: int


@dataclass(frozen=True, slots=True)
class Ack:
    """Every record of ``store_id`` up to and with ``seq`` is on the dashboard's disk."""

    store_id: str
    seq: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of the day as the dashboard decided it; ``plan`` is the plain form of the programme's own plan."""

    version: int
    plan: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Command:
    """What somebody asks the clip to do. ``reply_to`` and ``correlation`` say where the answer goes, if anywhere."""

    name: str
    id: str
    body: Mapping[str, Any] = field(default_factory=dict)
    sent_at: str | None = None
    reply_to: str | None = None
    correlation: bytes | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What the clip answers to a command; ``words`` are for people."""

    id: str
    ok: bool
    words: str


class UnreadableBodyError(MessageError):
    """The envelope of a record holds but its body does not: keep ``arrival`` as it is and go on, or it blocks all."""

    def __init__(self, message: str, arrival: Arrival) -> None:
        super().__init__(message)
        self.arrival = arrival


def check_body(kind: RecordKind, body: Mapping[str, Any]) -> None:
    """Refuse a record body that does not fit its kind, or a trace that has not the samples it counts."""
    BODIES[kind].check(body, kind)
    if kind is RecordKind.TRACE and not len(body["accel"]) == len(body["gyro"]) == 8 * body["sample_count"]:
        raise MessageError("trace: accel and gyro must hold sample_count rows of three 16-bit counts in base64")


def encode_record(record: Record, *, check: bool = True) -> str:
    """Return ``record`` as JSON text without what the outbox adds (``store_id``, ``seq``, ``oldest_seq``).

    Without ``check`` the body may be any plain data.
    """
    body = dict(record.body)
    if check:
        check_body(record.kind, body)
    moment = record.moment
    values = {
        "schema": record.schema,
        "clip_id": moment.clip_id,
        "boot_id": moment.boot_id,
        "monotonic_s": round(moment.monotonic_s, 4),
        "wall_time": moment.wall_time,
        "clock_synced": moment.clock_synced,
        "kind": record.kind.value,
        "body": body,
    }
    ENVELOPE.check({**values, "store_id": "0" * 32, "seq": 1, "oldest_seq": 1}, "record")
    text = _text(values)
    if len(text) > topics.RECORD.max_bytes - 200:
        raise MessageError(f"a {record.kind} record of {len(text)} bytes is too large to send")
    return text


def numbered(text: str, store_id: str, seq: int, oldest_seq: int) -> bytes:
    """Return the payload of a record from its text as kept.

    The numbers are put in front without reading the text again: a raw trace is large, and whoever parses it holds
    the interpreter away from the loop.
    """
    return f'{{"store_id":"{store_id}","seq":{seq},"oldest_seq":{oldest_seq},{text[1:]}'.encode()


def decode_record(payload: bytes, clip_id: str) -> Arrival:
    """Read a record that arrived on the topic of ``clip_id``; another clip's record is refused."""
    values = _object(payload, topics.RECORD.max_bytes, ENVELOPE, "record")
    if values["clip_id"] != clip_id:
        raise MessageError("record.clip_id is not the clip of the topic")
    if values["oldest_seq"] > values["seq"]:
        raise MessageError("record.oldest_seq is beyond record.seq")
    kind = RecordKind(values["kind"])
    moment = Moment(
        clip_id, values["boot_id"], values["monotonic_s"], values["wall_time"], bool(values["clock_synced"])
    )
    record = Record(kind, values["body"], moment, values["schema"], values["store_id"], values["seq"])
    arrival = Arrival(record, values["oldest_seq"])
    try:
        check_body(kind, values["body"])
    except MessageError as error:
        raise UnreadableBodyError(str(error), arrival) from error
    return arrival


def encode_state(state: State, sent_at: str | None) -> bytes:
    """Return the payload of ``state``; ``sent_at`` is the wall time, ``None`` where the clock is not set."""
    values = {"schema": SCHEMA_VERSION, "sent_at": sent_at}
    values |= {item.name: getattr(state, item.name) for item in fields(state)}
    return _checked(values, STATE, "state")


def decode_state(payload: bytes) -> tuple[State, str | None]:
    """Read a state and when it was sent."""
    values = _object(payload, topics.STATE.max_bytes, STATE, "state")
    del values["schema"]
    sent_at = values.pop("sent_at")
    values["phase"] = Phase(values["phase"])
    values["fault"] = None if values["fault"] is None else Cause(values["fault"])
    return State(**values), sent_at


def encode_event(record: Record) -> bytes:
    """Return the payload that automations get for an event record."""
    moment, body = record.moment, record.body
    values = {
        "schema": record.schema,
        "event_type": body["kind"],
        "severity": body["severity"],
        "evidence": body["evidence"],
        "store_id": record.store_id,
        "seq": record.seq,
        "boot_id": moment.boot_id,
        "monotonic_s": round(moment.monotonic_s, 4),
        "wall_time": moment.wall_time,
        "clock_synced": moment.clock_synced,
    }
    return _checked(values, EVENT, "event")


def decode_event(payload: bytes) -> dict[str, Any]:
    """Read the payload of an event for automations."""
    return _object(payload, topics.EVENT.max_bytes, EVENT, "event")


def encode_ack(ack: Ack) -> bytes:
    """Return the payload of ``ack``."""
    return _checked({"schema": SCHEMA_VERSION, "store_id": ack.store_id, "seq": ack.seq}, ACK, "ack")


def decode_ack(payload: bytes) -> Ack:
    """Read an acknowledgement."""
    values = _object(payload, topics.ACK.max_bytes, ACK, "ack")
    return Ack(values["store_id"], values["seq"])


def encode_plan(plan: Plan) -> bytes:
    """Return the payload of ``plan``."""
    return _checked({"schema": SCHEMA_VERSION, "version": plan.version, "plan": dict(plan.plan)}, PLAN, "plan")


def decode_plan(payload: bytes) -> Plan:
    """Read a plan."""
    values = _object(payload, topics.PLAN.max_bytes, PLAN, "plan")
    return Plan(values["version"], values["plan"])


def encode_command(command: Command) -> bytes:
    """Return the payload of ``command``; send it with the expiry of the topic table."""
    if command.name not in COMMAND_BODIES:
        raise MessageError(f"there is no command {command.name!r}; known: {', '.join(topics.COMMANDS)}")
    values = {"id": command.id, "sent_at": command.sent_at, "body": dict(command.body)}
    return _checked(values, command_shape(command.name), command.name)


def decode_command(
    name: str, payload: bytes, reply_to: str | None = None, correlation: bytes | None = None
) -> Command:
    """Read the command that arrived on ``command/<name>``."""
    if name not in COMMAND_BODIES:
        raise MessageError(f"there is no command {name[:40]!r}; known: {', '.join(topics.COMMANDS)}")
    values = _object(payload, topics.COMMAND.max_bytes, command_shape(name), name)
    return Command(name, values["id"], values.get("body", {}), values.get("sent_at"), reply_to, correlation)


def encode_reply(reply: Reply) -> bytes:
    """Return the payload of ``reply``."""
    values = {"schema": SCHEMA_VERSION, "id": reply.id, "ok": reply.ok, "words": reply.words}
    return _checked(values, REPLY, "reply")


def decode_reply(payload: bytes) -> Reply:
    """Read the answer to a command."""
    values = _object(payload, topics.REPLY.max_bytes, REPLY, "reply")
    return Reply(values["id"], values["ok"], values["words"])


def _checked(values: Mapping[str, Any], shape: Struct, where: str) -> bytes:
    shape.check(values, where)
    return _text(values).encode()


def _text(values: Mapping[str, Any]) -> str:
    return json.dumps(values, separators=(",", ":"), allow_nan=False)


def _object(payload: bytes, most: int, shape: Struct, where: str) -> dict[str, Any]:
    """Read one JSON object strictly: size, encoding, no repeated name, no NaN, then its shape."""
    if len(payload) > most:
        raise MessageError(f"{where}: {len(payload)} bytes are more than {most}")
    try:
        values = json.loads(payload.decode("utf-8"), parse_constant=_refuse, object_pairs_hook=_unrepeated)
    except MessageError:
        raise
    except (ValueError, RecursionError) as error:
        raise MessageError(f"{where} is not JSON: {str(error)[:60]}") from error
    shape.check(values, where)
    return dict(values)


def _refuse(constant: str) -> NoReturn:
    raise MessageError(f"{constant} is not a number")


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise MessageError("a name is given twice")
    return values
