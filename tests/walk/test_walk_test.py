import dataclasses
import math

import numpy as np
import pytest

from sternway.motion.trunk_tracker import TrunkTracker
from sternway.samples import Block
from sternway.simulate.script import BACKWARD, Sit, Stand, Turn, Walk
from sternway.simulate.walker import BELT, Walker
from sternway.walk.walk_test import MovementTimer, WalkTest, WalkTestResult, result_from
from sternway.walk.walk_test_bands import BANDS, bands_words, change_words, is_real_change

TRIAL = (Stand(4.0), Walk(4.5, BACKWARD), Stand(3.0), Walk(4.0), Turn(), Stand(2.0), Turn())


def motion(script, seed=1, cut_count=1):
    walker = Walker(script, seed)
    times_s = np.arange(0.0, walker.truth.duration_s, 1 / 208)
    tracker = TrunkTracker(mounting=BELT)
    out = []
    for part in np.array_split(np.arange(len(times_s)), cut_count):
        out += tracker.update(Block(times_s[part], *walker.at(times_s[part]), float(times_s[part][-1])))
    return walker, out


def true_movement(walker, act):
    """Return when ``act`` left rest and when its last foot came down."""
    start_s, end_s = next((start_s, end_s) for start_s, end_s, done in walker.truth.acts if done == act)
    return start_s, max(c.time_s for c in walker.truth.contacts if c.time_s <= end_s + 0.01)


@pytest.mark.parametrize("speed_mps", [0.35, 0.65, 1.0])
@pytest.mark.parametrize("seed", range(2))
def test_the_timer_is_right_to_a_fifth_of_a_second(speed_mps, seed):
    act = Walk(3.0 / speed_mps, BACKWARD, speed_mps, 95.0)
    walker, trunks = motion((Stand(3.0), act, Stand(4.0)), seed)
    timer = MovementTimer()
    (movement,) = [movement for trunk in trunks for movement in timer.update(trunk)]
    start_s, end_s = true_movement(walker, act)
    assert movement.duration_s == pytest.approx(end_s - start_s, abs=0.2)
    assert movement.direction is BACKWARD


def test_three_backward_trials_count_and_the_way_back_does_not():
    _, trunks = motion(TRIAL * 3 + (Stand(2.0),))
    test = WalkTest()
    counted = [movement for trunk in trunks for movement in test.update(trunk)]
    assert len(counted) == len(test.trials_s) == 3
    assert all(movement.direction == -1 for movement in counted)
    assert test.result is not None
    assert test.words == "The walk test is over."


def test_sitting_down_is_no_trial():
    _, trunks = motion((Stand(3.0), Sit(5.0), Stand(3.0), Walk(6.0), Stand(3.0)))
    test = WalkTest()
    assert [movement for trunk in trunks for movement in test.update(trunk)] == []
    assert test.result is None
    assert "Trial 1 of 3" in test.words or "Back at the start" in test.words


def _shaken(sample):
    norm_mps2 = sample.accel_norm_mps2 + 5.0 * math.sin(900.0 * sample.time_s)
    return dataclasses.replace(sample, accel_norm_mps2=norm_mps2, motor_on=True)


def test_our_own_motor_is_no_movement():
    _, trunks = motion((Stand(10.0),))
    shaken = []
    for trunk in trunks:
        samples = [_shaken(sample) if 5.0 < sample.time_s < 6.0 else sample for sample in trunk.samples]
        shaken.append(dataclasses.replace(trunk, samples=samples))
    timer = MovementTimer()
    assert [movement for trunk in shaken for movement in timer.update(trunk)] == []
    assert timer.ready


def test_where_the_stream_is_cut_changes_no_time():
    whole, cut = WalkTest(), WalkTest()
    for test, count in ((whole, 1), (cut, 397)):
        for trunk in motion(TRIAL, cut_count=count)[1]:
            test.update(trunk)
    assert whole.trials_s
    assert whole.trials_s == cut.trials_s


def test_bands_are_shown_with_their_disagreement():
    assert [len(bands_words(time_s)) - len(BANDS) for time_s in (2.5, 4.8, 7.0)] == [0, 1, 0]
    assert "disagree" in bands_words(4.8)[-1]


def test_only_a_change_beyond_measurement_error_is_called_one():
    assert not is_real_change(6.0, 4.5)
    assert is_real_change(6.7, 4.5)
    assert "within measurement error" in change_words(6.0, 4.5)[0]
    assert "one study" in change_words(6.4, 4.5)[0]


def test_a_result_reads_back_from_its_record():
    result = WalkTestResult((4.0, 4.2, 4.4), before_s=5.0)
    assert result_from(result.body()) == result
    assert result.body().speed_mps == pytest.approx(0.714)
    assert result.words()[0] == "3 metres backward: 4.2 s (4.0, 4.2, 4.4)"
