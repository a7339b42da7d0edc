"""Whether the walker moves or stands, sample by sample."""

from dataclasses import dataclass

from sternway.samples import GRAVITY_MPS2

QUIET_MPS2 = 0.5
"""How far specific force may be from gravity in quiet standing: sway stays under 0.2 m/s2, a slow step not."""

QUIET_RADPS = 0.3
"""How fast the trunk may turn in quiet standing; breathing and sway stay under 0.1 rad/s."""


@dataclass(slots=True)
class Stillness:
    """Keeps when the trunk last moved. Shaking by our own motor is not moving."""

    moved_s: float

    def update(self, time_s: float, accel_mps2: float, gyro_radps: float, walking: bool, motor_on: bool) -> float:
        """Return the seconds of stillness up to ``time_s``, given the norms of one sample."""
        shaken = abs(accel_mps2 - GRAVITY_MPS2) > QUIET_MPS2 or gyro_radps > QUIET_RADPS
        if walking or (shaken and not motor_on):
            self.moved_s = time_s
        return time_s - self.moved_s
