"""How much was walked, and how: seconds, steps, cadence and softness for each direction."""

import math
from dataclasses import dataclass, field
from typing import Any

from sternway.motion.gait import Direction, Step

UNDECIDED_S = 6.0
"""How long a step waits for the direction of its bout to be recognised before it is counted as unknown."""

HESITATION_S = 1.5
"""The same once gait is no longer recognised: a few steps on the spot have no direction."""

LONGEST_STEP_S = 2.0
"""A longer time between contacts is a halt and belongs to no step."""


@dataclass(slots=True)
class Share:
    """What was walked in one direction. ``open_count`` are first steps of a bout, whose time is that of the next."""

    step_count: int = 0
    seconds: float = 0.0
    open_count: int = 0
    timed_count: int = 0
    step_time_s: float = 0.0
    landed_count: int = 0
    loading_mps3: float = 0.0

    def step(self, step_time_s: float | None, loading_mps3: float | None) -> None:
        """Add one step."""
        self.step_count += 1
        if step_time_s is None or step_time_s > LONGEST_STEP_S:
            self.open_count += 1
        else:
            self.seconds += step_time_s * (1 + self.open_count)
            self.open_count = 0
            self.timed_count += 1
            self.step_time_s += step_time_s
        if loading_mps3 is not None and math.isfinite(loading_mps3):
            self.landed_count += 1
            self.loading_mps3 += loading_mps3

    @property
    def cadence_spm(self) -> float | None:
        """Return the mean cadence in steps a minute."""
        return 60.0 * self.timed_count / self.step_time_s if self.timed_count else None

    @property
    def softness_mps3(self) -> float | None:
        """Return the mean rise of vertical acceleration at landing, a proxy of loading rate."""
        return self.loading_mps3 / self.landed_count if self.landed_count else None


@dataclass(slots=True)
class Dose:
    """Counts walking by direction, in steps and in the time they took.

    The time comes from the steps, because a walk is recognised some steps late and its end later still. Direction
    is recognised late too: the steps before it in the same bout wait and are then counted with it; without an answer
    they stay *unknown*.
    """

    backward: Share = field(default_factory=Share)
    forward: Share = field(default_factory=Share)
    unknown: Share = field(default_factory=Share)
    turning: Share = field(default_factory=Share)
    undecided: list[tuple[float, float | None, float | None]] = field(default_factory=list)

    def sample(self, time_s: float, walking: bool, direction: int) -> None:
        """Take one sample."""
        if not self.undecided:
            return
        share = self._share(direction)
        if walking and share is not self.unknown:
            self._settle(share)
        elif time_s - self.undecided[0][0] > (UNDECIDED_S if walking else HESITATION_S):
            _, step_time_s, loading_mps3 = self.undecided.pop(0)
            self.unknown.step(step_time_s, loading_mps3)

    def step(self, step: Step, direction: int, turning: bool = False) -> None:
        """Take one step, decided while the direction was ``direction``; steps of a turn belong to no direction."""
        share = self.turning if turning else self._share(direction)
        if share is self.unknown:
            self.undecided.append((step.time_s, step.step_time_s, step.loading_mps3))
        else:
            share.step(step.step_time_s, step.loading_mps3)

    def forget_before(self, time_s: float) -> None:
        """Drop undecided steps too old to belong to the bout that begins at ``time_s``."""
        self.undecided = [step for step in self.undecided if time_s - step[0] <= UNDECIDED_S]

    def close(self) -> None:
        """Count what is undecided as unknown: the walk is over."""
        self._settle(self.unknown)

    def _share(self, direction: int) -> Share:
        if direction == Direction.BACKWARD:
            return self.backward
        return self.forward if direction == Direction.FORWARD else self.unknown

    def _settle(self, share: Share) -> None:
        for _, step_time_s, loading_mps3 in self.undecided:
            share.step(step_time_s, loading_mps3)
        self.undecided.clear()

    @classmethod
    def restore(cls, values: dict[str, Any]) -> "Dose":
        """Return the dose that ``dataclasses.asdict`` wrote."""
        shares = {name: Share(**values[name]) for name in ("backward", "forward", "unknown", "turning")}
        return cls(**shares, undecided=[(step[0], step[1], step[2]) for step in values["undecided"]])
