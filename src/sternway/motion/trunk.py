"""The second noun of the data flow: how the trunk moves, at exactly 100 Hz."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sternway.motion.gait import Direction, Step
from sternway.samples import Floats, Vector


@dataclass(slots=True)
class TrunkSample:
    """Trunk motion at one moment, as plain numbers: for the few samples of a block they are quicker than arrays.

    Not to be changed; it is not frozen because that would triple the price of making one.

    ``time_s`` is monotonic. ``accel_mps2`` and ``gyro_radps`` are specific force and angular rate, ``up`` the upward
    unit vector, all in chip axes; ``accel_norm_mps2`` and ``gyro_norm_radps`` the sizes of the first two.
    ``vertical_mps2`` is upward acceleration without gravity, ``level_mps2`` horizontal acceleration in chip axes,
    ``horizontal_mps2`` its size; ``vertical_velocity_mps`` is integrated with a leak. ``tilt_rad`` is the angle
    between up now and the slow idea of upright; ``tilt_rate_radps`` all turning but that about the vertical,
    ``yaw_rate_radps`` turning about the vertical, positive to the left. ``anteroposterior_mps2`` (forward) and
    ``mediolateral_mps2`` (leftward) are 0 until it is known how the clip is mounted. ``walking`` says whether gait is
    recognised, ``direction`` which way it goes, ``motor_on`` whether our own motor shakes the chip. ``repeat_count``
    is how many of the sensor's samples in this moment were equal to the one before, or all 0.
    """

    time_s: float
    accel_mps2: Vector
    gyro_radps: Vector
    up: Vector
    accel_norm_mps2: float
    gyro_norm_radps: float
    vertical_mps2: float
    level_mps2: Vector
    horizontal_mps2: float
    vertical_velocity_mps: float
    tilt_rad: float
    tilt_rate_radps: float
    yaw_rate_radps: float
    anteroposterior_mps2: float
    mediolateral_mps2: float
    walking: bool
    direction: Direction
    motor_on: bool
    repeat_count: int = 0


@dataclass(frozen=True, slots=True)
class TrunkMotion:
    """Trunk motion at exactly 100 Hz.

    ``samples`` holds it moment by moment; the properties make arrays of them for whoever looks at many rows.
    ``steps`` are the initial contacts *decided* within these samples. ``mounted`` says that the parts along body axes
    are known.
    """

    samples: Sequence[TrunkSample]
    steps: tuple[Step, ...] = ()
    after_gap: bool = False
    mounted: bool = False

    def __len__(self) -> int:
        return len(self.samples)

    @property
    def time_s(self) -> Floats:
        """Return monotonic seconds (n,)."""
        return self._array("time_s")

    @property
    def accel_mps2(self) -> Floats:
        """Return specific force (n, 3) in chip axes."""
        return self._array("accel_mps2", 3)

    @property
    def gyro_radps(self) -> Floats:
        """Return angular rate (n, 3) in chip axes."""
        return self._array("gyro_radps", 3)

    @property
    def up(self) -> Floats:
        """Return the upward unit vector (n, 3) in chip axes."""
        return self._array("up", 3)

    @property
    def vertical_mps2(self) -> Floats:
        """Return upward acceleration (n,), without gravity."""
        return self._array("vertical_mps2")

    @property
    def horizontal_mps2(self) -> Floats:
        """Return the size (n,) of horizontal acceleration."""
        return self._array("horizontal_mps2")

    @property
    def vertical_velocity_mps(self) -> Floats:
        """Return upward velocity (n,), integrated with a leak."""
        return self._array("vertical_velocity_mps")

    @property
    def tilt_rad(self) -> Floats:
        """Return the angle (n,) between up now and the slow idea of upright."""
        return self._array("tilt_rad")

    @property
    def yaw_rate_radps(self) -> Floats:
        """Return the rate of turning (n,) about the vertical, positive to the left."""
        return self._array("yaw_rate_radps")

    @property
    def anteroposterior_mps2(self) -> Floats | None:
        """Return forward acceleration (n,), ``None`` where the mounting is not known."""
        return self._array("anteroposterior_mps2") if self.mounted else None

    @property
    def mediolateral_mps2(self) -> Floats | None:
        """Return leftward acceleration (n,), ``None`` where the mounting is not known."""
        return self._array("mediolateral_mps2") if self.mounted else None

    @property
    def walking(self) -> NDArray[np.bool_]:
        """Return whether gait is recognised (n,)."""
        return self._array("walking").astype(np.bool_)

    @property
    def direction(self) -> NDArray[np.int8]:
        """Return values (n,) of :class:`~sternway.motion.gait.Direction`."""
        return self._array("direction").astype(np.int8)

    def _array(self, name: str, width: int | None = None) -> Floats:
        values: Floats = np.array([getattr(sample, name) for sample in self.samples], dtype=np.float64)
        return values if width is None else values.reshape(-1, width)
