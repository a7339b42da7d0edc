"""Every message on the wire, how it is written and how it is read. Both ends check both ways.

A payload that does not fit raises :class:`~sternway.errors.MessageError`, which says where and what was wanted.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple, NoReturn

from sternway.errors import MessageError
from sternway.events import Cause
from sternway.records import SCHEMA_VERSION, Moment, Phase, Record, RecordKind, State
from sternway.wire import topics
from sternway.wire.schema import Struct
from sternway.wire.shapes import (
    ACK,
    COMMAND_BODIES,
    ENVELOPE,
    EVENT,
    PLAN,
    REPLY,
    STATE,
    check_body,
    command_shape,
)


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
