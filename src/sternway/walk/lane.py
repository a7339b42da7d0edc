"""Where the walker is in a lane: the end is counted in steps or seconds since the last turn."""

from dataclasses import dataclass

from sternway.motion.gait import Direction
from sternway.motion.resample import PERIOD_S

TURN_RAD = 1.6
"""Yaw that makes a turn: half of a half-turn, so that slow turning in many small steps counts, a bend does not."""

TURN_FADE_S = 5.0
"""How fast yaw fades from memory; a careful half-turn takes some 3 to 6 s."""


TURNING_RADPS = 0.4
"""Smoothed yaw rate from which steps are those of a turn: a half-turn in 8 s; a path bends less."""

TURNING_S = 0.35
"""How slowly the smoothed yaw rate follows: slower than the trunk's swing in a step."""

_TURN_KEEP = 1.0 - PERIOD_S / TURN_FADE_S
_TURNING_GAIN = PERIOD_S / TURNING_S


@dataclass(slots=True)
class Turning:
    """Tells turning on the spot from walking along, from the yaw rate."""

    yaw_rate_radps: float = 0.0

    def update(self, yaw_rate_radps: float) -> None:
        """Take one sample."""
        self.yaw_rate_radps += _TURNING_GAIN * (yaw_rate_radps - self.yaw_rate_radps)

    @property
    def now(self) -> bool:
        """Return whether the walker turns."""
        return abs(self.yaw_rate_radps) > TURNING_RADPS


@dataclass(slots=True)
class Lane:
    """Counts steps and active seconds since the lane began; a turn or walking forward begins it anew.

    Steps of unknown direction count too: the cue had better come early than late. ``fresh`` says that the end of a
    lane was cued and the turn is still to come.
    """

    number: int = 1
    steps: int = 0
    active_count: int = 0
    yaw_rad: float = 0.0
    fresh: bool = False

    def turn(self, yaw_rate_radps: float) -> None:
        """Take one sample of turning about the vertical."""
        self.yaw_rad = self.yaw_rad * _TURN_KEEP + yaw_rate_radps * PERIOD_S
        if abs(self.yaw_rad) > TURN_RAD:
            self._begin()

    def step(self, direction: int) -> None:
        """Take one step."""
        if direction == Direction.FORWARD:
            self._begin()
        else:
            self.steps += 1

    def ended(self, lane_steps: int, lane_s: float) -> bool:
        """Return whether the lane is over, and begin the next one if so; 0 means no such limit."""
        by_steps = lane_steps > 0 and self.steps >= lane_steps
        by_time = lane_s > 0.0 and self.active_count * PERIOD_S >= lane_s - 1e-9
        if by_steps or by_time:
            self.number, self.steps, self.active_count, self.fresh = self.number + 1, 0, 0, True
        return by_steps or by_time

    def _begin(self) -> None:
        """Begin a lane where the walker turned; a turn that follows the cue was counted with the cue."""
        walked = self.steps > 2 and not self.fresh
        self.number += 1 if walked else 0
        self.steps, self.active_count, self.yaw_rad, self.fresh = 0, 0, 0.0, False
