"""Everything out again: tables as CSV for a spreadsheet, and every record as NDJSON for a program."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from sternway.conversion import convert
from sternway.dashboard.store.database import Store
from sternway.dashboard.store.lookup import newest_label
from sternway.dashboard.store.schema import EVENTS, JOURNAL, LABELS, PLANS, RECORDS, TRACES, WALKS
from sternway.dashboard.store.trace_codec import unpack
from sternway.wire.event import EventBody
from sternway.wire.report import SessionReport

CHUNK_COUNT = 200
"""Rows read at once; no connection is held while they are sent."""
RECORD_CHUNK_COUNT = 20
"""The same for records with their samples, some 40 kB each."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet take a text for a formula (OWASP, CSV injection)."""


def walks_csv(store: Store, clip_id: str) -> Iterator[str]:
    """Give one line a walk."""
    header = (
        "began_utc,ended_utc,clock,variation,backward_s,steps_backward,cadence_spm,steadiness,stumbles,softness_ratio,"
        "lean_rad,sway_mps2,pain_before,reason"
    )
    query = (
        sa.select(WALKS, RECORDS.c.body, RECORDS.c.clock)
        .join(RECORDS, RECORDS.c.id == WALKS.c.record_id)
        .where(WALKS.c.clip_id == clip_id)
    )

    def line(row: Any) -> list[Any]:
        report = convert(row.body, SessionReport, "session")
        return [
            _utc(row.started_s),
            _utc(row.ended_s),
            row.clock,
            row.variation,
            row.backward_s,
            row.steps_backward_count,
            report.cadence_spm.backward,
            row.level,
            row.stumble_count,
            report.softness.ratio,
            report.posture.lean_rad,
            report.posture.sway_mps2,
            report.answers.pain_before,
            row.reason,
        ]

    return _csv(_rows(store, query, WALKS.c.started_s, WALKS.c.record_id), header, line)


def events_csv(store: Store, clip_id: str) -> Iterator[str]:
    """Give one line an event, with what people said about it."""
    query = (
        sa.select(EVENTS, RECORDS.c.clock, RECORDS.c.body, LABELS.c.verdict)
        .join(RECORDS, RECORDS.c.id == EVENTS.c.record_id)
        .outerjoin(LABELS, LABELS.c.id == newest_label())
        .where(EVENTS.c.clip_id == clip_id)
    )

    def line(row: Any) -> list[Any]:
        evidence = json.dumps(convert(row.body, EventBody, "event").evidence, sort_keys=True)
        return [_utc(row.at_s), row.clock, row.kind, row.severity, row.cause, row.level, row.verdict, evidence]

    rows = _rows(store, query, EVENTS.c.at_s, EVENTS.c.record_id)
    return _csv(rows, "at_utc,clock,kind,severity,cause,level,label,evidence", line)


def journal_csv(store: Store, clip_id: str) -> Iterator[str]:
    """Give one line a journal entry, corrected ones too."""
    query = sa.select(JOURNAL).where(JOURNAL.c.clip_id == clip_id)

    def line(row: Any) -> list[Any]:
        entry = row.entry
        body = json.dumps(entry["body"], sort_keys=True, ensure_ascii=False)
        return [row.day, row.kind, body, entry["written"], row.written_by, entry["entry_id"], entry["corrects"]]

    return _csv(_rows(store, query, JOURNAL.c.id), "day,kind,body,written_utc,written_by,entry_id,corrects", line)


def everything_ndjson(store: Store, clip_id: str) -> Iterator[str]:
    """Give every record as it came (traces with their samples), then journal, plans and labels, one JSON a line."""
    query = (
        sa.select(RECORDS, TRACES.c.samples)
        .outerjoin(TRACES, TRACES.c.record_id == RECORDS.c.id)
        .where(RECORDS.c.clip_id == clip_id)
    )
    for row in _rows(store, query, RECORDS.c.id, chunk_count=RECORD_CHUNK_COUNT):
        values = _values(row)
        samples = values.pop("samples")
        if samples is not None:
            values["body"] = unpack(values["body"], samples)
        yield _json("record", values)
    for name, table in (("journal", JOURNAL), ("plan", PLANS)):
        for row in _rows(store, sa.select(table).where(table.c.clip_id == clip_id), table.c.id):
            yield _json(name, _values(row))
    labels = sa.select(LABELS).join(RECORDS, RECORDS.c.id == LABELS.c.record_id).where(RECORDS.c.clip_id == clip_id)
    for row in _rows(store, labels, LABELS.c.id):
        yield _json("label", _values(row))


EXPORTS: dict[str, tuple[str, str, Callable[[Store, str], Iterator[str]]]] = {
    "walks.csv": ("text/csv", "Walks, one line each", walks_csv),
    "events.csv": ("text/csv", "Events with labels", events_csv),
    "journal.csv": ("text/csv", "The journal", journal_csv),
    "everything.ndjson": ("application/x-ndjson", "Everything, with the raw motion", everything_ndjson),
}
"""Every file that can be asked for; there is no other."""


def _rows(
    store: Store, query: sa.Select[Any], *key: sa.ColumnElement[Any], chunk_count: int = CHUNK_COUNT
) -> Iterator[Any]:
    """Give the rows of ``query`` in the order of ``key``, which is unique, a chunk at a time.

    Between two chunks no connection is held: a download that nobody reads takes none from the others.
    """
    names = [f"key_{number}" for number in range(len(key))]
    query = query.add_columns(*(column.label(name) for column, name in zip(key, names, strict=True)))
    query = query.order_by(*key).limit(chunk_count)
    after: tuple[Any, ...] | None = None
    while True:
        with store.read() as connection:
            due = query if after is None else query.where(sa.tuple_(*key) > after)
            rows = connection.execute(due).all()
        yield from rows
        if len(rows) < chunk_count:
            return
        after = tuple(getattr(rows[-1], name) for name in names)


def _values(row: Any) -> dict[str, Any]:
    return {name: value for name, value in row._mapping.items() if not name.startswith("key_")}


def _csv(rows: Iterator[Any], header: str, line: Callable[[Any], list[Any]]) -> Iterator[str]:
    yield header + "\r\n"
    for row in rows:
        sheet = io.StringIO()
        csv.writer(sheet).writerow([_safe(value) for value in line(row)])
        yield sheet.getvalue()


def _safe(value: Any) -> Any:
    """Return a cell that no spreadsheet runs.

    >>> _safe("=1+1"), _safe(-3.5), _safe("fine")
    ("'=1+1", -3.5, 'fine')
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _json(name: str, values: dict[str, Any]) -> str:
    return json.dumps({"what": name, **values}, ensure_ascii=False, default=str) + "\n"


def _utc(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
