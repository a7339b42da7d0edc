"""One recording through the production pipeline, forward or reversed in time: its steps and its directions."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from sternway.evaluate.pipeline import run
from sternway.evaluate.trial import GaitReference, Trial
from sternway.evaluate.variation import turned
from sternway.monitor import pieces
from sternway.motion.cadence import CadenceSettings, RotationCadence
from sternway.motion.gait import Step
from sternway.motion.mounting import Mounting, MountingEstimator
from sternway.motion.resample import PERIOD_S
from sternway.motion.trunk import TrunkMotion
from sternway.motion.trunk_tracker import TrunkTracker
from sternway.samples import Floats

CHUNK_S = 0.5
"""Where the stream is cut changes nothing; longer pieces are faster."""

LEARN_S = 10.0
"""How much walking, unreversed, tells how the sensor sits."""

STRAIGHT_RAD = np.deg2rad(30.0)
"""Four seconds that turn by less are straight."""

ONSET_S = 1.0
"""The labels of sets that are not about gait cover the standing at both ends of a walk. There it begins where ``|a|``
first leaves its mean by the standard deviation of the median second of that walk, and ends where it last does. No
step detector is asked."""

SETTLE_S = 3.0
"""What is read before the walking, so that up is known when it begins."""

Spans = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class LearnedMounting:
    """What the mounting step said after ten seconds of walking, and how wrong it was where that is known.

    ``forward_error_rad`` is signed; more than a right angle is a wrong polarity. ``first_try`` says whether ten
    seconds were enough; else the rest of the recording was used.
    """

    mounting: Mounting | None
    first_try: bool
    forward_error_rad: float | None
    up_error_rad: float | None


@dataclass(frozen=True, slots=True)
class RotationWindow:
    """Cadence over four straight seconds: what the shanks say, and what the pelvis' rotation said."""

    reference_spm: float
    told_spm: float | None


@dataclass(frozen=True, slots=True)
class GaitOutcome:
    """A trial without its samples: what is known of its gait, and what was said.

    ``walks_s`` are the walks from their first motion to their last, ``labelled_s`` as the data set marks them.
    """

    name: str
    subject: str
    activity: str
    gait: GaitReference
    walks_s: Spans
    still_s: tuple[tuple[str, float, float], ...]
    steps: tuple[Step, ...]
    time_s: Floats
    direction: NDArray[np.int8]
    learned: LearnedMounting | None
    labelled_s: Spans = ()
    rotation: tuple[RotationWindow, ...] = ()
    alarms: tuple[str, ...] = ()


def run_gait(trial: Trial, *, reverse: bool = False, mounting: Mounting | None = None) -> GaitOutcome:
    """Turn the sensor at random, learn how it sits from unreversed walking, then stream the trial cold.

    Where ``mounting`` says how it sits, nothing is turned and nothing learned.
    """
    seed = int.from_bytes(hashlib.sha256(trial.name.encode()).digest()[:4], "big")
    matrix = np.eye(3) if mounting else Rotation.random(random_state=seed).as_matrix()
    trial = turned(trial, matrix)
    gait = known_gait(trial)
    learned = None if gait.placed or mounting else learn(trial, gait, matrix)
    if mounting is None:
        mounting = _given(gait, matrix) if learned is None else learned.mounting
    if reverse:
        trial, gait = reversed_in_time(trial), reversed_gait(gait, float(trial.time_s[0] + trial.time_s[-1]))
    walks = gait.bouts_s or _runs(trial.time_s, trial.walking)
    tracker = TrunkTracker(mounting=mounting)
    motions = [motion for block in pieces(trial.block(), CHUNK_S) for motion in tracker.update(block)]
    return GaitOutcome(
        name=trial.name,
        subject=trial.subject,
        activity=trial.activity.code,
        gait=gait,
        walks_s=tuple(moving(trial, walk) for walk in walks) if trial.gait is None else walks,
        labelled_s=walks,
        still_s=tuple((s.activity.code, s.start_s, s.end_s) for s in trial.segments),
        steps=tuple(step for motion in motions for step in motion.steps),
        time_s=np.concatenate([motion.time_s for motion in motions]),
        direction=np.concatenate([motion.direction for motion in motions]),
        learned=learned,
        rotation=rotation_windows(gait, motions),
        alarms=tuple(alarm.kind.value for alarm in run(trial).alarms) if gait.swings_s else (),
    )


def rotation_windows(gait: GaitReference, motions: Sequence[TrunkMotion]) -> tuple[RotationWindow, ...]:
    """Compare cadence from rotation with the swings of the shanks over straight windows, one a second.

    A window counts when it turns by less than 30 degrees and left and right swings alternate in it.
    """
    if gait.swings_s is None:
        return ()
    estimator, window_s = RotationCadence(), CadenceSettings().window_s
    told = {one.time_s: one.cadence_spm for motion in motions for one in estimator.update(motion)}
    time_s = np.concatenate([motion.time_s for motion in motions])
    turned_rad = np.cumsum(np.concatenate([motion.yaw_rate_radps for motion in motions])) * PERIOD_S
    count = round(window_s / PERIOD_S)
    windows = []
    for last in range(count - 1, len(time_s), round(1.0 / PERIOD_S)):
        first = last - count + 1
        reference = _swing_cadence_spm(gait.swings_s, float(time_s[first]), float(time_s[last]))
        if reference is not None and abs(turned_rad[last] - turned_rad[first]) < STRAIGHT_RAD:
            windows.append(RotationWindow(reference, told.get(float(time_s[last]))))
    return tuple(windows)


def _swing_cadence_spm(swings_s: tuple[Floats, Floats], start_s: float, end_s: float) -> float | None:
    """Return steps a minute from the stride times of both legs, ``None`` where they do not alternate."""
    inside = [times[(times >= start_s) & (times <= end_s)] for times in swings_s]
    order = [side for _, side in sorted((time_s, side) for side in (0, 1) for time_s in inside[side].tolist())]
    strides = np.concatenate([np.diff(times) for times in inside])
    if len(order) < 4 or any(a == b for a, b in pairwise(order)):
        return None
    return 120.0 / float(np.median(strides))


def moving(trial: Trial, walk_s: tuple[float, float]) -> tuple[float, float]:
    """Return ``walk_s`` without the standing at both ends, told from the size of specific force alone."""
    inside = (trial.time_s >= walk_s[0]) & (trial.time_s <= walk_s[1])
    time_s, size = trial.time_s[inside], np.linalg.norm(trial.accel_mps2[inside], axis=1)
    count = round(ONSET_S * trial.rate_hz)
    if len(size) < count:
        return walk_s
    usual = np.median(np.std(np.lib.stride_tricks.sliding_window_view(size, count), axis=1))
    rows = np.flatnonzero(np.abs(size - np.mean(size)) >= usual)
    return float(time_s[rows[0]]), float(time_s[rows[-1]])


def known_gait(trial: Trial) -> GaitReference:
    """Return the reference of the trial; where there is none, walking is forward."""
    return trial.gait or GaitReference(contacts_s=np.empty(0))


def reversed_in_time(trial: Trial) -> Trial:
    """Return the film run backward: accelerations keep their sign, angular rates change it.

    The accepted first approximation of backward walking (Thorstensson 1986; Winter, Pluck and Yang 1989).
    """
    both = float(trial.time_s[0] + trial.time_s[-1])
    return replace(
        trial,
        time_s=both - trial.time_s[::-1],
        accel_mps2=trial.accel_mps2[::-1].copy(),
        gyro_radps=-trial.gyro_radps[::-1],
        walking=trial.walking[::-1].copy(),
        segments=tuple(
            replace(each, start_s=both - each.end_s, end_s=both - each.start_s) for each in trial.segments[::-1]
        ),
    )


def reversed_gait(gait: GaitReference, both_s: float) -> GaitReference:
    """Return the reference of the reversed film: where a foot came off, it now comes down."""

    def mirrored(spans: Spans) -> Spans:
        return tuple((both_s - end_s, both_s - start_s) for start_s, end_s in spans[::-1])

    return replace(
        gait,
        contacts_s=both_s - gait.foot_offs_s[::-1],
        foot_offs_s=both_s - gait.contacts_s[::-1],
        sides=(),
        bouts_s=mirrored(gait.bouts_s),
        turns_s=mirrored(gait.turns_s),
        direction=-gait.direction,
    )


def learn(trial: Trial, gait: GaitReference, matrix: Floats) -> LearnedMounting:
    """Run the mounting step on the walking of an unreversed trial as a clip would at the first walk."""
    marked = _runs(trial.time_s, trial.walking)
    bouts = ((gait.bouts_s[0][0], gait.bouts_s[-1][1]),) if gait.bouts_s else ()
    walks = bouts or tuple(moving(trial, walk) for walk in marked)
    start_s = walks[0][0] if walks else float(trial.time_s[0])
    tracker, estimator = TrunkTracker(), MountingEstimator()
    for block in pieces(trial.block(), CHUNK_S):
        at_s = float(block.time_s[-1])
        walked = any(begin_s - SETTLE_S <= at_s <= end_s for begin_s, end_s in walks)
        for motion in tracker.update(block) if walked else ():
            found = estimator.update(motion)
            if found is not None:
                first_try = float(motion.time_s[-1]) <= start_s + LEARN_S + CHUNK_S
                return LearnedMounting(found, first_try, *_errors(found, gait, trial, matrix))
    return LearnedMounting(None, False, None, None)


def _errors(found: Mounting, gait: GaitReference, trial: Trial, matrix: Floats) -> tuple[float | None, float | None]:
    """Return how far forward (signed, about up) and up are off, where the data set says how the sensor sat."""
    if gait.forward is None:
        return None, None
    up, forward = np.array(found.up), np.array(found.forward)
    true_forward = matrix @ np.array(gait.forward)
    turned_rad = np.arctan2(np.cross(true_forward, forward) @ up, forward @ (true_forward - (true_forward @ up) * up))
    quiet = trial.accel_mps2[trial.time_s < trial.time_s[0] + 1.0]
    standing = np.mean(quiet, axis=0)
    tilt_rad = np.arctan2(np.linalg.norm(np.cross(standing, up)), standing @ up)
    stood = not gait.bouts_s or gait.bouts_s[0][0] > trial.time_s[0] + 1.0
    return float(turned_rad), float(tilt_rad) if stood and gait.bouts_s else None


def _given(gait: GaitReference, matrix: Floats) -> Mounting:
    up, forward = ((matrix @ np.array(axis)).tolist() for axis in (gait.up, gait.forward))
    return Mounting((up[0], up[1], up[2]), (forward[0], forward[1], forward[2]), 1.0)


def _runs(time_s: Floats, marked: NDArray[np.bool_]) -> Spans:
    """Return the ``(start, end)`` of each run of marked samples."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], marked.astype(np.int8), [0]))))
    return tuple((float(time_s[a]), float(time_s[b - 1])) for a, b in zip(edges[::2], edges[1::2], strict=True))
