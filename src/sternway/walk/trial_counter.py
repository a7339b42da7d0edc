"""When the walker may begin a trial of the walk test, told from standing and moving."""

from sternway.motion.trunk import TrunkMotion
from sternway.walk.walk_test import MovementTimer, WalkTest


class TrialCounter:
    """Times trials with :class:`~sternway.walk.walk_test.WalkTest` and says when the next may begin.

    The first may begin after standing still; each next one after the walker went back to the start, which is a
    movement of its own, and stands still again.
    """

    def __init__(self) -> None:
        self._test = WalkTest()
        self._stance = MovementTimer()
        self._at_start = True

    def update(self, trunk: TrunkMotion) -> tuple[list[float], bool]:
        """Return the trials that this motion completes, in seconds, and whether the walker may go from now on."""
        trials_s = [movement.duration_s for movement in self._test.update(trunk)]
        moved = bool(self._stance.update(trunk))
        if trials_s:
            self._test, self._at_start = WalkTest(), False
        elif moved:
            self._at_start = True
        may_go = self._at_start and self._stance.ready
        if may_go:
            self._at_start = False
        return trials_s, may_go
