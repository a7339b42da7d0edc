"""The second noun of the data flow: how the trunk moves, at exactly 100 Hz."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sternway.motion.attitude import Attitude, AttitudeSettings
from sternway.motion.direction import DirectionEstimator, DirectionSettings
from sternway.motion.gait import Step
from sternway.motion.mounting import Mounting
from sternway.motion.resample import PERIOD_S, Resampler, ResampleSettings
from sternway.motion.steps import StepDetector, StepSettings
from sternway.samples import GRAVITY_MPS2, Block, Floats


@dataclass(frozen=True, slots=True)
class TrunkMotion:
    """Trunk motion at exactly 100 Hz; every array has n rows.

    Yaw-free quantities are always there. ``anteroposterior_mps2`` (x, forward) and ``mediolateral_mps2`` (y, left)
    are ``None`` until the mounting is known. ``direction`` holds :class:`~sternway.motion.gait.Direction` values,
    ``walking`` whether gait is recognised, and ``steps`` the initial contacts *decided* within these samples.
    ``motor_on`` marks samples shaken by our own motor.
    """

    time_s: Floats
    accel_mps2: Floats
    gyro_radps: Floats
    up: Floats
    accel_norm_mps2: Floats
    gyro_norm_radps: Floats
    vertical_mps2: Floats
    horizontal_mps2: Floats
    vertical_velocity_mps: Floats
    tilt_rad: Floats
    yaw_rate_radps: Floats
    anteroposterior_mps2: Floats | None
    mediolateral_mps2: Floats | None
    walking: NDArray[np.bool_]
    direction: NDArray[np.int8]
    steps: tuple[Step, ...]
    motor_on: NDArray[np.bool_]
    after_gap: bool = False

    def __len__(self) -> int:
        return len(self.time_s)


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
        self._shaking: list[tuple[float, float]] = []
        self._restart()

    def reset(self) -> None:
        """Forget all motion, but not the mounting."""
        self._resampler.reset()
        self._attitude.reset()
        self._shaking = []
        self._restart()

    def mount(self, mounting: Mounting | None) -> None:
        """Use ``mounting`` from the next sample on; ``None`` is not known."""
        self._mounting = mounting
        self._direction.reset()

    def motor_runs(self, start_s: float, end_s: float) -> None:
        """Say that our own motor shakes the chip during ``[start_s, end_s)``."""
        self._shaking.append((start_s, end_s))

    def update(self, block: Block) -> list[TrunkMotion]:
        """Return the trunk motion that ``block`` completes, one item a stretch without gaps."""
        return [self._track(even) for even in self._resampler.update(block)]

    def _restart(self) -> None:
        self._velocity_mps = 0.0
        self._upright: tuple[float, ...] | None = None
        self._steps.reset()
        self._direction.reset()

    def _track(self, block: Block) -> TrunkMotion:
        if block.after_gap:
            self._restart()
        up = self._attitude.update(block)
        accel, gyro = block.accel_mps2, block.gyro_radps
        along_up = _dot(accel, up)
        level = accel - along_up[:, None] * up
        vertical = along_up - GRAVITY_MPS2
        forward, left = self._body_axes(level, up)
        yaw_rate = _dot(gyro, up)
        walking, direction, steps = self._gait(block.time_s, vertical, up, yaw_rate, (forward, left))
        return TrunkMotion(
            time_s=block.time_s,
            accel_mps2=accel,
            gyro_radps=gyro,
            up=up,
            accel_norm_mps2=np.sqrt(_dot(accel, accel)),
            gyro_norm_radps=np.sqrt(_dot(gyro, gyro)),
            vertical_mps2=vertical,
            horizontal_mps2=np.sqrt(_dot(level, level)),
            vertical_velocity_mps=self._integrate(vertical),
            tilt_rad=self._tilt(up),
            yaw_rate_radps=yaw_rate,
            anteroposterior_mps2=forward,
            mediolateral_mps2=left,
            walking=walking,
            direction=direction,
            steps=steps,
            motor_on=self._motor_on(block.time_s),
            after_gap=block.after_gap,
        )

    def _integrate(self, vertical_mps2: Floats) -> Floats:
        keep = 1.0 - PERIOD_S / self._settings.velocity_leak_s
        velocity = self._velocity_mps
        out = []
        for acceleration in vertical_mps2.tolist():
            velocity = keep * velocity + acceleration * PERIOD_S
            out.append(velocity)
        self._velocity_mps = velocity
        return np.array(out, dtype=np.float64)

    def _tilt(self, up: Floats) -> Floats:
        """Return the angle (n,) in radians between up now and the slow idea of upright."""
        gain = PERIOD_S / self._settings.upright_s
        upright = self._upright
        out = []
        for x, y, z in up.tolist():
            if upright is None:
                upright = (x, y, z)
            px, py, pz = upright
            cosine = (x * px + y * py + z * pz) / (math.sqrt(px * px + py * py + pz * pz) or 1.0)
            out.append(math.acos(max(-1.0, min(1.0, cosine))))
            upright = (px + gain * (x - px), py + gain * (y - py), pz + gain * (z - pz))
        self._upright = upright
        return np.array(out, dtype=np.float64)

    def _body_axes(self, level: Floats, up: Floats) -> tuple[Floats | None, Floats | None]:
        if self._mounting is None:
            return None, None
        ahead = np.array(self._mounting.forward)
        ahead = ahead - _dot(up, np.broadcast_to(ahead, up.shape))[:, None] * up
        ahead /= np.sqrt(_dot(ahead, ahead))[:, None] + 1e-12
        return _dot(level, ahead), _dot(level, np.cross(up, ahead))

    def _gait(
        self,
        time_s: Floats,
        vertical: Floats,
        up: Floats,
        yaw_rate: Floats,
        axes: tuple[Floats | None, Floats | None],
    ) -> tuple[NDArray[np.bool_], NDArray[np.int8], tuple[Step, ...]]:
        """Return for each sample whether the wearer walks and which way, and the steps decided."""
        walking, direction, steps = [], [], []
        ahead, aside = (np.zeros(len(time_s)) if axis is None else axis for axis in axes)
        mounted = self._mounting is not None
        way = self._direction.direction
        columns = (time_s, vertical, up, yaw_rate, ahead, aside)
        for now_s, rise, upward, yaw, fore, side in zip(*(column.tolist() for column in columns), strict=True):
            steps += self._steps.update(now_s, rise, upward, way)
            if mounted:
                way = self._direction.update(rise, fore, side, yaw, self._steps.walking)
            walking.append(self._steps.walking)
            direction.append(int(way))
        return np.array(walking, dtype=np.bool_), np.array(direction, dtype=np.int8), tuple(steps)

    def _motor_on(self, time_s: Floats) -> NDArray[np.bool_]:
        shaken = np.zeros(len(time_s), dtype=np.bool_)
        if len(time_s):
            self._shaking = [(start, end) for start, end in self._shaking if end > time_s[0]]
            for start, end in self._shaking:
                shaken |= (time_s >= start) & (time_s < end)
        return shaken


def _dot(a: Floats, b: Floats) -> Floats:
    """Return row-wise dot products, summed in one order whatever the number of rows."""
    return a[:, 0] * b[:, 0] + a[:, 1] * b[:, 1] + a[:, 2] * b[:, 2]


def merge_steps(motions: Sequence[TrunkMotion]) -> tuple[Step, ...]:
    """Return all steps of several stretches in order."""
    return tuple(step for motion in motions for step in motion.steps)
