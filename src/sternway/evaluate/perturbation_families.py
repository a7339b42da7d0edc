"""Families of perturbations, kept apart by where they come from, so that one can be left out of training.

Three are made up after published studies of trips and slips (Pavol et al. 1999; Pijnappels et al. 2004; Cham and
Redfern 2001), with each number drawn anew: what the trunk feels first, how it unloads and tips, and the hard
recovery steps. One is cut from acted stumbles of real people and scaled. Random pulses mean nothing: who hears them
hears what is odd, not what was learned.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sternway.evaluate.perturbation import SHAPE_HZ, Shape
from sternway.evaluate.trial import Trial
from sternway.samples import GRAVITY_MPS2, Floats

LENGTH_S = 1.8
_TIME_S = np.arange(round(LENGTH_S * SHAPE_HZ)) / SHAPE_HZ
Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Form:
    """Between which bounds the numbers of a made-up perturbation of 1 g are drawn.

    The first horizontal jolt (1 g) lasts ``jolt_s``; ``aside`` of it goes across. ``unload`` of gravity is lost
    until the recovery step lands at ``step_at_s`` with ``step`` g upwards. ``tip_rad`` is the largest tip (negative:
    backward), gone after ``tip_s``. ``steps`` is the most recovery steps, each 0.4 s later and 0.7 times as hard.
    """

    jolt: float
    jolt_s: Range
    unload: Range
    step_at_s: Range
    step: Range
    tip_rad: Range
    tip_s: Range
    steps: int = 1
    aside: Range = (-0.3, 0.3)


FORMS = {
    "trip": Form(-1.0, (0.08, 0.16), (0.3, 0.5), (0.30, 0.46), (0.9, 1.5), (0.14, 0.28), (0.7, 1.1)),
    "slip": Form(1.0, (0.14, 0.26), (0.6, 1.0), (0.24, 0.40), (1.0, 1.8), (-0.5, -0.25), (0.6, 1.0), 2),
    "heel catch": Form(1.0, (0.10, 0.20), (0.4, 0.8), (0.34, 0.52), (1.0, 1.7), (-0.45, -0.2), (0.9, 1.4), 3),
}
"""The heel catch is that of a backward walker: the foot stops, the trunk goes on and leans back over it."""

SCALED, PULSES = "scaled stumble", "random pulses"
FAMILIES = (*FORMS, SCALED, PULSES)
DECISIVE = (*FORMS, SCALED)
"""The families over which a mean is taken."""


def drawn(family: str, random: np.random.Generator, cut: Sequence[Shape]) -> Shape:
    """Return a shape of this family, of 1 g; ``cut`` are the real ones that may be scaled."""
    if family == SCALED:
        shape = cut[int(random.integers(len(cut)))]
    elif family == PULSES:
        shape = _pulses(random)
    else:
        shape = _made_up(FORMS[family], random)
    return shape.sized(1.0)


def _made_up(form: Form, random: np.random.Generator) -> Shape:
    jolt_s, step_at_s = random.uniform(*form.jolt_s), random.uniform(*form.step_at_s)
    jolt = form.jolt * _bump(_TIME_S, jolt_s)
    steps = int(random.integers(1, form.steps + 1))
    landing = sum(0.7**n * _bump(_TIME_S - step_at_s - 0.4 * n, 0.09) for n in range(steps))
    unload = _bump(_TIME_S - 0.5 * jolt_s, step_at_s)
    vertical = random.uniform(*form.step) * landing - random.uniform(*form.unload) * unload
    push_g = np.stack((jolt, random.uniform(*form.aside) * jolt, vertical), axis=1)
    tip_rad = random.uniform(*form.tip_rad) * _bump(_TIME_S, random.uniform(*form.tip_s)) ** 2
    return Shape(push_g, tip_rad, np.zeros((len(_TIME_S), 3)))


def _pulses(random: np.random.Generator) -> Shape:
    """Return two to five pulses of any direction and length, and a turn or two."""
    push_g, turn_radps = np.zeros((2, len(_TIME_S), 3))
    for number in range(int(random.integers(2, 6))):
        wave = _bump(_TIME_S - (random.uniform(0.0, 0.7) if number else 0.0), random.uniform(0.06, 0.4))
        push_g += wave[:, None] * random.normal(0.0, 1.0, 3)
    for _ in range(int(random.integers(0, 3))):
        wave = _bump(_TIME_S - random.uniform(0.0, 0.7), random.uniform(0.1, 0.5))
        turn_radps += wave[:, None] * random.normal(0.0, 1.0, 3)
    return Shape(push_g, np.zeros(len(_TIME_S)), turn_radps)


def cut_from(trial: Trial) -> Shape | None:
    """Return what a labelled stumble added to the person's own stride, which repeats before it; ``None`` where no
    stride does.

    The stride before the stumble, played on, is taken away; both ends are faded in and out.
    """
    if trial.alert_s is None:
        return None
    time_s = np.arange(trial.time_s[0], trial.time_s[-1], 1.0 / SHAPE_HZ)
    values = np.concatenate((trial.accel_mps2 / GRAVITY_MPS2, trial.gyro_radps), axis=1)
    even = np.stack([np.interp(time_s, trial.time_s, column) for column in values.T], axis=1)
    begin = round((trial.alert_s[0] - trial.time_s[0] - 0.1) * SHAPE_HZ)
    stride = _stride(even[max(0, begin - round(3.0 * SHAPE_HZ)) : begin])
    if stride is None or begin < 2 * stride or begin + len(_TIME_S) > len(even):
        return None
    usual = even[begin - stride + np.arange(len(_TIME_S)) % stride]
    added = (even[begin : begin + len(_TIME_S)] - usual) * _fade()[:, None]
    up = even[begin - stride : begin, :3].mean(axis=0)
    axes = _upright(up)
    return Shape(added[:, :3] @ axes.T, np.zeros(len(_TIME_S)), added[:, 3:] @ axes.T)


def _stride(past: Floats) -> int | None:
    """Return the lag between 0.8 and 1.5 s at which the past repeats itself best, in samples."""
    shortest, longest = round(0.8 * SHAPE_HZ), round(1.5 * SHAPE_HZ)
    if len(past) < 2 * longest - shortest:
        return None
    newest = past[longest - len(past) :]
    apart = [float(np.square(newest - past[longest - lag : len(past) - lag]).mean()) for lag in _lags()]
    return _lags()[int(np.argmin(apart))]


def _lags() -> range:
    return range(round(0.8 * SHAPE_HZ), round(1.5 * SHAPE_HZ) + 1)


def _upright(up: Floats) -> Floats:
    """Return along, across and up (3, 3), one a row; along may be any horizontal way."""
    up = up / np.linalg.norm(up)
    least = np.eye(3)[int(np.argmin(np.abs(up)))]
    along = np.cross(least, up)
    along /= np.linalg.norm(along)
    return np.stack((along, np.cross(up, along), up))


def _fade() -> Floats:
    rise, fall = np.minimum(_TIME_S / 0.1, 1.0), np.minimum((LENGTH_S - _TIME_S) / 0.5, 1.0)
    faded: Floats = rise * np.maximum(fall, 0.0)
    return faded


def _bump(since_s: Floats, length_s: float) -> Floats:
    """Return half a sine that rises and falls within ``length_s``."""
    inside = (since_s > 0.0) & (since_s < length_s)
    wave: Floats = np.where(inside, np.sin(math.pi * since_s / length_s), 0.0)
    return wave
