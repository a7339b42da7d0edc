"""Draw the live line of the demo: ``python docs/images/make_terminal.py`` writes ``terminal.svg`` beside it.

What is drawn is what the terminal shows: an emulated clip runs the demo's simulated walk in virtual time through the
monitor, and the demo's own code writes to a terminal that remembers.
"""

import html
import io
import os
import re
from collections.abc import Callable
from pathlib import Path
from unittest import mock

from sternway.clock import Clock
from sternway.commands.demo import Showing
from sternway.demo.scene import PROGRAMME, START_AFTER_S
from sternway.demo.terminal import LiveLine
from sternway.device.clip import Clip
from sternway.device.emulated import EmulatedBus, EmulatedLsm6dsox, VirtualClock
from sternway.events import Press
from sternway.monitor import Monitor, Outcome
from sternway.power import Power
from sternway.records import Phase
from sternway.simulate.walker import Walker
from sternway.status import Status
from sternway.wire.state import State

COLUMNS = 80
COLOURS = {"31": "#ff7b72", "32": "#7ee787", "33": "#e3b341", "2": "#8b949e", "1;7": "#ffffff"}
INK, PAPER, QUIET = "#e6edf3", "#0d1117", "#8b949e"


class Terminal(io.StringIO):
    """Remembers its lines as a screen would show them."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True

    @property
    def lines(self) -> list[str]:
        return [line.split("\r\x1b[K")[-1] for line in self.getvalue().split("\n")]


def moments() -> list[tuple[str, list[str]]]:
    """Return what the screen shows in the warm-up, walking backward, and at the stumble."""
    terminal = Terminal()
    line = LiveLine(terminal)
    show = Showing(line)
    line.say("Page: http://127.0.0.1:8377   (Ctrl-C ends the demo)")
    seen: dict[str, list[str]] = {}

    def watch(state: State, outcome: Outcome) -> None:
        show(state, outcome)
        if any(pattern.name == "attention" for pattern in outcome.patterns):
            seen["the moment of a stumble"] = terminal.lines
        elif state.phase is Phase.WARM_UP and state.steps >= 20:
            seen.setdefault("in the warm-up", terminal.lines)
        elif state.phase is Phase.BACKWARD and state.steps_backward >= 12:
            seen.setdefault("walking backward", terminal.lines)

    clock = VirtualClock()
    with mock.patch("sternway.commands.demo.time.monotonic", clock):
        walk(clock, watch, lambda: "the moment of a stumble" in seen)
    return list(seen.items())


def walk(clock: VirtualClock, watch: Callable[[State, Outcome], None], until: Callable[[], bool]) -> None:
    """Let the simulated walker of the demo press the button and walk, until ``until`` says so."""
    chip = EmulatedLsm6dsox(Walker("stumble", seed=1), clock)
    clip = Clip(EmulatedBus({0x6A: chip}, clock, clock.sleep), clock=clock, sleep=clock.sleep)
    monitor = Monitor(plan=PROGRAMME.walk(0, "A short demo."))
    status, moment = Status(), Clock("demo", monotonic=clock).moment
    presses = [START_AFTER_S]
    for block in clip:
        if presses and clock() >= presses[0]:
            monitor.press(Press.SHORT, presses.pop())
            monitor.motor_felt(True, clock())
        outcome = monitor.update(block, clip.cause)
        watch(status.state(monitor, monitor.faults.causes, Power(), True, moment()), outcome)
        if until() or clock() > 120.0:
            return


def drawn(frames: list[tuple[str, list[str]]]) -> str:
    """Return the frames as one drawing, from top to bottom."""
    rows, y = [], 0
    for title, lines in frames:
        y += 34
        rows.append(f'<text x="20" y="{y}" fill="{QUIET}" font-size="13">{title}</text>')
        for text in [line for line in lines if line and (y < 50 or not line.startswith("Page"))]:
            y += 24
            rows.append(f'<text x="20" y="{y}" fill="{INK}" xml:space="preserve">{spans(text)}</text>')
    width, height = 20 + COLUMNS * 8.6, y + 22
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" role="img" '
        'aria-label="The live line of the demo in the warm-up, walking backward and at a stumble" '
        'font-family="ui-monospace, \'DejaVu Sans Mono\', Menlo, Consolas, monospace" font-size="14">\n'
        f'<rect width="{width:.0f}" height="{height}" rx="10" fill="{PAPER}"/>\n' + "\n".join(rows) + "\n</svg>\n"
    )


def spans(text: str) -> str:
    """Return a line with its colours as SVG."""
    parts = re.split(r"\x1b\[([\d;]*)m", text)
    out = [html.escape(parts[0])]
    for code, words in zip(parts[1::2], parts[2::2], strict=True):
        if code in COLOURS:
            weight = ' font-weight="bold"' if code == "1;7" else ""
            out.append(f'<tspan fill="{COLOURS[code]}"{weight}>{html.escape(words)}</tspan>')
        else:
            out.append(html.escape(words))
    return "".join(out)


if __name__ == "__main__":
    with mock.patch.dict(os.environ, {"COLUMNS": str(COLUMNS + 1)}):
        picture = drawn(moments())
    Path(__file__).with_name("terminal.svg").write_text(picture, encoding="utf-8")
