import dataclasses
import itertools
import pickle

import numpy as np
import pytest

from sternway.detect.fall_features import CHANNELS, FallFeatureTracker
from sternway.detect.gate import WalkingGate
from sternway.detect.network import Network, from_bytes
from sternway.detect.pre_impact import (
    INPUT_COUNT,
    ConsecutiveThreshold,
    PreImpactDetector,
    PreImpactSettings,
    box_matrix,
)
from sternway.events import Kind
from sternway.motion.resample import PERIOD_S
from sternway.motion.trunk_tracker import TrunkTracker
from sternway.samples import Block
from sternway.simulate.walker import Walker
from sternway.training.features import boxed

PIECES = [0, 1, 2, 9, 10, 400, 401, 700, 870, 880, 881, 1100]
"""Where the stream of the fall is cut; it hits the ground near sample 880."""


def samples(script, seed=0, span_s=(47.0, 60.0), rate_hz=104.0):
    """Return part of a script; in ``fall``, backward walking up to second 53 and the impact at 55.5."""
    time_s = np.arange(*span_s, 1 / rate_hz)
    return Block(time_s, *Walker(script, seed).at(time_s), span_s[1])


def turned(block, rotation):
    return Block(block.time_s, block.accel_mps2 @ rotation.T, block.gyro_radps @ rotation.T, block.read_at_s)


def cut(block, edges):
    edges = [*(edge for edge in edges if edge < len(block)), len(block)]
    return [
        Block(block.time_s[a:b], block.accel_mps2[a:b], block.gyro_radps[a:b], 0.0)
        for a, b in itertools.pairwise(edges)
    ]


def alarms(*blocks, detector=None):
    tracker, detector = TrunkTracker(), detector or PreImpactDetector()
    return [event for block in blocks for trunk in tracker.update(block) for event in detector.update(trunk)]


@pytest.fixture(scope="module")
def fall():
    return samples("fall")


@pytest.fixture(scope="module")
def heard(fall):
    return alarms(fall)


@pytest.fixture(scope="module")
def impact_s(fall):
    return float(fall.time_s[np.argmax(np.linalg.norm(fall.accel_mps2, axis=1))])


def test_a_fall_is_foreseen_before_the_ground_is_met(heard, impact_s):
    (event,) = heard
    assert event.kind is Kind.PRE_IMPACT
    assert 0.02 < impact_s - event.decided_at_s < 1.0
    assert event.decided_at_s - event.time_s == pytest.approx(
        (PreImpactSettings().consecutive_in_gait - 1) * PERIOD_S
    )
    assert event.severity == event.evidence["probability"] > 0.5
    assert set(event.evidence) == {"probability", "falling_mps", "tilt_rad", "tilt_rate_radps", "unloading_g"}


@pytest.mark.parametrize("script", ["walk", "stumble"])
def test_walking_forward_and_backward_and_stumbling_are_not_falls(script):
    walked = samples(script, seed=1, span_s=(14.0, 58.0))
    assert alarms(walked) == []


@pytest.mark.parametrize("rate_hz", [50, 208])
def test_the_rate_of_the_chip_does_not_matter(rate_hz, impact_s):
    (event,) = alarms(samples("fall", rate_hz=rate_hz))
    assert 0.02 < impact_s - event.decided_at_s < 1.0


@pytest.mark.parametrize("seed", range(3))
def test_how_the_clip_sits_does_not_matter(seed, fall, heard):
    rotation, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    (straight,), (other,) = heard, alarms(turned(fall, rotation * np.linalg.det(rotation)))
    assert other.time_s == pytest.approx(straight.time_s, abs=2 * PERIOD_S)
    assert other.evidence["probability"] == pytest.approx(straight.evidence["probability"], abs=0.1)


def test_where_the_stream_is_cut_changes_nothing_to_the_last_bit(fall, heard):
    assert alarms(*cut(fall, PIECES)) == heard
    assert alarms(*cut(fall, range(0, len(fall), 2))) == heard


def test_a_pickled_detector_goes_on_alike(fall):
    before, after = cut(fall, [0, 800])
    tracker, detector = TrunkTracker(), PreImpactDetector()
    for trunk in tracker.update(before):
        detector.update(trunk)
    alike = pickle.loads(pickle.dumps(detector))
    trunks = tracker.update(after)
    assert [detector.update(trunk) for trunk in trunks] == [alike.update(trunk) for trunk in trunks]


class Listening:
    """A network that keeps what it was asked about and never says yes."""

    version = "listening"

    def __init__(self):
        self.seen = []

    def __call__(self, numbers):
        self.seen.append(numbers.copy())
        return -9.0


def test_a_gap_in_mid_fall_forgets_what_went_before(fall, impact_s):
    before = fall.time_s < impact_s - 0.4
    keep = before | (fall.time_s > impact_s + 2.6)
    broken = Block(fall.time_s[keep], fall.accel_mps2[keep], fall.gyro_radps[keep], 0.0)
    assert alarms(broken) == []
    listening = Listening()
    alarms(broken, detector=PreImpactDetector(network=listening))
    first_after = listening.seen[round(before.sum() / 1.04) + 1].reshape(-1, len(CHANNELS))
    assert np.ptp(first_after[:, CHANNELS.index("tilt")]) < 0.1


def test_training_and_detector_see_the_same_numbers(fall):
    (trunk,) = TrunkTracker().update(fall)
    channels = np.array(FallFeatureTracker().update(trunk), dtype=np.float32)
    listening = Listening()
    alarms(fall, detector=PreImpactDetector(network=listening))
    assert np.allclose(boxed(channels), np.array(listening.seen), atol=1e-4)
    assert boxed(channels).shape[1] == INPUT_COUNT


def test_every_box_is_a_mean_and_the_boxes_meet():
    matrix = box_matrix()
    assert np.allclose(matrix.sum(axis=1), 1.0)
    assert ((matrix > 0).sum(axis=0) == 1).all()
    assert matrix[0, -1] > 0


def said(odds, in_gait=False, **settings):
    consecutive = ConsecutiveThreshold(PreImpactSettings(threshold=1.0, **settings))
    return [n for n, value in enumerate(odds) if consecutive.update(n * PERIOD_S, value, in_gait)]


def test_three_in_a_row_and_then_a_rest():
    assert said([2, 2, 0, 2, 2, 2, 2, 2, 2, 2, 2, 2, 0, 2], consecutive=3, refractory_s=0.05) == [5, 10]


def test_in_gait_it_must_be_sure_for_longer():
    odds = [2, 2, 2, 2, 0, 2, 2, 2, 2, 2, 2]
    assert said(odds, in_gait=False) == [2]
    assert said(odds, in_gait=True) == [9]


def test_the_rest_outlives_a_reset():
    consecutive = ConsecutiveThreshold(PreImpactSettings(threshold=0.0, consecutive=1, refractory_s=3.0))
    assert consecutive.update(0.0, 1.0, False)
    consecutive.reset()
    assert not consecutive.update(1.0, 1.0, False)
    assert consecutive.update(3.0, 1.0, False)


def test_a_gate_may_be_shared_with_the_monitor(fall, heard):
    tracker, gate = TrunkTracker(), WalkingGate()
    detector = PreImpactDetector(gate=gate)
    events = []
    for trunk in tracker.update(fall):
        gate.update(trunk)
        events += detector.update(trunk)
    assert events == heard


def channel(trunk, name):
    return np.array(FallFeatureTracker().update(trunk))[:, CHANNELS.index(name)]


def leaning(push_mps2):
    """Stand, then lean forward by a radian in half a second the hips pushed along it or against it."""
    t = np.arange(0, 3, 0.01)
    angle = np.clip((t - 2.0) / 0.5, 0, 1)
    force = np.stack((np.where(t > 2.0, push_mps2, 0.0), np.zeros_like(t), np.full_like(t, 9.80665)), axis=1)
    cos, sin = np.cos(angle), np.sin(angle)
    accel = np.stack(
        (cos * force[:, 0] - sin * force[:, 2], force[:, 1], sin * force[:, 0] + cos * force[:, 2]), axis=1
    )
    gyro = np.stack((np.zeros_like(t), np.gradient(angle) / 0.01, np.zeros_like(t)), axis=1)
    (trunk,) = TrunkTracker().update(Block(t, accel, gyro, 3.0))
    return trunk


def test_a_topple_carries_the_hips_along_the_lean_and_a_bend_against_it():
    assert channel(leaning(3.0), "lean_velocity")[245] > 0.5
    assert channel(leaning(-3.0), "lean_velocity")[245] < -0.5


def test_free_fall_unloads_and_drops():
    t = np.arange(0, 2, 0.01)
    accel = np.where((t > 1.0) & (t < 1.3), 0.1, 9.80665)[:, None] * [0.0, 0.0, 1.0]
    (trunk,) = TrunkTracker().update(Block(t, accel, np.zeros((len(t), 3)), 2.0))
    assert channel(trunk, "unloading").min() == pytest.approx(-1.0, abs=0.02)
    assert channel(trunk, "vertical_velocity")[128] < -1.5
    assert channel(trunk, "drop")[128] < -0.8


def test_a_network_survives_its_file_and_answers_as_written_out_by_hand():
    rng = np.random.default_rng(0)
    network = Network(
        "test-1",
        first=rng.normal(size=(6, 4)).astype(np.float32).astype(float),
        first_bias=rng.normal(size=6).astype(np.float32).astype(float),
        second=rng.normal(size=(2, 2, 3)).astype(np.float32).astype(float),
        second_bias=rng.normal(size=(2, 2)).astype(np.float32).astype(float),
        third=rng.normal(size=(2, 2)).astype(np.float32).astype(float),
        third_bias=0.25,
    )
    x = rng.normal(size=4)
    by_hand = 0.25
    for m in range(2):
        first = np.maximum(network.first[3 * m : 3 * m + 3] @ x + network.first_bias[3 * m : 3 * m + 3], 0)
        by_hand += network.third[m] @ np.maximum(network.second[m] @ first + network.second_bias[m], 0)
    read = from_bytes(network.to_bytes())
    assert read.version == "test-1"
    assert read(x) == network(x) == pytest.approx(by_hand)
    assert dataclasses.asdict(read).keys() == dataclasses.asdict(network).keys()


def test_the_shipped_weights_say_who_they_are():
    assert PreImpactDetector().version.startswith("pre_impact-")
