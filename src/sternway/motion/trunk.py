"""The second noun of the data flow: how the trunk moves, at exactly 100 Hz."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sternway.motion.attitude import Attitude, AttitudeSettings
from sternway.motion.direction import DirectionEstimator, DirectionSettings
from sternway.motion.gait import Step
from sternway.motion.mounting import Mounting
from sternway.motion.resample import PERIOD_S, Resampler, ResampleSettings
from sternway.motion.steps import StepDetector, StepSettings
from sternway.samples import GRAVITY_MPS2, Block, Floats

_Row = Sequence[float]


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
    _plain: dict[str, list[Any]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.time_s)

    def plain(self, name: str) -> list[Any]:
        """Return a column as plain numbers, vectors as lists of three; not to be changed.

        For a few rows that is quicker than arrays. Converted once, however many stages ask.
        """
        if name not in self._plain:
            self._plain[name] = getattr(self, name).tolist()
        return self._plain[name]

    def rows(self, *names: str) -> Iterator[tuple[Any, ...]]:
        """Return the named columns sample by sample, as plain numbers."""
        return zip(*map(self.plain, names), strict=True)


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
        self._keep = 1.0 - PERIOD_S / self._settings.velocity_leak_s
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
        self._upright: tuple[float, float, float] | None = None
        self._steps.reset()
        self._direction.reset()

    def _track(self, block: Block) -> TrunkMotion:
        """Return the trunk motion of a block at 100 Hz; plain floats, since NumPy is slow on a few rows."""
        if block.after_gap:
            self._restart()
        up = self._attitude.update(block)
        samples = zip(
            block.time_s.tolist(), block.accel_mps2.tolist(), block.gyro_radps.tolist(), up.tolist(), strict=True
        )
        steps: list[Step] = []
        rows = [self._row(*sample, steps) for sample in samples]
        table: Floats = np.array(rows, dtype=np.float64).reshape(-1, 11).T
        norm, turning, vertical, horizontal, velocity, tilt, yaw, forward, left, walking, direction = table
        mounted = self._mounting is not None
        return TrunkMotion(
            time_s=block.time_s,
            accel_mps2=block.accel_mps2,
            gyro_radps=block.gyro_radps,
            up=up,
            accel_norm_mps2=norm,
            gyro_norm_radps=turning,
            vertical_mps2=vertical,
            horizontal_mps2=horizontal,
            vertical_velocity_mps=velocity,
            tilt_rad=tilt,
            yaw_rate_radps=yaw,
            anteroposterior_mps2=forward if mounted else None,
            mediolateral_mps2=left if mounted else None,
            walking=walking.astype(np.bool_),
            direction=direction.astype(np.int8),
            steps=tuple(steps),
            motor_on=self._motor_on(block.time_s),
            after_gap=block.after_gap,
        )

    def _row(self, time_s: float, accel: _Row, gyro: _Row, up: _Row, steps: list[Step]) -> tuple[float, ...]:
        """Return the columns of one sample, in the order of ``_track``, and add the steps it decides to ``steps``."""
        ax, ay, az = accel
        ux, uy, uz = up
        along_up = ax * ux + ay * uy + az * uz
        vertical, yaw = along_up - GRAVITY_MPS2, _dot(gyro, up)
        level = (ax - along_up * ux, ay - along_up * uy, az - along_up * uz)
        forward, left = self._body_axes(level, up)
        self._velocity_mps = self._keep * self._velocity_mps + vertical * PERIOD_S
        steps += self._steps.update(time_s, vertical, up, yaw, self._direction.direction)
        walking = self._steps.walking
        if self._mounting is not None:
            self._direction.update(vertical, forward, left, yaw, walking)
        return (
            math.sqrt(_dot(accel, accel)),
            math.sqrt(_dot(gyro, gyro)),
            vertical,
            math.sqrt(_dot(level, level)),
            self._velocity_mps,
            self._tilt(up),
            yaw,
            forward,
            left,
            walking,
            self._direction.direction,
        )

    def _tilt(self, up: _Row) -> float:
        """Return the angle in radians between up now and the slow idea of upright."""
        x, y, z = up
        px, py, pz = self._upright or (x, y, z)
        cosine = (x * px + y * py + z * pz) / (math.sqrt(px * px + py * py + pz * pz) or 1.0)
        gain = PERIOD_S / self._settings.upright_s
        self._upright = (px + gain * (x - px), py + gain * (y - py), pz + gain * (z - pz))
        return math.acos(max(-1.0, min(1.0, cosine)))

    def _body_axes(self, level: _Row, up: _Row) -> tuple[float, float]:
        """Return the forward and the leftward part of the horizontal acceleration; zeros without a mounting."""
        if self._mounting is None:
            return 0.0, 0.0
        ux, uy, uz = up
        x, y, z = self._mounting.forward
        along_up = _dot(up, (x, y, z))
        x, y, z = x - along_up * ux, y - along_up * uy, z - along_up * uz
        length = math.sqrt(x * x + y * y + z * z) + 1e-12
        x, y, z = x / length, y / length, z / length
        return _dot(level, (x, y, z)), _dot(level, (uy * z - uz * y, uz * x - ux * z, ux * y - uy * x))

    def _motor_on(self, time_s: Floats) -> NDArray[np.bool_]:
        shaken = np.zeros(len(time_s), dtype=np.bool_)
        if len(time_s):
            self._shaking = [(start, end) for start, end in self._shaking if end > time_s[0]]
            for start, end in self._shaking:
                shaken |= (time_s >= start) & (time_s < end)
        return shaken


def _dot(a: _Row, b: _Row) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def merge_steps(motions: Sequence[TrunkMotion]) -> tuple[Step, ...]:
    """Return all steps of several stretches in order."""
    return tuple(step for motion in motions for step in motion.steps)
