import numpy as np
import pytest

from sternway.motion.gait import Direction
from sternway.motion.speed import SpeedEstimator
from sternway.motion.trunk_tracker import TrunkTracker
from sternway.samples import Block
from sternway.simulate.script import BACKWARD, FORWARD, Stand, Walk
from sternway.simulate.walker import BELT, Walker


def follow(estimator, script, cut_count=1, seed=2):
    """Let ``estimator`` follow a simulated walk; return the speeds it gave each second."""
    walker, tracker, speeds = Walker(script, seed), TrunkTracker(mounting=BELT), []
    times_s = np.arange(0.0, walker.truth.duration_s, 1 / 104)
    for part in np.array_split(np.arange(len(times_s)), cut_count):
        for trunk in tracker.update(Block(times_s[part], *walker.at(times_s[part]), float(times_s[part][-1]))):
            estimator.update(trunk)
        speeds.append(estimator.speed_mps)
    return walker, speeds


def calibrated(way=FORWARD, speed_mps=1.2):
    estimator = SpeedEstimator()
    estimator.begin_distance()
    walker, _ = follow(estimator, (Stand(3.0), Walk(20.0, way, speed_mps), Stand(1.0)))
    distance_m = sum(contact.length_m for contact in walker.truth.contacts)
    assert estimator.end_distance(distance_m) is way
    return estimator.calibration


def test_without_a_known_distance_there_is_no_speed():
    _, speeds = follow(SpeedEstimator(), (Stand(2.0), Walk(10.0)), cut_count=12)
    assert set(speeds) == {None}


@pytest.mark.parametrize(("way", "speed_mps"), [(FORWARD, 1.2), (BACKWARD, 0.65)])
def test_after_one_the_speed_is_right_to_a_tenth(way, speed_mps):
    _, speeds = follow(
        SpeedEstimator(calibrated(way, speed_mps)), (Stand(2.0), Walk(15.0, way, speed_mps)), 18, seed=5
    )
    assert speeds[-1] == pytest.approx(speed_mps, rel=0.1)


def test_the_other_direction_stays_unknown_and_standing_has_no_speed():
    script = (Stand(2.0), Walk(10.0, BACKWARD), Stand(6.0))
    assert set(follow(SpeedEstimator(calibrated()), script, 18)[1]) == {None}
    assert follow(SpeedEstimator(calibrated(BACKWARD, 0.65)), script, 18)[1][-1] is None


def test_too_few_steps_calibrate_nothing():
    estimator = SpeedEstimator()
    estimator.begin_distance()
    follow(estimator, (Stand(5.0),))
    assert estimator.end_distance(10.0) is None
    assert estimator.calibration == {}


def test_where_the_stream_is_cut_changes_no_speed():
    calibration = calibrated()
    script = (Stand(2.0), Walk(10.0))
    assert (
        follow(SpeedEstimator(calibration), script, 1)[1][-1]
        == follow(SpeedEstimator(calibration), script, 311)[1][-1]
    )


def test_directions_have_words_as_keys():
    assert list(calibrated()) == [Direction.FORWARD.word]


def test_a_walk_has_a_mean_speed_for_the_calibrated_way_only_and_the_next_walk_begins_anew():
    estimator = SpeedEstimator(calibrated(BACKWARD, 0.65))
    follow(estimator, (Stand(2.0), Walk(12.0, BACKWARD, 0.65), Stand(2.0), Walk(8.0), Stand(1.0)), 18, seed=5)
    assert estimator.mean_mps == {"backward": pytest.approx(0.65, rel=0.1)}
    assert SpeedEstimator(estimator.calibration, estimator.walked).mean_mps == estimator.mean_mps
    estimator.begin_walk()
    assert estimator.mean_mps == {}
