"""The whole cue vocabulary, in one table. Nothing else buzzes."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Pattern:
    """A rhythm on the motor.

    ``pulses`` are (strength 0 to 1, on seconds, off seconds). A higher ``priority`` interrupts a lower one.
    ``words`` say it to people without a motor.
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


class Cue(StrEnum):
    """What the clip can say by buzzing."""

    START = "start"
    CHANGE = "change"
    TURN = "turn"
    ATTENTION = "attention"
    ATTENTION_AGAIN = "attention_again"
    TROUBLE = "trouble"
    END = "end"


PATTERNS: dict[Cue, Pattern] = {
    Cue.START: Pattern("start", ((0.5, 0.2, 0.0), (0.75, 0.2, 0.0), (1.0, 0.2, 0.0)), 1, "one long, rising"),
    Cue.CHANGE: Pattern("change", ((1.0, 0.15, 0.15), (1.0, 0.15, 0.0)), 1, "two even"),
    Cue.TURN: Pattern("turn", ((1.0, 0.1, 0.08), (1.0, 0.1, 0.08), (1.0, 0.1, 0.0)), 2, "three quick"),
    Cue.ATTENTION: Pattern("attention", ((1.0, 0.25, 0.1), (0.6, 0.12, 0.0)), 4, "strong, weak"),
    Cue.ATTENTION_AGAIN: Pattern(
        "attention_again", ((1.0, 0.25, 0.1), (0.6, 0.12, 0.13)), 5, "strong, weak, repeated"
    ),
    Cue.TROUBLE: Pattern("trouble", ((1.0, 0.15, 0.07), (1.0, 0.15, 0.07), (1.0, 0.15, 0.0)), 3, "long, long, long"),
    Cue.END: Pattern("end", ((1.0, 0.2, 0.0), (0.75, 0.2, 0.0), (0.5, 0.2, 0.0)), 1, "one long, falling"),
}
