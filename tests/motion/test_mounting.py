import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sternway.motion.mounting import Mounting, MountingEstimator, mounting_from, shift
from sternway.motion.trunk_tracker import TrunkTracker
from sternway.samples import Block
from sternway.simulate.script import BACKWARD, FORWARD, Stand, Walk
from sternway.simulate.walker import BELT, Walker

TIME_S = np.arange(0.0, 14.0, 0.01)


def turned(axis, angle_rad):
    """Return the rotation matrix about a unit ``axis`` (Rodrigues)."""
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle_rad) * cross + (1 - np.cos(angle_rad)) * cross @ cross


def felt(way=FORWARD, seed=3, walk_s=11.0):
    return Walker((Stand(3.0), Walk(walk_s, way)), seed=seed).at(TIME_S)


def found(accel, gyro, step=100):
    tracker, estimator = TrunkTracker(), MountingEstimator()
    for at in range(0, len(TIME_S), step):
        rows = slice(at, at + step)
        for motion in tracker.update(Block(TIME_S[rows], accel[rows], gyro[rows], 0.0)):
            mounting = estimator.update(motion)
            if mounting is not None:
                return mounting, float(motion.time_s[-1])
    return None, None


def angle_deg(one, other):
    return np.degrees(np.arctan2(np.linalg.norm(np.cross(one, other)), np.dot(one, other)))


@settings(max_examples=15)
@given(st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda v: sum(x * x for x in v) > 0.1), st.floats(0, np.pi))
def test_any_way_up_and_any_way_round(axis, angle_rad):
    matrix = turned(np.array(axis) / np.linalg.norm(axis), angle_rad)
    accel, gyro = felt()
    mounting, _ = found(accel @ matrix.T, gyro @ matrix.T)
    assert angle_deg(mounting.up, matrix @ BELT.up) < 5.0
    assert angle_deg(mounting.forward, matrix @ BELT.forward) < 15.0
    assert abs(np.dot(mounting.up, mounting.forward)) < 1e-9


@pytest.mark.parametrize("seed", range(4))
def test_ten_seconds_of_walking_are_enough(seed):
    mounting, at_s = found(*felt(seed=seed))
    assert at_s < 13.0
    assert 0.38 <= mounting.confidence <= 1.0


def test_it_takes_the_walk_for_a_forward_one():
    mounting, _ = found(*felt(way=BACKWARD))
    assert angle_deg(mounting.forward, BELT.forward) > 150.0


def test_standing_and_stamping_tell_nothing():
    accel, gyro = felt(walk_s=1.0)
    assert found(accel, gyro) == (None, None)
    bounce = 2.0 * np.sin(2 * np.pi * 1.8 * TIME_S)
    stamping = np.array(BELT.up) * (9.80665 + bounce)[:, None]
    assert found(stamping, np.zeros((len(TIME_S), 3))) == (None, None)


def test_where_the_stream_is_cut_changes_no_bit():
    accel, gyro = felt()
    assert found(accel, gyro, 100)[0] == found(accel, gyro, 20)[0]


def test_a_stored_mounting_comes_back_the_same():
    assert mounting_from(json.loads(json.dumps(BELT.body()))) == BELT


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"up": [0, 0, 1], "forward": [0, 0, 1], "confidence": 1},
        {"up": [0, 0, 1], "forward": [1, 0], "confidence": 1},
        {"up": [0, 0, "x"], "forward": [1, 0, 0], "confidence": 1},
        {"up": [0, 0, float("nan")], "forward": [1, 0, 0], "confidence": 1},
    ],
)
def test_what_is_no_mounting_is_refused(body):
    with pytest.raises(ValueError, match="not a mounting"):
        mounting_from(body)


FLAT = Mounting((0.0, 0.0, 1.0), (1.0, 0.0, 0.0), 1.0)


@pytest.mark.parametrize(
    ("turn_deg", "walked_forward", "moved"),
    [(10, True, False), (40, True, True), (180, True, True), (180, False, False), (90, False, True)],
)
def test_a_clip_that_was_turned_is_noticed(turn_deg, walked_forward, moved):
    angle = np.radians(turn_deg)
    seen = replace(FLAT, forward=(float(np.cos(angle)), float(np.sin(angle)), 0.0))
    assert shift(FLAT, seen, walked_forward=walked_forward).moved is moved


@pytest.mark.parametrize(("tilt_deg", "moved"), [(10, False), (30, True), (180, True)])
def test_a_clip_that_was_tipped_is_noticed(tilt_deg, moved):
    angle = np.radians(tilt_deg)
    seen = replace(FLAT, up=(0.0, float(np.sin(angle)), float(np.cos(angle))))
    assert shift(FLAT, seen, walked_forward=True).moved is moved
