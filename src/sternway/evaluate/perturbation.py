"""Puts a perturbation of a known size into real walking, so that it can be asked how small a stumble is heard.

Acted stumbles are gross: a bare threshold of 2 g finds them all. Here each perturbation has a size in g, from barely
felt to gross: its largest horizontal acceleration, as a mean over 50 ms.
"""

from dataclasses import dataclass, replace

import numpy as np

from sternway.evaluate.trial import Trial
from sternway.samples import GRAVITY_MPS2, Floats

SHAPE_HZ = 200.0
_SIZE_COUNT = round(0.05 * SHAPE_HZ)


@dataclass(frozen=True, slots=True)
class Shape:
    """What a perturbation adds to walking, at 200 Hz from its begin on.

    ``push_g`` (n, 3) is acceleration along, across and up, in g; ``turn_radps`` (n, 3) angular rate about the same
    axes; ``tip_rad`` (n,) how far the trunk tips about the axis across, which turns gravity, too.
    """

    push_g: Floats
    tip_rad: Floats
    turn_radps: Floats

    def sized(self, size_g: float) -> "Shape":
        """Return this shape at ``size_g``, everything in proportion.

        >>> half = Shape(np.ones((40, 3)), np.ones(40), np.zeros((40, 3))).sized(2.0 ** 0.5 / 2.0)
        >>> round(float(half.push_g.max()), 6)
        0.5
        """
        means = [np.convolve(column, np.full(_SIZE_COUNT, 1.0 / _SIZE_COUNT), "same") for column in self.push_g.T]
        factor = size_g / float(np.hypot(means[0], means[1]).max())
        return Shape(factor * self.push_g, factor * self.tip_rad, factor * self.turn_radps)


def reverse(trial: Trial) -> Trial:
    """Return ``trial`` played backward: the accepted first likeness of backward walking (Thorstensson 1986)."""
    return replace(
        trial,
        name=f"{trial.name}, reversed",
        accel_mps2=trial.accel_mps2[::-1].copy(),
        gyro_radps=-trial.gyro_radps[::-1],
        walking=trial.walking[::-1].copy(),
    )


def perturbed(trial: Trial, begin_s: float, shape: Shape, azimuth_rad: float) -> Trial:
    """Return ``trial`` with ``shape`` beginning at ``begin_s``, pushing along ``azimuth_rad`` in the horizontal.

    The trunk never weighs less than nothing: what is pushed down stops short of free fall.
    """
    rows = slice(*np.searchsorted(trial.time_s, (begin_s, begin_s + len(shape.tip_rad) / SHAPE_HZ)).tolist())
    before = (trial.time_s > begin_s - 1.5) & (trial.time_s < begin_s)
    axes = _axes(np.mean(trial.accel_mps2[before], axis=0), azimuth_rad)
    since_s = trial.time_s[rows] - begin_s
    push_g = _at(since_s, shape.push_g)
    push_g[:, 2] = np.maximum(push_g[:, 2], -0.95)
    tip_rad = _at(since_s, shape.tip_rad[:, None])[:, 0]
    turn_radps = _at(since_s, shape.turn_radps)
    turn_radps[:, 1] += np.gradient(tip_rad, since_s)
    accel, gyro = trial.accel_mps2.copy(), trial.gyro_radps.copy()
    accel[rows] = _tipped(accel[rows] + GRAVITY_MPS2 * push_g @ axes, axes[1], tip_rad)
    gyro[rows] += turn_radps @ axes
    return replace(trial, accel_mps2=accel, gyro_radps=gyro)


def _at(since_s: Floats, values: Floats) -> Floats:
    """Return ``values`` (n, k) of a shape at other times, nothing before and after."""
    moments_s = np.arange(len(values)) / SHAPE_HZ
    columns = [np.interp(since_s, moments_s, column, left=0.0, right=0.0) for column in values.T]
    return np.stack(columns, axis=1)


def _axes(up: Floats, azimuth_rad: float) -> Floats:
    """Return along, across and up (3, 3), one a row, in chip axes."""
    up = up / np.linalg.norm(up)
    least = np.eye(3)[int(np.argmin(np.abs(up)))]
    one = np.cross(least, up)
    one /= np.linalg.norm(one)
    along = np.cos(azimuth_rad) * one + np.sin(azimuth_rad) * np.cross(up, one)
    return np.stack((along, np.cross(up, along), up))


def _tipped(accel: Floats, axis: Floats, angle: Floats) -> Floats:
    """Return ``accel`` as felt by a trunk tipped by ``angle`` (n,) about ``axis`` (Rodrigues)."""
    cosine, sine = np.cos(-angle)[:, None], np.sin(-angle)[:, None]
    along = (accel @ axis)[:, None] * axis
    turned: Floats = accel * cosine + np.cross(axis, accel) * sine + along * (1 - cosine)
    return turned
