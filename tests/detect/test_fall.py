import itertools
import math

import numpy as np
import pytest

from sternway.detect.fall import FallDetector, FallSettings
from sternway.detect.impact import FEATURES, ImpactFinder
from sternway.detect.lying_still import LyingStillTracker
from sternway.events import Kind
from sternway.motion.trunk_tracker import TrunkTracker
from sternway.samples import GRAVITY_MPS2, Block
from sternway.simulate.walker import Walker

PIECES = [0, 1, 2, 9, 10, 400, 401, 870, 880, 881, 1100, 1101]
"""Where the stream of the fall is cut; it hits the ground near sample 880."""


def samples(script, seed=0, span_s=(47.0, 63.0), rate_hz=104.0):
    """Return part of a script; in ``fall``, backward walking up to second 53, the impact at 55.5, then lying."""
    time_s = np.arange(*span_s, 1 / rate_hz)
    return Block(time_s, *Walker(script, seed).at(time_s), span_s[1])


def changed(block, rows=slice(None), accel=None, gyro=None, time_s=None):
    return Block(
        (block.time_s if time_s is None else time_s)[rows],
        (block.accel_mps2 if accel is None else accel)[rows],
        (block.gyro_radps if gyro is None else gyro)[rows],
        block.read_at_s,
    )


def falls(*blocks, detector=None):
    tracker, detector = TrunkTracker(), detector or FallDetector()
    return [event for block in blocks for trunk in tracker.update(block) for event in detector.update(trunk)]


@pytest.fixture(scope="module")
def fall():
    return samples("fall")


@pytest.fixture(scope="module")
def heard(fall):
    return falls(fall)


@pytest.fixture(scope="module")
def impact_s(fall):
    return float(fall.time_s[np.argmax(np.linalg.norm(fall.accel_mps2, axis=1))])


def standing(seconds, seed=0):
    """Stand as a person does: never quite still."""
    count = round(seconds * 100)
    rng = np.random.default_rng(seed)
    accel = [0.0, 0.0, GRAVITY_MPS2] + 0.05 * rng.normal(size=(count, 3))
    return accel, 0.02 * rng.normal(size=(count, 3))


def a_blow(turned_rad, after=None, before_s=6.0, after_s=9.0):
    """Stand, drop and tip by ``turned_rad`` in half a second, hit at 5 g, lie; ``after`` may change what follows."""
    count = round((before_s + after_s) * 100)
    t = np.arange(count) / 100
    angle = turned_rad * np.clip((t - before_s + 0.5) / 0.5, 0, 1)
    down = (t >= before_s - 0.4) & (t < before_s)
    blow = (t >= before_s) & (t < before_s + 0.08)
    load = np.where(down, 2.0, np.where(blow, 50.0, GRAVITY_MPS2))
    accel = load[:, None] * np.stack((np.zeros(count), np.sin(angle), np.cos(angle)), axis=1)
    gyro = np.stack((np.gradient(angle) * 100, np.zeros(count), np.zeros(count)), axis=1)
    noise = np.random.default_rng(1).normal(size=(2, count, 3))
    accel, gyro = accel + 0.05 * noise[0], gyro + 0.02 * noise[1]
    if after is not None:
        late = t > before_s + 0.3
        accel[late], gyro[late] = after(accel[late], gyro[late])
    return Block(t, accel, gyro, float(t[-1]))


class Sure:
    """A network that takes every impact for a fall's: what remains is posture and stillness."""

    version = "sure"

    def __init__(self, log_odds=9.0):
        self.log_odds = log_odds

    def __call__(self, features):
        return self.log_odds


def test_a_fall_is_found_at_its_impact_after_two_seconds_of_stillness(heard, impact_s):
    (event,) = heard
    assert event.kind is Kind.FALL
    assert event.time_s == pytest.approx(impact_s, abs=0.1)
    assert 2.0 <= event.decided_at_s - event.time_s < 5.0
    assert event.severity == 1.0
    assert event.evidence["turned_rad"] > math.radians(45)
    assert event.evidence["impact_mps2"] > 2 * GRAVITY_MPS2


@pytest.mark.parametrize("script", ["walk", "stumble"])
def test_walking_and_stumbling_are_not_falls(script):
    walked = samples(script, seed=1, span_s=(14.0, 58.0))
    assert falls(walked) == []


@pytest.mark.parametrize("rate_hz", [50, 208])
def test_the_rate_of_the_chip_does_not_matter(rate_hz, impact_s):
    (event,) = falls(samples("fall", rate_hz=rate_hz))
    assert event.time_s == pytest.approx(impact_s, abs=0.1)


def test_where_the_stream_is_cut_changes_nothing_to_the_last_bit(fall, heard):
    pieces = [changed(fall, slice(a, b)) for a, b in itertools.pairwise([*PIECES, len(fall)])]
    assert falls(*pieces) == heard
    assert falls(*(changed(fall, slice(a, a + 2)) for a in range(0, len(fall), 2))) == heard


def test_a_blow_and_lying_still_is_a_fall():
    (event,) = falls(a_blow(math.radians(85)), detector=FallDetector(network=Sure()))
    assert event.time_s == pytest.approx(6.0, abs=0.1)


def test_a_blow_without_another_posture_is_not():
    assert falls(a_blow(math.radians(30)), detector=FallDetector(network=Sure())) == []


@pytest.mark.parametrize(("log_odds", "count"), [(9.0, 1), (3.6, 1), (3.4, 0), (0.5, 0)])
def test_a_slight_turn_is_enough_only_where_the_network_is_sure(log_odds, count):
    assert len(falls(a_blow(math.radians(41)), detector=FallDetector(network=Sure(log_odds)))) == count
    assert len(falls(a_blow(math.radians(60)), detector=FallDetector(network=Sure(log_odds)))) == 1


def test_lying_and_moving_is_not_yet_a_fall():
    def restless(accel, gyro):
        return accel, gyro + 1.5 * np.sin(np.arange(len(gyro)) / 15)[:, None]

    assert falls(a_blow(math.radians(85), restless), detector=FallDetector(network=Sure())) == []


def test_a_network_that_doubts_keeps_it_quiet():
    settings = FallSettings(threshold=9.5)
    assert falls(a_blow(math.radians(85)), detector=FallDetector(settings, Sure())) == []


def test_a_sensor_frozen_in_mid_fall_is_not_stillness():
    def frozen(accel, gyro):
        return np.tile(accel[0], (len(accel), 1)), np.zeros_like(gyro)

    lying = a_blow(math.radians(85))
    assert len(falls(lying, detector=FallDetector(network=Sure()))) == 1
    assert falls(a_blow(math.radians(85), frozen), detector=FallDetector(network=Sure())) == []


@pytest.mark.parametrize("after_s", [-0.2, 0.0, 0.3, 1.0, 2.0])
def test_a_sensor_unplugged_in_mid_fall_gives_no_fall(after_s, fall, impact_s):
    assert falls(changed(fall, fall.time_s < impact_s + after_s)) == []


@pytest.mark.parametrize("start_s", [-1.0, -0.1, 0.2, 1.5])
def test_three_seconds_lost_in_mid_fall_give_no_fall(start_s, fall, impact_s):
    lost = (fall.time_s >= impact_s + start_s) & (fall.time_s < impact_s + start_s + 3.0)
    assert falls(changed(fall, ~lost)) == []


def test_spoiled_walking_never_raises_and_never_falls():
    walk = samples("walk", seed=2, span_s=(20.0, 45.0))
    rng = np.random.default_rng(0)
    count = len(walk)
    clipped = changed(walk, accel=np.clip(walk.accel_mps2, -12, 12), gyro=np.clip(walk.gyro_radps, -1, 1))
    dropped = changed(walk, rng.random(count) > 0.3)
    repeated = changed(walk, np.repeat(np.arange(count), rng.integers(1, 4, count)))
    shuffled = changed(walk, np.argsort(np.arange(count) + rng.uniform(0, 5, count)))
    gaps = changed(walk, (walk.time_s % 7.0) < 4.0)
    holes = np.where(rng.random((count, 3)) < 0.05, np.nan, walk.accel_mps2)
    spikes = np.where(rng.random((count, 3)) < 0.002, 160.0, walk.accel_mps2)
    spoiled = [clipped, dropped, repeated, shuffled, gaps, changed(walk, accel=holes), changed(walk, accel=spikes)]
    assert [falls(block) for block in spoiled] == [[]] * len(spoiled)


def test_one_fall_is_told_once_and_the_rest_outlives_a_reset():
    detector = FallDetector(network=Sure())
    assert len(falls(a_blow(1.5), detector=detector)) == 1
    detector.reset()
    assert falls(a_blow(1.5), detector=detector) == []


def test_the_peak_is_the_largest_within_the_second_not_the_first_stride_over_the_line():
    accel, gyro = standing(8.0)
    accel[300], accel[360], accel[700] = [0, 0, 25.0], [0, 0, 50.0], [0, 0, 30.0]
    (trunk,) = TrunkTracker().update(Block(np.arange(800) / 100, accel, gyro, 8.0))
    found = [impact for impact in ImpactFinder().update(trunk) if impact is not None]
    assert [round(impact.time_s, 1) for impact in found] == [3.6]
    assert len(found[0].features) == len(FEATURES)
    assert np.isfinite(found[0].features).all()
    assert found[0].up_before == pytest.approx((0, 0, 1), abs=0.05)


def test_stillness_gathers_in_two_seconds_and_a_twitch_costs_twice_its_length():
    accel, gyro = standing(6.0)
    gyro[300:330] += 2.0
    (trunk,) = TrunkTracker().update(Block(np.arange(600) / 100, accel, gyro, 6.0))
    resting = [up is not None for up in LyingStillTracker().update(trunk)]
    assert resting.index(True) == pytest.approx(199, abs=2)
    assert not any(resting[302:385])
    assert all(resting[395:])


def test_the_shipped_weights_say_who_they_are():
    assert FallDetector().version.startswith("fall-")
