"""Failures between chip and host, and the sequence of recovery steps, from the cheapest to giving up."""

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
    WRONG_RATE = "wrong_rate"


class RecoveryStep(StrEnum):
    """One step of the recovery sequence, from the cheapest to giving up for a while."""

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
    Failure.WRONG_RATE: Cause.IMPLAUSIBLE,
}
# Each step and the wait before it; on a stuck bus every attempt takes 0.1 s more.
SEQUENCE = (
    (RecoveryStep.RETRY, 0.0),
    (RecoveryStep.RETRY, 0.02),
    (RecoveryStep.RETRY, 0.05),
    (RecoveryStep.REINITIALISE, 0.05),
    (RecoveryStep.CLEAR_BUS, 0.05),
    (RecoveryStep.REINITIALISE, 0.1),
    (RecoveryStep.REBIND, 0.05),
    (RecoveryStep.REINITIALISE, 0.1),
    (RecoveryStep.GIVE_UP, 0.1),
)
_STEPS = tuple(step for step, _ in SEQUENCE)
_FIRST_REINITIALISE = _STEPS.index(RecoveryStep.REINITIALISE)
_GIVE_UP = _STEPS.index(RecoveryStep.GIVE_UP)
# Another read would return the same bytes: these failures begin with a new configuration.
_NOT_RETRIED = frozenset({Failure.REGISTERS, Failure.SILENT, Failure.FROZEN, Failure.SATURATED, Failure.WRONG_RATE})
# The bus is fine: bare clocks and a new adapter would not help these.
_NOT_THE_BUS = frozenset({Failure.WRONG_CHIP, Failure.FROZEN, Failure.SATURATED, Failure.WRONG_RATE})
# Once given up, only one attempt in this many runs the sequence: clearing and rebinding disturb the whole bus.
_RESTART_COUNT = 32


class RecoverySequence:
    """Chooses the next recovery step. ``failures`` and ``steps`` count the failures and the steps taken."""

    def __init__(self) -> None:
        self.failures: Counter[Failure] = Counter()
        self.steps: Counter[RecoveryStep] = Counter()
        self._failure = Failure.NO_ANSWER
        self._next = 0
        self._give_ups = 0

    @property
    def cause(self) -> Cause:
        """Return what the latest failure is called as a FAULT."""
        return CAUSES[self._failure]

    def fail(self, failure: Failure, has_delivered: bool) -> float:
        """Count ``failure`` and return how long to wait; ``has_delivered``: samples came since the last."""
        self.failures[failure] += 1
        self._failure = failure
        if failure in _NOT_RETRIED:
            self._next = max(self._next, _FIRST_REINITIALISE)
        elif has_delivered:
            self._next = 0  # the FIFO has kept what a retry will fetch
        if failure in _NOT_THE_BUS and self._next > _FIRST_REINITIALISE:
            self._next = _GIVE_UP
        return SEQUENCE[self._next][1]

    def next_step(self) -> RecoveryStep:
        """Return the step to try now. After giving up, the sequence starts again, ever more rarely."""
        step = _STEPS[self._next]
        self.steps[step] += 1
        self._next = min(self._next + 1, _GIVE_UP)
        if step is RecoveryStep.GIVE_UP:
            self._give_ups += 1
            first_few = self._give_ups & (self._give_ups - 1) == 0  # the 1st, 2nd, 4th, 8th ...
            if first_few or self._give_ups % _RESTART_COUNT == 0:
                self._next = _FIRST_REINITIALISE
        return step

    def reset(self) -> None:
        """Start with the first step at the next failure: the stream has been good for long enough."""
        self._next = self._give_ups = 0
