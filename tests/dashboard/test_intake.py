"""Records become rows once, whatever comes twice, late, early or broken; acknowledgements never run ahead."""

import copy
import datetime
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from sternway.config import DashboardSettings
from sternway.conversion import convert, plain
from sternway.dashboard.store.database import Store, open_store
from sternway.dashboard.store.intake import keep
from sternway.dashboard.store.journal import entries
from sternway.dashboard.store.lookup import events, reports, walks
from sternway.dashboard.store.schema import EVENTS, JOURNAL, RECORDS, TRACES, WALKS
from sternway.dashboard.store.trace_codec import unpack
from sternway.demo.weeks import fill
from sternway.events import Event, Kind
from sternway.records import RecordKind
from sternway.walk.report import WalkFacts, report_body
from sternway.walk.stillness import Stillness
from sternway.walk.walk import Reason, Walk
from sternway.wire.messages import Received
from sternway.wire.plan import WalkPlan
from sternway.wire.report import Answers
from sternway.wire.trace import Trace, trace_arrays, trace_body

Make = Callable[..., Received]
STREAM = ("clip-1", "0123456789abcdef0123456789abcdef")


def count(store: Store, table: sa.Table) -> int:
    with store.read() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def true_report() -> dict[str, Any]:
    """Return what the clip itself writes of a walk."""
    walk = Walk(0.0, 60.0, WalkPlan(), Answers(), Stillness(0.0), 0.0)
    return plain(report_body(walk, Reason.DONE, 60.0, WalkFacts()))


def test_a_record_is_stored_once_however_often_it_comes(store: Store, record: Make) -> None:
    for _ in range(3):
        assert keep(store, [(record(1), 1)]) == {STREAM: 1}
    assert count(store, RECORDS) == count(store, EVENTS) == 1


def test_the_acknowledgement_stops_before_a_gap_and_goes_on_when_it_is_filled(store: Store, record: Make) -> None:
    assert keep(store, [(record(1), 1), (record(2), 1), (record(4), 1)]) == {STREAM: 2}
    assert keep(store, [(record(3), 1)]) == {STREAM: 4}


def test_what_the_clip_let_go_is_not_waited_for(store: Store, record: Make) -> None:
    assert keep(store, [(record(501), 501)]) == {STREAM: 501}


def test_a_record_that_overtook_older_ones_does_not_acknowledge_them(store: Store, record: Make) -> None:
    assert keep(store, [(record(507), 501)]) == {STREAM: 500}


def test_two_outboxes_of_one_clip_are_counted_apart(store: Store, record: Make) -> None:
    other = "f" * 32
    assert keep(store, [(record(1), 1), (record(1, store_id=other), 1)]) == {STREAM: 1, ("clip-1", other): 1}
    assert count(store, RECORDS) == 2


@settings(max_examples=15, deadline=None, derandomize=True)
@given(order=st.lists(st.integers(1, 12), min_size=1, max_size=40), size=st.integers(1, 7))
def test_any_order_and_repetition_gives_each_record_once_and_an_honest_acknowledgement(
    tmp_path_factory: Any, record: Make, order: list[int], size: int
) -> None:
    store = open_store(DashboardSettings(state_dir=str(tmp_path_factory.mktemp("store"))))
    covered = {}
    for begin in range(0, len(order), size):
        covered = keep(store, [(record(seq), 1) for seq in order[begin : begin + size]])
    seen = set(order)
    assert count(store, RECORDS) == len(seen)
    assert covered[STREAM] == next(seq for seq in range(1, 14) if seq not in seen) - 1
    store.close()


def test_a_body_that_cannot_be_read_is_kept_whole_and_does_not_block(store: Store, record: Make) -> None:
    broken = [
        record(1, RecordKind.SESSION, {"nothing": "here"}),
        record(2, RecordKind.TRACE, {"accel": "!!"}),
        record(3, RecordKind.JOURNAL, {"kind": "pain", "body": {"value": 99}}),
        record(4, RecordKind.EVENT, {"kind": None, "time_s": "noon"}),
    ]
    assert keep(store, [(one, 1) for one in broken]) == {STREAM: 4}
    assert count(store, RECORDS) == 4
    assert [count(store, table) for table in (WALKS, TRACES, JOURNAL, EVENTS)] == [0, 0, 0, 0]
    with store.read() as connection:
        assert (
            connection.execute(sa.select(RECORDS.c.body).order_by(RECORDS.c.seq)).scalars().first() == broken[0].body
        )


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"event_time_s": "noon"},
        {"rate_hz": 0.0},
        {"sample_count": 7},
        {"sample_count": 0, "accel": "", "gyro": ""},
    ],
)
def test_a_trace_that_cannot_be_drawn_is_kept_whole_and_does_not_block(
    store: Store, record: Make, wrong: dict[str, Any]
) -> None:
    stumble = Event(Kind.STUMBLE, 99.6, 100.0, 0.5)
    whole = plain(trace_body(stumble, 97.1, 100.0, np.full((500, 3), 9.8), np.zeros((500, 3))))
    body = {**whole, **wrong} if wrong else {name: value for name, value in whole.items() if name != "event_time_s"}
    assert keep(store, [(record(1, RecordKind.TRACE, body), 1), (record(2), 1)]) == {STREAM: 2}
    assert count(store, TRACES) == 0
    with store.read() as connection:
        assert connection.execute(sa.select(RECORDS.c.body).where(RECORDS.c.seq == 1)).scalar() == body


def test_what_a_newer_clip_tells_besides_is_no_hindrance(store: Store, record: Make) -> None:
    stumble = Event(Kind.STUMBLE, 99.6, 100.0, 0.5)
    trace = plain(trace_body(stumble, 97.1, 100.0, np.full((500, 3), 9.8), np.zeros((500, 3))))
    keep(store, [(record(1, RecordKind.TRACE, {**trace, "new": 1}), 1)])
    keep(store, [(record(2, RecordKind.SESSION, {**true_report(), "new": 1}), 1)])
    assert (count(store, TRACES), count(store, WALKS)) == (1, 1)


def parts_of(report: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """Give the way to everything a page reads of a report."""
    unread = {"origin", "paused_s", "restart_count", "pains", "asks", "cues", "speed_mps", "walk_test_s"}
    yield from ((name,) for name in report if name not in unread)
    yield from (("dose", name) for name in ("backward_s", "forward_s", "steps_backward"))
    yield from (("events", "count"), ("events", "list"), ("cadence_spm", "backward"), ("steadiness", "level"))
    yield from (("softness", "ratio"), ("posture", "lean_rad"), ("posture", "sway_mps2"))
    yield ("sensor", "haptics_off")


def test_a_report_that_lacks_what_a_page_reads_is_kept_but_is_no_walk(store: Store, record: Make) -> None:
    broken = []
    for way in parts_of(true_report()):
        for missing in (True, False):
            body = copy.deepcopy(true_report())
            at = body[way[0]] if way[1:] else body
            if missing:
                del at[way[-1]]
            else:
                at[way[-1]] = ["odd"]
            broken.append((record(len(broken) + 1, RecordKind.SESSION, body), 1))
    assert keep(store, broken) == {STREAM: len(broken)}
    assert (count(store, RECORDS), count(store, WALKS)) == (len(broken), 0)


@pytest.mark.parametrize(
    ("kind", "odd"),
    [
        (RecordKind.EVENT, {"evidence": ["odd"]}),
        (RecordKind.EVENT, {"evidence": {"peak_g": "odd"}}),
        (RecordKind.EVENT, {"severity": "odd"}),
        (RecordKind.EVENT, {"level": "odd"}),
        (RecordKind.JOURNAL, {"corrects": ["odd"], "entry_id": "b"}),
    ],
)
def test_an_event_or_entry_with_an_odd_part_is_kept_but_not_shown(
    store: Store, record: Make, kind: RecordKind, odd: dict[str, Any]
) -> None:
    entry = {"kind": "note", "body": {"text": "windy"}, "entry_id": "a", "day": "2026-05-06", "written": "2026-05-06"}
    whole = record(1).body if kind is RecordKind.EVENT else entry
    keep(store, [(record(1, kind, {**whole, "new": 1}), 1), (record(2, kind, {**whole, **odd}), 1)])
    assert (count(store, RECORDS), count(store, EVENTS) + count(store, JOURNAL)) == (2, 1)


@pytest.mark.parametrize("phases", [[["backward"]], [["backward", "noon"]], [[7, 7.0]], ["ab"]])
def test_a_phase_without_name_and_time_is_no_phase(store: Store, record: Make, phases: list[Any]) -> None:
    keep(store, [(record(1, RecordKind.SESSION, {**true_report(), "phases": phases}), 1)])
    assert (count(store, RECORDS), count(store, WALKS)) == (1, 0)


def test_records_made_before_the_clock_was_set_move_to_when_they_were(store: Store, record: Make) -> None:
    early = record(1, at_s=0.0, monotonic_s=100.0, synced=False)
    keep(store, [(early, 1)])
    [event] = events(store, "clip-1", -1e9, 1e12)
    assert event.clock == "unset"
    keep(store, [(record(2, at_s=1_000_000.0, monotonic_s=400.0), 1)])
    repaired, later = events(store, "clip-1", -1e9, 1e12)
    assert (repaired.clock, later.clock) == ("repaired", "set")
    assert abs(repaired.at_s - (1_000_000.0 - 300.0 - 0.4)) < 1e-6


@pytest.mark.parametrize("year", ["0001", "9999"])
def test_a_year_that_cannot_be_is_no_time_at_all(store: Store, record: Make, clock: Any, year: str) -> None:
    odd = record(1)
    keep(store, [(replace(odd, moment=replace(odd.moment, wall_time=f"{year}-01-01T00:00:00Z")), 1)])
    [event] = events(store, "clip-1", -1e12, 1e12)
    assert (event.clock, event.at_s) == ("unset", clock.now_s - 0.4)
    origin = {"boot_id": "cccccccc", "monotonic_s": 0.0, "wall_time": f"{year}-01-01T00:00:00Z"}
    keep(store, [(record(2, RecordKind.SESSION, {**true_report(), "origin": origin}), 1)])
    [walk] = walks(store, "clip-1", -1e12)
    assert walk.ended_s == clock.now_s


def test_records_that_come_after_the_clock_was_set_are_repaired_at_once(store: Store, record: Make) -> None:
    keep(store, [(record(2, at_s=1_000_000.0, monotonic_s=400.0), 1)])
    keep(store, [(record(1, at_s=0.0, monotonic_s=100.0, synced=False), 1)])
    assert [event.clock for event in events(store, "clip-1", -1e9, 1e12)] == ["repaired", "set"]


def test_another_boot_is_no_help_with_the_clock(store: Store, record: Make) -> None:
    keep(store, [(record(1, at_s=5.0, synced=False), 1), (record(2, at_s=1e6, boot_id="bbbbbbbb"), 1)])
    assert [event.clock for event in events(store, "clip-1", -1e9, 1e12)] == ["unset", "set"]


def test_an_entry_made_on_the_clip_joins_the_journal(store: Store, record: Make) -> None:
    body = {"kind": "pain", "body": {"value": 4, "when": "during", "place": "left knee"}}
    keep(store, [(record(1, RecordKind.JOURNAL, body), 1)])
    [entry] = entries(store, "clip-1")
    assert (entry.kind.value, entry.body.value, entry.day.isoformat()) == ("pain", 4, "2026-05-06")


def test_an_entry_from_before_the_clock_was_set_moves_to_its_true_day(store: Store, record: Make) -> None:
    body = {"kind": "note", "body": {"text": "windy"}}
    keep(store, [(record(1, RecordKind.JOURNAL, body, at_s=0.0, monotonic_s=10.0, synced=False), 1)])
    keep(store, [(record(2, monotonic_s=20.0), 1)])
    [entry] = entries(store, "clip-1")
    assert entry.day.isoformat() == "2026-05-06"


def test_samples_come_out_as_they_went_in(store: Store, clock: Any) -> None:
    fill(store, "clip-1", clock.now_s)
    with store.read() as connection:
        row = connection.execute(
            sa.select(RECORDS.c.body, TRACES.c.samples).join(TRACES, TRACES.c.record_id == RECORDS.c.id)
        ).first()
    assert row is not None
    accel_mps2, gyro_radps = trace_arrays(convert(unpack(row.body, row.samples), Trace, "trace"))
    assert accel_mps2.shape == gyro_radps.shape == (500, 3)
    assert 5.0 < float(abs(accel_mps2).max()) < 160.0


def test_four_weeks_are_the_same_walks_again_from_the_same_seed(tmp_path: Path, clock: Any) -> None:
    found = []
    for name in ("a", "b"):
        store = open_store(DashboardSettings(state_dir=str(tmp_path / name)), clock)
        fill(store, "clip-1", clock.now_s)
        found.append([(walk.started_s, walk.backward_s, walk.stumble_count) for walk in walks(store, "clip-1")])
        store.close()
    assert found[0] == found[1]
    assert 10 <= len(found[0]) <= 12


def test_the_history_reports_have_the_form_of_the_clip(store: Store, clock: Any) -> None:
    fill(store, "clip-1", clock.now_s, weeks=1)
    _, made_up = reports(store, "clip-1", 0.0)[0]
    made_up = plain(made_up)
    true = true_report()
    assert set(made_up) == set(true)
    for name in ("dose", "steadiness", "softness", "posture", "cadence_spm", "events"):
        assert set(made_up[name]) == set(true[name]), name


def test_a_walk_cut_short_by_a_restart_is_placed_by_the_boot_it_began_in(
    store: Store, clock: Any, record: Make
) -> None:
    fill(store, "clip-1", clock.now_s, weeks=1)
    _, body = reports(store, "clip-1", 0.0)[0]
    began = {"boot_id": "cccccccc", "monotonic_s": 100.0, "wall_time": "2026-05-06T09:00:00Z"}
    told_later = {**plain(body), "origin": began, "started_s": 160.0, "ended_s": 760.0}
    keep(store, [(record(1, RecordKind.SESSION, told_later, monotonic_s=20.0), 1)])
    newest = walks(store, "clip-1")[0]
    assert newest.started_s == datetime.datetime(2026, 5, 6, 9, 1, tzinfo=datetime.UTC).timestamp()


def test_many_records_in_random_batches_are_all_there(store: Store, record: Make) -> None:
    chance = random.Random(1)
    waiting = list(range(1, 201)) * 2
    chance.shuffle(waiting)
    while waiting:
        batch, waiting = waiting[:37], waiting[37:]
        covered = keep(store, [(record(seq), 1) for seq in batch])
    assert covered == {STREAM: 200}
