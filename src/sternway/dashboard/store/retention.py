"""What is kept how long: backups, old traces, and taking a walker or everything away."""

import time
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from sternway.dashboard.store.database import Store, backups, copy_store
from sternway.dashboard.store.key_value import PLAN, remove_note
from sternway.dashboard.store.schema import CLIPS, COVERED, JOURNAL, LABELS, NOTES, PLANS, RECORDS, TRACES

DAY_S = 86_400.0
DAILY_COUNT = 7
"""Daily backups kept: a week to notice that something is wrong."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A copy of the store on the server."""

    name: str
    made_s: float
    size_mb: float


def backup_now(store: Store, path: Path, kind: str = "asked") -> Path:
    """Write a copy beside the store at ``path`` and return where it is."""
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(store.clock()))
    target = path.parent / "backups" / f"{kind}-{stamp}.db"
    return target if target.exists() else copy_store(path, target)


def backups_of(path: Path | None) -> list[Backup]:
    """Return the copies kept beside the store, newest first."""
    files = backups(path) if path else []
    return [Backup(file.name, file.stat().st_mtime, file.stat().st_size / 1e6) for file in files]


def backup_daily(store: Store) -> None:
    """Write a copy if the last daily one is a day old, and let the oldest go."""
    if store.path is None:
        return
    daily = [file for file in backups(store.path) if file.name.startswith("daily-")]
    if not daily or time.time() - daily[0].stat().st_mtime >= DAY_S:
        daily.insert(0, backup_now(store, store.path, "daily"))
    for file in daily[DAILY_COUNT:]:
        file.unlink(missing_ok=True)


def drop_old_traces(store: Store, trace_days: int) -> int:
    """Let raw motion older than ``trace_days`` go, except around events somebody labelled; return how many went."""
    labelled = (
        sa.select(TRACES.c.record_id)
        .join(RECORDS, sa.and_(RECORDS.c.clip_id == TRACES.c.clip_id, RECORDS.c.boot_id == TRACES.c.boot_id))
        .join(LABELS, LABELS.c.record_id == RECORDS.c.id)
    )
    old = sa.delete(TRACES).where(
        TRACES.c.at_s < store.clock() - trace_days * DAY_S, TRACES.c.record_id.not_in(labelled)
    )
    with store.write() as connection:
        return connection.execute(old).rowcount


def forget_clip(store: Store, clip_id: str) -> None:
    """Delete a clip and everything of its walker."""
    with store.write() as connection:
        for table in (JOURNAL, PLANS, COVERED, RECORDS, CLIPS):  # the rest goes with the records
            connection.execute(sa.delete(table).where(table.c.clip_id == clip_id))
        remove_note(connection, PLAN + clip_id)
    store.shrink()


def delete_everything(store: Store) -> None:
    """Delete every walk, entry, plan and clip, and every copy of the store; people may still log in."""
    with store.write() as connection:
        for table in (JOURNAL, PLANS, COVERED, RECORDS, CLIPS):
            connection.execute(sa.delete(table))
        connection.execute(sa.delete(NOTES).where(NOTES.c.name.startswith(PLAN)))
    store.shrink()
    for file in _copies(store.path) if store.path else []:
        file.unlink(missing_ok=True)


def _copies(path: Path) -> list[Path]:
    """Return the files that hold what the store at ``path`` once held: backups, and what a restore put aside."""
    aside = (f"{path.stem}.before-restore-", f"{path.name}.restoring")
    return [
        *(path.parent / "backups").glob("*.db*"),
        *(file for file in path.parent.iterdir() if file.name.startswith(aside)),
    ]
