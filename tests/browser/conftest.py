"""A real browser, a real dashboard, a real broker, and a clip that is only its network side."""

import contextlib
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from sternway.clock import Clock
from sternway.config import BrokerSettings, ClipSettings, DashboardSettings, OutboxSettings, Settings
from sternway.dashboard.service import Dashboard
from sternway.demo.broker import EmbeddedBroker
from sternway.events import Event, Kind
from sternway.publish.publisher import Publisher
from sternway.records import Phase, Record, RecordKind
from sternway.simulate.walk_records import MadeUpClip
from sternway.wire.event import event_body
from sternway.wire.messages import read_body
from sternway.wire.plan import WalkPlan
from sternway.wire.state import State

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
ARGUMENTS += ["--disable-sync", "--no-first-run", "--disable-quic"]
AXE = Path(os.environ.get("STERNWAY_AXE", "~/.cache/sternway/axe/node_modules/axe-core/axe.min.js")).expanduser()
SIZES: dict[str, dict[str, Any]] = {
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True},
    "desktop": {"viewport": {"width": 1280, "height": 800}},
}
READY = State(
    phase=Phase.READY,
    direction="unknown",
    steps=0,
    steps_backward=0,
    backward_s=0.0,
    forward_s=0.0,
    cadence_spm=None,
    stability="unknown",
    stability_learning=False,
    fault=None,
    worn=True,
    battery_percent=74.0,
    under_voltage=False,
    haptics=True,
    last_walk=None,
    last_event_at=None,
    last_event_kind=None,
    event_count=0,
    lane=None,
    plan_progress=None,
    version="0.1.0",
)


class WireClip:
    """What a clip does on the network: says its state, answers commands, sends what happened."""

    def __init__(self, broker: BrokerSettings, folder: Path) -> None:
        self._clock = Clock("clip-1")
        clip = ClipSettings("clip-1", str(folder))
        self._publisher = Publisher(clip, broker, OutboxSettings(resend_s=1.0), clock=self._clock)
        self._bodies = [arrival.record for arrival in MadeUpClip("clip-1", 3).walk(1e9, WalkPlan(), 0.0, 1)]
        self._began_s = 0.0
        self._closing = threading.Event()
        self._silent = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.state = READY
        self.commands: list[Any] = []

    def start(self) -> None:
        self._publisher.start()
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._thread.join()
        self._publisher.close()

    def fall_silent(self) -> None:
        """Hang: stay connected, say nothing."""
        self._silent.set()

    def stumble(self) -> None:
        """Feel a stumble, and send the motion around it."""
        now_s = time.monotonic()
        event = next(one for one in self._bodies if one.body.get("kind") == "stumble").body
        trace = next(one for one in self._bodies if one.kind is RecordKind.TRACE).body
        self._offer(RecordKind.EVENT, {**event, "time_s": round(now_s, 4), "decided_at_s": round(now_s, 4)})
        placed = {"event_time_s": round(now_s, 4), "start_s": round(now_s - 2.5, 4)}
        self._offer(RecordKind.TRACE, {**trace, **placed})

    def fall(self) -> None:
        """Feel what may be a fall."""
        now_s = time.monotonic()
        self._offer(RecordKind.EVENT, event_body(Event(Kind.FALL, now_s - 2.0, now_s, 0.9, {"impact_g": 3.0})))

    def _offer(self, kind: RecordKind, body: Any) -> None:
        body = read_body(kind, body) if isinstance(body, dict) else body
        self._publisher.offer(Record(kind, body, self._clock.moment(time.monotonic())))

    def _run(self) -> None:
        while not self._closing.wait(0.05):
            if self._silent.is_set():
                continue
            for command in self._publisher.take_commands():
                self.commands.append(command)
                self._obey(command.name)
                self._publisher.answer(command, True, "done")
            self._publisher.show(self.state)

    def _obey(self, name: str) -> None:
        if name == "start":
            self._began_s = time.monotonic()
            self.state = structs.replace(
                READY,
                phase=Phase.BACKWARD,
                direction="backward",
                stability="steady",
                steps_backward=40,
                backward_s=75.0,
                cadence_spm=91.0,
                plan_progress=0.25,
            )
        elif name == "stop":
            now_s = time.monotonic()
            report = self._bodies[-1].body
            times = {"started_s": round(self._began_s, 3), "ended_s": round(now_s, 3), "reason": "page_stop"}
            phases = {"phases": [["backward", round(self._began_s, 3)]]}
            self._offer(RecordKind.SESSION, {**report, **times, **phases})
            self.state = READY


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A browser from the system; skipped with a reason where there is none."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("chromium is not installed (apt install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The text of axe-core; skipped with a reason where it was not fetched."""
    if not AXE.is_file():
        pytest.skip(f"axe-core is not at {AXE}: `make axe` fetches it")
    return AXE.read_text(encoding="utf-8")


@pytest.fixture
def broker() -> Iterator[BrokerSettings]:
    with EmbeddedBroker() as embedded:
        yield BrokerSettings(host="127.0.0.1", port=embedded.port, tls=False)


@pytest.fixture
def dashboard(tmp_path: Path, broker: BrokerSettings) -> Iterator[Dashboard]:
    part = DashboardSettings(port=0, state_dir=str(tmp_path / "home"), pairing_dir=str(tmp_path / "pairing"))
    with Dashboard(Settings(dashboard=part, broker=broker)) as dashboard:
        yield dashboard


@pytest.fixture
def clip(tmp_path: Path, broker: BrokerSettings) -> Iterator[WireClip]:
    folder = tmp_path / "clip"
    folder.mkdir()
    clip = WireClip(broker, folder)
    yield clip
    clip.close()


def is_complaint(said: Any) -> bool:
    """Whether the console holds an error; a line that a test cuts itself is none."""
    return said.type == "error" and "net::ERR_FAILED" not in said.text


@pytest.fixture
def opened(chromium: Any) -> Iterator[Callable[..., Any]]:
    """Open pages of a size; every request must stay on this machine, and no page may complain."""
    requests: list[str] = []
    complaints: list[str] = []
    with contextlib.ExitStack() as contexts:

        def open_page(size: str = "phone", **options: Any) -> Any:
            context = chromium.new_context(**SIZES[size], **options)
            contexts.callback(context.close)
            context.on("request", lambda request: requests.append(request.url))
            page = context.new_page()
            page.set_default_timeout(20_000)
            page.on("console", lambda said: complaints.append(said.text) if is_complaint(said) else None)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            return page

        yield open_page
    foreign = [url for url in requests if not url.startswith(("http://127.0.0.1:", "blob:", "data:"))]
    assert requests
    assert foreign == []
    assert complaints == []
