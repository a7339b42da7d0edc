import numpy as np
import pytest

from sternway.evaluate.stability_runs import READINGS, Walk, counted_spread_s, other_pace, runs_of
from sternway.evaluate.stability_score import at, cross_validated, figures_of, words_of
from sternway.motion.gait import Direction
from sternway.motion.regularity import GaitStretch
from sternway.motion.straight import DatedStretch


def stretches(spread_s, seed, restless=0.0):
    """Return 100 s of walking; ``restless`` makes the second half less even by so many times."""
    rng = np.random.default_rng(seed)
    out = []
    for row in range(20):
        size_s = spread_s * (1.0 + restless * (row >= 10))
        changes = tuple(rng.normal(0.0, size_s * np.sqrt(2.0), 16).tolist())
        even = -10.0 * size_s
        measured = GaitStretch(0.55, changes, 0.9 + even, 0.9 + even, 2.0, 0.5, 2.5, 0.3)
        out.append(DatedStretch(5.0 * (row + 1), 5.0 * (row + 1) + 0.5, Direction.FORWARD, measured))
    return tuple(out)


def walk(subject, seed, restless=0.0, activity="D01"):
    factors = {(reading, f): stretches(0.01 * f, seed + 100) for reading in READINGS for f in (1.2, 1.4, 1.8, 2.5)}
    return Walk(subject, activity, stretches(0.01, seed, restless), factors)


def test_more_jitter_is_found_more_often_and_each_walk_gives_two_runs():
    walks = [walk(f"P{n}", n) for n in range(6)]
    power = figures_of(runs_of(walks), other_pace(walks))["power"]["as_counted"]
    assert [row["runs"] for row in power.values()] == [12] * 4
    shares = [row["share"] for row in power.values()]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_a_higher_threshold_cues_less():
    walks = [walk(f"P{n}", n) for n in range(3)]
    found = [sum(run.found_after_s is not None for run in runs_of(walks, at(raised))) for raised in (1.0, 2.0, 3.0)]
    assert found[0] > found[1] > found[2]


def test_each_person_is_judged_by_the_threshold_of_the_others():
    walks = [walk(f"P{n}", n) for n in range(3)] + [walk("loud", 9, restless=1.5)]
    told = cross_validated(walks, (1.5, 3.0, 9.0))
    calm = {person: raised for person, raised in told["raised"].items() if person != "loud"}
    assert told["raised"]["loud"] < min(calm.values())
    assert told["false_cues"]["count"] > 0


def test_one_person_alone_has_nobody_to_learn_from():
    assert cross_validated([walk("P1", 1)]) == {}


def test_another_pace_of_the_same_person_is_compared_and_named():
    walks = [walk("P1", 1), walk("P1", 2, activity="D02"), walk("P2", 3)]
    (pace,) = other_pace(walks)
    assert (pace.words, pace.cued) == ("P1 D02", False)


def test_the_table_tells_both_readings_with_the_shipped_and_the_others_threshold():
    walks = [walk(f"P{n}", n) for n in range(3)]
    figures = {"walks": 3, "subjects": 3, **figures_of(runs_of(walks), other_pace(walks))}
    words = words_of({**figures, "cross_validated": cross_validated(walks, (2.0,))})
    assert "as shipped" in words
    assert "that the others ask for" in words
    assert words.count("x2.5") == 4


def test_missed_and_doubled_steps_do_not_count_as_spread():
    assert counted_spread_s([0.0, 0.5, 1.01, 1.51, 2.0, 3.0]) == pytest.approx(0.0074, abs=1e-4)
