"""A minute of the soak run, so that the long one can be trusted to work."""

import importlib
import shutil
from pathlib import Path

import numpy as np
import pytest

from sternway.events import Event, Kind
from sternway.samples import Block
from sternway.simulate.script import BACKWARD, Stand, Stumble, Turn, Walk

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
OUTING = (
    *(Stand(16.0), Walk(20.0), Turn(), Stand(1.5)),
    *(Walk(15.0, BACKWARD), Stumble(), Walk(10.0, BACKWARD), Stand(3.0)),
)
needs_mosquitto = pytest.mark.skipif(shutil.which("mosquitto") is None, reason="mosquitto is not installed")


@pytest.fixture
def soak(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("soak")


@pytest.fixture
def tally(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("soak_tally").Tally([10.0, 20.0])


def outcome(*events):
    return type("Outcome", (), {"events": list(events), "reports": [], "patterns": []})()


def stumble(time_s):
    return Event(Kind.STUMBLE, time_s, time_s + 0.1, 0.5)


def empty():
    return Block(np.empty(0), np.empty((0, 3)), np.empty((0, 3)), 0.0)


@needs_mosquitto
def test_an_outing_loses_nothing(soak, monkeypatch):
    monkeypatch.setattr(soak, "CYCLE", OUTING)
    figures = soak.soak(hours=0.02, real_time=False, seed=3)
    assert figures["samples"]["made"] > 72.0 * 200 * 0.95
    assert figures["walks"]["begun"] == 1
    assert figures["stumbles"]["heard"] == 1
    assert figures["records"]["stored"] >= 1
    assert soak.verdict(figures) | {"memory flat (less than 1 MB)": True} == dict.fromkeys(
        soak.verdict(figures), True
    )


@needs_mosquitto
def test_a_sample_lost_on_the_way_is_counted(soak, monkeypatch):
    turn = soak.Tally.turn
    dropped = []

    def lossy(tally, block, outcome):
        if len(block) > 1 and tally.sample_count > 2000 and not dropped:
            dropped.append(1)
            block = Block(block.time_s[1:], block.accel_mps2[1:], block.gyro_radps[1:], block.read_at_s)
        turn(tally, block, outcome)

    monkeypatch.setattr(soak.Tally, "turn", lossy)
    figures = soak.soak(hours=0.004, real_time=False, seed=3)
    assert figures["samples"]["lost"] == 1
    assert not soak.verdict(figures)["no sample lost"]


def test_late_turns_are_counted_and_whose_work_made_them_late(tally):
    for took_s, worked_s in [(0.001, 0.001)] * 98 + [(0.05, 0.001), (0.03, 0.03)]:
        tally.time(took_s, worked_s, "quiet")
    timing = tally.timing("quiet")
    assert (timing["turn_count"], timing["late_count"], timing["late_by_own_work_count"]) == (100, 2, 1)
    assert timing["max_ms"] == 50.0
    assert tally.timing("trouble") == {"turn_count": 0}


def test_a_stumble_is_heard_once_and_one_that_never_was_is_surplus(tally):
    tally.turn(empty(), outcome(stumble(10.3), stumble(14.0)))
    assert tally.stumbles(15.0) == (1, 1, 1)
    assert tally.stumbles(30.0) == (2, 1, 1)
