"""A detector of free fall: the oldest idea for falls, and a good one to learn the form from.

It is far worse than :class:`sternway.detect.pre_impact.PreImpactDetector`: a body that topples is hardly ever light.
"""

import math
from dataclasses import dataclass

from sternway.events import Event, Kind
from sternway.motion.resample import RATE_HZ
from sternway.motion.trunk import TrunkMotion
from sternway.samples import GRAVITY_MPS2


# docs: settings
@dataclass(frozen=True, slots=True)
class FreeFallSettings:
    """``weightless_mps2``: half of gravity, as in the oldest threshold detectors. ``for_s``: a drop of 10 cm takes
    0.14 s. ``refractory_s``: a fall is over within it.
    """

    weightless_mps2: float = 0.5 * GRAVITY_MPS2
    for_s: float = 0.15
    refractory_s: float = 3.0


# docs: detector
class FreeFallDetector:
    """Says that a fall is under way once the trunk has weighed less than half for long enough."""

    def __init__(self, settings: FreeFallSettings | None = None) -> None:
        self._settings = settings or FreeFallSettings()
        self._quiet_until_s = -math.inf
        self.reset()

    def reset(self) -> None:
        """Forget all motion; when the last alarm was stays known."""
        self._light_count = 0

    def update(self, trunk: TrunkMotion) -> list[Event]:
        """Return an alarm at the sample that settles it."""
        if trunk.after_gap:
            self.reset()
        events: list[Event] = []
        for sample in trunk.samples:
            time_s, norm = sample.time_s, sample.accel_norm_mps2
            self._light_count = self._light_count + 1 if norm < self._settings.weightless_mps2 else 0
            if self._light_count < self._settings.for_s * RATE_HZ or time_s < self._quiet_until_s:
                continue
            self._quiet_until_s = time_s + self._settings.refractory_s
            began_s = time_s - (self._light_count - 1) / RATE_HZ
            evidence = {"weight_g": norm / GRAVITY_MPS2, "light_s": self._light_count / RATE_HZ}
            events.append(Event(Kind.PRE_IMPACT, began_s, time_s, 1.0, evidence))
        return events
