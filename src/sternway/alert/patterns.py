"""The whole cue vocabulary, in one table. Nothing else buzzes."""

from dataclasses import dataclass

from sternway.events import Kind
from sternway.wire.values import Cue

RAMP_S = 0.03
"""How long a pulse takes to reach its strength, so that it does not startle; less than a coin motor's own rise."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A rhythm on the motor.

    ``pulses`` are (strength 0 to 1, on seconds, off seconds); an off time of 0 goes on without a pause. A higher
    ``priority`` interrupts a lower one. ``words`` say it to people without a motor.
    """

    name: str
    pulses: tuple[tuple[float, float, float], ...]
    priority: int
    words: str
    side: str | None = None

    @property
    def duration_s(self) -> float:
        """Return how long the pattern lasts, from the first rise to the last fall.

        >>> round(Pattern("x", ((1.0, 0.1, 0.05), (1.0, 0.1, 0.0)), 1, "two even").duration_s, 3)
        0.25
        """
        return sum(on + off for _, on, off in self.pulses)


@dataclass(frozen=True, slots=True)
class Prompt:
    """A cue that falls due at ``time_s`` on the sample clock."""

    cue: Cue
    time_s: float


def ramped(*beats: tuple[float, float, float]) -> tuple[tuple[float, float, float], ...]:
    """Return ``beats`` (strength, on s, off s), each beginning at half its strength for :data:`RAMP_S`.

    >>> ramped((1.0, 0.13, 0.1))
    ((0.5, 0.03, 0.0), (1.0, 0.1, 0.1))
    """
    return tuple(
        pulse
        for strength, on_s, off_s in beats
        for pulse in ((strength / 2, RAMP_S, 0.0), (strength, round(on_s - RAMP_S, 3), off_s))
    )


# Rhythm tells the cues apart, for strength is poorly felt on the trunk and worse with age (Pomplun 2022). Every
# pattern ends within 0.6 s; a quick pulse outlasts the 60 to 80 ms that an overdriven coin motor needs to turn.
PATTERNS: dict[Cue, Pattern] = {
    Cue.START: Pattern("start", ((0.4, 0.18, 0.0), (0.7, 0.18, 0.0), (1.0, 0.2, 0.0)), 1, "one long, rising"),
    Cue.CHANGE: Pattern("change", ramped((1.0, 0.18, 0.16), (1.0, 0.18, 0.0)), 1, "two even"),
    Cue.TURN: Pattern("turn", ramped((1.0, 0.09, 0.07), (1.0, 0.09, 0.07), (1.0, 0.09, 0.0)), 2, "three quick"),
    Cue.ATTENTION: Pattern("attention", ramped((1.0, 0.26, 0.1), (0.6, 0.12, 0.0)), 3, "strong, weak"),
    Cue.ATTENTION_AGAIN: Pattern(
        "attention_again",
        ramped((1.0, 0.14, 0.04), (0.6, 0.09, 0.06), (1.0, 0.14, 0.04), (0.6, 0.08, 0.0)),
        4,
        "strong, weak, strong, weak",
    ),
    Cue.TROUBLE: Pattern(
        "trouble", ramped((1.0, 0.16, 0.055), (1.0, 0.16, 0.055), (1.0, 0.16, 0.0)), 4, "long, long, long"
    ),
    Cue.END: Pattern("end", ((1.0, 0.2, 0.0), (0.7, 0.18, 0.0), (0.4, 0.18, 0.0)), 1, "one long, falling"),
}

MEANINGS: dict[Cue, str] = {
    Cue.START: "the clip is ready, or the standing check is passed: begin",
    Cue.CHANGE: "do the next thing: warm-up over, half-way, rest, rest over",
    Cue.TURN: "end of the lane: stop and turn",
    Cue.ATTENTION: "a stumble, or less steady than your usual: slow down",
    Cue.ATTENTION_AGAIN: "it happened again: stop and rest; repeated: a fall was noticed, press if you are OK",
    Cue.TROUBLE: "stop: the clip has a fault, or a stop rule was met",
    Cue.END: "the walk is over",
}

WARNINGS: dict[Kind, Cue] = {
    Kind.STUMBLE: Cue.ATTENTION,
    Kind.STABILITY: Cue.ATTENTION,
    Kind.FATIGUE: Cue.ATTENTION,
    Kind.FALL: Cue.ATTENTION_AGAIN,
    Kind.FAULT: Cue.TROUBLE,
}
"""What each kind of event says to the wearer. A kind that is not here is for the record only: a warning that leads
the impact of a fall by 0.3 s is eaten by the motor's rise and by human reaction."""
