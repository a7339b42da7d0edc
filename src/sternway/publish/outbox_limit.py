"""Making room in a full outbox: what goes first, what is left of it, and what everything weighs."""

import json
import sqlite3

from sternway.records import RecordKind

ROW_OVERHEAD_BYTES = 64
"""What SQLite spends on a row beside its text: keys, lengths and a share of page slack (measured: 40 to 60)."""

LEAST_PRECIOUS_FIRST = ("kind = 'trace'", "true")
"""Raw traces go before everything else; within each the oldest first."""


def make_room(db: sqlite3.Connection, wanted: int) -> tuple[int, int]:
    """Free at least ``wanted`` bytes where there is so much; return what was freed and how many records it cost."""
    freed = dropped_count = 0
    for which in LEAST_PRECIOUS_FIRST:
        while freed < wanted and (row := _oldest(db, which)) is not None:
            freed += _bury(db, *row)
            dropped_count += 1
    while freed < wanted and (stone := db.execute("SELECT min(seq), size FROM tombstone").fetchone())[0]:
        db.execute("DELETE FROM tombstone WHERE seq = ?", (stone[0],))
        freed += stone[1] + ROW_OVERHEAD_BYTES
    return freed, dropped_count


def _oldest(db: sqlite3.Connection, which: str) -> tuple[int, str, int, str] | None:
    query = f"SELECT seq, kind, size, message FROM outbox WHERE {which} ORDER BY seq LIMIT 1"
    row: tuple[int, str, int, str] | None = db.execute(query).fetchone()
    return row


def _bury(db: sqlite3.Connection, seq: int, kind: str, size: int, message: str) -> int:
    """Replace a record by a tombstone of the same number and moment; return what that frees.

    Tombstones have a table of their own: left in place they would keep the pages of the large records they replace.
    """
    values = json.loads(message)
    values |= {"kind": RecordKind.DROPPED.value, "body": {"kind": kind, "reason": "space"}}
    stone = json.dumps(values, separators=(",", ":"))
    db.execute("DELETE FROM outbox WHERE seq = ?", (seq,))
    db.execute("INSERT INTO tombstone VALUES (?, ?, ?)", (seq, len(stone), stone))
    return size - len(stone)


def weigh(db: sqlite3.Connection, where: str = "", *values: int) -> int:
    """Return what the records that ``where`` picks weigh, in bytes."""
    query = f"SELECT coalesce(sum(size), 0) + {ROW_OVERHEAD_BYTES} * count(*) FROM waiting {where}"
    return int(db.execute(query, values).fetchone()[0])
