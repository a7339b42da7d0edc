import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sternway.errors import MessageError
from sternway.programme.journal import entry_body, entry_from, in_force, make_entry
from sternway.wire.journal import BODIES, EntryKind

DAY = datetime.date(2026, 5, 4)


def entry(entry_id, /, kind=EntryKind.PAIN, corrects=None, day=DAY, **body):
    said = body or {"value": 3, "when": "after"}
    return make_entry(entry_id, day, kind, said, "2026-05-04T18:00:00+02:00", corrects)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (EntryKind.CHECK, {"place": "hall", "surface": "yes", "footwear": "trainers", "support": "wall"}),
        (EntryKind.CHECK, {}),
        (EntryKind.PAIN, {"value": 0, "when": "next_morning", "place": "between the shoulders", "note": "dull"}),
        (EntryKind.EFFORT, {"value": 10}),
        (EntryKind.SUPPORT, {"value": "rail"}),
        (EntryKind.FOOTWEAR, {"value": "sandals"}),
        (EntryKind.ACTIVITY, {"name": "swimming", "minutes": 30}),
        (EntryKind.NOTE, {"text": "slept badly"}),
        (EntryKind.PAUSE, {"start": "2026-05-01", "end": "2026-05-01", "why": "flare"}),
    ],
)
def test_an_entry_goes_through_plain_data(kind, body):
    written = entry("a", kind, **body) if body else make_entry("a", DAY, kind, {})
    assert entry_from(entry_body(written)) == written


@pytest.mark.parametrize(
    ("kind", "body", "words"),
    [
        (EntryKind.PAIN, {"value": 11, "when": "after"}, "pain.value must be between 0 and 10, not 11"),
        (EntryKind.PAIN, {"value": 3.5, "when": "after"}, "pain.value must be a whole number, not 3.5"),
        (EntryKind.PAIN, {"value": True, "when": "after"}, "pain.value must be a whole number, not True"),
        (EntryKind.PAIN, {"value": 3}, "pain.when is missing"),
        (
            EntryKind.PAIN,
            {"value": 3, "when": "later"},
            "pain.when must be one of before, during, after, next_morning",
        ),
        (
            EntryKind.PAIN,
            {"value": 3, "when": "after", "plaec": "x"},
            r"unknown key pain.plaec; did you mean pain.place\?",
        ),
        (EntryKind.NOTE, {"text": "x" * 2001}, "note.text must be text of at most 2000 characters"),
        (EntryKind.PAUSE, {"start": "2026-05-02", "end": "2026-05-01", "why": "flare"}, "ends .* before it starts"),
        (
            EntryKind.PAUSE,
            {"start": "May", "end": "June", "why": "flare"},
            "pause.start must be a date, such as 2026-05-01, not 'May'",
        ),
    ],
)
def test_an_entry_that_cannot_be_says_what_to_mend(kind, body, words):
    with pytest.raises(MessageError, match=words):
        entry("a", kind, **body)


def test_a_correction_replaces_and_may_be_corrected_and_an_empty_one_withdraws():
    first, second = entry("a"), entry("b", corrects="a", value=4, when="after")
    third, other = entry("c", corrects="b", value=5, when="after"), entry("d")
    withdrawn = make_entry("e", DAY, EntryKind.PAIN, {}, "", "d")
    assert in_force([first]) == [first]
    assert in_force([first, second, third, other]) == [third, other]
    assert in_force([first, second, third, other, withdrawn]) == [third]


def test_entries_are_in_the_order_of_their_days():
    late, early = entry("a"), entry("b", day=DAY - datetime.timedelta(days=3))
    assert in_force([late, early]) == [early, late]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_rubbish_is_refused_not_raised_through(rubbish):
    values = {"entry_id": "a", "day": "2026-05-04", "kind": "pain", "body": rubbish}
    with pytest.raises(MessageError):
        entry_from(values)
    with pytest.raises(MessageError):
        entry_from({"kind": rubbish})


def test_every_kind_of_entry_has_its_fields():
    assert set(BODIES) == set(EntryKind)
