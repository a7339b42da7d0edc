"""Weeks of plausible walks by a made-up walker, for demos, screenshots and tests."""

import dataclasses
import datetime
from collections.abc import Mapping
from typing import Any

import numpy as np

from sternway.conversion import convert
from sternway.dashboard.store.database import Store
from sternway.dashboard.store.intake import keep
from sternway.dashboard.store.journal import write
from sternway.programme.history import History, Pain, WalkDone, walk_done
from sternway.programme.plan import Plan
from sternway.programme.progression import Decision, Position, decide
from sternway.programme.screening import QUESTIONS
from sternway.simulate.walk_records import MadeUpClip
from sternway.wire.journal import EntryBody, EntryKind
from sternway.wire.messages import Arrival
from sternway.wire.plan import WalkPlan
from sternway.wire.report import SessionReport

WALK_DAYS = (0, 2, 4)
"""Three walks a week, with a day of rest between."""
STUMBLE_DAYS = (9, 18)
BATCH_COUNT = 300


def fill(store: Store, clip_id: str, now_s: float, weeks: int = 4, seed: int = 1) -> None:
    """Store ``weeks`` of walks, journal and decisions that end the day before ``now_s`` (Unix seconds)."""
    life = _Life(store, clip_id, now_s, weeks, seed)
    arrivals = [arrival for number in range(7 * weeks) for arrival in life.live_day(number)]
    for begin in range(0, len(arrivals), BATCH_COUNT):
        keep(store, arrivals[begin : begin + BATCH_COUNT])


class _Life:
    """The walker's weeks: walks as the plan decides, knees that get better with a bad spell, other exercise."""

    def __init__(self, store: Store, clip_id: str, now_s: float, weeks: int, seed: int) -> None:
        self._store = store
        self._clip_id = clip_id
        self._day_count = 7 * weeks
        home = datetime.datetime.fromtimestamp(now_s).astimezone()
        self._first = home.replace(hour=10, minute=0, second=0, microsecond=0) - datetime.timedelta(days=7 * weeks)
        self._rng = np.random.default_rng(seed + 1)
        self._clip = MadeUpClip(clip_id, seed)
        self._plan = Plan()
        self._position = Position(0, self._first.date())
        self._walks: list[WalkDone] = []
        self._pains: list[Pain] = []
        answers = {question.name: True for question in QUESTIONS}
        self._write(self._first, EntryKind.SCREENING, {"answers": answers, "passed": True, "override": False})

    def live_day(self, number: int) -> list[Arrival]:
        """Live one day and return what the clip recorded."""
        day = self._first + datetime.timedelta(days=number)
        progress = number / self._day_count
        self._morning(day, progress, number)
        decision = self._decide(day.date())
        if decision.walk is None or number % 7 not in WALK_DAYS:
            self._rest(day, number)
            return []
        return self._walk(day, decision.walk, progress, number)

    def _decide(self, today: datetime.date) -> Decision:
        past = History(tuple(self._walks), tuple(self._pains))
        decision = decide(self._plan, self._position, past, today)
        if decision.position != self._position:
            self._position = decision.position
            self._write(datetime.datetime.combine(today, datetime.time()), EntryKind.DECISION, decision.entry)
        return decision

    def _morning(self, day: datetime.datetime, progress: float, number: int) -> None:
        if (number - 1) % 7 in WALK_DAYS and number > 0:
            self._hurts(day, self._pain(progress, number) - 1.0, "next_morning")

    def _walk(self, day: datetime.datetime, plan: WalkPlan, progress: float, number: int) -> list[Arrival]:
        start = day + datetime.timedelta(minutes=float(self._rng.uniform(-90, 200)))
        hurts = self._pain(progress, number)
        before = _score(hurts)
        check = {"place": "hall", "surface": "yes", "footwear": "trainers", "support": plan.support}
        self._write(day, EntryKind.CHECK, {**check, "pain_before": before})
        stumbles = int(number % 28 in STUMBLE_DAYS)
        arrivals = list(self._clip.walk(start.timestamp(), plan, max(0.03, 0.13 - 0.13 * progress), stumbles))
        report = convert(arrivals[-1].record.body, SessionReport, "session")
        self._walks.append(dataclasses.replace(walk_done(report, day.date()), pain_before=before))
        self._hurts(day, hurts - 0.4, "after")
        self._write(day, EntryKind.EFFORT, {"value": _score(3.5 + self._rng.normal(0.0, 0.8))})
        return arrivals

    def _rest(self, day: datetime.datetime, number: int) -> None:
        activities = {1: ("swimming", 30.0), 5: ("cycling", 40.0)}
        if number % 7 in activities and self._rng.random() < 0.8:
            name, minutes = activities[number % 7]
            self._write(
                day, EntryKind.ACTIVITY, {"name": name, "minutes": float(minutes + 5.0 * self._rng.integers(-2, 3))}
            )

    def _pain(self, progress: float, number: int) -> float:
        spell = 1.2 if 15 <= number % 28 <= 17 else 0.0
        return float(4.2 - 2.6 * progress + spell + self._rng.normal(0.0, 0.4))

    def _hurts(self, day: datetime.datetime, value: float, when: str) -> None:
        pain = Pain(day.date(), _score(value), when, "right knee")
        self._pains.append(pain)
        self._write(day, EntryKind.PAIN, {"value": pain.value, "when": when, "place": pain.place})

    def _write(self, day: datetime.datetime, kind: EntryKind, body: EntryBody | Mapping[str, Any]) -> None:
        write(self._store, self._clip_id, day.date(), kind, body, written_by="walker")


def _score(value: float) -> int:
    return int(np.clip(round(value), 0, 10))
