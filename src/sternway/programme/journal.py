"""The journal: what the walker says, dated and append-only; a mistake is corrected by a later entry."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from msgspec import UNSET

from sternway.conversion import convert
from sternway.errors import MessageError
from sternway.wire.journal import EntryBody, EntryKind, JournalBody, plain_entry, read_entry

PLACES_OF_PAIN = ("left knee", "right knee", "both knees", "lower back", "hip", "other")

ACTIVITIES = ("swimming", "cycling", "walking", "strength", "stretching", "other")


@dataclass(frozen=True, slots=True)
class Question:
    """One question of the pre-walk check: ``choices`` are offered, other words are welcome."""

    name: str
    words: str
    choices: tuple[str, ...] = ()
    scale: tuple[int, int] | None = None


# The pre-walk check. Not answering never blocks the button.
CHECK_QUESTIONS: tuple[Question, ...] = (
    Question("place", "Where do you walk?", ("hall", "garden", "park", "track", "gym", "other")),
    Question("surface", "Is the ground flat, dry and clear behind you?", ("yes", "mostly", "no")),
    Question("footwear", "What is on your feet?", ("walking shoes", "trainers", "slippers", "barefoot", "other")),
    Question("support", "What can you hold on to?", ("partner", "rail", "wall", "none")),
    Question("pain_before", "How much does it hurt now, 0 to 10?", (), (0, 10)),
)
WALK_QUESTIONS: tuple[str, ...] = tuple(question.name for question in CHECK_QUESTIONS)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: about ``day``, written at ``written`` (ISO 8601), never changed afterwards.

    ``corrects`` names the entry that this one replaces; without a ``body`` it then withdraws that one.
    """

    entry_id: str
    day: datetime.date
    kind: EntryKind
    body: EntryBody | None = None
    written: str = ""
    corrects: str | None = None


def make_entry(  # noqa: PLR0917
    entry_id: str,
    day: datetime.date,
    kind: EntryKind,
    body: EntryBody | Mapping[str, Any],
    written: str = "",
    corrects: str | None = None,
) -> Entry:
    """Return a sound entry, from what it says or from plain values; else raise :class:`MessageError`.

    An empty ``body`` withdraws what the entry ``corrects``.
    """
    values = plain_entry(body) if isinstance(body, EntryBody) else body
    says = None if corrects is not None and not values else read_entry(kind, values, strict=True)
    return Entry(entry_id, day, kind, says, written, corrects)


def entry_body(entry: Entry) -> dict[str, Any]:
    """Return ``entry`` as plain data for files and for journal records."""
    return {
        "entry_id": entry.entry_id,
        "day": entry.day.isoformat(),
        "kind": entry.kind.value,
        "body": {} if entry.body is None else plain_entry(entry.body),
        "written": entry.written,
        "corrects": entry.corrects,
    }


def entry_from(values: object) -> Entry:
    """Read what :func:`entry_body` wrote, checked; raise :class:`MessageError` that says what is wrong."""
    kept = convert(values, JournalBody, "entry")
    if kept.entry_id is UNSET or kept.day is UNSET:
        raise MessageError("not a journal entry: it has no entry_id or no day")
    corrects = kept.corrects or None
    says = None if corrects is not None and not kept.body else read_entry(kept.kind, kept.body)
    day = datetime.date.fromisoformat(kept.day)
    return Entry(kept.entry_id, day, kept.kind, says, kept.written or "", corrects)


def in_force(entries: Iterable[Entry]) -> list[Entry]:
    """Return the entries that hold, oldest day first: corrected and withdrawn ones are left out.

    A correction takes the place of what it corrects, and may itself be corrected. Nothing is ever changed in place.
    """
    entries = list(entries)
    replaced = {entry.corrects for entry in entries if entry.corrects is not None}
    holding = [
        entry
        for entry in entries
        if entry.entry_id not in replaced and (entry.body is not None or entry.corrects is None)
    ]
    return sorted(holding, key=lambda entry: entry.day)
