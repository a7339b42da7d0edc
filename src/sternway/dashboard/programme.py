"""The walking programme at home: what the store holds, given to the pure functions that decide."""

import dataclasses
import datetime
import json
from dataclasses import dataclass

from sternway.dashboard.ingest import Ingest, NoAnswerError
from sternway.dashboard.lookup import reports
from sternway.dashboard.notebook import entries, plan_in_force, write
from sternway.dashboard.notes import note, read_note
from sternway.dashboard.store import Store
from sternway.publish import messages
from sternway.session.history import History, history_of, walk_done
from sternway.session.journal import Entry, EntryKind, in_force
from sternway.session.plan import Plan
from sternway.session.progression import Decision, Position, decide, position_from

DECIDING_DAYS = 120
"""How far back a decision looks: the rules ask for two walks and for absences of some weeks."""


@dataclass(frozen=True, slots=True)
class Programme:
    """What a walker's programme says today, and what it rests on."""

    plan: Plan
    position: Position
    decision: Decision
    history: History
    entries: tuple[Entry, ...]

    @property
    def screened(self) -> Entry | None:
        """Return the answers to the first-run questions, the newest ones."""
        found = [entry for entry in self.entries if entry.kind is EntryKind.SCREENING]
        return found[-1] if found else None


def programme_of(store: Store, clip_id: str, today: datetime.date) -> Programme:
    """Return the programme of one walker as it stands; nothing is written."""
    since = today - datetime.timedelta(days=DECIDING_DAYS)
    kept = in_force(entries(store, clip_id, since))
    lasting = in_force(entries(store, clip_id, kinds=(EntryKind.DECISION, EntryKind.SCREENING)))
    history = history_since(store, clip_id, since, kept)
    plan = plan_in_force(store, clip_id)
    decisions = [entry for entry in lasting if entry.kind is EntryKind.DECISION]
    position = position_from(decisions[-1].body["position"]) if decisions else Position(0, _began(history, today))
    screenings = [entry for entry in lasting if entry.kind is EntryKind.SCREENING and entry.day < since]
    decision = decide(plan, position, history, today)
    return Programme(plan, position, decision, history, (*screenings, *kept))


def history_since(store: Store, clip_id: str, since: datetime.date, kept: list[Entry]) -> History:
    """Return walks, pains and pauses from ``since`` on; ``kept`` are the journal entries in force of that time."""
    midnight_s = datetime.datetime.combine(since, datetime.time()).astimezone().timestamp()
    pain_before = {
        entry.day: entry.body["pain_before"]
        for entry in kept
        if entry.kind is EntryKind.CHECK and entry.body.get("pain_before") is not None
    }
    walks, tests = [], []
    for started_s, report in reports(store, clip_id, midnight_s):
        day = home_day(started_s)
        walk = walk_done(report, day)
        if walk.pain_before is None and day in pain_before:
            walk = dataclasses.replace(walk, pain_before=pain_before[day])
        walks.append(walk)
        if report["plan"].get("walk_test"):
            tests.append(day)
    said = history_of(entry for entry in kept if entry.kind is not EntryKind.WALK)
    return History(tuple(walks), said.pains, said.pauses, tuple(tests))


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
        body = {"position": decision.position.body(), "move": decision.move.value, "reasons": list(decision.reasons)}
        write(store, clip_id, today, EntryKind.DECISION, body, written_by="plan")
    if decision.walk is None:
        return True
    return _publish(store, ingest, clip_id, json.dumps(decision.walk.body(), sort_keys=True))


def _publish(store: Store, ingest: Ingest, clip_id: str, body: str) -> bool:
    """Publish a plan that differs from the last one the broker took."""
    name = f"plan:{clip_id}"
    with store.read() as connection:
        before = json.loads(read_note(connection, name) or "{}")
    if before.get("body") == body:
        return True
    version = int(before.get("version", 0)) + 1
    try:
        ingest.publish_plan(clip_id, messages.Plan(version, json.loads(body)))
    except NoAnswerError:
        return False
    with store.write() as connection:
        note(store, connection, name, json.dumps({"version": version, "body": body}))
    return True


def _began(history: History, today: datetime.date) -> datetime.date:
    return min([walk.day for walk in history.walks], default=today)
