"""The durable outbox: a record is on disk here before it is sent, and stays until the dashboard has it on its own."""

import fcntl
import logging
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from sternway.conversion import plain
from sternway.errors import MessageError, StoreError
from sternway.publish.outbox_limit import ROW_OVERHEAD_BYTES, make_room, weigh
from sternway.records import Dropped, Record, RecordKind
from sternway.wire.messages import Ack, encode_plain_record, encode_record, numbered

_log = logging.getLogger(__name__)

RELIEF = 0.99
"""When full, make room down to this share of the limit, so that not every record pays for the search."""

SET_ASIDE_KEPT = 3
"""Broken files kept for whoever wants to look; more would fill the card."""

CACHE_KIB = 256
"""What SQLite may keep of the file in memory: with its own default a long outage costs 2 MB for good."""

TABLES = ("outbox", "tombstone")

FORMAT = 1
"""The form of the tables below, kept as SQLite's ``user_version``."""

_TABLES = f"""
PRAGMA user_version = {FORMAT};
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    size INTEGER NOT NULL,
    message TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS outbox_kind ON outbox (kind, seq);
CREATE TABLE IF NOT EXISTS tombstone (seq INTEGER PRIMARY KEY, size INTEGER NOT NULL, message TEXT NOT NULL);
CREATE VIEW IF NOT EXISTS waiting AS
    SELECT seq, size, message FROM outbox UNION ALL SELECT seq, size, message FROM tombstone;
"""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One record ready to be sent."""

    seq: int
    payload: bytes


class Outbox:
    """Records on disk, numbered, oldest first, until acknowledged.

    ``seq`` counts on across boots and is never used twice; ``store_id`` is random and belongs to the file, so a
    fresh file can never be taken for the old one. Past ``max_bytes`` the oldest raw traces go first, then the
    oldest of the rest, each leaving a tombstone (kind ``dropped``) that is sent like any other record; only when
    tombstones alone are too many do the oldest of them go, and ``oldest_seq`` says so.

    Every method raises :class:`StoreError` when the disk refuses; nothing is then half done. Belongs to one thread.
    """

    def __init__(self, path: Path, max_bytes: int, connect: Callable[..., sqlite3.Connection] = sqlite3.connect):
        self.path = path
        self.max_bytes = max_bytes
        self.dropped_count = 0
        self.set_aside: Path | None = None
        self.store_id = ""
        self._connect = connect
        self._db: sqlite3.Connection | None = None
        self._lock_file: TextIO | None = None
        self._bytes = 0
        self._last_seq = 0

    def open(self) -> None:
        """Open the file, or set a broken one aside and begin a new one; another process with it open is refused."""
        self.close()
        try:
            self._lock()
            try:
                self._open()
            except sqlite3.OperationalError:
                raise
            except sqlite3.DatabaseError as error:
                self._set_aside(str(error))
        except StoreError:
            raise
        except (OSError, sqlite3.Error) as error:
            self.close()
            raise StoreError(f"{self.path}: cannot be opened ({error}); is the disk full or read-only?") from error

    def close(self) -> None:
        """Close the file."""
        if self._db is not None:
            self._db.close()
            self._db = None
        if self._lock_file is not None:
            self._lock_file.close()
            self._lock_file = None

    @property
    def is_open(self) -> bool:
        """Say whether the file is open."""
        return self._db is not None

    @property
    def size_bytes(self) -> int:
        """Return what the records held weigh."""
        return self._bytes

    @property
    def last_seq(self) -> int:
        """Return the highest number ever given."""
        return self._last_seq

    def put(self, record: Record) -> Record:
        """Commit ``record`` to disk and return it with its numbers; what JSON cannot carry leaves a tombstone."""
        kind, text = record.kind, self._text(record)
        used, dropped_count = self._bytes + len(text) + ROW_OVERHEAD_BYTES, 0
        with self._transaction() as db:
            if used > self.max_bytes:
                freed, dropped_count = make_room(db, used - int(self.max_bytes * RELIEF))
                used -= freed
            row = db.execute("INSERT INTO outbox (kind, size, message) VALUES (?, ?, ?)", (kind, len(text), text))
            seq = int(row.lastrowid or 0)
        self._bytes, self._last_seq = used, seq
        self.dropped_count += dropped_count
        return replace(record, store_id=self.store_id, seq=seq)

    def parcels(self, after_seq: int, most: int) -> list[Parcel]:
        """Return up to ``most`` records beyond ``after_seq``, oldest first, ready to be sent."""
        with self._transaction() as db:
            oldest = db.execute("SELECT min(seq) FROM waiting").fetchone()[0]
            rows = db.execute(
                "SELECT seq, message FROM waiting WHERE seq > ? ORDER BY seq LIMIT ?", (after_seq, most)
            ).fetchall()
        return [Parcel(seq, numbered(text, self.store_id, seq, oldest)) for seq, text in rows]

    def waiting_count(self) -> int:
        """Return how many records wait for their acknowledgement."""
        with self._transaction() as db:
            return int(db.execute("SELECT count(*) FROM waiting").fetchone()[0])

    def acknowledge(self, ack: Ack) -> int:
        """Let go of what ``ack`` covers and return how many records that was; another store's ack changes nothing.

        An ack beyond the last number given means that this file is an older copy of itself (a card restored from a
        backup): its numbers were used before, so it takes a new ``store_id`` rather than be mistaken for a repeat.
        """
        if ack.store_id != self.store_id:
            return 0
        if ack.seq > self._last_seq:
            self._renew(ack)
            return 0
        with self._transaction() as db:
            freed = weigh(db, "WHERE seq <= ?", ack.seq)
            count = sum(db.execute(f"DELETE FROM {table} WHERE seq <= ?", (ack.seq,)).rowcount for table in TABLES)
        self._bytes -= freed
        return int(count)

    def remember(self, name: str, value: str) -> None:
        """Keep a small named value, such as the last plan received."""
        with self._transaction() as db:
            db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def recall(self, name: str) -> str | None:
        """Return the value kept under ``name``."""
        with self._transaction() as db:
            row = db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def _lock(self) -> None:
        """Keep a second clip process out, which would give the same numbers to other records."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._lock_file = self.path.with_suffix(".lock").open("w")
        try:
            fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._lock_file.close()
            self._lock_file = None
            raise StoreError(f"{self.path} is in use: stop the clip first (sudo systemctl stop sternway)") from error

    def _open(self) -> None:
        self._db = db = self._connect(str(self.path), isolation_level=None, timeout=1.0)
        if db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("quick_check found it malformed")
        if db.execute("PRAGMA user_version").fetchone()[0] not in (0, FORMAT):
            raise sqlite3.DatabaseError("it has the form of another version")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA journal_size_limit = 1000000")
        db.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        db.executescript(_TABLES)
        db.execute("INSERT OR IGNORE INTO meta VALUES ('store_id', ?)", (secrets.token_hex(16),))
        self.store_id = str(db.execute("SELECT value FROM meta WHERE name = 'store_id'").fetchone()[0])
        self._bytes = weigh(db)
        row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'").fetchone()
        self._last_seq = 0 if row is None else int(row[0])

    def _set_aside(self, why: str) -> None:
        """Move the broken file out of the way, keep it for inspection, and begin a new one."""
        if self._db is not None:
            self._db.close()
        kept = sorted(self.path.parent.glob(f"{self.path.name}.broken-[0-9][0-9][0-9][0-9]"))
        for old in kept[: max(0, len(kept) - SET_ASIDE_KEPT + 1)]:
            for part in old.parent.glob(f"{old.name}*"):
                part.unlink()
        number = 1 + max((int(path.suffix.rpartition("-")[2]) for path in kept), default=0)
        self.set_aside = self.path.with_name(f"{self.path.name}.broken-{number:04d}")
        for suffix in ("", "-wal", "-shm"):
            part = self.path.with_name(self.path.name + suffix)
            if part.exists():
                part.rename(f"{self.set_aside}{suffix}")
        _log.error(
            "the outbox %s is broken (%s): it is set aside as %s and a new one begins; records not yet on the "
            "dashboard may be lost",
            self.path,
            why,
            self.set_aside.name,
        )
        self._open()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        db = self._db
        if db is None:
            raise StoreError(f"{self.path} is not open")
        try:
            db.execute("BEGIN")
            yield db
            db.execute("COMMIT")
        except sqlite3.Error as error:
            self._abandon(error)
            raise StoreError(f"{self.path}: {error}; free some space or check the card") from error

    def _abandon(self, error: sqlite3.Error) -> None:
        """Undo the transaction; where even that fails or the file is broken, close it so that it is opened anew."""
        try:
            if self._db is not None and self._db.in_transaction:
                self._db.execute("ROLLBACK")
        except sqlite3.Error:
            self.close()
        if not isinstance(error, sqlite3.OperationalError):
            self.close()

    def _renew(self, ack: Ack) -> None:
        store_id = secrets.token_hex(16)
        _log.error(
            "the dashboard has record %d of this outbox, which has only given %d: the file is an old copy; "
            "what it holds is sent again under a new name",
            ack.seq,
            self._last_seq,
        )
        with self._transaction() as db:
            db.execute("UPDATE meta SET value = ? WHERE name = 'store_id'", (store_id,))
        self.store_id = store_id

    def _text(self, record: Record) -> str:
        try:
            return encode_record(record)
        except (MessageError, TypeError, ValueError, KeyError) as error:
            return self._misfit(record, str(error))

    def _misfit(self, record: Record, why: str) -> str:
        """Keep a record whose body is not as declared as far as it can be sent at all; the dashboard keeps it raw."""
        try:
            text = encode_plain_record(record, plain(record.body))
        except (MessageError, TypeError, ValueError):
            self.dropped_count += 1
            _log.exception("a %s record cannot be sent and leaves a tombstone", record.kind)
            body = Dropped(kind=record.kind, reason="unreadable")
            return encode_record(replace(record, kind=RecordKind.DROPPED, body=body))
        _log.error("a %s record is sent although it is not as declared: %s", record.kind, why)
        return text
