"""``sternway demo``: a simulated walk on an emulated clip, with a live page."""

import argparse
import contextlib
import dataclasses
import logging
import tempfile
import time
import webbrowser
from collections.abc import Iterator
from pathlib import Path

from sternway.alert.patterns import Pattern
from sternway.commands.run import stop_on_signal
from sternway.config import BrokerSettings, Settings, chosen_settings
from sternway.demo.terminal import LiveLine
from sternway.errors import SternwayError
from sternway.monitor import MonitorResult
from sternway.simulate.script import SCRIPTS
from sternway.walk.words import reason_words
from sternway.wire.report import SessionReport
from sternway.wire.state import State

CLIP_ID = "demo"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words of the command."""
    parser.add_argument("--script", choices=sorted(SCRIPTS), default="stumble", help="what the walker does")
    parser.add_argument("--seconds", type=float, help="end after so many seconds (default: until Ctrl-C)")
    parser.add_argument("--no-browser", action="store_true", help="print the page's address, do not open it")
    parser.add_argument("--seed", type=int, default=1, help="another number is another walker")
    parser.add_argument("--config", type=Path, help="settings file; its [broker] is used instead of an embedded one")


def main(arguments: argparse.Namespace) -> int:
    """Play the scene until its end or Ctrl-C."""
    logging.basicConfig(level=logging.ERROR, format="%(message)s")
    try:
        from sternway.dashboard.service import Dashboard  # noqa: PLC0415
        from sternway.dashboard.store.journal import save_plan  # noqa: PLC0415
        from sternway.demo.scene import PROGRAMME, Scene  # noqa: PLC0415
        from sternway.demo.weeks import fill  # noqa: PLC0415
    except ImportError as error:
        raise SternwayError(f"the demo needs more than the clip does ({error.name}); run `make demo`") from error
    line = LiveLine()
    show = Showing(line)
    with contextlib.ExitStack() as stack:
        settings = stack.enter_context(demo_settings(arguments.config))
        dashboard = Dashboard(settings, is_demo=True)
        fill(dashboard.store, CLIP_ID, time.time(), seed=arguments.seed)
        save_plan(dashboard.store, CLIP_ID, PROGRAMME, "demo")
        stack.enter_context(dashboard)
        scene = Scene(settings, arguments.script, show, arguments.seed)
        stop_on_signal(scene.service)
        line.say(f"Page: {dashboard.url}   (Ctrl-C ends the demo)")
        if not arguments.no_browser:
            webbrowser.open(dashboard.url)
        seconds = arguments.seconds
        scene.service.run(until=lambda: seconds is not None and scene.elapsed_s >= seconds)
        line.say(f"{show.buzz_count} buzzes, {show.event_count} events.")
    return 0


class Showing:
    """Shows each state on the live line; each event, and why a walk ended, on a line of its own."""

    def __init__(self, line: LiveLine) -> None:
        self.buzz_count = self.event_count = 0
        self._line = line
        self._buzz: Pattern | None = None
        self._buzz_until_s = 0.0

    def __call__(self, state: State, outcome: MonitorResult) -> None:
        """Show ``state`` and what has just happened."""
        now_s = time.monotonic()
        for event in outcome.events:
            self.event_count += 1
            self._line.say(f"  {event_words(event.kind.value, event.severity, event.cause)}")
        for _, body in outcome.reports:
            if isinstance(body, SessionReport):
                self._line.say(f"  {reason_words(body)}")
        for pattern in outcome.patterns:
            self.buzz_count += 1
            self._buzz, self._buzz_until_s = pattern, now_s + max(pattern.duration_s, 1.5)
        self._line.show(state, self._buzz if now_s < self._buzz_until_s else None)


def event_words(kind: str, severity: float, cause: str | None) -> str:
    """Return one event in words.

    >>> event_words("fault", 0.0, "no_sensor")
    'fault over: no sensor'
    """
    over = " over" if severity <= 0.0 and kind in ("fault", "not_worn") else ""
    return f"{kind.replace('_', ' ')}{over}" + (f": {cause.replace('_', ' ')}" if cause else "")


@contextlib.contextmanager
def demo_settings(path: Path | None) -> Iterator[Settings]:
    """Give settings whose folders are temporary, and whose broker is embedded where none is configured."""
    from sternway.demo.broker import EmbeddedBroker  # noqa: PLC0415

    settings = chosen_settings(path) if path else Settings()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sternway-demo-")))
        broker = settings.broker
        if not broker.host:
            embedded = stack.enter_context(EmbeddedBroker())
            broker = BrokerSettings(host="127.0.0.1", port=embedded.port, tls=False)
        yield dataclasses.replace(
            settings,
            broker=broker,
            clip=dataclasses.replace(settings.clip, id=CLIP_ID, state_dir=str(folder / "clip")),
            dashboard=dataclasses.replace(settings.dashboard, port=0, state_dir=str(folder / "dashboard")),
        )
