"""Which way is up, in chip axes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sternway.motion.resample import PERIOD_S
from sternway.samples import Block, Floats, Vector


@dataclass(frozen=True, slots=True)
class AttitudeSettings:
    """How the upward direction is found; chosen on SisFall against a smoother that sees the future.

    ``time_constant_s`` of the low-pass on specific force: shorter follows a sway of the hips, longer the gyro's
    drift. ``bias_time_s``: how slowly the gyro's bias is learned. ``bias_limit_radps`` (11 deg/s) is more than the
    data sheets of the known chips allow. ``clip_mps2`` bounds what one sample does: a spike must not turn the world.
    """

    time_constant_s: float = 2.0
    bias_time_s: float = 5.0
    bias_limit_radps: float = 0.2
    clip_mps2: float = 80.0


class Attitude:
    """Upward direction from the mean specific force, carried along by the gyro.

    Seen from the room, specific force averages to gravity over any while in which the body comes back to the speed it
    had: free fall and the impact that ends it cancel. So specific force is low-passed in a frame that the gyro holds
    still, not weighed by how near ``|a|`` is to 1 g (idea: Laidig and Seel 2023, VQF; the bias as the integral term
    of Mahony, Hamel and Pflimlin 2008). At the start the low-pass is the running mean, so it works in motion too.
    Yaw does not enter. The gyro's bias belongs to the chip and outlives a gap. Plain floats: a three-vector costs
    NumPy sixty times as much.
    """

    def __init__(self, settings: AttitudeSettings | None = None) -> None:
        self._settings = settings or AttitudeSettings()
        self._gain = PERIOD_S / self._settings.time_constant_s
        self._bias_gain = self._gain / self._settings.bias_time_s
        self._limit_square = self._settings.bias_limit_radps**2
        self._full_count = 1.0 / self._gain
        self.reset()

    def reset(self) -> None:
        """Forget which way is up, and the gyro's bias."""
        self._bias: Vector = (0.0, 0.0, 0.0)
        self.restart()

    @property
    def bias_radps(self) -> Vector:
        """Return the gyro's bias as far as it is known, in chip axes."""
        return self._bias

    def update(self, block: Block) -> Floats:
        """Return the upward unit vector (n, 3) at each sample of a 100 Hz ``block``."""
        if block.after_gap:
            self.restart()
        samples = zip(block.accel_mps2.tolist(), block.gyro_radps.tolist(), strict=True)
        return np.array([self.push(accel, gyro) for accel, gyro in samples], dtype=np.float64).reshape(-1, 3)

    def restart(self) -> None:
        """Forget which way is up, as after a gap; the gyro's bias stays."""
        self._force: Vector | None = None
        self._count = 0

    def push(self, accel: Sequence[float], gyro: Sequence[float]) -> Vector:
        """Take one sample of a 100 Hz stream and return the upward unit vector."""
        ax, ay, az = accel
        norm = math.sqrt(ax * ax + ay * ay + az * az)
        if norm > self._settings.clip_mps2:
            scale = self._settings.clip_mps2 / norm
            ax, ay, az = scale * ax, scale * ay, scale * az
        self._count += 1
        x, y, z = self._turned(gyro) if self._force is not None else (ax, ay, az)
        ex, ey, ez = ax - x, ay - y, az - z
        self._learn_bias(y * ez - z * ey, z * ex - x * ez, x * ey - y * ex, x * x + y * y + z * z)
        gain = self._gain if self._count > self._full_count else 1.0 / self._count
        x, y, z = x + gain * ex, y + gain * ey, z + gain * ez
        self._force = (x, y, z)
        length = math.sqrt(x * x + y * y + z * z)
        return (x / length, y / length, z / length) if length > 0.0 else (0.0, 0.0, 0.0)

    def _turned(self, gyro: Sequence[float]) -> Vector:
        """Return the mean force in the axes of the chip as it has turned since: dv = v x w dt, to second order."""
        x, y, z = self._force or (0.0, 0.0, 0.0)
        bx, by, bz = self._bias
        gx, gy, gz = gyro
        wx, wy, wz = PERIOD_S * (gx - bx), PERIOD_S * (gy - by), PERIOD_S * (gz - bz)
        mx = x + 0.5 * (y * wz - z * wy)
        my = y + 0.5 * (z * wx - x * wz)
        mz = z + 0.5 * (x * wy - y * wx)
        return (x + my * wz - mz * wy, y + mz * wx - mx * wz, z + mx * wy - my * wx)

    def _learn_bias(self, cx: float, cy: float, cz: float, square: float) -> None:
        gain = self._bias_gain / (square + 1.0)
        bx, by, bz = self._bias
        bx, by, bz = bx + gain * cx, by + gain * cy, bz + gain * cz
        if bx * bx + by * by + bz * bz > self._limit_square:
            limit = self._settings.bias_limit_radps
            bx, by, bz = (max(-limit, min(limit, each)) for each in (bx, by, bz))
        self._bias = (bx, by, bz)
