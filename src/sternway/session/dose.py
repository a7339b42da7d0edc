"""How much was walked, and how: seconds, steps, cadence and softness for each direction."""

import math
from dataclasses import dataclass, field
from typing import Any

from sternway.motion.gait import Direction, Step
from sternway.motion.resample import RATE_HZ

UNDECIDED_S = 6.0
"""How long walking waits for its direction to be recognised before it is counted as unknown."""

LONGEST_STEP_S = 2.0
"""A longer time between contacts is a halt and says nothing about cadence."""


@dataclass(slots=True)
class Share:
    """What was walked in one direction."""

    sample_count: int = 0
    step_count: int = 0
    timed_count: int = 0
    step_time_s: float = 0.0
    landed_count: int = 0
    loading_mps3: float = 0.0

    def step(self, step_time_s: float | None, loading_mps3: float | None) -> None:
        """Add one step."""
        self.step_count += 1
        if step_time_s is not None and step_time_s <= LONGEST_STEP_S:
            self.timed_count += 1
            self.step_time_s += step_time_s
        if loading_mps3 is not None and math.isfinite(loading_mps3):
            self.landed_count += 1
            self.loading_mps3 += loading_mps3

    @property
    def seconds(self) -> float:
        """Return the seconds walked."""
        return self.sample_count / RATE_HZ

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
    """Counts walking by direction.

    Direction is recognised some steps into a bout: what came before in the same bout waits as *undecided* and is
    then counted with it; without an answer for :data:`UNDECIDED_S`, or when the bout ends, it stays *unknown*.
    """

    backward: Share = field(default_factory=Share)
    forward: Share = field(default_factory=Share)
    unknown: Share = field(default_factory=Share)
    undecided_count: int = 0
    undecided_steps: list[tuple[float, float | None, float | None]] = field(default_factory=list)

    def sample(self, time_s: float, walking: bool, direction: int) -> None:
        """Take one sample."""
        share = self._share(direction)
        if walking and share is not self.unknown:
            share.sample_count += 1 + self.undecided_count
            self.undecided_count = 0
            self._settle(share)
        elif walking:
            self.undecided_count += 1
            if self.undecided_count > UNDECIDED_S * RATE_HZ:
                self._give_up()
        elif self.undecided_count:
            self._give_up()
        self._expire(time_s)

    def step(self, step: Step, direction: int) -> None:
        """Take one step, decided while the direction was ``direction``."""
        share = self._share(direction)
        if share is self.unknown:
            self.undecided_steps.append((step.time_s, step.step_time_s, step.loading_mps3))
        else:
            share.step(step.step_time_s, step.loading_mps3)

    def forget_before(self, time_s: float) -> None:
        """Drop undecided steps too old to belong to the bout that begins at ``time_s``."""
        self.undecided_steps = [step for step in self.undecided_steps if time_s - step[0] <= UNDECIDED_S]

    def close(self) -> None:
        """Count what is undecided as unknown: the walk is over."""
        self._give_up()

    def _share(self, direction: int) -> Share:
        if direction == Direction.BACKWARD:
            return self.backward
        return self.forward if direction == Direction.FORWARD else self.unknown

    def _settle(self, share: Share) -> None:
        for _, step_time_s, loading_mps3 in self.undecided_steps:
            share.step(step_time_s, loading_mps3)
        self.undecided_steps.clear()

    def _give_up(self) -> None:
        self.unknown.sample_count += self.undecided_count
        self.undecided_count = 0
        self._settle(self.unknown)

    def _expire(self, time_s: float) -> None:
        """A step may come before its bout is recognised as walking, so it waits on, but not for ever."""
        if self.undecided_steps and time_s - self.undecided_steps[0][0] > UNDECIDED_S:
            _, step_time_s, loading_mps3 = self.undecided_steps.pop(0)
            self.unknown.step(step_time_s, loading_mps3)

    @classmethod
    def restore(cls, values: dict[str, Any]) -> "Dose":
        """Return the dose that ``dataclasses.asdict`` wrote."""
        shares = {name: Share(**values[name]) for name in ("backward", "forward", "unknown")}
        steps = [(step[0], step[1], step[2]) for step in values["undecided_steps"]]
        return cls(**shares, undecided_count=values["undecided_count"], undecided_steps=steps)
