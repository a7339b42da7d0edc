"""The journal: what the walker says, dated and append-only; a mistake is corrected by a later entry."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sternway.errors import MessageError
from sternway.wire.fields import Field, check_fields

NOT_ANSWERED = "not answered"

PLACES_OF_PAIN = ("left knee", "right knee", "both knees", "lower back", "hip", "other")

ACTIVITIES = ("swimming", "cycling", "walking", "strength", "stretching", "other")


class EntryKind(StrEnum):
    """What an entry is about."""

    CHECK = "check"
    SCREENING = "screening"
    PAIN = "pain"
    EFFORT = "effort"
    SUPPORT = "support"
    FOOTWEAR = "footwear"
    ACTIVITY = "activity"
    NOTE = "note"
    PAUSE = "pause"
    WALK = "walk"
    DECISION = "decision"


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


_TEXT = Field(required=False)
_DAY = Field()
_SCORE = Field(int, scale=(0, 10))

FIELDS: dict[EntryKind, dict[str, Field]] = {
    EntryKind.CHECK: {
        **dict.fromkeys(("place", "surface", "footwear", "support"), _TEXT),
        "pain_before": Field(int, required=False, scale=(0, 10)),
    },
    EntryKind.SCREENING: {"answers": Field(dict), "passed": Field(bool), "override": Field(bool)},
    EntryKind.PAIN: {
        "value": _SCORE,
        "when": Field(choices=("before", "during", "after", "next_morning")),
        "place": _TEXT,
        "note": _TEXT,
    },
    EntryKind.EFFORT: {"value": _SCORE, "note": _TEXT},
    EntryKind.SUPPORT: {"value": Field(choices=("partner", "rail", "wall", "none"))},
    EntryKind.FOOTWEAR: {"value": Field()},
    EntryKind.ACTIVITY: {
        "name": Field(),
        "minutes": Field(float, required=False, scale=(0.0, 1440.0)),
        "note": _TEXT,
    },
    EntryKind.NOTE: {"text": Field()},
    EntryKind.PAUSE: {"start": _DAY, "end": _DAY, "why": Field(choices=("holiday", "flare", "illness", "other"))},
    EntryKind.WALK: {"report": Field(dict)},
    EntryKind.DECISION: {"position": Field(dict), "move": Field(), "reasons": Field(list)},
}
"""Every kind of entry and its fields: the one table that commands, pages and files are checked against."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: about ``day``, written at ``written`` (ISO 8601), never changed afterwards.

    ``corrects`` names the entry that this one replaces; an empty ``body`` then withdraws it.
    """

    entry_id: str
    day: datetime.date
    kind: EntryKind
    body: Mapping[str, Any] = field(default_factory=dict)
    written: str = ""
    corrects: str | None = None


def check_entry(entry: Entry) -> Entry:
    """Return ``entry`` if it is sound; raise :class:`MessageError` that says what to mend."""
    if entry.corrects is not None and not entry.body:
        return entry
    check_fields(entry.kind, FIELDS[entry.kind], entry.body)
    if entry.kind is EntryKind.PAUSE:
        _check_pause(entry.body)
    return entry


def _check_pause(body: Mapping[str, Any]) -> None:
    try:
        start, end = datetime.date.fromisoformat(body["start"]), datetime.date.fromisoformat(body["end"])
    except ValueError as error:
        raise MessageError("a pause has start and end as dates, such as 2026-05-01") from error
    if end < start:
        raise MessageError(f"the pause ends ({end}) before it starts ({start})")


def entry_body(entry: Entry) -> dict[str, Any]:
    """Return ``entry`` as plain data for files and for journal records."""
    return {
        "entry_id": entry.entry_id,
        "day": entry.day.isoformat(),
        "kind": entry.kind.value,
        "body": dict(entry.body),
        "written": entry.written,
        "corrects": entry.corrects,
    }


def entry_from(values: Mapping[str, Any]) -> Entry:
    """Read what :func:`entry_body` wrote, checked; raise :class:`MessageError` that says what is wrong."""
    try:
        entry = Entry(
            str(values["entry_id"]),
            datetime.date.fromisoformat(values["day"]),
            EntryKind(values["kind"]),
            dict(values["body"]),
            str(values.get("written", "")),
            values.get("corrects"),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise MessageError(f"not a journal entry: {error}") from error
    return check_entry(entry)


def in_force(entries: Iterable[Entry]) -> list[Entry]:
    """Return the entries that hold, oldest day first: corrected and withdrawn ones are left out.

    A correction takes the place of what it corrects, and may itself be corrected. Nothing is ever changed in place.
    """
    entries = list(entries)
    replaced = {entry.corrects for entry in entries if entry.corrects is not None}
    holding = [
        entry for entry in entries if entry.entry_id not in replaced and (entry.body or entry.corrects is None)
    ]
    return sorted(holding, key=lambda entry: entry.day)
