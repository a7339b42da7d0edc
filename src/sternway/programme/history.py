"""What the programme's decisions look back on: walks, pain and planned pauses, by day."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean

from sternway.programme.journal import Entry
from sternway.walk.walk_test import TRIAL_COUNT
from sternway.wire.journal import Check, PainNote, Pause, WalkEntry
from sternway.wire.report import SessionReport
from sternway.wire.values import PainTime

Day = datetime.date


@dataclass(frozen=True, slots=True)
class WalkDone:
    """One walk in a few words and numbers. ``level`` is its steadiness against the walker's own baseline.

    ``walk_test_s`` is the mean of the walk test in it, where all its trials were walked.
    """

    day: Day
    backward_s: float
    steps_backward: int = 0
    stumble_count: int = 0
    fall_count: int = 0
    level: str = "unknown"
    complete: bool = True
    stopped: bool = False
    reason: str = "done"
    support: str = "wall"
    variation: str = "flat"
    pain_before: int | None = None
    cadence_spm: float | None = None
    softness_ratio: float | None = None
    lean_rad: float | None = None
    sway_mps2: float | None = None
    walk_test_s: float | None = None


@dataclass(frozen=True, slots=True)
class Pain:
    """Pain 0 to 10 as written on ``day``; ``when`` is before, during, after or next_morning."""

    day: Day
    value: int
    when: str
    place: str | None = None


@dataclass(frozen=True, slots=True)
class PlannedPause:
    """Days without walks by intention, first and last included: a holiday, a flare."""

    start: Day
    end: Day
    why: str = "holiday"

    def covers(self, day: Day) -> bool:
        """Return whether ``day`` is within the pause."""
        return self.start <= day <= self.end


@dataclass(frozen=True, slots=True)
class History:
    """Everything that happened so far, each part in order of days."""

    walks: tuple[WalkDone, ...] = ()
    pains: tuple[Pain, ...] = ()
    pauses: tuple[PlannedPause, ...] = ()
    walk_test_days: tuple[Day, ...] = ()

    def pause_on(self, day: Day) -> PlannedPause | None:
        """Return the planned pause that covers ``day``."""
        return next((pause for pause in self.pauses if pause.covers(day)), None)

    def next_morning(self, walk: WalkDone, today: Day = Day.max) -> int | None:
        """Return the worst pain on the morning after ``walk`` as known ``today``, ``None`` if not answered.

        An answer two days later still counts, unless there was another walk between.
        """
        later = [other.day for other in self.walks if other.day > walk.day]
        last = min([walk.day + datetime.timedelta(days=2), today, *later])
        found = [p.value for p in self.pains if p.when == "next_morning" and walk.day < p.day <= last]
        return max(found, default=None)

    def idle_days(self, since: Day, today: Day) -> int:
        """Return the days after ``since`` and before ``today`` that no planned pause covers."""
        days = (since + datetime.timedelta(days=n) for n in range(1, (today - since).days))
        return sum(self.pause_on(day) is None for day in days)


def pain_before_by_day(entries: Iterable[Entry]) -> dict[Day, int]:
    """Return the pain before walking that a journal holds, from checks and by itself; each day's last word counts."""
    said: dict[Day, int] = {}
    for entry in entries:
        match entry.body:
            case Check(pain_before=int(pain)) | PainNote(when=PainTime.BEFORE, value=pain):
                said[entry.day] = pain
    return said


def walk_done(report: SessionReport, day: Day, pain_before: int | None = None) -> WalkDone:
    """Return the summary of a session report (see :func:`~sternway.walk.report.report_body`) of ``day``.

    ``pain_before`` is what the journal says; an answer in the report goes before it.
    """
    dose, events, trials_s = report.dose, report.events.count, report.walk_test_s
    pain = report.answers.pain_before
    return WalkDone(
        day=day,
        backward_s=dose.backward_s,
        steps_backward=dose.steps_backward,
        stumble_count=events.get("stumble", 0),
        fall_count=events.get("fall", 0),
        level=report.steadiness.level,
        complete=report.complete,
        stopped=report.stopped,
        reason=report.reason,
        support=report.plan.support,
        variation=report.plan.variation,
        pain_before=pain if isinstance(pain, int) else pain_before,
        cadence_spm=report.cadence_spm.backward,
        softness_ratio=report.softness.ratio,
        lean_rad=report.posture.lean_rad,
        sway_mps2=report.posture.sway_mps2,
        walk_test_s=fmean(trials_s) if len(trials_s) >= TRIAL_COUNT else None,
    )


def history_of(entries: Iterable[Entry]) -> History:
    """Return the history that a journal holds; give it the entries in force."""
    entries = list(entries)
    before = pain_before_by_day(entries)
    walks: list[WalkDone] = []
    pains: list[Pain] = []
    pauses: list[PlannedPause] = []
    tests: list[Day] = []
    for entry in entries:
        match entry.body:
            case WalkEntry(report=report):
                walks.append(walk_done(report, entry.day, before.get(entry.day)))
                tests += [entry.day] if report.plan.walk_test else []
            case PainNote(value=value, when=when, place=place):
                pains.append(Pain(entry.day, value, when, place or None))
            case Pause(start=start, end=end, why=why):
                pauses.append(PlannedPause(Day.fromisoformat(start), Day.fromisoformat(end), why))
    return History(
        tuple(sorted(walks, key=lambda walk: walk.day)),
        tuple(sorted(pains, key=lambda pain: pain.day)),
        tuple(sorted(pauses, key=lambda pause: pause.start)),
        tuple(sorted(tests)),
    )
