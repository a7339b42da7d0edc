import json

import numpy as np
import pytest

from sternway.detect.stumble import (
    ALWAYS_WORN,
    IN_A_WALK,
    POPULATION_BRISK_LEVELS,
    OperatingPoint,
    StumbleDetector,
)
from sternway.evaluate.perturbation import perturbed
from sternway.evaluate.perturbation_families import FORMS, drawn
from sternway.evaluate.trial import Activity, Trial
from sternway.evaluate.variation import random_rotation, resampled, turned
from sternway.events import Kind
from sternway.motion.trunk_tracker import TrunkTracker
from sternway.simulate.walker import Walker

WALK = Activity("walking", "walking", is_walking=True)
TRIP_S = 16.0


def walking(seconds=24.0, rate_hz=100.0, seed=1):
    time_s = np.arange(round(seconds * rate_hz)) / rate_hz
    accel, gyro = Walker("walk", seed=seed).at(time_s)
    return Trial("w", "A", WALK, rate_hz, time_s, accel, gyro, np.ones(len(time_s), dtype=bool))


def tripped(trial, begin_s=TRIP_S, size_g=2.0):
    shape = drawn(next(iter(FORMS)), np.random.default_rng(0), ()).sized(size_g)
    return perturbed(trial, begin_s, shape, azimuth_rad=0.0)


def tripping(size_g=2.0, **how):
    return tripped(walking(**how), size_g=size_g)


def events(trial, detector=None, shaking=()):
    detector, tracker = detector or StumbleDetector(), TrunkTracker()
    for span in shaking:
        tracker.motor_runs(*span)
    return [event for trunk in tracker.update(trial.block()) for event in detector.update(trunk)]


def test_a_trip_is_heard_within_half_a_second_and_explained():
    (event,) = events(tripping())
    assert event.kind is Kind.STUMBLE
    assert 0.0 < event.decided_at_s - TRIP_S < 0.5
    assert TRIP_S - 0.1 < event.time_s <= event.decided_at_s
    assert event.evidence["times_usual"] >= 2.9
    assert {"jerk_ratio", "horizontal_ratio", "tilt_rate_ratio", "peak_g"} <= set(event.evidence)
    assert 0.4 <= event.severity <= 1.0


def test_walking_is_silent():
    assert events(walking(seconds=60.0)) == []


def test_a_barely_felt_jolt_is_not_a_stumble():
    assert events(tripping(size_g=0.1)) == []


def test_setting_off_after_standing_is_not_a_stumble():
    trial = walking()
    accel, gyro = trial.accel_mps2.copy(), trial.gyro_radps.copy()
    still = trial.time_s < 10.0
    accel[still], gyro[still] = accel.mean(axis=0), 0.0
    assert events(Trial("s", "A", WALK, 100.0, trial.time_s, accel, gyro, trial.walking)) == []


@pytest.mark.parametrize("seed", range(4))
def test_how_the_clip_sits_changes_nothing_but_rounding(seed):
    matrix = random_rotation(np.random.default_rng(seed))
    (as_is,), (other,) = events(tripping()), events(turned(tripping(), matrix))
    assert other.decided_at_s == pytest.approx(as_is.decided_at_s, abs=0.011)


@pytest.mark.parametrize("rate_hz", [50.0, 104.0, 208.0])
def test_the_sampling_rate_of_the_chip_hardly_matters(rate_hz):
    (event,) = events(resampled(tripping(rate_hz=208.0), rate_hz))
    assert 0.0 < event.decided_at_s - TRIP_S < 0.5


def test_one_stumble_is_one_event_and_another_later_is_another():
    twice = tripped(tripping(), TRIP_S + 0.8)
    assert len(events(twice)) == 1
    assert len(events(tripped(tripping(), TRIP_S + 5.0))) == 2


def test_while_the_motor_runs_only_hearing_it_again_is_held():
    assert len(events(tripping(), shaking=[(TRIP_S - 1.0, TRIP_S + 2.0)])) == 1
    again = tripped(tripping(), TRIP_S + 3.6)
    assert len(events(again)) == 2
    assert len(events(again, shaking=[(TRIP_S + 2.0, TRIP_S + 4.6)])) == 1


def test_the_last_alarm_is_remembered_over_a_reset():
    detector = StumbleDetector()
    (event,) = events(tripping(), detector)
    detector.reset()
    early = tripping()
    assert events(early, detector) == []
    assert event.decided_at_s < TRIP_S + 1.0


def test_a_gentle_walker_is_learned_slowly_kept_and_forgotten():
    detector = StumbleDetector()
    tracker = TrunkTracker()
    for trunk in tracker.update(walking(seconds=120.0).block()):
        detector.update(trunk)
    learned = json.loads(json.dumps(detector.baseline))
    assert 60.0 < learned["walked_s"] <= 120.0
    changes = [
        learned["levels"][name] / population_level for name, population_level in POPULATION_BRISK_LEVELS.items()
    ]
    assert all(0.25 <= change <= 3.0 and change != 1.0 for change in changes)
    assert StumbleDetector(baseline=learned).baseline == learned
    detector.forget()
    assert detector.baseline == {"walked_s": 0.0, "levels": POPULATION_BRISK_LEVELS}


def test_a_stumble_does_not_become_part_of_what_is_usual():
    calm, stumbling = StumbleDetector(), StumbleDetector()
    events(walking(), calm)
    events(tripping(), stumbling)
    for name, level in calm.baseline["levels"].items():
        assert stumbling.baseline["levels"][name] == pytest.approx(level, rel=0.06)


def test_every_jolt_says_how_probable_it_is_that_somebody_was_under_way():
    (event,) = events(tripping())
    assert IN_A_WALK.accepts(event.evidence["probability"], True)
    assert event.evidence["probability"] <= 1.0


def test_in_gait_less_is_asked_for_than_outside_it_and_in_a_walk_less_than_always():
    point = OperatingPoint(alone=0.6, in_gait=0.3)
    assert point.accepts(0.6, False)
    assert not point.accepts(0.59, False)
    assert point.accepts(0.3, True)
    assert not point.accepts(0.29, True)
    for at in (ALWAYS_WORN, IN_A_WALK):
        assert at.in_gait < at.alone
    assert (IN_A_WALK.alone, IN_A_WALK.in_gait) < (ALWAYS_WORN.alone, ALWAYS_WORN.in_gait)
