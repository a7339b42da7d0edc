"""What the pages ask of the store: walks, events, traces and labels of one walker."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from sternway.conversion import convert
from sternway.dashboard.store.database import Store
from sternway.dashboard.store.schema import EVENTS, LABELS, RECORDS, TRACES, WALKS
from sternway.dashboard.store.trace_codec import unpack
from sternway.wire.event import EventBody
from sternway.wire.report import SessionReport
from sternway.wire.trace import Trace

_NEAR_S = 0.05
"""A trace names its event by time; both are rounded to a tenth of a millisecond."""
_EDGE_S = 1.0
"""An event this close to a walk belongs to it: what ended the walk is decided at its very end."""
_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class WalkRow:
    """One walk in a list. ``clock`` says whether its times are to be trusted: set, repaired or unset.

    ``boot_id`` is the boot in which it was walked; a walk that a restart cut short is reported in a later one.
    """

    id: int
    boot_id: str
    started_s: float
    ended_s: float
    variation: str
    backward_s: float
    steps_backward_count: int
    stumble_count: int
    level: str
    reason: str
    clock: str


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event with what people said about it. ``time_s`` is on the clip's clock, ``at_s`` Unix seconds."""

    id: int
    boot_id: str
    time_s: float
    at_s: float
    kind: str
    severity: float
    cause: str | None
    level: str | None
    clock: str
    verdict: str | None
    evidence: Mapping[str, float]


_WALK_COLUMNS = (
    WALKS.c.record_id.label("id"),
    sa.func.coalesce(RECORDS.c.body["origin", "boot_id"].as_string(), RECORDS.c.boot_id).label("boot_id"),
    WALKS.c.started_s,
    WALKS.c.ended_s,
    WALKS.c.variation,
    WALKS.c.backward_s,
    WALKS.c.steps_backward_count,
    WALKS.c.stumble_count,
    WALKS.c.level,
    WALKS.c.reason,
    RECORDS.c.clock,
)


def walks(
    store: Store, clip_id: str, since_s: float = 0.0, until_s: float = 1e12, *, limit: int = 100_000, skip: int = 0
) -> list[WalkRow]:
    """Return the walks that began in ``[since_s, until_s)``, newest first."""
    query = (
        sa.select(*_WALK_COLUMNS)
        .join(RECORDS, RECORDS.c.id == WALKS.c.record_id)
        .where(WALKS.c.clip_id == clip_id, WALKS.c.started_s >= since_s, WALKS.c.started_s < until_s)
        .order_by(WALKS.c.started_s.desc())
        .limit(limit)
        .offset(skip)
    )
    with store.read() as connection:
        return [WalkRow(**row) for row in connection.execute(query).mappings()]


def walk_count(store: Store, clip_id: str) -> int:
    """Return how many walks are stored."""
    query = sa.select(sa.func.count()).select_from(WALKS).where(WALKS.c.clip_id == clip_id)
    with store.read() as connection:
        return int(connection.execute(query).scalar_one())


def walk(store: Store, clip_id: str, walk_id: int) -> tuple[WalkRow, SessionReport, float] | None:
    """Return a walk, its whole report, and the Unix time at which its clip's clock stood at zero."""
    query = (
        sa.select(*_WALK_COLUMNS, RECORDS.c.body)
        .join(RECORDS, RECORDS.c.id == WALKS.c.record_id)
        .where(WALKS.c.record_id == walk_id, WALKS.c.clip_id == clip_id)
    )
    with store.read() as connection:
        row = connection.execute(query).mappings().first()
    if row is None:
        return None
    values = dict(row)
    report = convert(values.pop("body"), SessionReport, "session")
    return WalkRow(**values), report, values["started_s"] - report.started_s


def reports(store: Store, clip_id: str, since_s: float) -> list[tuple[float, SessionReport]]:
    """Return when each walk since ``since_s`` began and its report, oldest first."""
    query = (
        sa.select(WALKS.c.started_s, RECORDS.c.body)
        .join(RECORDS, RECORDS.c.id == WALKS.c.record_id)
        .where(WALKS.c.clip_id == clip_id, WALKS.c.started_s >= since_s)
        .order_by(WALKS.c.started_s)
    )
    with store.read() as connection:
        return [(row.started_s, convert(row.body, SessionReport, "session")) for row in connection.execute(query)]


def events(store: Store, clip_id: str, since_s: float, until_s: float, kinds: tuple[str, ...] = ()) -> list[EventRow]:
    """Return the events in ``[since_s, until_s)``, oldest first."""
    query = _event_query().where(EVENTS.c.clip_id == clip_id, EVENTS.c.at_s >= since_s, EVENTS.c.at_s < until_s)
    if kinds:
        query = query.where(EVENTS.c.kind.in_(kinds))
    with store.read() as connection:
        return [_event_row(row) for row in connection.execute(query.order_by(EVENTS.c.at_s))]


def event(store: Store, clip_id: str, event_id: int) -> EventRow | None:
    """Return one event."""
    query = _event_query().where(EVENTS.c.record_id == event_id, EVENTS.c.clip_id == clip_id)
    with store.read() as connection:
        row = connection.execute(query).first()
    return _event_row(row) if row else None


def trace(store: Store, clip_id: str, event: EventRow) -> Trace | None:
    """Return the trace around an event, if there is one."""
    query = (
        sa.select(RECORDS.c.body, TRACES.c.samples)
        .join(RECORDS, RECORDS.c.id == TRACES.c.record_id)
        .where(TRACES.c.clip_id == clip_id, TRACES.c.boot_id == event.boot_id)
        .where(TRACES.c.time_s.between(event.time_s - _NEAR_S, event.time_s + _NEAR_S))
    )
    with store.read() as connection:
        rows = connection.execute(query).all()
    traces = [convert(unpack(row.body, row.samples), Trace, "trace") for row in rows]
    return next((trace for trace in traces if trace.event_kind == event.kind), None)


def walk_around(store: Store, clip_id: str, event: EventRow) -> WalkRow | None:
    """Return the walk during which an event happened."""
    begun = walks(store, clip_id, event.at_s - _DAY_S, event.at_s + _EDGE_S)
    return next((row for row in begun if row.boot_id == event.boot_id and row.ended_s + _EDGE_S >= event.at_s), None)


def events_in(store: Store, clip_id: str, walk: WalkRow) -> list[EventRow]:
    """Return the events of a walk; where clocks were not set, only the boot tells it from another of that time."""
    found = events(store, clip_id, walk.started_s - _EDGE_S, walk.ended_s + _EDGE_S)
    return [event for event in found if event.boot_id == walk.boot_id]


def label(store: Store, event_id: int, verdict: str, labelled_by: str) -> None:
    """Keep what a person says about an event; the last word counts, the earlier ones are kept."""
    row = {"record_id": event_id, "verdict": verdict, "labelled_s": store.clock(), "labelled_by": labelled_by}
    with store.write() as connection:
        connection.execute(sa.insert(LABELS).values(row))


def newest_label() -> sa.ScalarSelect[int]:
    """Return, for an event of the query around it, the key of the last label somebody gave it."""
    given = LABELS.alias()
    return sa.select(sa.func.max(given.c.id)).where(given.c.record_id == EVENTS.c.record_id).scalar_subquery()


def _event_query() -> sa.Select[Any]:
    return (
        sa.select(EVENTS, RECORDS.c.clock, RECORDS.c.body, LABELS.c.verdict)
        .join(RECORDS, RECORDS.c.id == EVENTS.c.record_id)
        .outerjoin(LABELS, LABELS.c.id == newest_label())
    )


def _event_row(row: sa.Row[Any]) -> EventRow:
    return EventRow(
        id=row.record_id,
        boot_id=row.boot_id,
        time_s=row.time_s,
        at_s=row.at_s,
        kind=row.kind,
        severity=row.severity,
        cause=row.cause,
        level=row.level,
        clock=row.clock,
        verdict=row.verdict,
        evidence=convert(row.body, EventBody, "event").evidence,
    )
