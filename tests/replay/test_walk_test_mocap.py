"""The walk-test timer on motion capture of real backward walking.

The clips begin and end in mid-walk: each is faded in from quiet standing and out again over a quarter of a second;
the fades' outer ends are the truth. How people start and stop, the clips cannot show.
"""

import os
from pathlib import Path

import numpy as np
import pytest

from sternway.motion.gait import Direction
from sternway.motion.mounting import Mounting
from sternway.motion.trunk_tracker import TrunkTracker
from sternway.samples import GRAVITY_MPS2, Block
from sternway.walk.walk_test import MovementTimer

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif("STERNWAY_DATA" not in os.environ, reason="needs the recordings of STERNWAY_DATA"),
]
FADE_S, STAND_S = 0.25, 3.0


def faded(values, rest, time_s):
    """Return ``values`` (n, 3) fading in from ``rest`` and out to it, with standing on both sides."""
    ends = np.minimum(time_s - time_s[0], time_s[-1] - time_s) / FADE_S
    share = 0.5 - 0.5 * np.cos(np.pi * np.clip(ends, 0.0, 1.0))[:, None]
    standing = np.tile(rest, (round(STAND_S * 100), 1))
    return np.concatenate((standing, rest + share * (values - rest), standing))


def timed(trial):
    """Return the error in seconds of the one movement found, and its direction."""
    rng = np.random.default_rng(1)
    up = trial.accel_mps2.mean(axis=0)
    up /= np.linalg.norm(up)
    accel = faded(trial.accel_mps2, GRAVITY_MPS2 * up, trial.time_s)
    gyro = faded(trial.gyro_radps, np.zeros(3), trial.time_s)
    accel += rng.normal(0.0, 0.03, accel.shape)
    gyro += rng.normal(0.0, 0.01, gyro.shape)
    ahead = np.array([0.0, 0.0, 1.0]) - up * up[2]
    ahead /= np.linalg.norm(ahead)
    mounting = Mounting(tuple(up.tolist()), tuple(ahead.tolist()), 1.0)
    block = Block(np.arange(len(accel)) / 100.0, accel, gyro, len(accel) / 100.0)
    timer = MovementTimer()
    movements = [
        movement for trunk in TrunkTracker(mounting=mounting).update(block) for movement in timer.update(trunk)
    ]
    return [
        (movement.duration_s - (trial.time_s[-1] - trial.time_s[0]), movement.direction) for movement in movements
    ]


def test_the_timer_is_right_to_a_fifth_of_a_second_on_mocap_walks():
    from sternway.evaluate.datasets import dataset
    from sternway.evaluate.datasets.bandai import SHORTEST_S

    bandai = dataset("bandai")
    found = []
    for file in bandai.find(Path(os.environ["STERNWAY_DATA"]) / "bandai"):
        trial = bandai.read(file)
        if file.activity == "walk-back" and trial.duration_s > SHORTEST_S:
            found.append((file.name, timed(trial)))
    assert len(found) >= 10
    errors_s = {name: movements[0][0] for name, movements in found if len(movements) == 1}
    assert len(errors_s) == len(found)
    assert all(movements[0][1] is Direction.BACKWARD for _, movements in found)
    assert {name: error_s for name, error_s in errors_s.items() if abs(error_s) > 0.2} == {}
