"""Bends, squats, sits and lie-downs that were never recorded: hard negatives that SisFall hardly has.

The waist follows minimum-jerk paths (Flash and Hogan 1985) down and up again: it pitches, sinks, gives way backward
or forward, and may land softly or with a thud. The ranges are those of healthy adults in a hurry and at leisure.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sternway.evaluate.trial import Activity, Trial
from sternway.samples import GRAVITY_MPS2, Floats

_RATE_HZ = 100.0
_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Descent:
    """Ranges of a way down: pitch (forward is positive), height lost, way along (backward negative), time, thud."""

    words: str
    pitch_rad: tuple[float, float]
    drop_m: tuple[float, float]
    along_m: tuple[float, float]
    time_s: tuple[float, float]
    thud_mps2: tuple[float, float]


DESCENTS = (
    Descent("bending down to the floor", (0.9, 1.9), (0.0, 0.2), (-0.25, 0.0), (0.7, 2.2), (0.0, 0.0)),
    Descent("squatting", (0.2, 1.0), (0.3, 0.55), (-0.15, 0.1), (0.7, 2.0), (0.0, 3.0)),
    Descent("sitting down on the floor", (0.3, 1.2), (0.5, 0.85), (-0.3, 0.1), (1.1, 2.8), (2.0, 15.0)),
    Descent("dropping into a chair", (0.1, 0.7), (0.3, 0.45), (-0.4, -0.15), (0.55, 0.9), (5.0, 20.0)),
    Descent("lying down", (-1.7, -1.2), (0.1, 0.5), (-0.4, 0.2), (0.9, 2.5), (0.0, 8.0)),
)


def made_up_trials(count: int, seed: int) -> Iterator[Trial]:
    """Yield ``count`` trials, each of the descents in turn."""
    for number in range(count):
        yield _trial(number, DESCENTS[number % len(DESCENTS)], np.random.default_rng((seed, number)))


def _trial(number: int, descent: Descent, rng: np.random.Generator) -> Trial:
    time_s = np.arange(0.0, _SECONDS, 1.0 / _RATE_HZ)
    down_s, up_s = rng.uniform(*descent.time_s), rng.uniform(1.0, 2.5)
    begin_s, rise_s = rng.uniform(2.0, 3.0), rng.uniform(6.5, 7.0)
    depth = _eased((time_s - begin_s) / down_s) - _eased((time_s - rise_s) / up_s)
    pitch = rng.uniform(*descent.pitch_rad) * depth
    height = _accelerations(-rng.uniform(*descent.drop_m) * depth) + _thud(time_s - begin_s - down_s, descent, rng)
    along = _accelerations(rng.uniform(*descent.along_m) * depth)
    accel, gyro = _felt(pitch, along, height)
    shape = accel.shape
    return Trial(
        name=f"made_up_{number}",
        subject="nobody",
        activity=Activity("made_up", descent.words),
        rate_hz=_RATE_HZ,
        time_s=time_s,
        accel_mps2=accel + 0.15 * rng.normal(size=shape),
        gyro_radps=gyro + _sway(time_s, rng) + 0.02 * rng.normal(size=shape),
        walking=np.zeros(len(time_s), dtype=np.bool_),
    )


def _eased(share: Floats) -> Floats:
    """Return the minimum-jerk path from 0 to 1."""
    s = np.clip(share, 0.0, 1.0)
    return np.asarray(s**3 * (10.0 - 15.0 * s + 6.0 * s * s), dtype=np.float64)


def _accelerations(path_m: Floats) -> Floats:
    return np.asarray(np.gradient(np.gradient(path_m)) * _RATE_HZ**2, dtype=np.float64)


def _thud(since_s: Floats, descent: Descent, rng: np.random.Generator) -> Floats:
    """Return a half sine of 60 to 120 ms as the seat or the floor is met."""
    length_s = rng.uniform(0.06, 0.12)
    inside = (since_s > 0.0) & (since_s < length_s)
    return np.where(inside, rng.uniform(*descent.thud_mps2) * np.sin(np.pi * since_s / length_s), 0.0)


def _felt(pitch: Floats, along: Floats, height: Floats) -> tuple[Floats, Floats]:
    """Return acceleration and angular rate of a clip on the waist: x forward, y left, z up, pitching about y."""
    up = height + GRAVITY_MPS2
    cos, sin = np.cos(pitch), np.sin(pitch)
    nothing = np.zeros_like(pitch)
    accel = np.stack((cos * along - sin * up, nothing, sin * along + cos * up), axis=1)
    return accel, np.stack((nothing, np.gradient(pitch) * _RATE_HZ, nothing), axis=1)


def _sway(time_s: Floats, rng: np.random.Generator) -> Floats:
    waves = [
        0.1 * rng.uniform() * np.sin(2 * np.pi * rng.uniform(0.2, 1.5) * time_s + 6 * rng.uniform()) for _ in "xyz"
    ]
    return np.stack(waves, axis=1)
