"""Whether the walker moves or stands, sample by sample."""

from dataclasses import dataclass

from sternway.motion.trunk import TrunkSample
from sternway.samples import GRAVITY_MPS2

QUIET_MPS2 = 0.5
"""How far specific force may be from gravity in quiet standing: sway stays under 0.2 m/s2, a slow step not."""

QUIET_RADPS = 0.3
"""How fast the trunk may turn in quiet standing; breathing and sway stay under 0.1 rad/s."""


@dataclass(slots=True)
class Stillness:
    """Keeps when the trunk last moved. Shaking by our own motor is not moving."""

    moved_s: float

    def update(self, sample: TrunkSample) -> float:
        """Return the seconds of stillness up to ``sample``."""
        off_mps2 = abs(sample.accel_norm_mps2 - GRAVITY_MPS2)
        shaken = off_mps2 > QUIET_MPS2 or sample.gyro_norm_radps > QUIET_RADPS
        if sample.walking or (shaken and not sample.motor_on):
            self.moved_s = sample.time_s
        return sample.time_s - self.moved_s
