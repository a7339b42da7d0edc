import math
from dataclasses import replace

import numpy as np
import pytest

from sternway.cli import main
from sternway.detect.fall_features import CHANNELS
from sternway.detect.network import from_bytes
from sternway.detect.stumble import OperatingPoint
from sternway.detect.stumble_context import FEATURES
from sternway.evaluate.trial import Activity, Trial
from sternway.samples import GRAVITY_MPS2
from sternway.simulate.walker import Walker
from sternway.training import stumble_crossval
from sternway.training.augment import Augmentation, augmented, random_rotation, reversed_walk, softened
from sternway.training.crossval import folds_of
from sternway.training.features import clip_of, settled_s
from sternway.training.fit import Examples, FitSettings, Fitter, log_odds_of
from sternway.training.made_up import made_up_trials
from sternway.training.moments import Moments, moments_of
from sternway.training.stumble import StumbleTraining, targets_of

WALK = Activity("D01", "walking", is_walking=True)
FALL = Activity("F01", "falling", is_fall=True)
STUMBLE = Activity("D18", "stumbling", is_stumble=True)
SIT = Activity("D10", "sitting down")


def trial(script="walk", seed=0, span_s=(40.0, 60.0), rate_hz=200.0, activity=WALK, impact_s=None):
    time_s = np.arange(*span_s, 1 / rate_hz)
    accel, gyro = Walker(script, seed).at(time_s)
    return Trial(
        f"{activity.code}_{seed}",
        "SA01",
        activity,
        rate_hz,
        time_s - span_s[0],
        accel,
        gyro,
        np.ones(len(time_s), bool),
        impact_s=impact_s,
    )


def test_changing_a_trial_is_the_same_for_the_same_seed_and_leaves_the_trial_alone():
    original = trial()
    before = original.accel_mps2.copy()
    first, again, other = (augmented(original, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first.accel_mps2, again.accel_mps2)
    assert first.accel_mps2.shape != other.accel_mps2.shape or not np.allclose(first.accel_mps2, other.accel_mps2)
    assert np.array_equal(original.accel_mps2, before)


def test_a_changed_trial_still_weighs_one_g_and_keeps_its_impact():
    fall = trial("fall", span_s=(45.0, 65.0), activity=FALL)
    peak_s = float(fall.time_s[np.argmax(np.linalg.norm(fall.accel_mps2, axis=1))])
    fall = trial("fall", span_s=(45.0, 65.0), activity=FALL, impact_s=peak_s)
    settings = Augmentation(lever_m=0.0, buzz_mps2=0.0, accel_bias_mps2=0.0)
    for seed in range(5):
        changed = augmented(fall, np.random.default_rng(seed), settings)
        norm = np.linalg.norm(changed.accel_mps2, axis=1)
        assert np.median(norm) == pytest.approx(GRAVITY_MPS2, abs=1.5)
        assert changed.time_s[np.argmax(norm)] == pytest.approx(changed.impact_s, abs=0.05)


def test_a_clip_moved_off_the_axis_of_a_turn_feels_its_spin():
    turning = trial(span_s=(40.0, 45.0))
    turning.accel_mps2[:] = [0.0, 0.0, GRAVITY_MPS2]
    turning.gyro_radps[:] = [0.0, 0.0, 2.0]
    settings = Augmentation(
        lever_m=0.1,
        pace=(1.0, 1.0),
        scale=0.0,
        accel_bias_mps2=0.0,
        gyro_bias_radps=0.0,
        accel_noise_mps2=0.0,
        gyro_noise_radps=0.0,
        rate_hz=(200.0, 200.0),
        buzz_mps2=0.0,
        slip_rad=0.0,
    )
    moved = augmented(turning, np.random.default_rng(3), settings)
    level = np.sqrt(np.sum(moved.accel_mps2**2, axis=1) - GRAVITY_MPS2**2)
    assert np.ptp(level[50:-50]) < 1e-6
    assert 0.0 < level[100] < 4.0 * 0.5


def test_walking_reversed_twice_is_walking():
    original = trial()
    twice = reversed_walk(reversed_walk(original))
    assert np.array_equal(twice.accel_mps2, original.accel_mps2)
    assert np.array_equal(twice.gyro_radps, original.gyro_radps)
    assert np.array_equal(reversed_walk(original).gyro_radps[0], -original.gyro_radps[-1])


def test_a_random_rotation_turns_and_does_not_mirror():
    rng = np.random.default_rng(0)
    for _ in range(10):
        rotation = random_rotation(rng)
        assert np.allclose(rotation @ rotation.T, np.eye(3))
        assert np.linalg.det(rotation) == pytest.approx(1.0)


def test_nobody_is_in_two_folds_and_young_and_old_are_spread_alike():
    groups = [f"sisfall/SA{n:02d}" for n in range(1, 14)] + [f"sisfall/SE{n:02d}" for n in range(1, 6)]
    folds = folds_of(groups, 5, 1)
    assert sorted(folds) == sorted(groups)
    assert all(sum(fold == f for g, fold in folds.items() if "SE" in g) == 1 for f in range(5))
    assert all(sum(fold == f for g, fold in folds.items() if "SA" in g) in (2, 3) for f in range(5))
    assert folds == folds_of(groups[::-1], 5, 1)


def circles(count, seed):
    x = np.random.default_rng(seed).normal(size=(count, 2)).astype(np.float32)
    return Examples(
        5 + 3 * x, (np.hypot(x[:, 0], x[:, 1]) > 1.2).astype(np.float32), np.ones(count, dtype=np.float32)
    )


def fit(seed=1, epochs=40):
    examples = circles(2000, 0)
    fitter = Fitter(examples.inputs, seed, FitSettings(batch=128, hidden=(12, 6)))
    fitter.run(examples, epochs)
    return fitter


@pytest.fixture(scope="module")
def fitted():
    return fit()


def test_a_fit_learns_what_no_line_can_divide(fitted):
    unseen = circles(500, 1)
    assert np.mean((fitted.log_odds(unseen.inputs) > 0) == (unseen.targets > 0)) > 0.95


def test_the_same_seed_gives_the_same_weights_to_the_last_bit():
    first, again, other = (fit(seed, epochs=3).network("x").to_bytes() for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_the_network_on_the_clip_answers_as_the_fit_did(fitted):
    unseen = circles(50, 2)
    network = from_bytes(fitted.network("x").to_bytes())
    wanted = fitted.log_odds(unseen.inputs)
    assert log_odds_of(network, unseen.inputs) == pytest.approx(wanted, abs=1e-2)
    assert [network(row) for row in unseen.inputs.astype(float)] == pytest.approx(wanted, abs=1e-2)


def test_a_fall_becomes_a_clip_with_the_impact_that_ends_it():
    fall = trial("fall", span_s=(45.0, 75.0), activity=FALL)
    peak_s = float(fall.time_s[np.argmax(np.linalg.norm(fall.accel_mps2, axis=1))])
    clip = clip_of(trial("fall", span_s=(45.0, 75.0), activity=FALL, impact_s=peak_s), "sisfall/SA01")
    hits = [n for n, impact in enumerate(clip.impacts) if abs(impact.time_s - peak_s) < 0.1]
    assert len(hits) == 1
    assert settled_s(clip.settlings[hits[0]], math.radians(45.0)) is not None
    assert clip.impact_row == pytest.approx((peak_s - clip.start_s) * 100, abs=1)


def write_sisfall(folder, subject, code, trial_, number):
    counts = np.column_stack(
        (
            trial_.accel_mps2 / GRAVITY_MPS2 * 256,
            np.degrees(trial_.gyro_radps) * 65536 / 4000,
            trial_.accel_mps2 / GRAVITY_MPS2 * 1024,
        )
    )
    place = folder / "sisfall" / subject
    place.mkdir(parents=True, exist_ok=True)
    lines = "\n".join(",".join(str(round(value)) for value in row) + ";" for row in counts)
    (place / f"{code}_{subject}_R{number:02d}.txt").write_text(lines + "\n")


@pytest.fixture(scope="module")
def made_up_people(tmp_path_factory):
    folder = tmp_path_factory.mktemp("people")
    for n, subject in enumerate(["SA01", "SA02", "SE01", "SE02"]):
        write_sisfall(folder, subject, "F01", trial("fall", n, (50.0, 64.0), activity=FALL), 1)
        write_sisfall(folder, subject, "D01", trial("walk", n, (40.0, 52.0)), 1)
        write_sisfall(folder, subject, "D05", trial("walk", n + 9, (60.0, 68.0)), 1)
    return folder


def test_train_fits_cross_validates_and_writes_weights_and_cards_that_reveal_no_path(
    made_up_people, tmp_path, capsys
):
    words = ["train", str(made_up_people), "--folds", "2", "--jobs", "1", "--made-up", "5", "--name", "9"]
    assert main([*words, "--out", str(tmp_path), "--json", str(tmp_path / "folds.json")]) == 0
    printed = capsys.readouterr().out
    assert "gate none" in printed
    assert "gate walking" in printed
    for name in ("pre_impact", "fall"):
        assert from_bytes((tmp_path / f"{name}.npz").read_bytes()).version == f"{name}-9"
        text = (tmp_path / f"{name}.md").read_text()
        assert "2 folds split by person" in text
        assert "| sisfall | 4 | 12 |" in text
        assert "5 of them are bends" in text
        assert str(made_up_people) not in text
        assert ("- gate walking: foreseen" in text) == (name == "pre_impact")
    assert (tmp_path / "folds.json").exists()


def test_train_says_what_is_missing(tmp_path, capsys):
    assert main(["train", str(tmp_path)]) == 1
    assert "no folder `sisfall`" in capsys.readouterr().err


def test_made_up_descents_weigh_one_g_at_rest_and_never_drop_as_a_fall_does():
    for made_up in made_up_trials(10, 1):
        clip = clip_of(made_up, "made up/nobody")
        norm = np.linalg.norm(made_up.accel_mps2, axis=1)
        assert np.median(norm[:150]) == pytest.approx(GRAVITY_MPS2, abs=0.1)
        assert clip.channels[:, CHANNELS.index("vertical_velocity")].min() > -1.7
    assert len({made_up.activity.words for made_up in made_up_trials(5, 1)}) == 5


def test_a_softened_impact_loses_the_same_momentum_over_a_longer_time():
    fall = trial("fall", span_s=(45.0, 75.0), activity=FALL)
    norm = np.linalg.norm(fall.accel_mps2, axis=1)
    fall = replace(fall, impact_s=float(fall.time_s[np.argmax(norm)]))
    soft = softened(fall, np.random.default_rng(1))
    softer = np.linalg.norm(soft.accel_mps2, axis=1)
    assert softer.max() < 0.9 * norm.max()
    near = np.abs(fall.time_s - fall.impact_s) < 0.6
    assert np.array_equal(soft.accel_mps2[~near], fall.accel_mps2[~near])
    assert soft.accel_mps2[near].sum(axis=0) == pytest.approx(fall.accel_mps2[near].sum(axis=0), rel=0.02, abs=40.0)
    walk = trial()
    assert softened(walk, np.random.default_rng(1)) is walk


def moments(activity, times_s, **known):
    count = len(times_s)
    known = {"made": "", "alert_s": None, "impact_s": None, "soft": np.zeros(count, bool), **known}
    return Moments(
        name="m",
        group=known.pop("group", "sisfall/SA01"),
        activity=activity,
        duration_s=20.0,
        walking_s=0.0,
        end_s=20.0,
        inputs=known.pop("inputs", np.zeros((count, len(FEATURES)), np.float32)),
        times_s=np.array(times_s),
        in_gait=np.ones(count, bool),
        walking=np.zeros(count, bool),
        **known,
    )


def test_only_moments_of_stumbles_and_of_falls_from_gait_are_positive():
    settings = StumbleTraining()
    stumble = moments(STUMBLE, [9.0, 9.6, 11.9, 12.1], alert_s=(10.0, 11.0))
    assert targets_of(stumble, settings) == pytest.approx([np.nan, 1, 1, np.nan], nan_ok=True)
    from_gait = moments(replace(FALL, from_gait=True), [8.0, 9.0, 9.99, 10.1], impact_s=10.0)
    assert targets_of(from_gait, settings) == pytest.approx([np.nan, 1, 1, np.nan], nan_ok=True)
    assert np.isnan(targets_of(moments(FALL, [9.9], impact_s=10.0), settings)).all()
    assert targets_of(moments(WALK, [3.0]), settings) == pytest.approx([0.0])


def test_the_moments_of_a_trial_are_those_that_the_clip_would_judge():
    found = moments_of(trial("stumble", span_s=(40.0, 90.0), activity=STUMBLE), "sisfall/SA01")
    assert len(found.times_s) == len(found.inputs) == len(found.in_gait) > 0
    assert found.inputs.shape[1] == len(FEATURES)
    hard = found.inputs[~found.soft]
    assert (hard[:, 0] >= np.log(2.9)).all()
    assert (found.inputs[found.soft, 0] < np.log(2.9)).all()


def people(count=12):
    """Return moments of people whose stumbles show in one number, and whose sits do not."""
    rng = np.random.default_rng(0)
    found = []
    for person in range(count):
        for activity, mean in ((STUMBLE, 2.0), (SIT, -2.0)):
            inputs = rng.normal(0.0, 1.0, (8, len(FEATURES))).astype(np.float32)
            inputs[:, 5] += mean
            times_s = np.linspace(10.0, 10.9, 8)
            found.append(moments(activity, times_s, inputs=inputs, group=f"sisfall/SA{person:02d}",
                                 alert_s=(10.0, 11.0) if activity is STUMBLE else None))  # fmt: skip
    return found


def test_each_person_is_judged_by_a_network_that_has_not_seen_them_and_the_curve_goes_one_way():
    judged = stumble_crossval.cross_validated(people(), 3, 1, lambda _: None)
    assert len(judged) == 24
    strict, loose = (stumble_crossval.figures(judged, OperatingPoint(p, p)) for p in (0.999, 0.001))
    assert strict["daily_trials_alarmed"][0] <= loose["daily_trials_alarmed"][0]
    fair = stumble_crossval.figures(judged, OperatingPoint(0.5, 0.5))
    assert fair["stumbles"] == [12, 12]
    table = stumble_crossval.table(judged)
    assert "(always)" in table
    assert "(walk)" in table


def test_a_network_that_does_not_exist_is_named(tmp_path, capsys):
    assert main(["train", str(tmp_path), "--networks", "stumble,sit"]) == 1
    assert "no network sit" in capsys.readouterr().err
