import datetime
import json
import logging

import pytest

from sternway.conversion import convert
from sternway.diary import Diary
from sternway.events import Press
from sternway.notebook import Notebook
from sternway.records import Moment, RecordKind
from sternway.wire.journal import EntryKind, JournalBody
from sternway.wire.report import SessionReport

NOON = datetime.datetime(2026, 5, 11, 12, 0, tzinfo=datetime.UTC)


def moment(day_number=0):
    return Moment("clip-1", "b" * 36, 1.0, (NOON + datetime.timedelta(days=day_number)).isoformat(), True)


@pytest.fixture
def journal(tmp_path):
    return tmp_path / "programme" / "journal.jsonl"


@pytest.fixture
def diary(journal):
    return Diary(Notebook(journal.parent))


def line(kind, body, **changes):
    day = (NOON + datetime.timedelta(days=6)).date().isoformat()
    entry = {"entry_id": "0badc0de", "day": day, "kind": kind, "body": body, "written": NOON.isoformat()}
    return json.dumps({**entry, "corrects": None} | changes) + "\n"


UNREADABLE = {
    "a walk without a dose": line(EntryKind.WALK, {"report": {}}),
    "a walk whose dose is a list": line(EntryKind.WALK, {"report": {"dose": [], "events": 3}}),
    "a place on the plan that is none": line(EntryKind.DECISION, {"position": {}, "move": "back", "reasons": []}),
    "an endless place on the plan": line(
        EntryKind.DECISION,
        {"position": {"step": float("inf"), "moved_on": "2026-05-11"}, "move": "back", "reasons": []},
    ),
    "a correction of nothing that can be named": line(EntryKind.NOTE, {"text": "x"}, corrects=[]),
    "no entry": "3\n",
}


@pytest.fixture
def walked(diary, new_walker):
    """A diary after a week of three walks, with little pain on the mornings after."""
    diary.plan_today(moment())
    walker = new_walker()
    walker.started().walk(5.0).press(Press.LONG)
    for number in (0, 2, 4):
        report = convert({**walker.report, "complete": True, "stopped": False}, SessionReport, "report")
        diary.offer(RecordKind.SESSION, report, moment(number))
        pain = JournalBody(kind=EntryKind.PAIN, body={"value": 1, "when": "next_morning"})
        diary.offer(RecordKind.JOURNAL, pain, moment(number + 1))
    diary.chore()
    return diary


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_line_that_cannot_be_read_is_left_out_and_the_plan_goes_on(walked, journal, caplog, name):
    with journal.open("a", encoding="utf-8") as file:
        file.write(UNREADABLE[name])
    with caplog.at_level(logging.ERROR):
        assert walked.plan_today(moment(7)).minutes == 7.0
    assert [record.getMessage() for record in caplog.records] == ["lines of the journal that cannot be read: 1"]


def test_a_sound_journal_is_read_without_a_word(walked, caplog):
    assert walked.plan_today(moment(7)).minutes == 7.0
    assert caplog.records == []
