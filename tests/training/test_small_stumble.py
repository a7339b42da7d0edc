"""The network for small stumbles learns from bags; it is judged without the person and family it learned from."""

import numpy as np
import pytest

from sternway.detect.error_features import INPUT_COUNT
from sternway.evaluate.perturbation_bench import Probe
from sternway.evaluate.perturbation_families import FAMILIES
from sternway.evaluate.trial import TrialFile
from sternway.training.fit import log_odds_of
from sternway.training.small_card import card, tables
from sternway.training.small_crossval import counts_of, cross_validated, false_alarms
from sternway.training.small_stumble import SmallStumbleTraining, fit_small_stumble, lesson_of
from sternway.training.small_walks import Source, Walk

LOOKS_S = 0.08


def walk(person, families=(), *, teaches=False, name="sisfall", seed=0):
    """Return 80 s of looks; where there is a perturbation one look of its bag is large in a number of its family."""
    rng = np.random.default_rng([seed, *map(ord, person)])
    times_s = np.arange(20.0, 100.0, LOOKS_S)
    inputs = rng.normal(size=(len(times_s), INPUT_COUNT))
    probes = []
    for number, begin_s in enumerate(np.arange(24.0, 95.0, 6.0).tolist() if families else []):
        family = families[number % len(families)]
        row = int(np.searchsorted(times_s, begin_s + 0.5))
        inputs[row, [0, 120 + FAMILIES.index(family)]] += 12.0
        probes.append(Probe(begin_s, family, (0.5, 1.0)[number % 2]))
    source = Source(name, (TrialFile(None, "a", person, "D01"),), tuple(families), teaches=teaches)
    kinds = np.full(len(times_s), "level walking")
    return Walk(source, times_s, inputs.astype(np.float16), tuple(probes), (), {"level walking": 100.0}, kinds)


@pytest.fixture(scope="module")
def walks():
    people = [f"SA0{number}" for number in range(1, 7)]
    teach = [walk(person, FAMILIES, teaches=True, seed=1) for person in people]
    tried = [walk(person, (family,), seed=2) for person in people for family in FAMILIES]
    return [*teach, *tried, *(walk(person, seed=3) for person in people), walk("1", name="ipol", seed=4)]


@pytest.fixture(scope="module")
def heard(walks):
    return cross_validated(walks, 2, 1, lambda _: None)


def test_one_sure_look_in_a_bag_is_enough_and_quiet_walking_stays_quiet(walks):
    lessons = [lesson_of(walk) for walk in walks if walk.source.teaches or not walk.source.families]
    network = fit_small_stumble(lessons, 1, "test", settings=SmallStumbleTraining(epochs=30))
    odds = log_odds_of(network, walks[0].inputs)
    at = [int(np.searchsorted(walks[0].times_s, probe.begin_s + 0.5)) for probe in walks[0].probes]
    assert odds[at].min() > np.percentile(np.delete(odds, at), 99.0)
    assert np.median(odds) < -1.0


def test_looks_right_after_a_perturbation_do_not_teach_quiet(walks):
    lesson = lesson_of(walks[0])
    near = len(walks[0].probes) * 3.0 / LOOKS_S
    assert len(lesson.quiet) == pytest.approx(len(walks[0].times_s) - near, abs=len(walks[0].probes))
    assert all(len(looks) in {14, 15} for looks, _, _ in lesson.heard)


def test_each_walk_is_heard_once_and_each_family_by_networks_without_it(walks, heard):
    assert len(heard) == sum(not walk.source.teaches for walk in walks)
    assert {one.left_out for one in heard if one.walk.probes} == set(FAMILIES)
    assert all(one.walk.source.families == (one.left_out,) for one in heard if one.walk.probes)


def test_what_is_counted_is_what_was_tried_and_heard(heard):
    counts = counts_of(heard, 0.0)
    assert sum(cell[0] for row in counts.values() for cell in row.values()) == sum(len(h.walk.probes) for h in heard)
    assert counts_of(heard, np.inf)["trip"]["1"][2] == 0
    assert counts["trip"]["1"][2] > 0.8 * counts["trip"]["1"][0]


def test_alarms_of_quiet_walking_come_with_their_hours_and_rest_between(heard):
    alarms, hours = false_alarms(heard, -np.inf)
    assert hours == {"level walking": pytest.approx(700.0 / 3600.0)}
    assert alarms["level walking"] == 7 * 27


def test_the_card_says_what_was_left_out_and_what_no_data_shows(walks, heard):
    text = card("small_stumble-test", walks, tables(heard), seed=1, folds=2)
    assert "mean without random pulses" in text
    assert "No real small stumble has ever been tested" in text
    assert "level walking | 0.19 |" in text
