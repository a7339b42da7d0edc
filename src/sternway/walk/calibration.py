"""Fitting the clip: from standing and a few forward steps to how it sits, and a known distance to speed."""

from enum import StrEnum

from sternway.motion.gait import Direction
from sternway.motion.mounting import Mounting, MountingEstimator
from sternway.motion.resample import RATE_HZ
from sternway.motion.speed import SpeedEstimator
from sternway.motion.trunk import TrunkMotion
from sternway.walk.walk_test import MovementTimer
from sternway.wire.values import Cue

STAND_S = 3.0
"""Quiet standing that gives up to within a degree: sway averages out in about two seconds."""

WALK_LIMIT_S = 60.0
"""Ten seconds of straight walking are enough; a minute without an answer means that something is wrong."""

DISTANCE_LIMIT_S = 300.0
"""Time enough for several tries at a long corridor."""


class FittingPhase(StrEnum):
    """Where the wearer is in the fitting."""

    STAND = "stand"
    WALK = "walk"
    DISTANCE = "distance"
    DONE = "done"
    FAILED = "failed"


class Fitting:
    """Guides the wearer through the fitting: each phase has words for the terminal and a cue for the skin.

    With ``distance_m`` the wearer then stands still, walks that far and stands still again, in either direction.
    """

    def __init__(self, distance_m: float | None = None) -> None:
        self.phase = FittingPhase.STAND
        self.mounting: Mounting | None = None
        self.walked: Direction | None = None
        self.speed = SpeedEstimator()
        self._distance_m = distance_m
        self._estimator = MountingEstimator()
        self._timer = MovementTimer()
        self._still_count = self._walk_count = self._distance_count = 0
        self._hint = ""

    @property
    def over(self) -> bool:
        """Return whether nothing more is to be done."""
        return self.phase in (FittingPhase.DONE, FittingPhase.FAILED)

    @property
    def words(self) -> str:
        """Say what to do now."""
        return {
            FittingPhase.STAND: f"Wear the clip as you will, and stand still for {STAND_S:.0f} seconds.",
            FittingPhase.WALK: "Now walk straight FORWARD, about fifteen steps, as you usually do.",
            FittingPhase.DISTANCE: f"{self._hint}Stand still, walk exactly {self._distance_m} metres, stand still.",
            FittingPhase.DONE: "Done.",
            FittingPhase.FAILED: "That did not work: walk a longer straight line, with the clip tight on the belt, "
            "and start again.",
        }[self.phase]

    def update(self, trunk: TrunkMotion) -> list[Cue]:
        """Follow trunk motion; return the cues that fall due."""
        if self.phase is FittingPhase.STAND:
            return self._stand(trunk)
        if self.phase is FittingPhase.WALK:
            return self._walk(trunk)
        return self._measure(trunk) if self.phase is FittingPhase.DISTANCE else []

    def _stand(self, trunk: TrunkMotion) -> list[Cue]:
        self._estimator.update(trunk)
        self._timer.update(trunk)
        self._still_count = self._still_count + len(trunk) if self._timer.ready else 0
        if self._still_count < STAND_S * RATE_HZ:
            return []
        self.phase = FittingPhase.WALK
        return [Cue.START]

    def _walk(self, trunk: TrunkMotion) -> list[Cue]:
        self._walk_count += len(trunk)
        self.mounting = self._estimator.update(trunk)
        if self.mounting is None:
            if self._walk_count < WALK_LIMIT_S * RATE_HZ:
                return []
            self.phase = FittingPhase.FAILED
            return [Cue.TROUBLE]
        if self._distance_m is None:
            self.phase = FittingPhase.DONE
            return [Cue.END]
        self._timer.reset()
        self.phase = FittingPhase.DISTANCE
        return [Cue.CHANGE]

    def _measure(self, trunk: TrunkMotion) -> list[Cue]:
        self._distance_count += len(trunk)
        if self._distance_count > DISTANCE_LIMIT_S * RATE_HZ:
            self.phase = FittingPhase.FAILED
            return [Cue.TROUBLE]
        was_moving = self._timer.moving
        movements = self._timer.update(trunk)
        if self._timer.moving and not was_moving:
            self.speed.begin_distance()
        self.speed.update(trunk)
        if not movements or self._distance_m is None:
            return []
        self.walked = self.speed.end_distance(self._distance_m)
        if self.walked is None:
            self._hint = "That was no straight walk one way. "
            return [Cue.TROUBLE]
        self.phase = FittingPhase.DONE
        return [Cue.END]
