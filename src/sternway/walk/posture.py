"""How the trunk is held in a walk: its lean against the walker's own quiet standing, and its sway."""

import math
from dataclasses import dataclass, field

from sternway.motion.angle import angle_rad
from sternway.samples import Vector


@dataclass(slots=True)
class Posture:
    """Sums over one walk; ``standing_up`` is the sum of ``up`` (chip axes) in the standing check."""

    standing_up: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    standing_count: int = 0
    lean_sum_rad: float = 0.0
    sway_sum_m2ps4: float = 0.0
    count: int = 0

    def stand(self, up: Vector) -> None:
        """Take one sample of quiet standing."""
        self.standing_up = [total + part for total, part in zip(self.standing_up, up, strict=True)]
        self.standing_count += 1

    def walk(self, up: Vector, horizontal_mps2: float) -> None:
        """Take one sample of walking; without a standing check the lean is not known."""
        if self.standing_count:
            self.count += 1
            self.lean_sum_rad += angle_rad(self.standing_up, up)
            self.sway_sum_m2ps4 += horizontal_mps2 * horizontal_mps2

    @property
    def lean_rad(self) -> float | None:
        """Return the mean angle between the trunk and quiet standing."""
        return self.lean_sum_rad / self.count if self.count else None

    @property
    def sway_mps2(self) -> float | None:
        """Return the root mean square of horizontal acceleration."""
        return math.sqrt(self.sway_sum_m2ps4 / self.count) if self.count else None
