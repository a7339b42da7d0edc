"""The walking programme at home: what the store holds, given to the pure functions that decide."""

import dataclasses
import datetime
import json
import math
from dataclasses import dataclass

from sternway.conversion import plain
from sternway.dashboard.mqtt.ingest import Ingest, NoAnswerError
from sternway.dashboard.store.database import Store
from sternway.dashboard.store.journal import entries, plan_in_force, write
from sternway.dashboard.store.key_value import PLAN, note, read_note
from sternway.dashboard.store.lookup import events, reports
from sternway.events import Kind
from sternway.programme.history import History, WalkDone, history_of, pain_before_by_day, walk_done
from sternway.programme.journal import Entry, in_force
from sternway.programme.plan import Plan
from sternway.programme.progression import Decision, Position, decide, position_from
from sternway.programme.screening import Screening, screen
from sternway.wire.journal import DecisionEntry, EntryKind, ScreeningAnswers
from sternway.wire.plan import WalkPlan
from sternway.wire.report import SessionReport

DECIDING_DAYS = 120
"""How far back a decision looks: the rules ask for two walks and for absences of some weeks."""

NEAR_S = 0.5
"""A stumble in a walk's report is known again by its time; the clock may have been set between the two records."""


@dataclass(frozen=True, slots=True)
class Programme:
    """What a walker's programme says today, and what it rests on."""

    plan: Plan
    position: Position
    decision: Decision
    history: History
    entries: tuple[Entry, ...]

    @property
    def screened(self) -> ScreeningAnswers | None:
        """Return the answers to the first-run questions, the newest ones."""
        found = [entry.body for entry in self.entries if isinstance(entry.body, ScreeningAnswers)]
        return found[-1] if found else None

    @property
    def screening(self) -> Screening | None:
        """Return what those answers mean."""
        said = self.screened
        return screen(said.answers, said.override) if said else None

    @property
    def refused(self) -> bool:
        """Say whether those answers speak against walking, and nobody chose to go on all the same."""
        return self.screening is not None and not self.screening.may_go_on


def programme_of(store: Store, clip_id: str, today: datetime.date) -> Programme:
    """Return the programme of one walker as it stands; nothing is written."""
    since = today - datetime.timedelta(days=DECIDING_DAYS)
    kept = in_force(entries(store, clip_id, since))
    history = history_since(store, clip_id, since, kept)
    plan = plan_in_force(store, clip_id)
    decisions = [entry.body for entry in kept if isinstance(entry.body, DecisionEntry)]
    position = position_from(decisions[-1].position) if decisions else Position(0, _began(history, today))
    return Programme(plan, position, decide(plan, position, history, today), history, tuple(kept))


def history_since(store: Store, clip_id: str, since: datetime.date, kept: list[Entry]) -> History:
    """Return walks and pains from ``since`` on, and the pauses; ``kept`` are the journal entries in force."""
    midnight_s = datetime.datetime.combine(since, datetime.time()).astimezone().timestamp()
    before = pain_before_by_day(kept)
    stumbles = events(store, clip_id, midnight_s, math.inf, (Kind.STUMBLE,))
    false_s = [event.at_s for event in stumbles if event.verdict == "false_alarm"]
    walks, tests = [], []
    for started_s, report in reports(store, clip_id, midnight_s):
        day = home_day(started_s)
        walks.append(_without(false_s, walk_done(report, day, before.get(day)), started_s, report))
        if report.plan.walk_test:
            tests.append(day)
    said = history_of(entry for entry in kept if entry.kind is not EntryKind.WALK)
    return History(tuple(walks), said.pains, said.pauses, tuple(tests))


def _without(false_s: list[float], walk: WalkDone, started_s: float, report: SessionReport) -> WalkDone:
    """Return ``walk`` without the stumbles in its report that were labelled a false alarm."""
    zero_s = started_s - report.started_s
    felt_s = [zero_s + event.time_s for event in report.events.listed if event.kind == Kind.STUMBLE]
    false_count = sum(any(abs(at_s - one_s) < NEAR_S for one_s in false_s) for at_s in felt_s)
    return dataclasses.replace(walk, stumble_count=max(0, walk.stumble_count - false_count))


def home_day(at_s: float) -> datetime.date:
    """Return the day at home, by the server's own zone: a walk belongs to one day whoever looks from wherever."""
    return datetime.datetime.fromtimestamp(at_s).astimezone().date()


def settle(store: Store, ingest: Ingest, clip_id: str) -> bool:
    """Write down what the plan decides today and leave today's walk for the clip; say whether the broker has it.

    Safe to call at any time: what is decided and published already is not repeated.
    """
    today = home_day(store.clock())
    programme = programme_of(store, clip_id, today)
    decision = programme.decision
    if decision.position != programme.position:
        write(store, clip_id, today, EntryKind.DECISION, decision.entry, written_by="plan")
    if decision.walk is None:
        return True
    return _publish(store, ingest, clip_id, decision.walk)


def _publish(store: Store, ingest: Ingest, clip_id: str, walk: WalkPlan) -> bool:
    """Publish a plan that differs from the last one the broker took."""
    name, body = PLAN + clip_id, json.dumps(plain(walk), sort_keys=True)
    with store.read() as connection:
        before = json.loads(read_note(connection, name) or "{}")
    if before.get("body") == body:
        return True
    version = int(before.get("version", 0)) + 1
    try:
        ingest.publish_plan(clip_id, version, walk)
    except NoAnswerError:
        return False
    with store.write() as connection:
        note(store, connection, name, json.dumps({"version": version, "body": body}))
    return True


def _began(history: History, today: datetime.date) -> datetime.date:
    return min([walk.day for walk in history.walks], default=today)
