import json
import shutil
import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sternway.errors import StoreError
from sternway.publish.outbox import Outbox
from sternway.records import Record, RecordKind
from sternway.wire.messages import Ack, UnreadableBodyError, decode_record


@pytest.fixture
def outbox(tmp_path):
    one = Outbox(tmp_path / "outbox.db", 1_000_000)
    one.open()
    yield one
    one.close()


def bodies(outbox):
    arrivals = [decode_record(parcel.payload, "clip-1") for parcel in outbox.parcels(0, 10_000)]
    return [(arrival.record.seq, arrival.record.kind, dict(arrival.record.body)) for arrival in arrivals]


def seqs(outbox):
    return [parcel.seq for parcel in outbox.parcels(0, 10_000)]


def test_records_come_out_oldest_first_with_their_numbers(outbox, journal):
    for number in range(3):
        outbox.put(journal(number))
    assert [(seq, body["body"]["number"]) for seq, _, body in bodies(outbox)] == [(1, 0), (2, 1), (3, 2)]


def test_every_parcel_says_what_is_the_oldest_record_still_held(outbox, journal):
    for number in range(3):
        outbox.put(journal(number))
    outbox.acknowledge(Ack(outbox.store_id, 1))
    assert [decode_record(parcel.payload, "clip-1").oldest_seq for parcel in outbox.parcels(0, 9)] == [2, 2]


def test_an_acknowledgement_lets_go_of_what_it_covers_and_of_nothing_else(outbox, journal):
    for number in range(5):
        outbox.put(journal(number))
    assert outbox.acknowledge(Ack(outbox.store_id, 3)) == 3
    assert seqs(outbox) == [4, 5]


def test_an_acknowledgement_of_another_store_changes_nothing(outbox, journal):
    outbox.put(journal())
    assert outbox.acknowledge(Ack("0" * 32, 1)) == 0
    assert seqs(outbox) == [1]


def test_numbers_count_on_across_restarts_even_when_all_was_acknowledged(outbox, journal, tmp_path):
    outbox.put(journal())
    outbox.acknowledge(Ack(outbox.store_id, 1))
    store_id = outbox.store_id
    outbox.close()
    again = Outbox(tmp_path / "outbox.db", 1_000_000)
    again.open()
    assert again.put(journal()).seq == 2
    assert again.store_id == store_id
    again.close()


def test_an_old_copy_of_the_file_takes_a_new_name_instead_of_reusing_numbers(outbox, journal):
    outbox.put(journal())
    store_id = outbox.store_id
    outbox.acknowledge(Ack(store_id, 40))
    assert outbox.store_id != store_id
    assert seqs(outbox) == [1]


def test_when_full_the_oldest_traces_go_first_and_each_leaves_a_tombstone(tmp_path, journal, trace):
    outbox = Outbox(tmp_path / "outbox.db", 40_000)
    outbox.open()
    outbox.put(journal(0))
    for _ in range(5):
        outbox.put(trace())
    outbox.put(journal(1))
    kept = bodies(outbox)
    assert [seq for seq, _, _ in kept] == [1, 2, 3, 4, 5, 6, 7]
    kinds = [kind for _, kind, _ in kept]
    assert kinds.count(RecordKind.JOURNAL) == 2
    assert kinds[1] is RecordKind.DROPPED
    assert kinds[5] is RecordKind.TRACE
    assert kept[1][2] == {"kind": "trace", "reason": "space"}
    assert outbox.dropped_count == kinds.count(RecordKind.DROPPED)
    outbox.close()


def test_when_there_are_only_events_the_oldest_go_and_the_newest_stay(tmp_path, journal):
    outbox = Outbox(tmp_path / "outbox.db", 20_000)
    outbox.open()
    for number in range(60):
        outbox.put(journal(number, padding="x" * 500))
    numbers = [body["body"]["number"] for _, kind, body in bodies(outbox) if kind is RecordKind.JOURNAL]
    assert numbers == list(range(numbers[0], 60))
    assert outbox.size_bytes <= 20_000
    outbox.close()


def test_tombstones_themselves_are_bounded_and_the_oldest_number_says_so(tmp_path, journal):
    outbox = Outbox(tmp_path / "outbox.db", 20_000)
    outbox.open()
    for number in range(200):
        outbox.put(journal(number, padding="x" * 500))
    kept = seqs(outbox)
    assert kept == list(range(kept[0], 201))
    assert kept[0] > 1
    assert outbox.size_bytes <= 20_000
    outbox.close()


def test_the_file_on_disk_stays_near_its_limit(tmp_path, journal):
    outbox = Outbox(tmp_path / "outbox.db", 100_000)
    outbox.open()
    for number in range(500):
        outbox.put(journal(number, padding="x" * 700))
    outbox.close()
    assert (tmp_path / "outbox.db").stat().st_size < 1.5 * 100_000


def test_a_long_outage_costs_little_memory(tmp_path):
    seen = []

    def connect(*where, **how):
        seen.append(sqlite3.connect(*where, **how))
        return seen[-1]

    outbox = Outbox(tmp_path / "outbox.db", 20_000_000, connect)
    outbox.open()
    (kib,) = seen[-1].execute("PRAGMA cache_size").fetchone()
    outbox.close()
    assert -256 <= kib < 0


def test_a_power_cut_after_any_record_loses_none_of_those_before(tmp_path, journal):
    outbox = Outbox(tmp_path / "outbox.db", 1_000_000)
    outbox.open()
    for number in range(30):
        outbox.put(journal(number))
        cut = tmp_path / f"cut-{number}"
        cut.mkdir()
        for suffix in ("", "-wal"):
            shutil.copy(tmp_path / f"outbox.db{suffix}", cut / f"outbox.db{suffix}")
    outbox.close()
    for number in range(30):
        revived = Outbox(tmp_path / f"cut-{number}" / "outbox.db", 1_000_000)
        revived.open()
        assert len(seqs(revived)) == number + 1
        revived.close()


@settings(max_examples=15, deadline=None)
@given(torn=st.floats(0.0, 1.0))
def test_a_log_torn_at_any_byte_opens_with_the_records_before_the_tear(tmp_path_factory, torn):
    folder = tmp_path_factory.mktemp("torn")
    outbox = Outbox(folder / "outbox.db", 1_000_000)
    outbox.open()
    moment = _moment()
    for number in range(6):
        outbox.put(Record(RecordKind.JOURNAL, {"kind": "note", "body": {"number": number}}, moment))
    (folder / "cut").mkdir()
    shutil.copy(folder / "outbox.db", folder / "cut" / "outbox.db")
    log = (folder / "outbox.db-wal").read_bytes()
    outbox.close()
    (folder / "cut" / "outbox.db-wal").write_bytes(log[: int(torn * len(log))])
    revived = Outbox(folder / "cut" / "outbox.db", 1_000_000)
    revived.open()
    kept = seqs(revived)
    assert kept == list(range(1, len(kept) + 1))
    assert revived.set_aside is None
    revived.close()


def _moment():
    from sternway.records import Moment

    return Moment("clip-1", "d34c8361-1ff3", 1.0, "2026-11-22T09:42:24Z", True)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(b"this is no database, it only has its name" * 40),
        lambda path: path.write_bytes(path.read_bytes()[:5000]),
        lambda path: path.write_bytes(path.read_bytes()[:4096] + b"\xff" * 8192),
    ],
    ids=["not a database", "cut short", "scribbled over"],
)
def test_a_broken_file_is_set_aside_said_aloud_and_begun_anew(tmp_path, journal, caplog, spoil):
    outbox = Outbox(tmp_path / "outbox.db", 1_000_000)
    outbox.open()
    for number in range(50):
        outbox.put(journal(number, padding="x" * 300))
    store_id = outbox.store_id
    outbox.close()
    spoil(tmp_path / "outbox.db")
    again = Outbox(tmp_path / "outbox.db", 1_000_000)
    again.open()
    assert again.store_id != store_id
    assert again.put(journal()).seq == 1
    assert (tmp_path / "outbox.db.broken-0001").exists()
    assert "set aside" in caplog.text
    again.close()


def test_only_a_few_broken_files_are_kept(tmp_path, journal):
    for _ in range(6):
        (tmp_path / "outbox.db").write_bytes(b"no database at all, whatever its name" * 40)
        outbox = Outbox(tmp_path / "outbox.db", 1_000_000)
        outbox.open()
        outbox.close()
    kept = sorted(path.name for path in tmp_path.glob("*.broken-????"))
    assert kept == [f"outbox.db.broken-000{number}" for number in (4, 5, 6)]


class FullDisk(sqlite3.Connection):
    """A connection whose disk is full from the moment it is told so."""

    is_full = False

    def execute(self, sql, *parameters):
        if self.is_full and sql.startswith(("INSERT", "UPDATE", "DELETE")):
            raise sqlite3.OperationalError("database or disk is full")
        return super().execute(sql, *parameters)


def test_a_full_disk_is_said_in_words_and_nothing_is_half_done(tmp_path, journal):
    outbox = Outbox(
        tmp_path / "outbox.db", 1_000_000, lambda path, **more: sqlite3.connect(path, factory=FullDisk, **more)
    )
    outbox.open()
    outbox.put(journal(0))
    outbox._db.is_full = True
    with pytest.raises(StoreError, match=r"full.*free some space"):
        outbox.put(journal(1))
    outbox._db.is_full = False
    outbox.put(journal(2))
    assert [(seq, body["body"]["number"]) for seq, _, body in bodies(outbox)] == [(1, 0), (2, 2)]
    outbox.close()


def test_a_folder_that_cannot_be_written_is_said_in_words(tmp_path):
    (tmp_path / "outbox.db").mkdir()
    with pytest.raises(StoreError, match="cannot be opened"):
        Outbox(tmp_path / "outbox.db", 1_000_000).open()


def test_a_second_process_with_the_same_outbox_is_refused(outbox, tmp_path):
    with pytest.raises(StoreError, match="in use: stop the clip first"):
        Outbox(tmp_path / "outbox.db", 1_000_000).open()


def test_a_record_whose_body_is_not_as_declared_is_sent_all_the_same(outbox, moment, caplog):
    outbox.put(Record(RecordKind.EVENT, {"kind": "hiccup"}, moment))
    (parcel,) = outbox.parcels(0, 9)
    with pytest.raises(UnreadableBodyError) as refusal:
        decode_record(parcel.payload, "clip-1")
    assert refusal.value.arrival.record.body == {"kind": "hiccup"}
    assert "not as declared" in caplog.text


def test_a_record_that_json_cannot_carry_leaves_a_tombstone(outbox, moment, caplog):
    outbox.put(Record(RecordKind.SESSION, {"speed_mps": object()}, moment))
    ((_, kind, body),) = bodies(outbox)
    assert (kind, body) == (RecordKind.DROPPED, {"kind": "session", "reason": "unreadable"})
    assert "tombstone" in caplog.text


def test_a_small_value_is_remembered_across_restarts(outbox, tmp_path):
    outbox.remember("plan", json.dumps({"minutes": 5}))
    outbox.close()
    again = Outbox(tmp_path / "outbox.db", 1_000_000)
    again.open()
    assert again.recall("plan") == '{"minutes": 5}'
    assert again.recall("nothing") is None
    again.close()
