"""The journal on disk, for a home without a dashboard: JSON lines that are only ever appended to."""

import json
import os
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sternway.errors import MessageError, PlanError, StoreError
from sternway.programme.history import Day, history_of
from sternway.programme.journal import Entry, entry_body, entry_from, in_force, make_entry
from sternway.programme.plan import Plan, load_plan
from sternway.programme.progression import Decision, Position, decide, position_from
from sternway.wire.journal import DecisionEntry, EntryBody, EntryKind, WalkEntry
from sternway.wire.report import SessionReport


class Notebook:
    """Keeps entries in ``journal.jsonl`` and the plan in ``plan.toml``, both below ``folder``.

    Every entry is on the disk before :meth:`add` returns. A line torn by a power cut is passed over when reading and
    closed off by the next entry, and so is any other that cannot be read; ``damaged_count`` tells how many there are.
    """

    def __init__(self, folder: Path) -> None:
        self._journal = folder / "journal.jsonl"
        self._plan = folder / "plan.toml"
        self.damaged_count = 0

    def entries(self) -> list[Entry]:
        """Return every entry ever written, in the order of writing."""
        try:
            lines = self._journal.read_bytes().splitlines()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StoreError(f"{self._journal}: cannot be read ({error.strerror})") from error
        entries = [_entry(line) for line in lines if line.strip()]
        self.damaged_count = entries.count(None)
        return [entry for entry in entries if entry is not None]

    def in_force(self) -> list[Entry]:
        """Return the entries that hold, corrections applied."""
        return in_force(self.entries())

    def add(
        self,
        kind: EntryKind,
        body: EntryBody | Mapping[str, Any],
        day: Day,
        written: str,
        corrects: str | None = None,
    ) -> Entry:
        """Append one entry, checked; ``corrects`` names an entry of the same kind that it replaces."""
        if corrects is not None:
            self._find(corrects, kind)
        entry = make_entry(uuid.uuid4().hex[:8], day, kind, body, written, corrects)
        self._append(json.dumps(entry_body(entry), ensure_ascii=False))
        return entry

    def find(self, entry_id: str) -> Entry:
        """Return the entry that ``entry_id`` names, or its beginning where that is enough."""
        found = [entry for entry in self.in_force() if entry.entry_id.startswith(entry_id)]
        if len(found) != 1:
            raise MessageError(f"{len(found) or 'no'} entries begin with {entry_id!r}; `sternway journal` lists them")
        return found[0]

    def _find(self, entry_id: str, kind: EntryKind) -> None:
        entry = self.find(entry_id)
        if entry.kind is not kind:
            raise MessageError(
                f"{entry_id} is about {entry.kind}, not {kind}: correct it by an entry of its own kind"
            )

    def _append(self, line: str) -> None:
        """Write and flush to the disk; a torn last line is ended first, so that it takes no other with it."""
        try:
            self._journal.parent.mkdir(parents=True, exist_ok=True)
            with self._journal.open("ab+") as file:
                file.seek(0, os.SEEK_END)
                if file.tell():
                    file.seek(-1, os.SEEK_END)
                    line = line if file.read(1) == b"\n" else f"\n{line}"
                file.write(f"{line}\n".encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise StoreError(f"{self._journal}: cannot be written ({error.strerror}); is the disk full?") from error

    def plan(self) -> Plan:
        """Return the plan in use; the default where none was chosen."""
        try:
            return load_plan(self._plan.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return Plan()
        except (OSError, UnicodeDecodeError) as error:
            raise PlanError(f"{self._plan}: cannot be read ({error})") from error
        except PlanError as error:
            raise PlanError(f"{self._plan}: {error}") from error

    def keep_plan(self, text: str) -> Plan:
        """Use the plan in TOML ``text`` from now on, checked first; the change is whole or not at all."""
        plan = load_plan(text)
        fresh = self._plan.with_suffix(".new")
        try:
            self._plan.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_text(text, encoding="utf-8")
            fresh.replace(self._plan)
        except OSError as error:
            raise StoreError(f"{self._plan}: cannot be written ({error.strerror})") from error
        return plan

    def position(self, today: Day) -> Position:
        """Return the place on the plan that was decided last; the beginning, as of ``today``, where there is none."""
        return _position(self.in_force()) or Position(0, today)

    def decide(self, today: Day, written: str | None = None) -> Decision:
        """Return what the plan says ``today``; with ``written`` a new position is entered into the journal."""
        position = self.position(today)
        decision = decide(self.plan(), position, history_of(self.in_force()), today)
        begins = not any(entry.kind is EntryKind.DECISION for entry in self.in_force())
        if written is not None and (begins or decision.position != position):
            self.add(EntryKind.DECISION, decision.entry, today, written)
        return decision

    def add_walk(self, report: SessionReport, day: Day, written: str) -> Entry:
        """Enter a session report, so that the plan can look back on it."""
        return self.add(EntryKind.WALK, WalkEntry(report=report), day, written)


def _entry(line: bytes) -> Entry | None:
    """Return the entry of ``line``; ``None`` where it, or what the plan looks back on in it, cannot be read."""
    try:
        entry = entry_from(json.loads(line))
        holding = in_force([entry])
        history_of(holding)
        _position(holding)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return None
    return entry


def _position(entries: Iterable[Entry]) -> Position | None:
    decisions = [entry.body for entry in entries if isinstance(entry.body, DecisionEntry)]
    return position_from(decisions[-1].position) if decisions else None
