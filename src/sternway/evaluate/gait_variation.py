"""Real walks as harder people would have walked them: flatter, slower, with the clip elsewhere, or turning round."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import numpy as np
from scipy.signal import butter, filtfilt

from sternway.evaluate.gait_trial import CHUNK_S, known_gait, reversed_in_time
from sternway.evaluate.trial import GaitReference, Trial
from sternway.monitor import pieces
from sternway.motion.trunk_tracker import TrunkTracker
from sternway.samples import GRAVITY_MPS2, Floats, Vector

GYRO_HZ = 15.0
"""Angular rate is low-passed here before its slope is taken: the trunk has no faster motion, noise has."""

LEVER_M = 0.12
"""How much higher, further forward or further left the clip may sit than where it was recorded."""

Change = Callable[[Trial, Vector], Trial]


def slowed_down(trial: Trial, times: float, power: float = 1.0) -> tuple[Trial, GaitReference]:
    """Return ``trial`` and its reference ``times`` slower: acceleration over ``times`` to ``power``, rate over it."""
    up, gait = upward(trial), known_gait(trial)
    felt = GRAVITY_MPS2 * up + (trial.accel_mps2 - GRAVITY_MPS2 * up) / times**power
    at_s = np.arange(times * trial.time_s[0], times * trial.time_s[-1], 0.01)
    columns = np.column_stack((felt, trial.gyro_radps / times, trial.walking))
    rows = np.column_stack([np.interp(at_s, times * trial.time_s, column) for column in columns.T])
    slow = replace(
        trial,
        rate_hz=100.0,
        time_s=at_s,
        accel_mps2=rows[:, :3],
        gyro_radps=rows[:, 3:6],
        walking=rows[:, 6] > 0.5,
        segments=(),
        gait=None,
    )
    reference = replace(
        gait,
        contacts_s=gait.contacts_s * times,
        foot_offs_s=gait.foot_offs_s * times,
        bouts_s=tuple((start_s * times, end_s * times) for start_s, end_s in gait.bouts_s),
        turns_s=tuple((start_s * times, end_s * times) for start_s, end_s in gait.turns_s),
    )
    return replace(slow, gait=reference), reference


def there_and_back(trial: Trial) -> tuple[Trial, float]:
    """Return the walk run backward in time and then forward, in one piece, and when the way changes.

    Cut in the middle of the first bout, where the trunk is the same at both sides of the cut; nobody stops or turns.
    """
    start_s, end_s = known_gait(trial).bouts_s[0]
    middle_s = 0.5 * (start_s + end_s)
    rows = np.flatnonzero((trial.time_s >= middle_s) & (trial.time_s <= end_s))
    part = replace(
        trial,
        time_s=trial.time_s[rows] - middle_s,
        accel_mps2=trial.accel_mps2[rows],
        gyro_radps=trial.gyro_radps[rows],
        walking=trial.walking[rows],
        segments=(),
        gait=None,
    )
    back = reversed_in_time(part)
    change_s = float(part.time_s[-1] - part.time_s[0])
    return (
        replace(
            part,
            time_s=np.concatenate((back.time_s, part.time_s[1:] + change_s - part.time_s[0])),
            accel_mps2=np.concatenate((back.accel_mps2, part.accel_mps2[1:])),
            gyro_radps=np.concatenate((back.gyro_radps, part.gyro_radps[1:])),
            walking=np.concatenate((back.walking, part.walking[1:])),
        ),
        change_s,
    )


def upward(trial: Trial) -> Floats:
    """Return the upward unit vector (n, 3) at each sample, as the clip would find it."""
    tracker = TrunkTracker()
    motions = [motion for block in pieces(trial.block(), CHUNK_S) for motion in tracker.update(block)]
    time_s, up = (np.concatenate([getattr(motion, name) for motion in motions]) for name in ("time_s", "up"))
    found = np.column_stack([np.interp(trial.time_s, time_s, column) for column in up.T])
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True))


def _scaled(trial: Trial, forward: Vector, vertical_share: float, forward_share: float) -> Trial:
    """Return ``trial`` with vertical and forward acceleration, without gravity, at these shares."""
    up = upward(trial)
    ahead = _level(forward, up)
    vertical = np.sum(trial.accel_mps2 * up, axis=1, keepdims=True) - GRAVITY_MPS2
    forth = np.sum(trial.accel_mps2 * ahead, axis=1, keepdims=True)
    change = (vertical_share - 1.0) * vertical * up + (forward_share - 1.0) * forth * ahead
    return replace(trial, accel_mps2=trial.accel_mps2 + change)


def _moved(trial: Trial, forward: Vector, axis: int, by_m: float) -> Trial:
    """Return ``trial`` as felt by a clip ``by_m`` further up (axis 0), forward (1) or left (2) on the same trunk."""
    up = upward(trial)
    ahead = _level(forward, up)
    lever_m = by_m * (up, ahead, np.cross(up, ahead))[axis].mean(axis=0)
    b, a = butter(2, 2.0 * GYRO_HZ / trial.rate_hz)
    rate = filtfilt(b, a, trial.gyro_radps, axis=0)
    growth = np.gradient(rate, trial.time_s, axis=0)
    change = np.cross(growth, lever_m) + np.cross(rate, np.cross(rate, lever_m))
    return replace(trial, accel_mps2=trial.accel_mps2 + change)


def _level(forward: Vector, up: Floats) -> Floats:
    ahead = np.array(forward) - (up @ np.array(forward))[:, None] * up
    return np.asarray(ahead / np.linalg.norm(ahead, axis=1, keepdims=True))


def _as_it_was(trial: Trial, _: Vector) -> Trial:
    return trial


CHANGES: Mapping[str, Change] = {
    "as recorded": _as_it_was,
    "vertical at 1/2": partial(_scaled, vertical_share=1 / 2, forward_share=1.0),
    "vertical at 1/3": partial(_scaled, vertical_share=1 / 3, forward_share=1.0),
    "forward at 1/2": partial(_scaled, vertical_share=1.0, forward_share=1 / 2),
    **{
        f"{LEVER_M:.2f} m {words}": partial(_moved, axis=axis, by_m=sign * LEVER_M)
        for axis, pair in enumerate((("up", "down"), ("forward", "back"), ("left", "right")))
        for sign, words in zip((1.0, -1.0), pair, strict=True)
    },
}
"""What is done to a walk, given which way is forward in chip axes."""
