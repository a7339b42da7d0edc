import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sternway.motion.gait import Direction
from sternway.motion.trunk_tracker import TrunkTracker, merge_steps
from sternway.samples import Block
from sternway.simulate.script import BACKWARD, FORWARD, Stand, Walk
from sternway.simulate.walker import BELT, Walker

RATE_HZ = 104.0
WALKER = Walker((Stand(1.5), Walk(7.0, FORWARD), Stand(1.0), Walk(6.0, BACKWARD)), seed=4)
TIME_S = np.arange(0.0, 15.0, 1.0 / RATE_HZ)
ACCEL, GYRO = WALKER.at(TIME_S)


def blocks(cuts=(), gap_at=None):
    for rows in np.split(np.arange(len(TIME_S)), sorted(cuts)):
        yield Block(TIME_S[rows], ACCEL[rows], GYRO[rows], 0.0, bool(len(rows)) and rows[0] == gap_at)


def tracked(cuts=(), tracker=None):
    tracker = tracker or TrunkTracker(mounting=BELT)
    return [motion for block in blocks(cuts) for motion in tracker.update(block)]


def joined(motions, name):
    return np.concatenate([getattr(motion, name) for motion in motions])


WHOLE = tracked()


@settings(max_examples=12)
@given(st.lists(st.integers(0, len(TIME_S)), max_size=40))
def test_where_the_stream_is_cut_changes_no_bit(cuts):
    pieces = tracked(cuts)
    for name in ("walking", "direction", "anteroposterior_mps2", "tilt_rad", "vertical_velocity_mps"):
        assert np.array_equal(joined(pieces, name), joined(WHOLE, name))
    assert merge_steps(pieces) == merge_steps(WHOLE)


def test_a_copy_goes_on_as_the_original_would():
    tracker = TrunkTracker(mounting=BELT)
    first, second = list(blocks([700]))
    tracker.update(first)
    twin = copy.deepcopy(tracker)
    ours, theirs = tracker.update(second), twin.update(second)
    assert merge_steps(ours) == merge_steps(theirs)
    assert np.array_equal(joined(ours, "direction"), joined(theirs, "direction"))


def test_both_ways_of_walking_are_told_within_two_and_a_half_seconds():
    time_s, direction = joined(WHOLE, "time_s"), joined(WHOLE, "direction")
    assert set(direction[(time_s > 4.0) & (time_s < 8.0)]) == {Direction.FORWARD}
    assert set(direction[(time_s > 12.5) & (time_s < 15.0)]) == {Direction.BACKWARD}


def test_without_a_mounting_steps_are_told_but_not_direction():
    motions = tracked(tracker=TrunkTracker())
    assert len(merge_steps(motions)) > 15
    assert not joined(motions, "direction").any()
    assert motions[0].anteroposterior_mps2 is None


def test_a_gap_forgets_the_walk_but_not_the_mounting():
    tracker = TrunkTracker(mounting=BELT)
    before, after = blocks([600], gap_at=600)
    assert tracker.update(before)[-1].walking[-1]
    resumed = tracker.update(after)
    assert not resumed[-1].walking[0]
    assert resumed[-1].anteroposterior_mps2 is not None


def test_a_new_mounting_counts_from_the_next_sample():
    tracker = TrunkTracker()
    before, after = blocks([800])
    tracker.update(before)
    tracker.mount(BELT)
    assert joined(tracker.update(after), "direction").any()


def test_the_axes_of_the_body_follow_the_mounting():
    quiet = joined(WHOLE, "time_s") < 1.2
    assert np.abs(joined(WHOLE, "anteroposterior_mps2")[quiet]).max() < 0.3
    along = joined(WHOLE, "up")[quiet].mean(axis=0) @ np.array(BELT.up)
    assert along == pytest.approx(1.0, abs=0.01)
