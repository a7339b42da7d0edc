"""How abruptly the trunk moves: three quantities that mean the same however the clip sits."""

import math
from collections import deque

from sternway.motion.resample import PERIOD_S
from sternway.motion.trunk import TrunkMotion
from sternway.samples import Vector

CHANNELS = ("jerk", "horizontal", "tilt_rate")

_SMOOTH_COUNT = 5
"""Samples averaged: 50 ms keeps a lost step and leaves out the ring of the heel, which differs between devices."""

_LAG_COUNT = 10
"""Samples over which acceleration changes: 0.1 s, the time in which a caught foot brakes the trunk."""

StumbleFeatures = tuple[float, float, float]
"""Jerk in m/s3, horizontal acceleration in m/s2, tilt rate in rad/s."""

_Row = tuple[float, float, float, float, float, float]


class StumbleFeatureTracker:
    """Follows jerk (m/s3), horizontal acceleration (m/s2) and tilt rate (rad/s, without turning about the vertical).

    All are of the means over 50 ms; jerk is the change of the acceleration vector over 0.1 s. Plain floats.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget all motion."""
        self._rows: deque[_Row] = deque(maxlen=_SMOOTH_COUNT)
        self._past: deque[Vector] = deque(maxlen=_LAG_COUNT)

    def update(self, trunk: TrunkMotion) -> list[StumbleFeatures]:
        """Return jerk, horizontal acceleration and tilt rate at each sample; zeros in the first 50 ms."""
        if trunk.after_gap:
            self.reset()
        return [self._push(sample.accel_mps2, sample.gyro_radps, sample.up) for sample in trunk.samples]

    def _push(self, accel: Vector, gyro: Vector, up: Vector) -> StumbleFeatures:
        self._rows.append(accel + gyro)
        if len(self._rows) < _SMOOTH_COUNT:
            return (0.0, 0.0, 0.0)
        ax, ay, az, wx, wy, wz = _sum_rows(self._rows)
        total = (ax, ay, az)
        jerk = (
            math.dist(total, self._past[0]) / (_SMOOTH_COUNT * _LAG_COUNT * PERIOD_S)
            if len(self._past) == _LAG_COUNT
            else 0.0
        )
        self._past.append(total)
        ux, uy, uz = up
        vertical, yaw = ax * ux + ay * uy + az * uz, wx * ux + wy * uy + wz * uz
        level_square, tilt_square = (
            ax * ax + ay * ay + az * az - vertical * vertical,
            wx * wx + wy * wy + wz * wz - yaw * yaw,
        )
        return (
            jerk,
            math.sqrt(level_square) / _SMOOTH_COUNT if level_square > 0.0 else 0.0,
            math.sqrt(tilt_square) / _SMOOTH_COUNT if tilt_square > 0.0 else 0.0,
        )


def _sum_rows(rows: deque[_Row]) -> _Row:
    a, b, c, d, e = rows
    a0, a1, a2, a3, a4, a5 = a
    b0, b1, b2, b3, b4, b5 = b
    c0, c1, c2, c3, c4, c5 = c
    d0, d1, d2, d3, d4, d5 = d
    e0, e1, e2, e3, e4, e5 = e
    return (
        a0 + b0 + c0 + d0 + e0,
        a1 + b1 + c1 + d1 + e1,
        a2 + b2 + c2 + d2 + e2,
        a3 + b3 + c3 + d3 + e3,
        a4 + b4 + c4 + d4 + e4,
        a5 + b5 + c5 + d5 + e5,
    )
