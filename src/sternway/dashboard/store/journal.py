"""The journal and the plans as the store keeps them: entries and plans are added, never changed."""

import datetime
import uuid
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from sternway.dashboard.store.database import Store
from sternway.dashboard.store.schema import JOURNAL, PLANS
from sternway.programme.journal import Entry, entry_body, entry_from, make_entry
from sternway.programme.plan import Plan, plan_from
from sternway.wire.journal import EntryBody, EntryKind

LASTING = (EntryKind.DECISION, EntryKind.SCREENING, EntryKind.PAUSE)
"""What holds for days long after the one it was written on."""


def journal_row(clip_id: str, entry: Entry, at_s: float, written_by: str) -> dict[str, Any]:
    """Return the row of one entry."""
    return {
        "clip_id": clip_id,
        "entry_id": entry.entry_id,
        "at_s": at_s,
        "day": entry.day.isoformat(),
        "kind": entry.kind.value,
        "entry": entry_body(entry),
        "written_by": written_by,
    }


def write(
    store: Store,
    clip_id: str,
    day: datetime.date,
    kind: EntryKind,
    body: EntryBody | Mapping[str, Any],
    *,
    written_by: str,
    corrects: str | None = None,
) -> Entry:
    """Add one entry to a walker's journal, checked."""
    now_s = store.clock()
    written = datetime.datetime.fromtimestamp(now_s, datetime.UTC).isoformat(timespec="seconds")
    entry = make_entry(uuid.uuid4().hex, day, kind, body, written, corrects)
    with store.write() as connection:
        connection.execute(sa.insert(JOURNAL).values(journal_row(clip_id, entry, now_s, written_by)))
    return entry


def entries(
    store: Store,
    clip_id: str,
    since: datetime.date = datetime.date.min,
    kinds: tuple[EntryKind, ...] = tuple(EntryKind),
) -> list[Entry]:
    """Return every entry about a day from ``since`` on, also corrected ones, in the order of writing.

    :data:`LASTING` ones are returned whatever their day.
    """
    lasting = JOURNAL.c.kind.in_([kind.value for kind in LASTING])
    query = (
        sa.select(JOURNAL.c.entry)
        .where(JOURNAL.c.clip_id == clip_id, sa.or_(JOURNAL.c.day >= since.isoformat(), lasting))
        .where(JOURNAL.c.kind.in_([kind.value for kind in kinds]))
        .order_by(JOURNAL.c.id)
    )
    with store.read() as connection:
        return [entry_from(row.entry) for row in connection.execute(query)]


def plan_in_force(store: Store, clip_id: str) -> Plan:
    """Return the programme a walker follows: the last one saved, or the default."""
    query = sa.select(PLANS.c.plan).where(PLANS.c.clip_id == clip_id).order_by(PLANS.c.id.desc()).limit(1)
    with store.read() as connection:
        values = connection.execute(query).scalar()
    return plan_from(values) if values else Plan()


def save_plan(store: Store, clip_id: str, plan: Plan, made_by: str) -> None:
    """Put ``plan`` in force from now on; the earlier ones are kept."""
    row = {"clip_id": clip_id, "made_s": store.clock(), "made_by": made_by, "plan": plan.body()}
    with store.write() as connection:
        connection.execute(sa.insert(PLANS).values(row))
