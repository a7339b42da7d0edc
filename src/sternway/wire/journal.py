"""What the walker says: every kind of journal entry with its fields, for records, files, pages and commands alike."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from sternway.conversion import convert, plain, refuse_unknown
from sternway.errors import MessageError
from sternway.records import Body
from sternway.wire.report import SessionReport
from sternway.wire.values import Day, PainTime, Score, Support, Text


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


class EntryBody(Struct, frozen=True, kw_only=True):
    """What one entry says; each kind has its own."""


class Check(EntryBody, frozen=True, kw_only=True):
    """The answers to the pre-walk check; what is not answered is left out."""

    place: Text | UnsetType = UNSET
    surface: Text | UnsetType = UNSET
    footwear: Text | UnsetType = UNSET
    support: Text | UnsetType = UNSET
    pain_before: Score | UnsetType = UNSET


class ScreeningAnswers(EntryBody, frozen=True, kw_only=True):
    """The answers to the first-run questions by name, and what became of them."""

    answers: Annotated[dict[str, bool], Meta(max_length=200)]
    passed: bool
    override: bool


class PainNote(EntryBody, frozen=True, kw_only=True):
    """Pain 0 to 10."""

    value: Score
    when: PainTime
    place: Text | UnsetType = UNSET
    note: Text | UnsetType = UNSET


class Effort(EntryBody, frozen=True, kw_only=True):
    """How hard a walk felt, 0 to 10."""

    value: Score
    note: Text | UnsetType = UNSET


class SupportUsed(EntryBody, frozen=True, kw_only=True):
    """What there was to hold on to."""

    value: Support


class Footwear(EntryBody, frozen=True, kw_only=True):
    """What was on the feet."""

    value: Text


class Activity(EntryBody, frozen=True, kw_only=True):
    """Another exercise."""

    name: Text
    minutes: Annotated[float, Meta(ge=0.0, le=1440.0)] | UnsetType = UNSET
    note: Text | UnsetType = UNSET


class Note(EntryBody, frozen=True, kw_only=True):
    """Anything else."""

    text: Text


class Pause(EntryBody, frozen=True, kw_only=True):
    """Days without walks by intention, first and last included."""

    start: Day
    end: Day
    why: Literal["holiday", "flare", "illness", "other"]

    def __post_init__(self) -> None:
        """Refuse a pause that ends before it starts."""
        if self.end < self.start:
            raise ValueError(f"the pause ends ({self.end}) before it starts ({self.start})")


class WalkEntry(EntryBody, frozen=True, kw_only=True):
    """A walk, with the report of it as the clip sent it."""

    report: SessionReport


class PlanPosition(Struct, frozen=True, kw_only=True):
    """A place on the plan as it is written down."""

    step: Annotated[int, Meta(ge=0)]
    moved_on: Day
    answered_walk_count: Annotated[int, Meta(ge=0)] = 0


class DecisionEntry(EntryBody, frozen=True, kw_only=True):
    """What the plan decided."""

    position: PlanPosition
    move: Text
    reasons: Annotated[tuple[Text, ...], Meta(max_length=200)]


BODIES: dict[EntryKind, type[EntryBody]] = {
    EntryKind.CHECK: Check,
    EntryKind.SCREENING: ScreeningAnswers,
    EntryKind.PAIN: PainNote,
    EntryKind.EFFORT: Effort,
    EntryKind.SUPPORT: SupportUsed,
    EntryKind.FOOTWEAR: Footwear,
    EntryKind.ACTIVITY: Activity,
    EntryKind.NOTE: Note,
    EntryKind.PAUSE: Pause,
    EntryKind.WALK: WalkEntry,
    EntryKind.DECISION: DecisionEntry,
}


class JournalBody(Body, frozen=True, kw_only=True):
    """An entry as a record carries it; ``body`` is plain here because its form follows from ``kind``."""

    entry_id: Annotated[str, Meta(max_length=64)] | UnsetType = UNSET
    day: Day | UnsetType = UNSET
    kind: EntryKind
    body: Annotated[dict[str, Any], Meta(max_length=60)]
    written: Annotated[str, Meta(max_length=40)] | UnsetType = UNSET
    corrects: Annotated[str, Meta(max_length=64)] | UnsetType | None = UNSET


def read_entry(kind: EntryKind, values: Mapping[str, Any], *, strict: bool = False) -> EntryBody:
    """Return what an entry of ``kind`` says; ``strict``, for what is written here, refuses unknown names."""
    if strict:
        refuse_unknown(values, BODIES[kind], kind.value, MessageError)
    return convert(values, BODIES[kind], kind.value)


def plain_entry(body: EntryBody) -> dict[str, Any]:
    """Return ``body`` as plain data."""
    return dict(plain(body))
