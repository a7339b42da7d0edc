"""What is kept, how long, and that gone is gone."""

import csv
import io
import json
import os
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from sternway.config import BrokerSettings, DashboardSettings
from sternway.conversion import convert
from sternway.dashboard import chores as chores_module
from sternway.dashboard.chores import Chores
from sternway.dashboard.mqtt.ingest import Ingest
from sternway.dashboard.mqtt.live import Live
from sternway.dashboard.programme import settle
from sternway.dashboard.store.database import backups
from sternway.dashboard.store.export import EXPORTS
from sternway.dashboard.store.intake import keep
from sternway.dashboard.store.journal import entries, write
from sternway.dashboard.store.key_value import read_note
from sternway.dashboard.store.lookup import events, label
from sternway.dashboard.store.retention import (
    DAILY_COUNT,
    DAY_S,
    backup_daily,
    delete_everything,
    drop_old_traces,
    forget_clip,
)
from sternway.dashboard.store.schema import RECORDS, TRACES
from sternway.wire.journal import EntryKind
from sternway.wire.trace import Trace, trace_arrays


def trace_count(store: Any) -> int:
    with store.read() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(TRACES)).scalar_one())


def test_old_motion_goes_but_not_where_somebody_said_what_it_was(walked: Any) -> None:
    store = walked.store
    assert trace_count(store) == 2
    first, _ = events(store, "clip-1", 0.0, 1e12, ("stumble",))
    label(store, first.id, "right", "Ada")
    assert drop_old_traces(store, 365) == 0
    walked.clock.now_s += 400 * DAY_S
    assert drop_old_traces(store, 365) == 1
    assert trace_count(store) == 1
    owner = walked.owner()
    kept, gone = events(store, "clip-1", 0.0, 1e12, ("stumble",))
    assert "Acceleration, in g" in owner.get(f"/events/{kept.id}").text
    assert "There is no motion kept" in owner.get(f"/events/{gone.id}").text


def test_a_copy_a_day_is_kept_for_a_week(walked: Any) -> None:
    for _ in range(DAILY_COUNT + 3):
        backup_daily(walked.store)
        backup_daily(walked.store)
        walked.clock.now_s += DAY_S
        for file in backups(walked.store.path):
            before_s = file.stat().st_mtime - DAY_S
            os.utime(file, (before_s, before_s))
    names = [file.name for file in backups(walked.store.path)]
    assert len(names) == DAILY_COUNT
    assert all(name.startswith("daily-") for name in names)


def test_the_chores_decide_the_plan_and_write_it_down_once(walked: Any) -> None:
    settings = DashboardSettings(state_dir=str(walked.store.path.parent))
    chores = Chores(settings, walked.store, Ingest(BrokerSettings(), walked.store, Live()))
    walked.clock.now_s += 20 * DAY_S
    chores.round()
    decisions = entries(walked.store, "clip-1", kinds=(EntryKind.DECISION,))
    assert decisions[-1].body.move == "back"
    assert "days without a walk" in decisions[-1].body.reasons[0]
    chores.round()
    assert len(entries(walked.store, "clip-1", kinds=(EntryKind.DECISION,))) == len(decisions)


def test_a_chore_that_fails_for_one_walker_is_done_for_the_others_and_the_copy_is_made(
    walked: Any, record: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled = []

    def fail_for_one(*what: Any) -> None:
        settled.append(what[-1])
        if what[-1] == "clip-1":
            raise KeyError("posture")

    keep(walked.store, [(record(clip_id="clip-2"), 1)])
    monkeypatch.setattr(chores_module, "settle", fail_for_one)
    settings = DashboardSettings(state_dir=str(walked.store.path.parent))
    Chores(settings, walked.store, Ingest(BrokerSettings(), walked.store, Live())).round()
    assert sorted(settled) == ["clip-1", "clip-2"]
    assert len(backups(walked.store.path)) == 1


@pytest.mark.parametrize("delete", [delete_everything, lambda store: forget_clip(store, "clip-1")])
def test_a_clip_that_was_deleted_and_comes_back_gets_its_plan_again(
    walked: Any, monkeypatch: pytest.MonkeyPatch, delete: Callable[[Any], None]
) -> None:
    published: list[str] = []
    ingest = Ingest(BrokerSettings(), walked.store, Live())
    monkeypatch.setattr(ingest, "publish_plan", lambda clip_id, *_: published.append(clip_id))
    settle(walked.store, ingest, "clip-1")
    delete(walked.store)
    with walked.store.read() as connection:
        assert read_note(connection, "plan:clip-1") is None
    settle(walked.store, ingest, "clip-1")
    assert published == ["clip-1", "clip-1"]


def read_csv(store: Any, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("".join(EXPORTS[name][2](store, "clip-1")))))


def test_every_walk_event_and_entry_comes_out_again(walked: Any) -> None:
    assert len(read_csv(walked.store, "walks.csv")) == 12
    assert {row["kind"] for row in read_csv(walked.store, "events.csv")} == {"stumble", "stability"}
    assert len(read_csv(walked.store, "journal.csv")) == len(entries(walked.store, "clip-1"))


def test_the_whole_store_comes_out_as_lines_of_json_with_its_motion(walked: Any) -> None:
    lines = [json.loads(line) for line in EXPORTS["everything.ndjson"][2](walked.store, "clip-1")]
    with walked.store.read() as connection:
        count = connection.execute(sa.select(sa.func.count()).select_from(RECORDS)).scalar_one()
    assert sum(line["what"] == "record" for line in lines) == count
    motion = next(line for line in lines if line.get("kind") == "trace")
    assert trace_arrays(convert(motion["body"], Trace, "trace"))[0].shape == (500, 3)


def test_no_cell_is_a_formula(walked: Any) -> None:
    day = entries(walked.store, "clip-1")[0].day
    write(walked.store, "clip-1", day, EntryKind.NOTE, {"text": "x"}, written_by="=cmd|' /C calc'!A0")
    assert read_csv(walked.store, "journal.csv")[-1]["written_by"].startswith("'=")


def test_what_is_exported_of_one_walker_holds_nothing_of_another(walked: Any, record: Any) -> None:
    keep(walked.store, [(record(clip_id="clip-2"), 1)])
    assert len("".join(EXPORTS["everything.ndjson"][2](walked.store, "clip-2")).splitlines()) == 1
