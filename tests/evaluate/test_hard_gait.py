import numpy as np
import pytest

from sternway.evaluate.gait_variation import CHANGES, slowed_down, there_and_back, upward
from sternway.evaluate.hard_gait import airborne_line, changed_lines, slow_lines, splice_line
from sternway.evaluate.trial import Activity, GaitReference, Trial
from sternway.samples import GRAVITY_MPS2
from sternway.simulate.script import Stand, Walk
from sternway.simulate.walker import BELT, Walker


@pytest.fixture(scope="module")
def walk():
    """A simulated walk forward of known steps."""
    walker = Walker((Stand(4.0), Walk(24.0), Stand(2.0)), seed=5)
    time_s = np.arange(0.0, 30.0, 0.01)
    accel, gyro = walker.at(time_s)
    times_s = np.array([contact.time_s for contact in walker.truth.contacts])
    gait = GaitReference(times_s, bouts_s=((float(times_s[0]), float(times_s[-1])),), foot_offs_s=times_s - 0.6)
    walking = (time_s > times_s[0]) & (time_s < times_s[-1])
    return Trial("walk", "one", Activity("walk", "walking"), 100.0, time_s, accel, gyro, walking, gait=gait)


def vertical_rms(trial):
    return np.std(np.sum(trial.accel_mps2 * upward(trial), axis=1)[600:2500] - GRAVITY_MPS2)


def test_a_flatter_walk_is_the_same_walk_with_less_rise(walk):
    flat = CHANGES["vertical at 1/3"](walk, BELT.forward)
    assert vertical_rms(flat) == pytest.approx(vertical_rms(walk) / 3.0, rel=0.15)
    assert np.array_equal(flat.gyro_radps, walk.gyro_radps)


def test_a_clip_further_up_feels_other_accelerations_and_the_same_turning(walk):
    up = CHANGES["0.12 m up"](walk, BELT.forward)
    assert 0.01 < np.std(up.accel_mps2 - walk.accel_mps2) < 2.0
    assert np.array_equal(up.gyro_radps, walk.gyro_radps)


def test_a_walk_slowed_down_takes_longer_and_shakes_less(walk):
    slow, reference = slowed_down(walk, 2.0)
    assert np.diff(reference.contacts_s).mean() == pytest.approx(2.0 * np.diff(walk.gait.contacts_s).mean())
    assert vertical_rms(slow) < 0.6 * vertical_rms(walk)


def test_there_and_back_changes_its_way_once_without_a_gap(walk):
    spliced, change_s = there_and_back(walk)
    assert np.all(np.diff(spliced.time_s) > 0.0)
    assert change_s == pytest.approx(0.5 * spliced.time_s[-1], abs=0.2)


def test_every_line_has_its_figures(walk):
    known = [(walk, BELT)]
    lines = list(changed_lines(known))
    assert len(lines) == 2 * len(CHANGES)
    assert lines[0].startswith("as recorded, forward: 100.00 % right")
    assert "backward told after a change" in splice_line(known)
    assert airborne_line([walk], {"one": BELT}).startswith("jogging and jumping: backward in 0.00 %")


def test_slowed_steps_are_counted_against_those_labelled(walk):
    line = next(iter(slow_lines([(walk, BELT)])))
    counted, labelled = (int(word) for word in line.replace(" steps of ", ": ").split(": ")[1:])
    assert counted == pytest.approx(labelled, abs=2)
