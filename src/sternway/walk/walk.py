"""One walk as it goes on: everything counted, as plain data that can be written down at any moment."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sternway.conversion import convert, plain
from sternway.records import Phase
from sternway.walk.dose import Dose
from sternway.walk.lane import Lane, Turning
from sternway.walk.posture import Posture
from sternway.walk.stillness import Stillness
from sternway.wire.event import EventInWalk
from sternway.wire.plan import WalkPlan
from sternway.wire.report import Answers, PainInWalk
from sternway.wire.values import Level

LONGEST_LIST = 200
"""How many phases, events and faults a report lists at most; their counts go on."""


class Reason(StrEnum):
    """Why a walk paused, ended, or could not begin."""

    DONE = "done"
    BUTTON = "button"
    PAGE = "page"
    STANDING = "standing"
    NOT_WORN = "not_worn"
    FAULT = "fault"
    FALL = "fall"
    TWO_STUMBLES = "two_stumbles"
    PAIN = "pain"
    LONG_PRESS = "long_press"
    PAGE_STOP = "page_stop"
    PAUSED_TOO_LONG = "paused_too_long"
    SWITCHED_OFF = "switched_off"
    NOT_STILL = "not_still"
    MOTOR_NOT_FELT = "motor_not_felt"


REASON_WORDS: dict[Reason, str] = {
    Reason.DONE: "The walk is done.",
    Reason.BUTTON: "Paused by the button.",
    Reason.PAGE: "Paused from the page.",
    Reason.STANDING: "Paused while you stand; walk on when you like.",
    Reason.NOT_WORN: "Paused: the clip is not on the belt.",
    Reason.FAULT: "Stop: the clip has a fault and cannot watch you.",
    Reason.FALL: "A fall was noticed. Rest; do not walk on today.",
    Reason.TWO_STUMBLES: "Two stumbles in one walk: stop and rest for today.",
    Reason.PAIN: "Stopped for pain. Rest; if it stays, ask a professional before the next walk.",
    Reason.LONG_PRESS: "Stopped by a long press. If it hurts, rest, and ask a professional before the next walk.",
    Reason.PAGE_STOP: "Stopped from the page. If it hurts, rest, and ask a professional before the next walk.",
    Reason.PAUSED_TOO_LONG: "Ended after a long pause.",
    Reason.SWITCHED_OFF: "The clip was switched off during the walk.",
    Reason.NOT_STILL: "The standing check needs you to stand still for a moment. Try again.",
    Reason.MOTOR_NOT_FELT: "The clip cannot feel its own motor, so it could not warn you. Check the motor.",
}

STOP_RULES = frozenset(
    {Reason.LONG_PRESS, Reason.PAGE_STOP, Reason.PAIN, Reason.TWO_STUMBLES, Reason.FALL, Reason.FAULT}
)
"""Reasons that stop the walk at once, with *Trouble*."""


@dataclass(slots=True)
class Walk:
    """Everything about the walk under way. Times are on the sample clock; counts are samples at 100 Hz.

    ``before`` is the phase that a pause goes back to. ``active_count`` holds, for each phase, the samples in which
    the walker was moving: what the plan's minutes are measured by.
    """

    started_s: float
    last_s: float
    plan: WalkPlan
    answers: Answers
    still: Stillness
    step_s: float
    phase: Phase = Phase.READY
    entered_s: float = 0.0
    before: str | None = None
    reason: str | None = None
    stretch: int = 1
    stretch_count: int = 0
    half_said: bool = False
    motor_felt: bool | None = None
    unseen_s: float = 0.0
    paused_count: int = 0
    stumble_count: int = 0
    level: Level = Level.UNKNOWN
    dose: Dose = field(default_factory=Dose)
    lane: Lane = field(default_factory=Lane)
    turning: Turning = field(default_factory=Turning)
    posture: Posture = field(default_factory=Posture)
    active_count: dict[str, int] = field(default_factory=dict)
    level_count: dict[str, int] = field(default_factory=dict)
    event_count: dict[str, int] = field(default_factory=dict)
    cue_count: dict[str, int] = field(default_factory=dict)
    events: list[EventInWalk] = field(default_factory=list)
    phases: list[tuple[str, float]] = field(default_factory=list)
    pains: list[PainInWalk] = field(default_factory=list)
    trials_s: list[float] = field(default_factory=list)
    tested: bool = False
    haptics_off: bool = False
    restart_count: int = 0

    def enter(self, phase: Phase, time_s: float) -> None:
        """Go to ``phase`` and note it in the walk's timeline."""
        self.phase, self.entered_s = phase, time_s
        if len(self.phases) < LONGEST_LIST:
            self.phases.append((phase.value, round(time_s, 3)))

    def snapshot(self) -> dict[str, Any]:
        """Return everything as plain JSON-able data."""
        return dict(plain(self))

    @classmethod
    def restore(cls, values: object) -> "Walk":
        """Return the walk that :meth:`snapshot` wrote; raise :class:`MessageError` where it cannot be read."""
        return convert(values, cls, "walk")
