"""Which way is up, in chip axes."""

import math
from dataclasses import dataclass

import numpy as np

from sternway.motion.resample import PERIOD_S
from sternway.samples import GRAVITY_MPS2, Block, Floats


@dataclass(frozen=True, slots=True)
class AttitudeSettings:
    """``time_constant_s`` of the pull towards the accelerometer; ``trust_mps2``: how far |a| may be from 1 g."""

    time_constant_s: float = 1.0
    trust_mps2: float = 3.0


class Attitude:
    """Complementary filter for the upward direction: gyro at once, accelerometer slowly and only near 1 g.

    The upward unit vector is turned by the angular rate (du = u x w dt in chip axes) and pulled towards the measured
    specific force with a weight that falls to zero as |a| leaves 1 g (idea: Mahony, Hamel and Pflimlin 2008).
    Yaw does not enter. Plain floats: a three-vector costs NumPy sixty times as much.
    """

    def __init__(self, settings: AttitudeSettings | None = None) -> None:
        self._settings = settings or AttitudeSettings()
        self.reset()

    def reset(self) -> None:
        """Forget which way is up; the next sample says it."""
        self._up: tuple[float, float, float] | None = None

    def update(self, block: Block) -> Floats:
        """Return the upward unit vector (n, 3) at each sample of a 100 Hz ``block``."""
        if block.after_gap:
            self.reset()
        rows: list[tuple[float, float, float]] = []
        gain = PERIOD_S / self._settings.time_constant_s
        trust = self._settings.trust_mps2
        up = self._up
        accels = block.accel_mps2.tolist()
        for (ax, ay, az), (wx, wy, wz) in zip(accels, block.gyro_radps.tolist(), strict=True):
            norm = math.sqrt(ax * ax + ay * ay + az * az) or 1.0
            if up is None:
                up = (ax / norm, ay / norm, az / norm)
                rows.append(up)
                continue
            ux, uy, uz = up
            weight = gain * max(0.0, 1.0 - abs(norm - GRAVITY_MPS2) / trust)
            nx = ux + (uy * wz - uz * wy) * PERIOD_S + weight * (ax / norm - ux)
            ny = uy + (uz * wx - ux * wz) * PERIOD_S + weight * (ay / norm - uy)
            nz = uz + (ux * wy - uy * wx) * PERIOD_S + weight * (az / norm - uz)
            length = math.sqrt(nx * nx + ny * ny + nz * nz) or 1.0
            up = (nx / length, ny / length, nz / length)
            rows.append(up)
        self._up = up
        return np.array(rows, dtype=np.float64).reshape(-1, 3)
