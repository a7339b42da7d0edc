"""The comparison of a loop in trouble with a quiet one, on made-up turns and on one short slice of a real trouble."""

import importlib
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest


@pytest.fixture
def faults(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
    module = importlib.import_module("network_faults")
    monkeypatch.setattr(module, "DRAW_COUNT", 200)
    return module


def stealing(seconds):
    """Return a clock of stolen time that reads one after the other: before and after each try."""
    readings = iter(seconds)
    return lambda: SimpleNamespace(steal=next(readings))


def turns(seed, scale=1.0):
    return scale * np.random.default_rng(seed).gamma(4.0, 1e-4, (8, 600))


def test_what_delays_nothing_is_within_the_bound(faults):
    row = faults.compare(turns(1), turns(2))
    assert row["low"] < 1.0 < row["high"]
    assert faults.judge(row) in ("yes", "yes, sure")


def test_a_fifth_more_is_surely_beyond_the_bound(faults):
    row = faults.compare(turns(1, 1.25), turns(2))
    assert row["ratio"] == pytest.approx(1.25, rel=0.05)
    assert faults.judge(row) == "NO, sure"


def test_two_rounds_are_never_sure(faults):
    assert faults.judge(faults.compare(turns(1, 2.0)[:2], turns(2)[:2])) == "NO"


def test_a_slice_of_trouble_times_every_turn(faults, monkeypatch):
    monkeypatch.setattr(faults, "WARM_UP_S", 0.05)
    monkeypatch.setattr(faults, "TURN_COUNT", 20)
    for kind in ("flapping", "full disk"):
        taken = faults.slice_of(kind, faults.Loop())
        assert taken.shape == (20, 3)
        assert (taken[:, 0] > 0.0).all()


def test_a_slice_from_which_the_host_took_time_is_done_again_and_the_best_one_counts(faults, monkeypatch):
    monkeypatch.setattr(faults.psutil, "cpu_times", stealing([0.0, 0.5, 0.5, 0.54, 1.0, 1.01]))
    slices = iter("abc")
    monkeypatch.setattr(faults, "slice_of", lambda kind, loop: next(slices))
    assert faults.undisturbed("nothing", None) == "c"
    assert next(slices, None) is None


def test_a_host_that_always_takes_time_is_not_waited_for(faults, monkeypatch):
    monkeypatch.setattr(faults.psutil, "cpu_times", stealing([0.0, 0.3, 0.3, 0.4, 0.4, 0.9, 1.0, 1.5]))
    slices = iter("abcd")
    monkeypatch.setattr(faults, "slice_of", lambda kind, loop: next(slices))
    assert faults.undisturbed("nothing", None) == "b"


def test_all_slices_of_a_round_begin_at_one_place_of_the_walk(faults, monkeypatch):
    begun = []

    def walked(kind, loop):
        begun.append(loop._turn)
        loop.advance(5)
        return np.ones((4, 3))

    monkeypatch.setattr(faults, "slice_of", walked)
    monkeypatch.setattr(faults, "TURN_COUNT", 20)
    monkeypatch.setattr(faults.psutil, "cpu_times", lambda: SimpleNamespace(steal=0.0))
    faults.measure(["flapping", "garbage"], 0.0)
    assert begun == [20] * 5 + [40] * 5


def test_a_trouble_is_compared_with_the_quiet_before_and_after_it(faults, monkeypatch):
    sizes = iter(range(1, 20))
    monkeypatch.setattr(faults, "undisturbed", lambda kind, loop: np.full((4, 3), float(next(sizes))))
    monkeypatch.setattr(faults, "TURN_COUNT", 2)
    found = faults.measure(["flapping", "garbage"], 0.0)
    assert [float(turns[0, 0]) for turns in found["flapping"][0]] == [2.0, 7.0]
    assert [sorted(set(turns[:, 0])) for turns in found["flapping"][1]] == [[1.0, 3.0], [6.0, 8.0]]
    assert [sorted(set(turns[:, 0])) for turns in found["garbage"][1]] == [[3.0, 5.0], [8.0, 10.0]]
