"""What can go wrong between chip and host, and what is tried against it, from the cheapest to giving up."""

from collections import Counter
from enum import StrEnum

from sternway.events import Cause


class Failure(StrEnum):
    """What can go wrong between the chip and the host; one counter each."""

    NO_ANSWER = "no_answer"
    STUCK_BUS = "stuck_bus"
    WRONG_CHIP = "wrong_chip"
    REGISTERS = "registers"
    SILENT = "silent"
    OVERFLOW = "overflow"
    LOST_FRAMES = "lost_frames"
    FROZEN = "frozen"
    SATURATED = "saturated"


class Rung(StrEnum):
    """A rung of the recovery ladder, from the cheapest to giving up for a while."""

    RETRY = "retry"
    REINITIALISE = "reinitialise"
    CLEAR_BUS = "clear_bus"
    REBIND = "rebind"
    GIVE_UP = "give_up"


CAUSES = {
    Failure.NO_ANSWER: Cause.NO_SENSOR,
    Failure.STUCK_BUS: Cause.NO_SENSOR,
    Failure.WRONG_CHIP: Cause.WRONG_CHIP,
    Failure.REGISTERS: Cause.NO_SENSOR,
    Failure.SILENT: Cause.NO_SENSOR,
    Failure.OVERFLOW: Cause.GAPS,
    Failure.LOST_FRAMES: Cause.GAPS,
    Failure.FROZEN: Cause.FROZEN_SENSOR,
    Failure.SATURATED: Cause.CLIPPED,
}
# Each rung and how long it is waited before it; on a stuck bus every try takes 0.1 s more.
LADDER = (
    (Rung.RETRY, 0.0),
    (Rung.RETRY, 0.02),
    (Rung.RETRY, 0.05),
    (Rung.REINITIALISE, 0.05),
    (Rung.CLEAR_BUS, 0.05),
    (Rung.REINITIALISE, 0.1),
    (Rung.REBIND, 0.05),
    (Rung.REINITIALISE, 0.1),
    (Rung.GIVE_UP, 0.1),
)
_RUNGS = tuple(rung for rung, _ in LADDER)
_FIRST_REINITIALISE = _RUNGS.index(Rung.REINITIALISE)
_GIVE_UP = _RUNGS.index(Rung.GIVE_UP)
# The same bytes read once more would say the same: these begin at the second rung.
_NOT_RETRIED = frozenset({Failure.REGISTERS, Failure.SILENT, Failure.FROZEN, Failure.SATURATED})
# The bus is fine: bare clocks and a new adapter would not help these.
_NOT_THE_BUS = frozenset({Failure.WRONG_CHIP, Failure.FROZEN, Failure.SATURATED})
# Most give-ups between two climbs: clearing and rebinding disturb the whole bus.
_CLIMB_AGAIN_COUNT = 32


class Ladder:
    """Chooses what is tried next. ``failures`` and ``rungs`` count what happened and what was done about it."""

    def __init__(self) -> None:
        self.failures: Counter[Failure] = Counter()
        self.rungs: Counter[Rung] = Counter()
        self._failure = Failure.NO_ANSWER
        self._next = 0
        self._give_ups = 0

    @property
    def cause(self) -> Cause:
        """Return what the latest failure is called as a FAULT."""
        return CAUSES[self._failure]

    def fail(self, failure: Failure, has_worked: bool) -> float:
        """Count ``failure`` and return how long to wait; ``has_worked`` says that samples came since the last one."""
        self.failures[failure] += 1
        self._failure = failure
        if failure in _NOT_RETRIED:
            self._next = max(self._next, _FIRST_REINITIALISE)
        elif has_worked:
            self._next = 0  # the FIFO has kept what a retry will fetch
        if failure in _NOT_THE_BUS and self._next > _FIRST_REINITIALISE:
            self._next = _GIVE_UP
        return LADDER[self._next][1]

    def climb(self) -> Rung:
        """Return the rung to try now. Once given up, the climb begins again: soon at first, then ever more rarely."""
        rung = _RUNGS[self._next]
        self.rungs[rung] += 1
        self._next = min(self._next + 1, _GIVE_UP)
        if rung is Rung.GIVE_UP:
            self._give_ups += 1
            first_few = self._give_ups & (self._give_ups - 1) == 0  # the 1st, 2nd, 4th, 8th ...
            if first_few or self._give_ups % _CLIMB_AGAIN_COUNT == 0:
                self._next = _FIRST_REINITIALISE
        return rung

    def descend(self) -> None:
        """Begin at the foot the next time: all has been well for long enough."""
        self._next = self._give_ups = 0
