"""A few seconds of the soak run, so that the long one can be trusted to work."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from sternway.samples import Block


@pytest.fixture(scope="module")
def soak():
    spec = importlib.util.spec_from_file_location("soak", Path(__file__).parents[2] / "benchmarks" / "soak.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_some_seconds_of_wear_lose_no_sample(soak):
    figures = soak.soak(hours=0.004, real_time=False, seed=3)
    assert figures["lost_sample_count"] == 0
    assert figures["gap_count"] == 0
    assert figures["sample_count"] > 14.4 * 200 * 0.95


def test_a_sample_lost_on_the_way_is_counted(soak, monkeypatch):
    turn = soak.Tally.turn
    dropped = []

    def lossy(tally, block, outcome, took_s, name):
        if len(block) > 1 and tally.sample_count > 2000 and not dropped:
            dropped.append(1)
            block = Block(block.time_s[1:], block.accel_mps2[1:], block.gyro_radps[1:], block.read_at_s)
        turn(tally, block, outcome, took_s, name)

    monkeypatch.setattr(soak.Tally, "turn", lossy)
    assert soak.soak(hours=0.004, real_time=False, seed=3)["lost_sample_count"] == 1


def test_late_turns_are_counted(soak):
    tally = soak.Tally()
    empty = Block(np.empty(0), np.empty((0, 3)), np.empty((0, 3)), 0.0)
    outcome = type("Nothing", (), {"events": [], "reports": [], "patterns": []})()
    for took_s in [0.001] * 99 + [0.05]:
        tally.turn(empty, outcome, took_s, "quiet")
    timing = tally.timing("quiet")
    assert (timing["turn_count"], timing["late_count"], timing["max_ms"]) == (100, 1, 50.0)
    assert tally.timing("trouble") == {"turn_count": 0}
