"""The second channel of stumbles: it compares this walk with itself, and keeps quiet until it can."""

import dataclasses
import pickle

import numpy as np
import pytest

from sternway.detect.analogue_forecast import AHEAD, AnalogueForecast, ForecastSettings
from sternway.detect.error_features import INPUT_COUNT, ErrorFeatures, mirrored
from sternway.detect.small_stumble import SmallStumbleDetector, SmallStumbleSettings, UnforeseenMotion
from sternway.detect.stumble_refractory import StumbleRefractory
from sternway.events import Event, Kind
from sternway.motion.trunk_tracker import TrunkTracker
from sternway.samples import GRAVITY_MPS2, Block

RATE_HZ = 100.0
STRIDE_HZ = 0.9
EAGER = SmallStumbleSettings(threshold=-1000.0)


def walk(seconds=40.0, jolt_s=(), jolt_mps2=6.0, still_s=None, seed=1, rotation=None):
    """Return a person walking, nearly the same each stride, with a push aside and a dip at each of ``jolt_s``."""
    time_s = np.arange(0.0, seconds, 1.0 / RATE_HZ)
    phase = 2.0 * np.pi * STRIDE_HZ * time_s
    rng = np.random.default_rng(seed)
    noise = np.stack([np.convolve(rng.normal(size=len(time_s)), np.ones(10) / 10.0, "same") for _ in range(6)], 1)
    accel = np.stack((1.2 * np.sin(2 * phase + 0.5), 0.8 * np.sin(phase), 2.5 * np.sin(2 * phase)), axis=1)
    gyro = np.stack((0.2 * np.sin(phase), 0.1 * np.sin(2 * phase), 0.3 * np.cos(phase)), axis=1)
    if still_s:
        still = (time_s >= still_s[0]) & (time_s < still_s[1])
        accel[still], gyro[still] = 0.0, 0.0
    accel, gyro = accel + 0.4 * noise[:, :3], gyro + 0.05 * noise[:, 3:]
    for at_s in jolt_s:
        push = np.exp(-(((time_s - at_s - 0.15) / 0.06) ** 2))
        accel[:, 1] += jolt_mps2 * push
        accel[:, 2] -= 0.5 * jolt_mps2 * push
    accel[:, 2] += GRAVITY_MPS2
    if rotation is not None:
        accel, gyro = accel @ rotation.T, gyro @ rotation.T
    return Block(time_s, accel, gyro, float(time_s[-1]))


def trunk_of(block):
    [trunk] = TrunkTracker().update(block)
    return trunk


def looks(block, settings=None):
    """Return the time, the numbers and how many times its usual size the error has, at each look."""
    motion = UnforeseenMotion(settings)
    found = []
    for sample in trunk_of(block).samples:
        numbers = motion.push(sample)
        if numbers is not None:
            found.append((sample.time_s, numbers, motion.features.ratio))
    return found


def test_it_says_nothing_before_it_knows_20_s_of_this_walk():
    events = SmallStumbleDetector(EAGER).update(trunk_of(walk(40.0)))
    trunk = trunk_of(walk(40.0))
    began_s = next(sample.time_s for sample in trunk.samples if sample.walking)
    assert events
    assert began_s + 19.98 <= events[0].decided_at_s < began_s + 22.0


def test_a_new_walk_must_be_learned_anew():
    detector = SmallStumbleDetector(EAGER)
    assert detector.update(trunk_of(walk(40.0)))
    detector.reset()
    assert detector.update(trunk_of(walk(19.0))) == []


def test_after_minutes_without_a_step_the_walk_is_forgotten():
    settings = dataclasses.replace(EAGER, forecast=ForecastSettings(forget_s=8.0))
    block = walk(60.0, still_s=(30.0, 42.0))
    decided = [event.decided_at_s for event in SmallStumbleDetector(settings).update(trunk_of(block))]
    assert any(at_s < 32.0 for at_s in decided)
    assert not any(at_s > 32.0 for at_s in decided)
    kept = [event.decided_at_s for event in SmallStumbleDetector(EAGER).update(trunk_of(block))]
    assert any(at_s > 44.0 for at_s in kept)


def test_no_forecast_reaches_across_a_pause():
    times_s = [time_s for time_s, _, _ in looks(walk(60.0, still_s=(30.0, 36.0)))]
    assert not [time_s for time_s in times_s if 33.0 < time_s < 37.0]


def test_a_jolt_stands_out_from_the_persons_own_walk_and_is_dated():
    found = looks(walk(40.0, jolt_s=(30.0,)))
    usual = np.median([ratio for time_s, _, ratio in found if time_s < 29.9])
    assert usual < 1.5
    assert max(ratio for time_s, _, ratio in found if 30.0 < time_s < 30.8) > 4.0 * usual
    detector = SmallStumbleDetector(EAGER)
    dated = [event for event in detector.update(trunk_of(walk(40.0, jolt_s=(30.0,)))) if event.decided_at_s > 30.2]
    if dated and dated[0].decided_at_s < 31.0:
        assert dated[0].time_s == pytest.approx(30.15, abs=0.1)


def test_how_the_clip_sits_does_not_matter():
    turn = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0]
    turn *= np.sign(np.linalg.det(turn))
    plain, turned = looks(walk(jolt_s=(30.0,))), looks(walk(jolt_s=(30.0,), rotation=turn))
    jolted = [(a, b) for (t, a, _), (_, b, _) in zip(plain, turned, strict=True) if 30.3 < t < 30.8]
    assert jolted
    for a, b in jolted:
        assert np.abs(a - b).max() < 0.2 * np.abs(a).max()


def test_the_mirror_image_of_a_mirror_image_is_the_same():
    numbers = np.array([numbers for _, numbers, _ in looks(walk(24.0))])
    assert numbers.shape[1] == INPUT_COUNT
    assert np.array_equal(mirrored(mirrored(numbers)), numbers)
    assert not np.array_equal(mirrored(numbers), numbers)


def test_what_was_forecast_is_what_a_stride_ago_went_on_to_be():
    forecast = AnalogueForecast(ForecastSettings(memory_s=8.0, learned_s=5.0, analogues=3))
    errors = [error for sample in trunk_of(walk(20.0)).samples if (error := forecast.push(sample)) is not None]
    assert errors[-1].rows.shape == (AHEAD, 6)
    assert np.sqrt(np.mean(np.square(errors[-1].rows))) < 0.2
    assert errors[-1].distance < 1.0


def test_a_single_odd_look_moves_the_usual_power_by_little():
    features, odd = ErrorFeatures(), ErrorFeatures()
    found = _errors(walk(40.0))
    for number, error in enumerate(found):
        features.update(error, (0.0, 0.0, 1.0))
        loud = dataclasses.replace(error, rows=1000.0 * error.rows) if number == 100 else error
        odd.update(loud, (0.0, 0.0, 1.0))
    assert odd.ratio == pytest.approx(features.ratio, rel=0.1)


def _errors(block):
    forecast = AnalogueForecast()
    return [error for sample in trunk_of(block).samples if (error := forecast.push(sample)) is not None]


def test_its_memory_is_small():
    detector = SmallStumbleDetector(EAGER)
    detector.update(trunk_of(walk(40.0)))
    assert len(pickle.dumps(detector)) < 600_000


def test_the_evidence_names_this_channel_and_the_size_it_is_tested_from():
    event = SmallStumbleDetector(EAGER).update(trunk_of(walk(40.0)))[0]
    assert set(event.evidence) == {"small_probability", "unforeseen_ratio", "tested_from_g"}


def test_two_channels_tell_of_one_stumble_once():
    def stumble(decided_at_s):
        return Event(Kind.STUMBLE, decided_at_s - 0.1, decided_at_s, 0.5)

    fall = Event(Kind.FALL, 10.5, 11.0, 1.0)
    refractory = StumbleRefractory()
    first = refractory.first([stumble(10.4), fall, stumble(10.1)])
    assert [(event.kind, event.decided_at_s) for event in first] == [(Kind.STUMBLE, 10.1), (Kind.FALL, 11.0)]
    assert refractory.first([stumble(13.0)]) == []
    assert len(refractory.first([stumble(13.2)])) == 1
