"""The same motion as another clip would feel it: turned, at another rate, or with a bad sensor."""

import hashlib
import itertools
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from sternway.evaluate.trial import Trial
from sternway.samples import GRAVITY_MPS2, Floats

RATES_HZ = (50, 100, 104, 208)
CLIP_MPS2 = 2.0 * GRAVITY_MPS2
"""The smallest range an accelerometer can be set to: the worst clipping there is."""


def vary(trial: Trial, variation: str) -> Trial:
    """Return ``trial`` with its samples changed as ``variation`` says; labels stay, since times do."""
    if variation == "as-is":
        return trial
    return _CHANGES[variation](trial, np.random.default_rng(seed_of(trial.name)))


def orientations() -> list[Floats]:
    """Return the 24 rotations (3, 3) that take axes to axes.

    >>> len(orientations())
    24
    """
    found = []
    for order in itertools.permutations(range(3)):
        for signs in itertools.product((1.0, -1.0), repeat=3):
            matrix = np.zeros((3, 3))
            matrix[range(3), order] = signs
            if np.linalg.det(matrix) > 0:
                found.append(matrix)
    return found


def turned(trial: Trial, matrix: Floats) -> Trial:
    """Return ``trial`` as felt by a clip that sits turned by ``matrix`` (3, 3)."""
    return replace(trial, accel_mps2=trial.accel_mps2 @ matrix.T, gyro_radps=trial.gyro_radps @ matrix.T)


def resampled(trial: Trial, rate_hz: float) -> Trial:
    """Return ``trial`` as sampled at another rate: averaged over each period first where that is longer."""
    time_s = np.arange(trial.time_s[0], trial.time_s[-1], 1.0 / rate_hz)
    width = max(1, round(trial.rate_hz / rate_hz))
    kernel = np.ones(width) / width
    columns = np.column_stack((trial.accel_mps2, trial.gyro_radps)).T
    smooth = [
        np.convolve(np.pad(column, (width // 2, width - 1 - width // 2), "edge"), kernel, "valid")
        for column in columns
    ]
    table = np.column_stack([np.interp(time_s, trial.time_s, column) for column in smooth])
    walking = np.interp(time_s, trial.time_s, trial.walking.astype(float)) > 0.5
    return replace(
        trial, rate_hz=rate_hz, time_s=time_s, accel_mps2=table[:, :3], gyro_radps=table[:, 3:], walking=walking
    )


def random_rotation(random: np.random.Generator) -> Floats:
    """Return a uniformly random rotation (3, 3), from a random quaternion (Shoemake 1992)."""
    w, x, y, z = (q := random.normal(size=4)) / np.linalg.norm(q)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def seed_of(name: str) -> int:
    """Return a seed that belongs to the name, the same on every machine."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8])


def _rows(trial: Trial, rows: "np.ndarray[tuple[int, ...], np.dtype[np.int64]]", keep_time: bool = False) -> Trial:
    """Return ``trial`` with its rows in this order; ``keep_time`` leaves the time stamps where they were."""
    return replace(
        trial,
        time_s=trial.time_s if keep_time else trial.time_s[rows],
        accel_mps2=trial.accel_mps2[rows],
        gyro_radps=trial.gyro_radps[rows],
        walking=trial.walking[rows],
    )


def _clipped(trial: Trial, _: np.random.Generator) -> Trial:
    return replace(
        trial,
        accel_mps2=np.clip(trial.accel_mps2, -CLIP_MPS2, CLIP_MPS2),
        gyro_radps=np.clip(trial.gyro_radps, -np.deg2rad(250.0), np.deg2rad(250.0)),
    )


def _dropped(trial: Trial, random: np.random.Generator) -> Trial:
    return _rows(trial, np.flatnonzero(random.random(len(trial.time_s)) > 0.1))


def _repeated(trial: Trial, random: np.random.Generator) -> Trial:
    rows = np.arange(len(trial.time_s))
    return _rows(trial, np.sort(np.concatenate((rows, rows[random.random(len(rows)) < 0.1]))))


def _reordered(trial: Trial, random: np.random.Generator) -> Trial:
    rows = np.arange(len(trial.time_s))
    late = np.flatnonzero(random.random(len(rows) - 1) < 0.05)
    rows[late], rows[late + 1] = rows[late + 1].copy(), rows[late].copy()
    return _rows(trial, rows)


def _gaps(trial: Trial, random: np.random.Generator) -> Trial:
    start_s = random.uniform(trial.time_s[0], max(trial.time_s[0], trial.time_s[-1] - 3.0))
    return _rows(trial, np.flatnonzero((trial.time_s < start_s) | (trial.time_s >= start_s + 3.0)))


def _unplugged(trial: Trial, _: np.random.Generator) -> Trial:
    """Return the trial cut 0.1 s before the impact, or in its middle: the cable went before the body hit."""
    end_s = trial.impact_s - 0.1 if trial.impact_s is not None else trial.time_s[0] + trial.duration_s / 2
    return _rows(trial, np.flatnonzero(trial.time_s < end_s))


def _any_of_24(trial: Trial, random: np.random.Generator) -> Trial:
    return turned(trial, orientations()[int(random.integers(24))])


def _random(trial: Trial, random: np.random.Generator) -> Trial:
    return turned(trial, random_rotation(random))


def _at(rate_hz: float) -> Callable[[Trial, np.random.Generator], Trial]:
    return lambda trial, _: resampled(trial, rate_hz)


_CHANGES: dict[str, Callable[[Trial, np.random.Generator], Trial]] = {
    "any-of-24": _any_of_24,
    "random-rotation": _random,
    **{f"{rate}-hz": _at(rate) for rate in RATES_HZ},
    "clipped": _clipped,
    "dropped": _dropped,
    "repeated": _repeated,
    "reordered": _reordered,
    "3-s-gap": _gaps,
    "unplugged": _unplugged,
}
VARIATIONS = ("as-is", *_CHANGES)
