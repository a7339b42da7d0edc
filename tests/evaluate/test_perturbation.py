"""Perturbations have the size they claim, spread over families, sizes and parts of a walk, and count once."""

from collections import Counter
from types import MappingProxyType

import numpy as np
import pytest

from sternway.evaluate import perturbation_score
from sternway.evaluate.perturbation import SHAPE_HZ, Shape, perturbed, reverse
from sternway.evaluate.perturbation_bench import PARTS, SIZES_G, Probe, gait_of, joined, plan_of, with_probes
from sternway.evaluate.perturbation_families import FAMILIES, SCALED, cut_from, drawn
from sternway.evaluate.perturbation_score import CHANNELS, kinds_of
from sternway.evaluate.perturbation_table import Heard, Quiet, figures_of, mean_share, words_of
from sternway.evaluate.trial import Activity, Segment, Trial
from sternway.samples import GRAVITY_MPS2

RATE_HZ = 100.0
STEP_HZ = 1.8
WALK = Activity("D01", "walking", is_walking=True)


def walk(seconds=60.0, still_s=(0.0, 0.0), name="a", activity=WALK):
    """Return a person who stands, bobs up and down with their steps, and stands."""
    time_s = np.arange(0.0, seconds, 1.0 / RATE_HZ)
    moving = (time_s >= still_s[0]) & (time_s < seconds - still_s[1])
    phase = 2.0 * np.pi * STEP_HZ * time_s
    bob = (2.5 * np.sin(phase) + np.sin(2.0 * phase + 1.0)) * moving
    sway = np.sin(0.5 * phase) * moving
    accel = np.stack((0.3 * bob, sway, GRAVITY_MPS2 + bob), axis=1)
    gyro = np.stack((0.2 * np.cos(0.5 * phase) * moving, 0.0 * sway, 0.3 * sway), axis=1)
    return Trial(name, "P1", activity, RATE_HZ, time_s, accel, gyro, np.ones(len(time_s), dtype=np.bool_))


@pytest.fixture(scope="module")
def cut():
    shape = cut_from(stumble())
    assert shape is not None
    return (shape,)


def stumble():
    trial = walk(12.0)
    since_s = trial.time_s - 6.0
    trial.accel_mps2[:, 1] += 20.0 * np.exp(-((since_s - 0.3) ** 2) / 0.01)
    return Trial(
        **{name: getattr(trial, name) for name in trial.__dataclass_fields__ if name != "alert_s"}, alert_s=(6.0, 7.0)
    )


def horizontal_g(trial, plain):
    """Return the largest horizontal acceleration that was added, as a mean over 50 ms."""
    added = (trial.accel_mps2 - plain.accel_mps2)[:, :2] / GRAVITY_MPS2
    smooth = [np.convolve(column, np.full(5, 0.2), "same") for column in added.T]
    return float(np.hypot(*smooth).max())


@pytest.mark.parametrize("family", FAMILIES)
def test_a_perturbation_has_the_size_it_claims(family, cut):
    random, plain = np.random.default_rng(1), walk()
    for _ in range(5):
        shape = drawn(family, random, cut)
        small, large = (horizontal_g(perturbed(plain, 20.0, shape.sized(g), 0.3), plain) for g in (0.2, 0.4))
        assert large == pytest.approx(2.0 * small, rel=0.25)  # tipping turns gravity, too
        flat = Shape(shape.push_g, 0.0 * shape.tip_rad, shape.turn_radps)
        assert horizontal_g(perturbed(plain, 20.0, flat.sized(0.4), 0.3), plain) == pytest.approx(0.4, rel=0.1)


def test_nothing_changes_before_and_long_after_a_perturbation(cut):
    plain, probe = walk(), Probe(20.0, "trip", 1.0)
    changed = with_probes(plain, [probe], cut)
    outside = (plain.time_s < 20.0) | (plain.time_s > 22.0)
    assert np.array_equal(changed.accel_mps2[outside], plain.accel_mps2[outside])
    assert not np.array_equal(changed.accel_mps2, plain.accel_mps2)


def test_what_is_cut_from_a_real_stumble_is_the_stumble_without_the_walk(cut):
    push = cut[0].sized(1.0).push_g
    at_s = int(np.abs(push[:, :2]).max(axis=1).argmax()) / SHAPE_HZ
    assert at_s == pytest.approx(0.4, abs=0.05)
    assert np.abs(push[-40:]).max() < 0.05
    assert cut_from(walk(12.0)) is None


def test_every_family_is_tried_at_every_size_and_no_two_walks_have_the_same_plan():
    gait = gait_of(walk(100.0))
    plans = [plan_of(walk(100.0, name=name), gait) for name in map(str, range(60))]
    tried = Counter((probe.family, probe.size_g) for plan in plans for probe in plan)
    assert set(tried) == {(family, size_g) for family in FAMILIES for size_g in SIZES_G}
    assert max(tried.values()) < 4 * min(tried.values())
    assert plans[0] == plan_of(walk(100.0, name="0"), gait)
    assert plans[0] != plans[1]


def test_a_probe_knows_its_part_of_the_walk_and_its_phase_of_the_step():
    trial = walk(60.0, still_s=(4.0, 4.0))
    trial.gyro_radps[3000:3150, 2] += 1.5
    gait = gait_of(trial)
    [(first_s, last_s)] = gait.bouts_s
    plans = [plan_of(trial, gait, draw=draw) for draw in range(8)]
    found = {part: [p for plan in plans for p in plan if p.part == part] for part in PARTS}
    assert all(found.values())
    assert all(0.9 <= p.begin_s - first_s <= 2.4 for p in found["setting off"])
    assert all(0.3 <= last_s - p.begin_s <= 1.5 for p in found["stopping"])
    assert all(29.0 < p.begin_s < 32.0 for p in found["turning"])
    assert all(p.begin_s - first_s >= 23.0 for p in found["steady"])
    phases = [p.phase for p in found["steady"] if p.phase is not None]
    assert 0.0 <= min(phases) < 0.4
    assert 0.6 < max(phases) < 1.0


def test_reversed_twice_is_the_same_walk():
    trial = walk(5.0)
    again = reverse(reverse(trial))
    assert np.array_equal(again.accel_mps2, trial.accel_mps2)
    assert np.array_equal(again.gyro_radps, trial.gyro_radps)


def test_trials_joined_to_one_walk_keep_their_length_and_their_marks():
    stairs = Activity("A02", "walking upstairs")
    first = walk(5.0)
    second = Trial(
        "b", "P1", WALK, RATE_HZ, first.time_s, first.accel_mps2, first.gyro_radps, 0 * first.walking > 0,
        segments=(Segment(1.0, 2.0, stairs),),
    )  # fmt: skip
    both = joined([first, second])
    assert both.duration_s == pytest.approx(10.0)
    assert np.all(np.diff(both.time_s) > 0)
    kinds = kinds_of(both)
    assert [str(kinds[round(t * RATE_HZ)]) for t in (2.0, 6.5, 9.0)] == [
        "level walking",
        "stairs",
        "turns, starts and stops",
    ]


class OneWalk:
    """A data set of two trials of one person, and a third that is no walk."""

    name = "one"
    activities = MappingProxyType({"D01": WALK, "D08": Activity("D08", "chair")})

    def read(self, file):
        return walk(40.0, name=file.name)


def test_each_recording_is_counted_once_and_reversed_walking_is_kept_apart(monkeypatch):
    from sternway.evaluate.trial import TrialFile

    files = [TrialFile(None, name, "P1", code) for name, code in (("a", "D01"), ("b", "D01"), ("c", "D08"))]
    monkeypatch.setattr(
        perturbation_score, "decided_s", lambda _: {"gross": np.array([50.0]), "small": np.array([10.0, 60.0])}
    )
    walks = perturbation_score.walks_of(OneWalk(), files)
    assert [[file.name for file in group] for group in walks] == [["a", "b"]]
    both = [perturbation_score._measure(OneWalk(), (), 1, (walks[0], way)) for way in (False, True)]
    figures = figures_of([h for heard, _ in both for h in heard], [quiet for _, quiet in both])
    for way in ("forward", "reversed"):
        level = figures["walking"][way]["level walking"]
        assert level == {"hours": pytest.approx(80.0 / 3600.0, abs=1e-3), "gross": 1, "small": 2}
    families = {h.probe.family for heard, _ in both for h in heard}
    assert families
    assert SCALED not in families


def test_the_table_gives_both_channels_the_mean_over_families_and_the_hours():
    def heard(family, size_g, gross_s, small_s, backwards=False):
        return Heard(Probe(30.0, family, size_g, "steady", 0.3), backwards, gross_s, small_s)

    some = [heard("trip", 1.0, 0.1, 0.4), heard("trip", 1.0, None, 0.5), heard("slip", 1.0, None, None)]
    quiet = [Quiet(False, {"level walking": 7200.0}, {"level walking": dict.fromkeys(CHANNELS, 0)})]
    figures = figures_of(some, quiet)
    assert figures["steady"]["forward"]["trip"]["1"] == [2, 1, 2]
    assert mean_share(figures["steady"]["forward"], "1", 2) == 0.5
    assert figures["latency_ms"]["first"] == {"p50": 300, "p90": 460}
    words = words_of("one", figures)
    assert "1->2/2" in words
    assert "second quarter" in words
    assert "in 2.00 h: 0.0 an hour (0.0 to 1.8)" in words
