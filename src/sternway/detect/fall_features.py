"""What a trunk does on its way down: the quantities that the pre-impact network looks at."""

import math
from collections import deque

from sternway.motion.angle import arc_rad
from sternway.motion.resample import PERIOD_S
from sternway.motion.trunk import TrunkMotion, TrunkSample
from sternway.samples import GRAVITY_MPS2, Vector

CHANNELS = (
    "unloading",
    "loading",
    "vertical",
    "horizontal",
    "tilt_rate",
    "yaw_rate",
    "vertical_velocity",
    "drop",
    "tilt",
    "turned_short",
    "turned_long",
    "horizontal_speed",
    "lean_velocity",
    "lean_push",
    "jerk",
)
"""Fifteen numbers a sample, all yaw-free and about 1 in a fall; :meth:`FallFeatureTracker.update` says what they
are."""

_VELOCITY_LEAK_S = 1.0
_DROP_LEAK_S = 1.0
_SHORT_COUNT, _LONG_COUNT = 25, 100


class FallFeatureTracker:
    """Follows how the trunk unloads, drops, tips and is carried along. Yaw-free, causal, in plain floats.

    A topple carries the hips the way the trunk leans; a sit or a bend pushes them the other way. So the horizontal
    velocity (integrated in the turning axes of the chip, leaky over a second) is projected on the lean.
    Detectors may share one tracker: asked again about the same piece of motion, it gives the same answer.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget all motion."""
        self._last: tuple[TrunkMotion | None, list[list[float]]] = (None, [])
        self._velocity: Vector = (0.0, 0.0, 0.0)
        self._accel: Vector | None = None
        self._ups: deque[Vector] = deque(maxlen=_LONG_COUNT + 1)
        self._drop_m = 0.0

    def update(self, trunk: TrunkMotion) -> list[list[float]]:
        """Return the values of :data:`CHANNELS` at each sample.

        ``unloading`` and ``loading`` are the norm below and above 1 g; ``vertical``, ``horizontal`` the parts of what
        is not gravity, in g; ``tilt_rate`` and ``yaw_rate`` in 3 rad/s; ``vertical_velocity`` in m/s; ``drop``
        the height lost over about a second, in 0.3 m; ``tilt`` the angle to the slow idea of upright, in rad;
        ``turned_short`` and ``turned_long`` the angle that up has moved through the trunk in 0.25 s and in 1 s;
        ``horizontal_speed`` and its part along the lean in m/s; ``lean_push`` the acceleration along the lean, in g;
        ``jerk`` in 200 m/s3.
        """
        seen, channels = self._last
        if trunk is seen:
            return channels
        if trunk.after_gap:
            self.reset()
        channels = [self._channels(sample) for sample in trunk.samples]
        self._last = (trunk, channels)
        return channels

    def _channels(self, sample: TrunkSample) -> list[float]:
        accel, up, level = sample.accel_mps2, sample.up, sample.level_mps2
        velocity, yaw, tilt_rate = sample.vertical_velocity_mps, sample.yaw_rate_radps, sample.tilt_rate_radps
        load = sample.accel_norm_mps2 / GRAVITY_MPS2 - 1.0
        jerk = math.dist(accel, self._accel or accel) / PERIOD_S
        self._accel = accel
        ups = self._ups
        ups.append(up)
        self._drop_m += PERIOD_S * (velocity - self._drop_m / _DROP_LEAK_S)
        cosine, (lx, ly, lz) = _lean(ups[0], up)
        ux, uy, uz = up
        bx, by, bz = ups[-1 - _SHORT_COUNT] if len(ups) > _SHORT_COUNT else ups[0]
        sx, sy, sz = self._velocity = _integrated_horizontal(self._velocity, sample.gyro_radps, level)
        ax, ay, az = level
        vertical_g, horizontal_g = sample.vertical_mps2 / GRAVITY_MPS2, sample.horizontal_mps2 / GRAVITY_MPS2
        drop = self._drop_m / 0.3
        speed = math.sqrt(sx * sx + sy * sy + sz * sz)
        along = sx * lx + sy * ly + sz * lz
        push_g = (ax * lx + ay * ly + az * lz) / GRAVITY_MPS2
        turned = ux * bx + uy * by + uz * bz
        # min() and max() would be half of what all this costs.
        return [
            load if load < 0.0 else 0.0,
            0.0 if load < 0.0 else load if load < 3.0 else 3.0,
            vertical_g if -2.0 < vertical_g < 2.0 else math.copysign(2.0, vertical_g),
            horizontal_g if horizontal_g < 2.0 else 2.0,
            tilt_rate / 3.0 if tilt_rate < 9.0 else 3.0,
            abs(yaw) / 3.0 if -9.0 < yaw < 9.0 else 3.0,
            velocity if -3.0 < velocity < 3.0 else math.copysign(3.0, velocity),
            drop if -3.0 < drop < 3.0 else math.copysign(3.0, drop),
            sample.tilt_rad,
            arc_rad(turned),
            arc_rad(cosine),
            speed if speed < 3.0 else 3.0,
            along if -3.0 < along < 3.0 else math.copysign(3.0, along),
            push_g if -2.0 < push_g < 2.0 else math.copysign(2.0, push_g),
            jerk / 200.0 if jerk < 600.0 else 3.0,
        ]


def _lean(before: Vector, up: Vector) -> tuple[float, Vector]:
    """Return the cosine of how far up has turned since ``before``, and the way that what pointed up then leans now.

    The way is horizontal and fades below 6 degrees.
    """
    bx, by, bz = before
    ux, uy, uz = up
    along = bx * ux + by * uy + bz * uz
    x, y, z = bx - along * ux, by - along * uy, bz - along * uz
    length = math.sqrt(x * x + y * y + z * z) + 0.1
    return along, (x / length, y / length, z / length)


def _integrated_horizontal(speed: Vector, gyro: Vector, level: Vector) -> Vector:
    """Return the leaky integral of the horizontal acceleration in the axes of the turning chip."""
    x, y, z = speed
    wx, wy, wz = gyro
    lx, ly, lz = level
    leak = 1.0 / _VELOCITY_LEAK_S
    return (
        x + PERIOD_S * (y * wz - z * wy + lx - leak * x),
        y + PERIOD_S * (z * wx - x * wz + ly - leak * y),
        z + PERIOD_S * (x * wy - y * wx + lz - leak * z),
    )
