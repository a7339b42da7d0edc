import numpy as np
import pytest

from sternway.detect.fall_features import FallFeatureTracker
from sternway.detect.stumble_context import FEATURES, StumbleContext
from sternway.evaluate.trial import Activity, Trial
from sternway.evaluate.variation import random_rotation, turned
from sternway.motion.trunk_tracker import TrunkTracker
from sternway.samples import GRAVITY_MPS2
from sternway.simulate.walker import Walker

JOLT = (1.2, *([0.5] * 6))


def trial(accel, gyro, rate_hz=100.0):
    time_s = np.arange(len(accel)) / rate_hz
    return Trial("t", "A", Activity("a", "a"), rate_hz, time_s, accel, gyro, np.zeros(len(accel), dtype=bool))


def walking(seconds=12.0):
    accel, gyro = Walker("walk", seed=1).at(44.0 + np.arange(round(seconds * 100.0)) / 100.0)
    return trial(accel, gyro)


def standing(seconds=6.0):
    count = round(seconds * 100.0)
    return trial(np.tile([0.0, 0.0, GRAVITY_MPS2], (count, 1)), np.zeros((count, 3)))


def described(seen, likeness=0.7):
    """Return the numbers of the context at the end of ``seen``, by name."""
    context, falling = StumbleContext(), FallFeatureTracker()
    for trunk in TrunkTracker().update(seen.block()):
        for sample, channels in zip(trunk.samples, falling.update(trunk), strict=True):
            context.push(sample, channels)
    numbers = context.features(JOLT, likeness)
    assert len(numbers) == len(FEATURES)
    assert np.isfinite(numbers).all()
    return dict(zip(FEATURES, numbers, strict=True))


def test_walking_has_cycles_and_standing_has_none():
    walk, stand = described(walking()), described(standing())
    assert walk["careful_cycles"] >= 1
    assert (stand["careful_cycles"], stand["firm_cycles"], stand["careful_interval"]) == (0.0, 0.0, 0.0)
    assert walk["vertical_early"] > stand["vertical_early"] + 1.0
    assert (walk["walking"], stand["walking"]) == (1.0, 0.0)


def test_how_the_clip_sits_changes_nothing():
    walk = walking()
    as_is = described(walk)
    for seed in range(3):
        other = described(turned(walk, random_rotation(np.random.default_rng(seed))))
        assert list(other.values()) == pytest.approx(list(as_is.values()), abs=0.02)


def test_a_drop_shows_in_velocity_and_in_what_is_unloaded():
    fallen = standing()
    fallen.accel_mps2[-30:, 2] = 0.4 * GRAVITY_MPS2
    numbers = described(fallen)
    assert numbers["velocity_least"] < -1.0
    assert numbers["drop_least"] < 0.0
    assert numbers["unloaded_half"] == pytest.approx(30 / 70, abs=0.02)
    assert numbers["unloaded_third"] == 0.0


def test_a_posture_changed_a_second_ago_shows_against_the_one_before():
    """A sit tips the trunk; a stumble begins upright."""
    tipped = standing()
    angle = np.clip((np.arange(600) - 480) / 40.0, 0.0, 1.0) * 0.8
    tipped.accel_mps2[:] = GRAVITY_MPS2 * np.stack((np.sin(angle), np.zeros(600), np.cos(angle)), axis=1)
    tipped.gyro_radps[:, 1] = -np.gradient(angle) * 100.0
    numbers = described(tipped)
    assert numbers["turned_since_2.2"] == pytest.approx(0.8, abs=0.1)
    assert numbers["turned_since_0.7"] < 0.1


def test_one_sample_is_enough_for_numbers():
    seen = standing()
    context = StumbleContext()
    (trunk,) = TrunkTracker().update(seen.block())
    context.push(trunk.samples[0], FallFeatureTracker().update(trunk)[0])
    assert np.isfinite(context.features(JOLT, 0.0)).all()
