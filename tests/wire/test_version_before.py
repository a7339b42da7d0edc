"""What the version before wrote is read, opened and shown: messages, outbox, memory, journal and store.

The samples were written by that version on the simulated walker.
"""

import json
import lzma
from pathlib import Path

import pytest

from sternway.config import DashboardSettings
from sternway.conversion import convert, plain
from sternway.dashboard.store.database import open_store
from sternway.dashboard.store.journal import entries, plan_in_force
from sternway.dashboard.store.lookup import events, reports, trace, walk, walks
from sternway.monitor import Monitor
from sternway.notebook import Notebook
from sternway.publish.outbox import Outbox
from sternway.records import RecordKind
from sternway.walk.words import reason_words
from sternway.wire import messages
from sternway.wire.journal import read_entry
from sternway.wire.messages import decode_record, read_body

SAMPLES = Path(__file__).parent / "samples"
SENT = json.loads((SAMPLES / "messages.json").read_text())


def tells_the_same(made, sent):
    """Say whether everything that was sent is told again, whatever is told besides."""
    if isinstance(sent, dict):
        return all(name in made and tells_the_same(made[name], value) for name, value in sent.items())
    if isinstance(sent, list):
        return len(made) == len(sent) and all(map(tells_the_same, made, sent))
    return made == sent


@pytest.mark.parametrize("text", SENT["record"], ids=range(len(SENT["record"])))
def test_a_record_is_read_whole(text):
    record = decode_record(text.encode(), "clip-1").record
    sent = json.loads(text)["body"]
    assert record.body == sent
    assert tells_the_same(plain(read_body(record.kind, record.body)), sent)
    if record.kind is RecordKind.SESSION:
        assert reason_words(read_body(record.kind, record.body)) == sent["reason_words"]


@pytest.mark.parametrize("name", ["state", "event", "ack", "plan", "reply"])
def test_a_message_is_read_as_it_was_meant(name):
    decode = getattr(messages, f"decode_{name}")
    for text in SENT[name]:
        assert tells_the_same(plain(decode(text.encode())), json.loads(text))


@pytest.mark.parametrize("name", sorted(SENT["command"]))
def test_a_command_is_read_as_it_was_meant(name):
    text = SENT["command"][name]
    assert plain(messages.decode_command(name, text.encode()).body) == json.loads(text)["body"]


def test_an_outbox_is_opened_and_sends_what_it_holds(tmp_path):
    (tmp_path / "outbox.db").write_bytes(lzma.decompress((SAMPLES / "outbox.db.xz").read_bytes()))
    outbox = Outbox(tmp_path / "outbox.db", 64_000_000)
    outbox.open()
    assert [parcel.payload.decode() for parcel in outbox.parcels(0, 100)] == SENT["record"]
    outbox.close()


def test_a_memory_file_is_taken_up_in_the_middle_of_the_walk():
    kept = json.loads((SAMPLES / "memory.json").read_text())
    walked = kept["monitor"]["session"]["walk"]
    monitor = Monitor("clip-1", memory=kept["monitor"], now_s=walked["last_s"] + 1.0, same_boot=True)
    again = monitor.memory()["session"]["walk"]
    changed = {"restart_count", "unseen_s", "last_s", "still", "answers"}
    assert tells_the_same(again, {name: value for name, value in walked.items() if name not in changed})


def test_a_journal_is_read_and_the_plan_goes_on(tmp_path):
    for name in ("journal.jsonl", "plan.toml"):
        (tmp_path / name).write_bytes((SAMPLES / name).read_bytes())
    notebook = Notebook(tmp_path)
    lines = [json.loads(line) for line in (SAMPLES / "journal.jsonl").read_text().splitlines()]
    found = notebook.entries()
    assert [entry.entry_id for entry in found] == [line["entry_id"] for line in lines]
    assert notebook.damaged_count == 0
    for entry, line in zip(found, lines, strict=True):
        if line["body"]:
            assert entry.body == read_entry(entry.kind, line["body"])
            assert tells_the_same(plain(entry.body), line["body"])


def test_a_store_is_opened_and_shown(tmp_path):
    (tmp_path / "dashboard.db").write_bytes(lzma.decompress((SAMPLES / "dashboard.db.xz").read_bytes()))
    store = open_store(DashboardSettings(state_dir=str(tmp_path)))
    rows = walks(store, "clip-1")
    assert len(rows) == len(reports(store, "clip-1", 0.0)) == 4
    for row in rows:
        _, report, _ = walk(store, "clip-1", row.id)
        assert (report.dose.backward_s, report.reason) == (row.backward_s, row.reason)
        assert reason_words(report) == report.reason_words
    stumbles = events(store, "clip-1", 0.0, 1e12, ("stumble",))
    assert any(trace(store, "clip-1", event) for event in stumbles)
    assert plan_in_force(store, "clip-1").cap_min == 15.0
    assert {entry.kind.value for entry in entries(store, "clip-1")} >= {"check", "pain", "decision", "screening"}
    store.close()


def test_a_newer_record_is_kept_whole_and_read_as_far_as_it_is_known():
    text = next(text for text in SENT["record"] if '"kind":"session"' in text)
    sent = json.loads(text)
    sent["body"]["moon"] = {"phase": "full"}
    sent["body"]["dose"]["hops"] = 3
    record = decode_record(json.dumps(sent).encode(), "clip-1").record
    assert record.body == sent["body"]
    assert (
        convert(record.body, messages.SessionReport, "session").dose.backward_s == sent["body"]["dose"]["backward_s"]
    )
