import datetime

import pytest

from sternway.errors import MessageError, PlanError, StoreError
from sternway.events import Press
from sternway.notebook import Notebook
from sternway.programme.plan import Plan
from sternway.programme.rules import Move
from sternway.wire.journal import EntryKind

DAY = datetime.date(2026, 5, 4)
WRITTEN = "2026-05-04T18:00:00+02:00"


@pytest.fixture
def notebook(tmp_path):
    return Notebook(tmp_path / "programme")


def pain(notebook, value, day=DAY, corrects=None):
    return notebook.add(EntryKind.PAIN, {"value": value, "when": "next_morning"}, day, WRITTEN, corrects)


def test_an_empty_notebook_is_the_first_week(notebook):
    assert (notebook.entries(), notebook.plan(), notebook.position(DAY).step) == ([], Plan(), 0)


def test_entries_are_appended_and_never_edited_in_place(notebook, tmp_path):
    first = pain(notebook, 3)
    before = (tmp_path / "programme/journal.jsonl").read_bytes()
    corrected = pain(notebook, 4, corrects=first.entry_id)
    assert (tmp_path / "programme/journal.jsonl").read_bytes().startswith(before)
    assert notebook.entries() == [first, corrected]
    assert notebook.in_force() == [corrected]


def test_a_line_torn_by_a_power_cut_costs_only_itself(notebook, tmp_path):
    first, _ = pain(notebook, 1), pain(notebook, 2)
    path = tmp_path / "programme/journal.jsonl"
    path.write_bytes(path.read_bytes()[:-20])
    third = pain(notebook, 3)
    assert notebook.entries() == [first, third]
    assert notebook.damaged_count == 1


def test_a_cut_at_every_byte_keeps_every_whole_line(notebook, tmp_path):
    entries = [pain(notebook, value) for value in range(3)]
    path = tmp_path / "programme/journal.jsonl"
    whole = path.read_bytes()
    for size in range(len(whole) + 1):
        path.write_bytes(whole[:size])
        lines = whole[:size].count(b"\n")
        assert notebook.entries()[:lines] == entries[:lines]


def test_a_correction_must_name_one_entry_of_its_kind(notebook):
    entry = pain(notebook, 3)
    with pytest.raises(MessageError, match="no entries begin with 'zz'"):
        pain(notebook, 4, corrects="zz")
    with pytest.raises(MessageError, match="is about pain, not note"):
        notebook.add(EntryKind.NOTE, {"text": "x"}, DAY, WRITTEN, entry.entry_id)


def test_a_wrong_plan_leaves_the_old_one_in_use(notebook, tmp_path):
    notebook.keep_plan("cap_min = 25")
    with pytest.raises(PlanError, match="did you mean cap_min"):
        notebook.keep_plan("cap_mni = 25")
    assert notebook.plan().cap_min == 25.0
    (tmp_path / "programme/plan.toml").write_text("cap_min = 'x'")
    with pytest.raises(PlanError, match=r"plan.toml: cap_min must be a number"):
        notebook.plan()


def test_a_disk_that_cannot_be_written_says_so(tmp_path):
    (tmp_path / "programme").write_text("a file, not a folder")
    with pytest.raises(StoreError, match="cannot be"):
        pain(Notebook(tmp_path / "programme"), 3)


def test_walks_and_pain_in_the_journal_move_the_plan_and_the_move_is_written_down(notebook, new_walker):
    walker = new_walker()
    walker.started().walk(5.0).press(Press.LONG)
    report = {**walker.report, "complete": True, "stopped": False}
    notebook.decide(DAY, WRITTEN)
    for number in (0, 2, 4):
        day = DAY + datetime.timedelta(days=number)
        notebook.add_walk(report, day, WRITTEN)
        pain(notebook, 1, day + datetime.timedelta(days=1))
    decision = notebook.decide(DAY + datetime.timedelta(days=7), WRITTEN)
    assert (decision.move, decision.walk.minutes) == (Move.PROGRESS, 7.0)
    assert notebook.position(DAY).step == 1
    assert [e.body.move for e in notebook.entries() if e.kind is EntryKind.DECISION] == ["hold", "progress"]


@pytest.mark.parametrize(
    ("kind", "said"),
    [(EntryKind.CHECK, {"pain_before": 0}), (EntryKind.PAIN, {"value": 0, "when": "before"})],
)
def test_pain_before_a_walk_counts_as_written_in_the_journal(notebook, new_walker, kind, said):
    walker = new_walker()
    walker.started().walk(5.0).press(Press.LONG)
    notebook.decide(DAY, WRITTEN)
    for number in (0, 2):
        day = DAY + datetime.timedelta(days=number)
        notebook.add(kind, said, day, WRITTEN)
        notebook.add_walk({**walker.report, "stopped": False}, day, WRITTEN)
        pain(notebook, 2, day + datetime.timedelta(days=1))
    decision = notebook.decide(DAY + datetime.timedelta(days=3))
    assert decision.reasons == ("The next morning hurt too much after both of the last two walks.",)
