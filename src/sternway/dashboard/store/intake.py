"""From records to rows: one transaction a batch, repeats are harmless, clocks are repaired."""

import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import StatementError

from sternway.dashboard.store.database import Store
from sternway.dashboard.store.journal import journal_row
from sternway.dashboard.store.schema import CLIPS, COVERED, EVENTS, JOURNAL, RECORDS, TRACES, WALKS
from sternway.dashboard.store.trace_codec import pack
from sternway.errors import MessageError
from sternway.programme.journal import Entry, entry_from
from sternway.records import Body, Moment, RecordKind
from sternway.wire.event import EventBody
from sternway.wire.journal import JournalBody, read_entry
from sternway.wire.messages import Received, read_body
from sternway.wire.report import SessionReport
from sternway.wire.trace import Trace

_log = logging.getLogger(__name__)

Stream = tuple[str, str]
"""Whose outbox: clip_id and store_id."""

_UNREADABLE = (KeyError, TypeError, ValueError, OverflowError, AttributeError, MessageError, StatementError)

_YEARS = range(1900, 2200)
"""What a clock may say, set or not; days and weeks around any of these years exist in every time zone."""


def keep(store: Store, arrivals: Iterable[tuple[Received, int]]) -> dict[Stream, int]:
    """Store records and return up to which ``seq`` each stream is now complete.

    Each arrival is a record and the oldest ``seq`` its outbox still held when it was sent: whatever is older was
    let go on purpose, and is not waited for. All arrivals are on disk when this returns, or none.
    """
    now_s = store.clock()
    oldest: dict[Stream, int] = {}
    with store.write() as connection:
        for record, oldest_seq in arrivals:
            stream = (record.moment.clip_id, str(record.store_id))
            if stream not in oldest:
                meet(store, connection, record.moment.clip_id)
            oldest[stream] = max(oldest_seq, oldest.get(stream, 1))
            _keep_record(store, connection, record, now_s)
        return {stream: _cover(store, connection, stream, seq) for stream, seq in oldest.items()}


def meet(store: Store, connection: sa.Connection, clip_id: str) -> None:
    """Know a clip from now on, by its id until somebody gives it a better name."""
    row = {"clip_id": clip_id, "name": clip_id, "paired_s": store.clock()}
    connection.execute(store.insert(CLIPS).values(row).on_conflict_do_nothing())


def _cover(store: Store, connection: sa.Connection, stream: Stream, oldest_seq: int) -> int:
    """Return, and note, up to which ``seq`` everything the outbox still held is stored."""
    clip_id, store_id = stream
    kept = sa.and_(COVERED.c.clip_id == clip_id, COVERED.c.store_id == store_id)
    before: int = connection.execute(sa.select(COVERED.c.seq).where(kept)).scalar() or 0
    covered = max(before, oldest_seq - 1)
    later = (
        sa.select(RECORDS.c.seq)
        .where(RECORDS.c.clip_id == clip_id, RECORDS.c.store_id == store_id, RECORDS.c.seq > covered)
        .order_by(RECORDS.c.seq)
    )
    for seq in connection.execute(later).scalars():
        if seq != covered + 1:
            break
        covered = seq
    row = {"clip_id": clip_id, "store_id": store_id, "seq": covered}
    insert = store.insert(COVERED).values(row)
    connection.execute(insert.on_conflict_do_update(index_elements=["clip_id", "store_id"], set_={"seq": covered}))
    return covered


def _keep_record(store: Store, connection: sa.Connection, record: Received, now_s: float) -> None:
    moment = record.moment
    at_s, clock = _when(connection, record, now_s)
    body = read_record(record)
    facts, samples = (record.body, None) if not isinstance(body, Trace) else pack(body, record.body)
    row = {
        "clip_id": moment.clip_id,
        "store_id": record.store_id,
        "seq": record.seq,
        "kind": record.kind.value,
        "schema_version": record.schema,
        "boot_id": moment.boot_id,
        "monotonic_s": moment.monotonic_s,
        "wall_time": moment.wall_time,
        "clock": clock,
        "at_s": at_s,
        "received_s": now_s,
        "body": dict(facts),
    }
    insert = store.insert(RECORDS).values(row).on_conflict_do_nothing().returning(RECORDS.c.id)
    record_id: int | None = connection.execute(insert).scalar()
    if record_id is None:
        return  # a repeat
    _derive(connection, record_id, record, body, at_s)
    if isinstance(body, Trace):
        time_s = body.event_time_s
        trace = {"clip_id": moment.clip_id, "boot_id": moment.boot_id, "time_s": time_s, "at_s": at_s}
        connection.execute(sa.insert(TRACES).values(record_id=record_id, samples=samples, **trace))
    if clock == "set":
        _repair_boot(connection, moment, at_s)


def read_record(record: Received) -> Body | None:
    """Return the body of ``record``; ``None`` where it cannot be shown: it stays whole in its own row."""
    try:
        body = read_body(record.kind, record.body)
        if isinstance(body, Trace):
            pack(body, record.body)
    except _UNREADABLE as error:
        _log.warning("a %s record is kept but not shown: %s", record.kind, error)
        return None
    return None if isinstance(body, Trace) and not body.sample_count else body


def _when(connection: sa.Connection, record: Received, now_s: float) -> tuple[float, str]:
    """Return when ``record`` was made and how that is known: its clock was set, was set later in the boot, or not."""
    stated_s = _wall_s(record.moment.wall_time)
    if record.moment.clock_synced and stated_s is not None:
        return stated_s, "set"
    zero_s = connection.execute(
        sa.select(RECORDS.c.at_s - RECORDS.c.monotonic_s)
        .where(RECORDS.c.clip_id == record.moment.clip_id, RECORDS.c.boot_id == record.moment.boot_id)
        .where(RECORDS.c.clock == "set")
        .order_by(sa.func.abs(RECORDS.c.monotonic_s - record.moment.monotonic_s))
        .limit(1)
    ).scalar()
    if zero_s is not None:
        return zero_s + record.moment.monotonic_s, "repaired"
    return (stated_s if stated_s is not None else now_s), "unset"


def _wall_s(wall_time: str) -> float | None:
    try:
        at = datetime.fromisoformat(wall_time)
    except ValueError:
        return None
    if at.year not in _YEARS:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _repair_boot(connection: sa.Connection, moment: Moment, at_s: float) -> None:
    """Move what was recorded in the same boot before its clock was set to when it truly was."""
    of_boot = sa.and_(RECORDS.c.clip_id == moment.clip_id, RECORDS.c.boot_id == moment.boot_id)
    for row in connection.execute(sa.select(RECORDS).where(of_boot, RECORDS.c.clock == "unset")).all():
        true_s = at_s - moment.monotonic_s + row.monotonic_s
        change = sa.update(RECORDS).where(RECORDS.c.id == row.id)
        connection.execute(change.values(at_s=true_s, clock="repaired"))
        connection.execute(sa.update(TRACES).where(TRACES.c.record_id == row.id).values(at_s=true_s))
        for table in DERIVED:
            connection.execute(sa.delete(table).where(table.c.record_id == row.id))
        record = record_of(row)
        _derive(connection, row.id, record, read_record(record), true_s)


def record_of(row: Any) -> Received:
    """Return the record that a row was made from (of a trace, without its samples)."""
    moment = Moment(row.clip_id, row.boot_id, row.monotonic_s, row.wall_time, row.clock == "set")
    return Received(RecordKind(row.kind), row.body, moment, row.schema_version, row.store_id, row.seq)


def _derive(connection: sa.Connection, record_id: int, record: Received, body: Body | None, at_s: float) -> None:
    """Spread a record over the tables the pages read; one that does not fit there stays whole in its own row."""
    try:
        match body:
            case EventBody():
                table, row = EVENTS, _event_row(record, body, at_s)
            case SessionReport():
                table, row = WALKS, _walk_row(record, body, at_s)
            case JournalBody():
                table, row = JOURNAL, _journal_row(record, body, at_s)
            case _:
                return
        with connection.begin_nested():
            connection.execute(sa.insert(table).values(record_id=record_id, **row))
    except _UNREADABLE as error:
        _log.warning("a %s record is kept but not shown: %s", record.kind, error)


def _event_row(record: Received, body: EventBody, at_s: float) -> dict[str, Any]:
    return {
        "clip_id": record.moment.clip_id,
        "boot_id": record.moment.boot_id,
        "time_s": body.time_s,
        "at_s": at_s - max(record.moment.monotonic_s - body.time_s, 0.0),
        "kind": body.kind,
        "severity": body.severity,
        "cause": body.cause,
        "level": body.level,
    }


def walk_zero_s(record: Received, report: SessionReport, at_s: float) -> float:
    """Return the Unix time at which the clock stood at zero that the times in a walk's report are told by.

    A walk that a restart cut short is reported in a later boot, whose clock says nothing about it.
    """
    origin = report.origin
    if origin is None or origin.boot_id == record.moment.boot_id:
        return at_s - record.moment.monotonic_s
    stated_s = _wall_s(origin.wall_time)
    if stated_s is None:
        return at_s - report.ended_s
    return stated_s - origin.monotonic_s


def _walk_row(record: Received, report: SessionReport, at_s: float) -> dict[str, Any]:
    zero_s = walk_zero_s(record, report, at_s)
    return {
        "clip_id": record.moment.clip_id,
        "started_s": zero_s + report.started_s,
        "ended_s": zero_s + report.ended_s,
        "variation": report.plan.variation,
        "backward_s": report.dose.backward_s,
        "steps_backward_count": report.dose.steps_backward,
        "stumble_count": report.events.count.get("stumble", 0),
        "level": report.steadiness.level,
        "reason": report.reason,
    }


def _journal_row(record: Received, body: JournalBody, at_s: float) -> dict[str, Any]:
    """Return the row of an entry made on the clip; its day is the day at home."""
    clip_id = record.moment.clip_id
    if body.entry_id:
        return journal_row(clip_id, entry_from(record.body), at_s, "clip")
    day = datetime.fromtimestamp(at_s).astimezone().date()
    name = f"{record.store_id}-{record.seq}"
    entry = Entry(name, day, body.kind, read_entry(body.kind, body.body), record.moment.wall_time)
    return journal_row(clip_id, entry, at_s, "clip")


DERIVED = (EVENTS, WALKS, JOURNAL)
"""The tables that are made from records, and can be made again."""
