"""Every message on the wire, how it is written and how it is read. Both ends check both ways.

A payload that does not fit raises :class:`~sternway.errors.MessageError`, which says where and what was wanted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType

from sternway.conversion import LARGEST_INTEGER, check_plain, convert, plain, read_json, text_of
from sternway.errors import MessageError
from sternway.events import Kind
from sternway.records import SCHEMA_VERSION, Body, Dropped, Moment, Record, RecordKind
from sternway.wire import topics
from sternway.wire.commands import COMMANDS, NAMES, CommandBody
from sternway.wire.event import EventBody, Evidence
from sternway.wire.journal import JournalBody
from sternway.wire.plan import PlannedWalk, WalkPlan
from sternway.wire.report import SessionReport
from sternway.wire.state import State
from sternway.wire.trace import Trace
from sternway.wire.values import END, BootId, Instant, Seq, Share, StoreId, Uptime
from sternway.wire.walk_test import WalkTestBody

T = TypeVar("T", bound=Struct)

AUTOMATION_KINDS = (Kind.STUMBLE, Kind.PRE_IMPACT, Kind.FALL, Kind.FALL_CONFIRMED, Kind.FALL_CANCELLED)
"""The events a home may act on at once; the others are in ``state`` and in the records."""

COMMAND_EXPIRY_S = 30.0
"""A command is refused when older: who pressed *stop* half a minute ago has done something else since."""

BODIES: dict[RecordKind, type[Body]] = {
    RecordKind.EVENT: EventBody,
    RecordKind.TRACE: Trace,
    RecordKind.DROPPED: Dropped,
    RecordKind.SESSION: SessionReport,
    RecordKind.JOURNAL: JournalBody,
    RecordKind.WALK_TEST: WalkTestBody,
}

CommandId = Annotated[str, Meta(max_length=64, pattern=rf"^[A-Za-z0-9._:-]{{1,64}}{END}")]


class Envelope(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="schema", tag=SCHEMA_VERSION):
    """A record as it travels; whatever is older than ``oldest_seq`` is no longer held by the clip."""

    clip_id: Annotated[str, Meta(max_length=32, pattern=rf"^{topics.CLIP_ID}{END}")]
    store_id: StoreId
    seq: Seq
    oldest_seq: Seq
    boot_id: BootId
    monotonic_s: Uptime
    wall_time: Instant
    clock_synced: bool
    kind: RecordKind
    body: Annotated[dict[str, Any], Meta(max_length=200)]


class StateMessage(State, frozen=True, kw_only=True, tag_field="schema", tag=SCHEMA_VERSION):
    """A state as it travels; ``sent_at`` is the wall time, ``None`` where the clock is not set."""

    sent_at: Instant | None


class EventMessage(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="schema", tag=SCHEMA_VERSION
):
    """An event for automations in the home."""

    event_type: Literal["stumble", "pre_impact", "fall", "fall_confirmed", "fall_cancelled"]
    severity: Share
    evidence: Evidence
    store_id: StoreId | None
    seq: Seq | None
    boot_id: BootId
    monotonic_s: Uptime
    wall_time: Instant
    clock_synced: bool


class Ack(Struct, frozen=True, forbid_unknown_fields=True, tag_field="schema", tag=SCHEMA_VERSION):
    """Every record of ``store_id`` up to and with ``seq`` is on the dashboard's disk."""

    store_id: StoreId
    seq: Annotated[int, Meta(ge=0, le=LARGEST_INTEGER)]


class Plan(Struct, frozen=True, forbid_unknown_fields=True, tag_field="schema", tag=SCHEMA_VERSION):
    """The plan of the day as the dashboard decided it."""

    version: Annotated[int, Meta(ge=0, le=10**9)]
    plan: PlannedWalk


class Reply(Struct, frozen=True, forbid_unknown_fields=True, tag_field="schema", tag=SCHEMA_VERSION):
    """What the clip answers to a command; ``words`` are for people."""

    id: Annotated[str, Meta(max_length=64)]
    ok: bool
    words: Annotated[str, Meta(max_length=200)]


class CommandMessage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A command as it travels: an id of its own, when it was sent where that is known, and its body."""

    id: CommandId
    sent_at: Instant | UnsetType | None = UNSET
    body: dict[str, Any] | UnsetType = UNSET


@dataclass(frozen=True, slots=True)
class Command:
    """What somebody asks the clip to do. ``reply_to`` and ``correlation`` say where the answer goes, if anywhere."""

    body: CommandBody
    id: str
    sent_at: str | None = None
    reply_to: str | None = None
    correlation: bytes | None = None

    @property
    def name(self) -> str:
        """Return the command's name on the wire."""
        return NAMES[type(self.body)]


@dataclass(frozen=True, slots=True)
class Received:
    """A record as it came over the wire or lies in the store; ``body`` is whole, with what is not known here."""

    kind: RecordKind
    body: Mapping[str, Any]
    moment: Moment
    schema: int = SCHEMA_VERSION
    store_id: str | None = None
    seq: int | None = None


class Arrival(NamedTuple):
    """A record as it arrived; whatever is older than ``oldest_seq`` is no longer held by the clip."""

    record: Received
    oldest_seq: int


class UnreadableBodyError(MessageError):
    """The envelope of a record holds but its body does not: keep ``arrival`` as it is and go on, or it blocks all."""

    def __init__(self, message: str, arrival: Arrival) -> None:
        super().__init__(message)
        self.arrival = arrival


def read_body(kind: RecordKind, values: Mapping[str, Any]) -> Body:
    """Return the body of a record as far as it is known here; raise :class:`MessageError` where it cannot be read."""
    return convert(values, BODIES[kind], kind.value)


def encode_record(record: Record) -> str:
    """Return ``record`` as JSON text without what the outbox adds (``store_id``, ``seq``, ``oldest_seq``)."""
    body = plain(record.body)
    read_body(record.kind, body)
    return encode_plain_record(record, body)


def encode_plain_record(record: Record | Received, body: Mapping[str, Any]) -> str:
    """Return ``record`` with a body that may be any plain data."""
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
    check_plain(values, "record")
    convert({**values, "store_id": "0" * 32, "seq": 1, "oldest_seq": 1}, Envelope, "record")
    text = text_of(values)
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
    found = _read(payload, topics.RECORD.max_bytes, Envelope, "record")
    if found.clip_id != clip_id:
        raise MessageError("record.clip_id is not the clip of the topic")
    if found.oldest_seq > found.seq:
        raise MessageError("record.oldest_seq is beyond record.seq")
    moment = Moment(clip_id, found.boot_id, found.monotonic_s, found.wall_time, found.clock_synced)
    record = Received(found.kind, found.body, moment, SCHEMA_VERSION, found.store_id, found.seq)
    arrival = Arrival(record, found.oldest_seq)
    try:
        read_body(found.kind, found.body)
    except MessageError as error:
        raise UnreadableBodyError(str(error), arrival) from error
    return arrival


def encode_state(state: State, sent_at: str | None) -> bytes:
    """Return the payload of ``state``; ``sent_at`` is the wall time, ``None`` where the clock is not set."""
    return _checked({"schema": SCHEMA_VERSION, "sent_at": sent_at, **plain(state)}, StateMessage, "state")


def decode_state(payload: bytes) -> StateMessage:
    """Read a state and when it was sent."""
    return _read(payload, topics.STATE.max_bytes, StateMessage, "state")


def encode_event(record: Record) -> bytes:
    """Return the payload that automations get for an event record."""
    moment, body = record.moment, record.body
    if not isinstance(body, EventBody):
        raise MessageError(f"a {record.kind} record is no event")
    values = {
        "schema": record.schema,
        "event_type": body.kind,
        "severity": body.severity,
        "evidence": body.evidence,
        "store_id": record.store_id,
        "seq": record.seq,
        "boot_id": moment.boot_id,
        "monotonic_s": round(moment.monotonic_s, 4),
        "wall_time": moment.wall_time,
        "clock_synced": moment.clock_synced,
    }
    return _checked(values, EventMessage, "event")


def decode_event(payload: bytes) -> EventMessage:
    """Read the payload of an event for automations."""
    return _read(payload, topics.EVENT.max_bytes, EventMessage, "event")


def encode_ack(ack: Ack) -> bytes:
    """Return the payload of ``ack``."""
    return _checked(plain(ack), Ack, "ack")


def decode_ack(payload: bytes) -> Ack:
    """Read an acknowledgement."""
    return _read(payload, topics.ACK.max_bytes, Ack, "ack")


def encode_plan(version: int, walk: WalkPlan) -> bytes:
    """Return the payload of the plan of the day."""
    return _checked({"schema": SCHEMA_VERSION, "version": version, "plan": plain(walk)}, Plan, "plan")


def decode_plan(payload: bytes) -> Plan:
    """Read a plan."""
    return _read(payload, topics.PLAN.max_bytes, Plan, "plan")


def encode_command(command: Command) -> bytes:
    """Return the payload of ``command``; send it with the expiry of the topic table."""
    body = plain(command.body)
    read_command(command.name, body)
    values = {"id": command.id, "sent_at": command.sent_at, "body": body}
    return _checked(values, CommandMessage, command.name)


def decode_command(
    name: str, payload: bytes, reply_to: str | None = None, correlation: bytes | None = None
) -> Command:
    """Read the command that arrived on ``command/<name>``."""
    found = _read(payload, topics.COMMAND.max_bytes, CommandMessage, name[:40])
    body = read_command(name, found.body or {})
    return Command(body, found.id, found.sent_at or None, reply_to, correlation)


def read_command(name: str, values: Mapping[str, Any]) -> CommandBody:
    """Return the body of the command ``name``."""
    if name not in COMMANDS:
        raise MessageError(f"there is no command {name[:40]!r}; known: {', '.join(COMMANDS)}")
    return convert(values, COMMANDS[name], name)


def encode_reply(reply: Reply) -> bytes:
    """Return the payload of ``reply``."""
    return _checked(plain(reply), Reply, "reply")


def decode_reply(payload: bytes) -> Reply:
    """Read the answer to a command."""
    return _read(payload, topics.REPLY.max_bytes, Reply, "reply")


def _checked(values: Mapping[str, Any], kind: type[Struct], where: str) -> bytes:
    convert(values, kind, where)
    return text_of(values).encode()


def _read(payload: bytes, most: int, kind: type[T], where: str) -> T:
    return read_message(read_json(payload, most, where), kind, where)


def read_message(values: object, kind: type[T], where: str) -> T:
    """Return ``values`` as the message ``kind``, whose schema number must be told."""
    tag = kind.__struct_config__.tag_field
    if tag is not None and isinstance(values, Mapping) and tag not in values:
        raise MessageError(f"{where}.{tag} is missing")
    return convert(values, kind, where)
