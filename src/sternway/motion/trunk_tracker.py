"""From samples in chip axes to trunk motion at exactly 100 Hz."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sternway.motion.angle import arc_rad
from sternway.motion.attitude import Attitude, AttitudeSettings
from sternway.motion.direction import DirectionEstimator, DirectionSettings
from sternway.motion.gait import Step
from sternway.motion.mounting import Mounting
from sternway.motion.resample import PERIOD_S, Resampler, ResampleSettings
from sternway.motion.steps import StepDetector, StepSettings
from sternway.motion.trunk import TrunkMotion, TrunkSample
from sternway.samples import GRAVITY_MPS2, Block, Vector


@dataclass(frozen=True, slots=True)
class TrunkSettings:
    """Settings of the stages that make trunk motion.

    ``velocity_leak_s`` bounds the drift of integrated vertical velocity; ``upright_s`` is how slowly the idea of
    upright follows the trunk.
    """

    resample: ResampleSettings = ResampleSettings()
    attitude: AttitudeSettings = AttitudeSettings()
    steps: StepSettings = StepSettings()
    direction: DirectionSettings = DirectionSettings()
    velocity_leak_s: float = 0.6
    upright_s: float = 20.0


class TrunkTracker:
    """From blocks in chip axes to trunk motion: resampling, attitude, mounting, steps and direction."""

    def __init__(self, settings: TrunkSettings | None = None, mounting: Mounting | None = None) -> None:
        self._settings = settings or TrunkSettings()
        self._mounting = mounting
        self._resampler = Resampler(self._settings.resample)
        self._attitude = Attitude(self._settings.attitude)
        self._steps = StepDetector(self._settings.steps)
        self._direction = DirectionEstimator(self._settings.direction)
        self._velocity_keep = 1.0 - PERIOD_S / self._settings.velocity_leak_s
        self._motor_runs: list[tuple[float, float]] = []
        self._restart_at_s = math.inf
        self._restart()

    def reset(self) -> None:
        """Forget all motion, but not the mounting."""
        self._resampler.reset()
        self._attitude.reset()
        self._motor_runs = []
        self._restart()

    def mount(self, mounting: Mounting | None) -> None:
        """Use ``mounting`` from the next sample on; ``None`` is not known."""
        self._mounting = mounting
        self._direction.reset()

    def motor_runs(self, start_s: float, end_s: float) -> None:
        """Say that our own motor shakes the chip during ``[start_s, end_s)``."""
        self._motor_runs.append((start_s, end_s))

    def restart_attitude(self, at_s: float) -> None:
        """Find up anew from the first sample at ``at_s`` or later: what was learned before is not to be believed."""
        self._restart_at_s = at_s

    def update(self, block: Block) -> list[TrunkMotion]:
        """Return the trunk motion that ``block`` completes, one item a stretch without gaps."""
        return [self._track(rows, after_gap) for rows, after_gap in self._resampler.stretches(block)]

    def _restart(self) -> None:
        self._velocity_mps = 0.0
        self._upright: Vector | None = None
        self._steps.reset()
        self._direction.reset()

    def _track(self, rows: list[list[float]], after_gap: bool) -> TrunkMotion:
        """Return the trunk motion of rows (time, specific force, angular rate) at 100 Hz."""
        if after_gap:
            self._attitude.restart()
            self._restart()
        steps: list[Step] = []
        samples = [self._sample(row, steps) for row in rows]
        return TrunkMotion(samples, tuple(steps), after_gap, self._mounting is not None)

    def _sample(self, row: list[float], steps: list[Step]) -> TrunkSample:
        """Return the sample of one row, and add the steps it decides to ``steps``."""
        time_s, ax, ay, az, gx, gy, gz, repeat_count = row
        accel, gyro = (ax, ay, az), (gx, gy, gz)
        if time_s >= self._restart_at_s:
            self._restart_at_s = math.inf
            self._attitude.restart()
            self._upright, self._velocity_mps = None, 0.0
        ux, uy, uz = up = self._attitude.push(accel, gyro)
        along_up = ax * ux + ay * uy + az * uz
        vertical, yaw = along_up - GRAVITY_MPS2, gx * ux + gy * uy + gz * uz
        turn_square = gx * gx + gy * gy + gz * gz
        tilt_square = turn_square - yaw * yaw
        lx, ly, lz = level = (ax - along_up * ux, ay - along_up * uy, az - along_up * uz)
        forward, left = self._body_axes(level, up)
        self._velocity_mps = self._velocity_keep * self._velocity_mps + vertical * PERIOD_S
        direction = self._direction.direction
        steps += self._steps.update(time_s, vertical, up, yaw, gyro, direction=direction)
        walking = self._steps.walking
        if self._mounting is not None:
            direction = self._direction.update(vertical, forward, left, yaw, walking, slowness=self._steps.slowness)
        return TrunkSample(
            time_s,
            accel,
            gyro,
            up,
            math.sqrt(ax * ax + ay * ay + az * az),
            math.sqrt(turn_square),
            vertical,
            level,
            math.sqrt(lx * lx + ly * ly + lz * lz),
            self._velocity_mps,
            self._tilt(up),
            math.sqrt(tilt_square) if tilt_square > 0.0 else 0.0,
            yaw,
            forward,
            left,
            walking,
            direction,
            bool(self._motor_runs) and self._motor_on_at(time_s),
            int(repeat_count),
        )

    def _tilt(self, up: Vector) -> float:
        """Return the angle in radians between up now and the slow idea of upright."""
        x, y, z = up
        px, py, pz = self._upright or (x, y, z)
        cosine = (x * px + y * py + z * pz) / (math.sqrt(px * px + py * py + pz * pz) or 1.0)
        gain = PERIOD_S / self._settings.upright_s
        self._upright = (px + gain * (x - px), py + gain * (y - py), pz + gain * (z - pz))
        return arc_rad(cosine)

    def _body_axes(self, level: Vector, up: Vector) -> tuple[float, float]:
        """Return the forward and the leftward part of the horizontal acceleration; zeros where no axis is known."""
        if self._mounting is None:
            return 0.0, 0.0
        lx, ly, lz = level
        ux, uy, uz = up
        fx, fy, fz = self._mounting.forward
        sx, sy, sz = uy * fz - uz * fy, uz * fx - ux * fz, ux * fy - uy * fx  # leftward, as long as forward is level
        length = math.sqrt(sx * sx + sy * sy + sz * sz)
        if length < 1e-6:  # forward points straight up, or up is not known
            return 0.0, 0.0
        return (lx * fx + ly * fy + lz * fz) / length, (lx * sx + ly * sy + lz * sz) / length

    def _motor_on_at(self, time_s: float) -> bool:
        self._motor_runs = [(start_s, end_s) for start_s, end_s in self._motor_runs if end_s > time_s]
        return any(start_s <= time_s for start_s, _ in self._motor_runs)


def merge_steps(motions: Sequence[TrunkMotion]) -> tuple[Step, ...]:
    """Return all steps of several stretches in order."""
    return tuple(step for motion in motions for step in motion.steps)
