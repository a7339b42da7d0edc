import math

import numpy as np
import pytest

from sternway.motion.gait import Direction
from sternway.motion.steps import StepDetector
from sternway.motion.trunk_tracker import TrunkTracker, merge_steps
from sternway.samples import Block
from sternway.simulate.script import BACKWARD, FORWARD, Sit, Stand, Walk
from sternway.simulate.walker import BELT, Walker

UPRIGHT = (0.0, 0.0, 1.0)


def live(script, seconds, seed=1, mounting=BELT):
    """What the simulated walker feels, through the whole tracker."""
    walker = Walker(script, seed=seed)
    time_s = np.arange(0.0, seconds, 0.01)
    accel, gyro = walker.at(time_s)
    return walker, TrunkTracker(mounting=mounting).update(Block(time_s, accel, gyro, 0.0))


def swing(row, step_s):
    """The hips of a walker sway and twist once a stride."""
    turn = math.pi * 0.01 * row / step_s
    return 0.3 * math.cos(turn), 0.0, 0.3 * math.sin(turn)


def count(vertical_mps2, up=None, direction=Direction.UNKNOWN, yaw_radps=0.0, step_s=0.55):
    """The steps in a vertical acceleration alone, and the detector afterwards."""
    detector = StepDetector()
    rows = up if up is not None else [UPRIGHT] * len(vertical_mps2)
    steps = []
    for at, (value, upward) in enumerate(zip(vertical_mps2, rows, strict=True)):
        steps += detector.update(at * 0.01, float(value), upward, yaw_radps, swing(at, step_s), direction=direction)
    return steps, detector


def wave(seconds, period_s, height_mps2, quiet_s=0.0):
    at = np.arange(0.0, seconds, 0.01)
    return np.where(at >= quiet_s, height_mps2 * np.sin(2 * np.pi * (at - quiet_s) / period_s), 0.0)


@pytest.mark.parametrize("direction", [FORWARD, BACKWARD])
@pytest.mark.parametrize(("speed_mps", "cadence_spm"), [(0.4, 70.0), (0.8, 95.0), (1.3, 115.0), (1.6, 135.0)])
def test_every_contact_of_a_walk_is_found_at_its_time(direction, speed_mps, cadence_spm):
    walker, motions = live((Stand(2.0), Walk(16.0, direction, speed_mps, cadence_spm), Stand(2.0)), 20.0)
    told = [step.time_s for step in merge_steps(motions)]
    contacts = [contact.time_s for contact in walker.truth.contacts]
    off = [min(abs(time_s - contact) for time_s in told) for contact in contacts]
    assert abs(len(told) - len(contacts)) <= 2
    assert sum(error < 0.15 for error in off) >= len(contacts) - 2


def test_a_step_is_decided_soon_after_the_contact_once_the_walk_is_known():
    _, motions = live((Stand(2.0), Walk(16.0)), 18.0)
    waits = [step.decided_at_s - step.time_s for step in merge_steps(motions)]
    assert np.percentile(waits, 80) < 0.17
    assert min(waits) > 0.0


def test_walking_is_known_within_two_seconds_and_forgotten_two_seconds_after():
    _, motions = live((Stand(3.0), Walk(8.0), Stand(4.0)), 15.0)
    time_s = np.concatenate([motion.time_s for motion in motions])
    walking = np.concatenate([motion.walking for motion in motions])
    assert not walking[time_s < 3.0].any()
    assert walking[(time_s > 5.0) & (time_s < 11.0)].all()
    assert not walking[time_s > 13.5].any()


@pytest.mark.parametrize("script", [(Stand(60.0),), (Stand(3.0), Sit(20.0), Stand(10.0))])
def test_standing_and_sitting_down_give_no_step(script):
    _, motions = live(script, 33.0)
    assert merge_steps(motions) == ()


def test_the_first_steps_are_counted_back_when_the_third_makes_it_a_walk():
    steps, _ = count(wave(8.0, 0.55, 1.5, quiet_s=2.0))
    assert len({step.decided_at_s for step in steps[:3]}) == 1
    assert steps[0].step_time_s is None
    assert steps[1].step_time_s == pytest.approx(0.55, abs=0.06)
    assert np.mean([step.step_time_s for step in steps[3:]]) == pytest.approx(0.55, abs=0.01)


def test_a_single_bump_makes_no_walk():
    assert count(wave(8.0, 0.55, 1.5) * (np.arange(800) < 55))[0] == []


def test_a_tremble_too_small_to_be_gait_gives_no_step():
    assert count(wave(20.0, 0.55, 0.15))[0] == []


def test_the_second_hump_of_a_slow_step_is_not_a_step():
    at = np.arange(0.0, 24.0, 0.01)
    humps = sum(
        height * np.exp(-0.5 * (((at - shift) % 0.86 - 0.43) / 0.07) ** 2)
        for shift, height in ((0.0, 2.0), (0.52, 1.5))
    )
    steps, _ = count(humps - humps.mean(), step_s=0.86)
    late = [step.step_time_s for step in steps if step.time_s > 10.0]
    assert np.median(late) == pytest.approx(0.86, abs=0.03)


def test_leaning_far_is_not_walking():
    lean = np.radians(np.clip((np.arange(800) - 300) * 0.6, 0.0, 90.0))
    up = [(math.sin(angle), 0.0, math.cos(angle)) for angle in lean]
    steps, detector = count(wave(8.0, 0.55, 1.5), up)
    assert [step for step in steps if 3.8 < step.time_s < 5.0] == []
    assert count(wave(8.0, 0.55, 1.5))[1].walking
    assert detector is not None


def test_a_trunk_that_bends_slowly_ends_the_walk():
    vertical = wave(10.0, 0.6, 1.5)
    angle = np.radians(np.clip(6.0 * (np.arange(len(vertical)) * 0.01 - 4.0), 0.0, 30.0))
    up = [(math.sin(a), 0.0, math.cos(a)) for a in angle.tolist()]
    steps, _ = count(vertical, up)
    assert len(count(vertical)[0]) >= 15
    assert 6.0 < max(step.time_s for step in steps if step.time_s < 8.0) < 7.6


def test_a_clip_that_slips_between_two_walks_does_not_hide_the_second():
    vertical = np.concatenate([wave(10.0, 0.6, 1.5), np.zeros(2000), wave(10.0, 0.6, 1.5)])
    angle = np.radians(np.clip(2.0 * (np.arange(len(vertical)) * 0.01 - 12.0), 0.0, 30.0))
    steps, detector = count(vertical, [(math.sin(a), 0.0, math.cos(a)) for a in angle.tolist()])
    assert len([step for step in steps if step.time_s > 30.0]) >= 12
    assert detector.walking


def test_a_recording_that_begins_in_the_middle_of_a_stride_is_a_walk_at_once():
    vertical = wave(6.0, 0.5, 3.0)
    tilted = np.radians(30.0 * np.exp(-np.arange(len(vertical)) * 0.03))
    steps, _ = count(vertical, [(math.sin(a), 0.0, math.cos(a)) for a in tilted.tolist()])
    assert min(step.decided_at_s for step in steps) < 1.9


@pytest.mark.parametrize(("steps", "height_mps2", "told"), [(4, 0.6, 0), (4, 2.0, 4), (9, 0.6, 9)])
def test_while_turning_on_the_spot_a_few_weak_steps_are_no_walk(steps, height_mps2, told):
    shuffle = np.concatenate([wave(2.0 + 0.6 * steps, 0.6, height_mps2, quiet_s=2.0), np.zeros(200)])
    assert abs(len(count(shuffle)[0]) - steps) <= 1
    assert abs(len(count(shuffle, yaw_radps=1.2)[0]) - told) <= 1


def test_settling_down_is_no_walk():
    shuffle = np.concatenate([wave(4.4, 0.6, 0.6, quiet_s=2.0), np.zeros(200)])
    lean = np.radians(np.clip((np.arange(len(shuffle)) - 150) / 10.0, 0.0, 25.0))
    assert count(shuffle, np.stack([np.sin(lean), 0.0 * lean, np.cos(lean)], axis=1))[0] == []


def test_backward_the_contact_is_put_elsewhere_on_the_same_hump():
    forward, _ = count(wave(8.0, 0.55, 1.5), direction=Direction.FORWARD)
    backward, _ = count(wave(8.0, 0.55, 1.5), direction=Direction.BACKWARD)
    assert len(forward) == len(backward)
    assert forward[-1].time_s != backward[-1].time_s


def test_a_harder_contact_loads_faster():
    soft, _ = count(wave(8.0, 0.55, 1.0))
    hard, _ = count(wave(8.0, 0.55, 3.0))
    assert hard[-1].loading_mps3 == pytest.approx(3 * soft[-1].loading_mps3, rel=0.01)
