import urllib.request

import pytest
from msgspec import structs

from sternway.alert.patterns import PATTERNS
from sternway.commands.demo import Showing, demo_settings
from sternway.dashboard.service import Dashboard
from sternway.demo.scene import Scene
from sternway.demo.terminal import LiveLine, describe
from sternway.events import Cause
from sternway.monitor import MonitorResult
from sternway.records import Phase, RecordKind
from sternway.walk.report import WalkFacts, report_body
from sternway.walk.stillness import Stillness
from sternway.walk.walk import Reason, Walk
from sternway.wire.plan import WalkPlan
from sternway.wire.report import Answers
from sternway.wire.state import State

STATE = State(
    phase=Phase.READY,
    direction="backward",
    steps=12345,
    steps_backward=400,
    backward_s=1799.0,
    forward_s=100.0,
    cadence_spm=112.0,
    stability="raised",
    stability_learning=False,
    fault=None,
    worn=True,
    battery_percent=None,
    under_voltage=None,
    haptics=True,
    last_walk=None,
    last_event_at=None,
    last_event_kind=None,
    event_count=0,
    lane=None,
    plan_progress=None,
    version="0",
)


class Screen:
    encoding = "utf-8"

    def __init__(self, is_terminal):
        self.text = ""
        self.is_terminal = is_terminal

    def isatty(self):
        return self.is_terminal

    def write(self, text):
        self.text += text

    def flush(self):
        pass


@pytest.mark.parametrize("is_terminal", [True, False])
def test_the_demo_runs_from_the_chip_to_the_page_and_ends_cleanly(is_terminal):
    screen = Screen(is_terminal)
    show = Showing(LiveLine(screen))
    with demo_settings(None) as settings, Dashboard(settings, is_demo=True) as dashboard:
        scene = Scene(settings, "walk", show)
        scene.service.run(until=lambda: scene.service.publisher.connected and show.buzz_count > 0)
        with urllib.request.urlopen(dashboard.url) as page:
            assert page.status == 200
            assert b"Sternway" in page.read()
    assert "ready" in screen.text
    assert "((start))" in screen.text
    assert ("\r\x1b[K" in screen.text) == is_terminal


@pytest.mark.parametrize("buzz", [None, *PATTERNS.values()], ids=lambda buzz: buzz.name if buzz else "no buzz")
@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("learning", [True, False])
def test_the_line_fits_a_plain_terminal(buzz, phase, learning):
    state = structs.replace(STATE, phase=phase, stability_learning=learning)
    assert len("  ".join(describe(state, buzz))) < 80


def test_an_unknown_is_called_unknown_and_a_fault_is_named():
    assert "  --/min" in "  ".join(describe(structs.replace(STATE, cadence_spm=None), None))
    assert "FAULT: no sensor" in "  ".join(describe(structs.replace(STATE, fault=Cause.NO_SENSOR), None))


def test_the_terminal_says_why_a_walk_ended():
    screen = Screen(False)
    walk = Walk(0.0, 60.0, WalkPlan(), Answers(), Stillness(0.0), 0.0)
    report = report_body(walk, Reason.TWO_STUMBLES, 60.0, WalkFacts())
    Showing(LiveLine(screen))(STATE, MonitorResult(reports=[(RecordKind.SESSION, report)]))
    assert "  Two stumbles in one walk: stop and rest for today." in screen.text
