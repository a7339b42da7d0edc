"""What the store holds becomes what the programme says, whenever it is asked."""

import datetime
import re
from typing import Any

import pytest

from sternway.dashboard.programme import programme_of, settle
from sternway.dashboard.store.intake import keep, meet
from sternway.dashboard.store.journal import entries, write
from sternway.programme.plan import Plan
from sternway.programme.rules import Move
from sternway.simulate.walk_records import MadeUpClip
from sternway.wire.journal import EntryKind

MONDAY = datetime.date(2026, 5, 4)


def day(number: int) -> datetime.date:
    return MONDAY + datetime.timedelta(days=number)


def at_s(number: int, hour: int) -> float:
    return datetime.datetime.combine(day(number), datetime.time(hour)).timestamp()


class Life:
    """A walker whose walks, words and moves of the plan are stored day by day."""

    def __init__(self, house: Any) -> None:
        self.house = house
        self._clip = MadeUpClip("clip-1", 1)

    def walk(self, number: int, stumbles: int = 0) -> None:
        keep(self.house.store, list(self._clip.walk(at_s(number, 10), Plan().walk(0, ""), 0.03, stumbles)))

    def say(self, number: int, kind: EntryKind, **body: Any) -> None:
        write(self.house.store, "clip-1", day(number), kind, body, written_by="walker")

    def settle(self, number: int, hour: int) -> None:
        self.house.clock.now_s = at_s(number, hour)
        settle(self.house.store, self.house.ingest, "clip-1")

    def stand_on(self, step: int, number: int) -> None:
        position = {"step": step, "moved_on": day(number).isoformat()}
        self.say(number, EntryKind.DECISION, position=position, move="progress", reasons=["so far"])

    def programme(self, number: int) -> Any:
        return programme_of(self.house.store, "clip-1", day(number))


@pytest.fixture
def life(house: Any) -> Life:
    return Life(house)


def test_one_trouble_steps_back_once_however_often_it_is_settled(life: Life) -> None:
    life.stand_on(4, -10)
    life.walk(-2)
    life.walk(0, stumbles=2)
    for number in range(3):
        for hour in (11, 15):
            life.settle(number, hour)
    decisions = entries(life.house.store, "clip-1", kinds=(EntryKind.DECISION,))
    assert [entry.body.position.step for entry in decisions] == [4, 3]


@pytest.mark.parametrize(
    ("kind", "said"),
    [(EntryKind.CHECK, {"pain_before": 0}), (EntryKind.PAIN, {"value": 0, "when": "before"})],
)
def test_pain_that_rose_since_before_the_walk_holds_the_plan_wherever_before_was_said(
    life: Life, kind: EntryKind, said: dict[str, Any]
) -> None:
    for number in (0, 2, 4):
        life.walk(number)
        life.say(number, kind, **said)
        life.say(number + 1, EntryKind.PAIN, value=2, when="next_morning")
    decision = life.programme(8).decision
    assert decision.reasons == ("The next morning hurt too much after both of the last two walks.",)


def test_a_pause_holds_however_long_ago_it_was_written(life: Life) -> None:
    life.say(0, EntryKind.PAUSE, start=day(126).isoformat(), end=day(139).isoformat(), why="holiday")
    assert [life.programme(number).decision.move for number in (125, 126, 139, 140)] == [
        Move.HOLD,
        Move.PAUSE,
        Move.PAUSE,
        Move.HOLD,
    ]


def test_a_pause_is_taken_back_on_any_later_day(life: Life) -> None:
    life.walk(0)
    life.say(1, EntryKind.PAUSE, start=day(1).isoformat(), end=day(364).isoformat(), why="holiday")
    life.house.clock.now_s = at_s(130, 9)
    owner = life.house.owner()
    form = re.search(r'action="(/today/withdraw/\w+)"', owner.get("/programme").text)
    assert form is not None
    assert life.programme(130).decision.move is Move.PAUSE
    assert owner.post(form.group(1), page="/programme").url.path == "/programme"
    assert life.programme(130).decision.move is not Move.PAUSE
    assert "/today/withdraw/" not in owner.get("/programme").text


def test_a_plan_without_its_finished_steps_goes_on_at_the_same_minutes(life: Life) -> None:
    life.stand_on(3, -2)
    life.house.clock.now_s = at_s(0, 9)
    with life.house.store.write() as connection:
        meet(life.house.store, connection, "clip-1")
    owner = life.house.owner()
    assert "12 minutes backward" in owner.get("/programme").text
    owner.post("/programme/plan", stretches_1="5", stretch_min_1="2", stretches_2="4", stretch_min_2="3")
    assert life.programme(1).decision.walk.minutes == 12.0
    assert "The plan was changed on 4 May. Stay at 12 minutes." in owner.get("/programme").text
