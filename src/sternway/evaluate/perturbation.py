"""How small a stumble is still heard: graded perturbations put into real walking, forward and reversed in time.

Acted stumbles are gross: a bare threshold of 2 g finds them all. Here each perturbation has a size in g, from barely
felt to gross, and a form after published trip and slip studies (Pavol et al. 1999; Pijnappels et al. 2004; Cham and
Redfern 2001): what the trunk feels first, how it unloads and tips, and the hard recovery step that follows.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sternway.detect.stumble import StumbleDetector, StumbleSettings
from sternway.evaluate.trial import Trial
from sternway.evaluate.variation import seed_of
from sternway.motion.trunk import TrunkTracker
from sternway.samples import GRAVITY_MPS2, Floats

SHIPPED = StumbleSettings().threshold
THRESHOLDS = (1.9, 2.0, 2.1, 2.2, 2.3, 2.4, 2.5, 2.7, SHIPPED)
ALLOWED_PER_HOUR = 1.0
"""The fixed rate of false alarms in walking at which sizes are compared, beside the shipped threshold."""

SIZES_G = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0)
EVERY_S = 12.0
"""Long enough for walking to be itself again between two perturbations."""

HEARD_S = 1.2
"""A stumble decided within this time of the perturbation's begin has been heard."""


@dataclass(frozen=True, slots=True)
class Form:
    """What a perturbation of 1 g does to the trunk.

    ``jolt`` is the first horizontal acceleration (g; negative brakes) over ``jolt_s``; ``unload`` how much of gravity
    is lost meanwhile and after; ``step_at_s`` when the recovery step lands, with ``step`` g upwards; ``tip_rad`` the
    largest rotation about the mediolateral axis (negative is backward), gone after ``tip_s``. ``steps``: how many
    recovery steps follow each other, each 0.4 s after the other and 0.7 times as hard.
    """

    jolt: float
    jolt_s: float
    unload: float
    step_at_s: float
    step: float
    tip_rad: float
    tip_s: float
    steps: int = 1


FORMS = {
    "trip": Form(jolt=-1.0, jolt_s=0.12, unload=0.4, step_at_s=0.38, step=1.2, tip_rad=0.20, tip_s=0.9),
    "slip": Form(jolt=0.5, jolt_s=0.20, unload=0.5, step_at_s=0.30, step=0.8, tip_rad=-0.25, tip_s=0.8),
    "near-fall": Form(jolt=-0.8, jolt_s=0.15, unload=0.6, step_at_s=0.45, step=1.3, tip_rad=0.35, tip_s=1.3, steps=2),
}


@dataclass(frozen=True, slots=True)
class Probe:
    """One perturbation and whether it was heard at ``threshold``; ``latency_s`` from its begin to the decision."""

    form: str
    size_g: float
    reversed: bool
    threshold: float
    latency_s: float | None


def plan_of(name: str, duration_s: float, backwards: bool) -> list[tuple[float, str, float]]:
    """Return when a walk is perturbed, in which form and how hard: its own draw, of all pairs in turn."""
    random = np.random.default_rng([seed_of(name), int(backwards)])
    pairs = [(form, size_g) for form in FORMS for size_g in SIZES_G]
    drawn = itertools.cycle([pairs[at] for at in random.permutation(len(pairs))])
    starts_s = np.arange(6.0, duration_s - 3.0, EVERY_S) + random.uniform(0.0, 1.2)
    return [(start_s, *next(drawn)) for start_s in starts_s.tolist()]


def probe(trial: Trial, backwards: bool) -> tuple[list[Probe], dict[float, int]]:
    """Return what each threshold hears of perturbations put into ``trial``, and its alarms in ``trial`` without."""
    walk = reverse(trial) if backwards else trial
    false_alarms = {threshold: len(decided) for threshold, decided in _decided_s(walk).items()}
    plan = plan_of(trial.name, trial.duration_s, backwards)
    for begin_s, form, size_g in plan:
        walk = perturbed(walk, begin_s, FORMS[form], size_g)
    probes = []
    for threshold, decided in _decided_s(walk).items():
        for begin_s, form, size_g in plan:
            latency_s = next((d - begin_s for d in decided if 0.0 <= d - begin_s <= HEARD_S), None)
            probes.append(Probe(form, size_g, backwards, threshold, latency_s))
    return probes, false_alarms


def _decided_s(trial: Trial) -> dict[float, list[float]]:
    """Return when the clip's stumble detector decided on a stumble, for each threshold; its motor rests."""
    trunks = TrunkTracker().update(trial.block())
    decided: dict[float, list[float]] = {}
    for threshold in THRESHOLDS:
        detector = StumbleDetector(StumbleSettings(threshold=threshold))
        decided[threshold] = [event.decided_at_s for trunk in trunks for event in detector.update(trunk)]
    return decided


def at_fixed_rate(false_alarms: Mapping[float, int], hours: float) -> float:
    """Return the lowest threshold that gives at most :data:`ALLOWED_PER_HOUR` false alarms.

    >>> at_fixed_rate({1.9: 5, 2.3: 2, 2.7: 0}, 2.0)
    2.3
    """
    quiet = [threshold for threshold, count in false_alarms.items() if count <= ALLOWED_PER_HOUR * hours]
    return min(quiet, default=max(false_alarms))


def reverse(trial: Trial) -> Trial:
    """Return ``trial`` played backward: the accepted first likeness of backward walking (Thorstensson 1986)."""
    return replace(trial, accel_mps2=trial.accel_mps2[::-1].copy(), gyro_radps=-trial.gyro_radps[::-1])


def perturbed(trial: Trial, begin_s: float, form: Form, size_g: float) -> Trial:
    """Return ``trial`` with one perturbation of ``size_g`` beginning at ``begin_s``."""
    since_s = trial.time_s - begin_s
    up = _unit(np.mean(trial.accel_mps2[(since_s > -1.5) & (since_s < 0.0)], axis=0))
    ahead, left = _axes(up)
    angle = size_g * form.tip_rad * _bump(since_s, form.tip_s) ** 2
    rate = np.gradient(angle, trial.time_s)
    across = size_g * form.jolt * _bump(since_s, form.jolt_s)
    down = size_g * form.unload * _bump(since_s - 0.5 * form.jolt_s, form.step_at_s)
    landing = sum(0.7**n * _bump(since_s - form.step_at_s - 0.4 * n, 0.09) for n in range(form.steps))
    vertical = np.maximum(size_g * form.step * landing - down, -0.95)
    pushed = GRAVITY_MPS2 * (across[:, None] * ahead + vertical[:, None] * up)
    return replace(
        trial,
        accel_mps2=_tipped(trial.accel_mps2 + pushed, left, angle),
        gyro_radps=trial.gyro_radps + rate[:, None] * left,
    )


def curve(
    probes: Sequence[Probe], form: str, backwards: bool | None = None, threshold: float = SHIPPED
) -> list[tuple[float, int, int]]:
    """Return (size in g, heard, tried) for each size."""
    chosen = [p for p in probes if p.form == form and p.threshold == threshold and backwards in (None, p.reversed)]
    return [
        (size_g, sum(p.latency_s is not None for p in chosen if p.size_g == size_g), _count(chosen, size_g))
        for size_g in SIZES_G
    ]


def _count(probes: Sequence[Probe], size_g: float) -> int:
    return sum(p.size_g == size_g for p in probes)


def _bump(since_s: Floats, length_s: float) -> Floats:
    """Return half a sine that rises and falls within ``length_s``."""
    inside = (since_s > 0.0) & (since_s < length_s)
    wave: Floats = np.where(inside, np.sin(math.pi * since_s / length_s), 0.0)
    return wave


def _unit(vector: Floats) -> Floats:
    unit: Floats = vector / np.linalg.norm(vector)
    return unit


def _axes(up: Floats) -> tuple[Floats, Floats]:
    """Return a horizontal pair; the detector does not know which way is forward, so any will do."""
    least = np.eye(3)[int(np.argmin(np.abs(up)))]
    ahead = _unit(np.cross(least, up))
    return ahead, np.cross(up, ahead)


def _tipped(accel: Floats, axis: Floats, angle: Floats) -> Floats:
    """Return ``accel`` as felt by a trunk tipped by ``angle`` (n,) about ``axis`` (Rodrigues)."""
    cosine, sine = np.cos(-angle)[:, None], np.sin(-angle)[:, None]
    along = (accel @ axis)[:, None] * axis
    turned: Floats = accel * cosine + np.cross(axis, accel) * sine + along * (1 - cosine)
    return turned
