"""One line of the terminal that says how the walk goes, and what the motor just did."""

import shutil
import sys
from typing import TextIO

from sternway.alert.patterns import Pattern
from sternway.records import Phase
from sternway.wire.state import State

PHASE_WORDS = {
    Phase.READY: "ready",
    Phase.STANDING_CHECK: "standing check",
    Phase.WARM_UP: "warm-up",
    Phase.BACKWARD: "lanes",
    Phase.REST: "rest",
    Phase.COOL_DOWN: "cool-down",
    Phase.PAUSED: "paused",
    Phase.WALK_TEST: "walk test",
}
STABILITY_WORDS = {"steady": "Steady", "raised": "Less steady", "high": "Unsteady", "unknown": "unknown"}
BUZZ_WORDS = {"attention_again": "attention x2"}
_ARROWS = {"forward": "↑", "backward": "↓", "unknown": "·"}
_PLAIN_ARROWS = {"forward": "^", "backward": "v", "unknown": "."}
_COLOURS = {"steady": "32", "raised": "33", "high": "31", "unknown": "2"}


def describe(state: State, buzz: Pattern | None, arrows: dict[str, str] = _ARROWS) -> list[str]:
    """Return the parts of the line: direction, steps, cadence, steadiness, minutes backward; last the buzz or phase.

    Together they fit the 80 columns of a plain terminal.
    """
    cadence = "--" if state.cadence_spm is None else f"{state.cadence_spm:.0f}"
    minutes, seconds = divmod(round(state.backward_s), 60)
    return [
        f"{arrows[state.direction]} {state.direction:8}",
        f"{state.steps:5} steps",
        f"{cadence:>3}/min",
        f"FAULT: {state.fault.value.replace('_', ' ')}" if state.fault else f"{_steadiness(state):14}",
        f"{minutes}:{seconds:02} back",
        PHASE_WORDS[state.phase] if buzz is None else f"(({BUZZ_WORDS.get(buzz.name, buzz.name)}))",
    ]


class LiveLine:
    """Rewrites one line of a terminal; on anything else it prints a line only when the words change."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._is_terminal = self._stream.isatty()
        encoding = getattr(self._stream, "encoding", None) or "ascii"
        self._arrows = _ARROWS if encoding.lower().startswith("utf") else _PLAIN_ARROWS
        self._last: tuple[str, ...] = ()

    def show(self, state: State, buzz: Pattern | None) -> None:
        """Show ``state`` and the pattern that plays now, if any."""
        parts = describe(state, buzz, self._arrows)
        if self._is_terminal:
            colour = "31" if state.fault else _COLOURS[state.stability]
            self._rewrite(parts, colour, is_buzzing=buzz is not None)
            return
        words = (parts[0], parts[3], parts[5])
        if words != self._last:
            self._last = words
            print("  ".join(parts), file=self._stream, flush=True)

    def say(self, text: str) -> None:
        """Print ``text`` on a line of its own, above the live one."""
        prefix = "\r\x1b[K" if self._is_terminal else ""
        print(f"{prefix}{text}", file=self._stream, flush=True)

    def _rewrite(self, parts: list[str], colour: str, is_buzzing: bool) -> None:
        width = shutil.get_terminal_size().columns - 1
        line = "  ".join(parts)[:width]
        painted = line.replace(parts[3], f"\x1b[{colour}m{parts[3]}\x1b[0m")
        if is_buzzing:
            painted = painted.replace(parts[5], f"\x1b[1;7m{parts[5]}\x1b[0m")
        self._stream.write(f"\r\x1b[K{painted}")
        self._stream.flush()


def _steadiness(state: State) -> str:
    return "still learning" if state.stability_learning else STABILITY_WORDS[state.stability]
