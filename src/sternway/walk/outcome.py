"""What goes into the session tracker and what comes out of it."""

from dataclasses import dataclass

from sternway.alert.patterns import Prompt
from sternway.motion.gait import Direction
from sternway.records import Body, Phase, RecordKind
from sternway.walk.report import done_share
from sternway.walk.walk import REASON_WORDS, Reason, Walk


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a press or command, in words for the page."""

    accepted: bool
    words: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the tracker has to say: cues now due, finished records, the answer, and whether the motor may buzz."""

    cues: tuple[Prompt, ...] = ()
    reports: tuple[tuple[RecordKind, Body], ...] = ()
    answer: Answer | None = None
    haptics: bool | None = None


@dataclass(frozen=True, slots=True)
class SessionView:
    """Where the walk is now, or how the last one ended; ``None`` is unknown."""

    phase: Phase = Phase.READY
    reason: Reason | None = None
    words: str = ""
    direction: Direction = Direction.UNKNOWN
    steps: int = 0
    steps_provisional: int = 0
    backward_provisional_s: float = 0.0
    steps_backward: int = 0
    backward_s: float = 0.0
    forward_s: float = 0.0
    cadence_spm: float | None = None
    lane: int | None = None
    stretch: int | None = None
    plan_progress: float | None = None
    stumble_count: int = 0


def look_at(walk: Walk) -> SessionView:
    """Return where ``walk`` is."""
    dose, reason = walk.dose, Reason(walk.reason) if walk.reason else None
    steps_backward, backward_s = dose.settled(Direction.BACKWARD)
    return SessionView(
        phase=walk.phase,
        reason=reason,
        words=REASON_WORDS[reason] if reason else "",
        steps=dose.step_count,
        steps_provisional=dose.waiting_count,
        backward_provisional_s=dose.provisional(Direction.BACKWARD)[1],
        steps_backward=steps_backward,
        backward_s=backward_s,
        forward_s=dose.settled(Direction.FORWARD)[1],
        lane=walk.lane.number if walk.phase is Phase.BACKWARD else None,
        stretch=walk.stretch,
        plan_progress=done_share(walk),
        stumble_count=walk.stumble_count,
    )
