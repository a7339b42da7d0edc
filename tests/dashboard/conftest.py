"""A store on disk, a clip's records, and a browser that is not one."""

import datetime
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from sternway.config import BrokerSettings, DashboardSettings, Settings
from sternway.conversion import plain
from sternway.dashboard.mqtt.ingest import Ingest
from sternway.dashboard.mqtt.live import Live
from sternway.dashboard.store.database import Store, open_store
from sternway.dashboard.web import auth
from sternway.dashboard.web.app import build_app
from sternway.demo.broker import free_port
from sternway.demo.weeks import fill
from sternway.events import Event, Kind
from sternway.records import Moment, Phase, RecordKind
from sternway.wire.event import event_body
from sternway.wire.messages import Received
from sternway.wire.state import State

NOW_S = datetime.datetime(2026, 5, 6, 12, 0, tzinfo=datetime.UTC).timestamp()
STORE_ID = "0123456789abcdef0123456789abcdef"
PASSWORD = "three short words"


@dataclass
class Clock:
    now_s: float = NOW_S

    def __call__(self) -> float:
        return self.now_s


@dataclass
class Browser:
    """Sends forms as a page of ours would: with its cookie and the token of the page before."""

    client: TestClient
    token: str = ""
    path: str = "/"

    def get(self, path: str) -> Any:
        answer = self.client.get(path)
        found = re.search(r'name="form_token" value="([0-9a-f]+)"', answer.text)
        self.token = found.group(1) if found else self.token
        return answer

    def post(self, path: str, **form: Any) -> Any:
        return self.client.post(path, data={"form_token": self.token, **form})

    def log_in(self, name: str, password: str = PASSWORD) -> "Browser":
        self.get("/login")
        assert self.post("/login", name=name, password=password).status_code == 200
        self.get("/")
        return self


@dataclass
class House:
    """One dashboard with everything behind it, no network."""

    settings: Settings
    store: Store
    clock: Clock
    live: Live
    ingest: Ingest
    app: Any
    clients: list[TestClient] = field(default_factory=list)

    def browser(self, **options: Any) -> Browser:
        client = TestClient(self.app, base_url="http://testserver", **options)
        self.clients.append(client)
        return Browser(client)

    @property
    def door(self) -> Any:
        return self.app.state.rooms.door

    def owner(self) -> Browser:
        if self.door.is_new:
            self.door.set_up(self.door.setup_code(), "Ada", PASSWORD)
        return self.browser().log_in("Ada")

    def viewer(self) -> Browser:
        self.owner()
        self.door.join(self.door.invite("Physio", self.role("viewer")), PASSWORD)
        return self.browser().log_in("Physio")

    @staticmethod
    def role(name: str) -> Any:
        from sternway.dashboard.web.auth import Role

        return Role(name)


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords cost a quarter of a second each by intention: not here."""
    monkeypatch.setattr(auth, "_SCRYPT", {"n": 2, "r": 8, "p": 1})


@pytest.fixture(scope="session")
def four_weeks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with four weeks of walks, made once and copied."""
    folder = tmp_path_factory.mktemp("history")
    store = open_store(DashboardSettings(state_dir=str(folder)), Clock())
    fill(store, "clip-1", NOW_S)
    store.close()
    return folder / "dashboard.db"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    store = open_store(DashboardSettings(state_dir=str(tmp_path)), clock)
    yield store
    store.close()


@pytest.fixture
def house(store: Store, clock: Clock, tmp_path: Path) -> Iterator[House]:
    settings = Settings(dashboard=DashboardSettings(state_dir=str(tmp_path), pairing_dir=str(tmp_path / "pairing")))
    live = Live()
    ingest = Ingest(BrokerSettings(), store, live)
    house = House(settings, store, clock, live, ingest, build_app(settings, store, live, ingest))
    yield house
    for client in house.clients:
        client.close()


@pytest.fixture
def walked(four_weeks: Path, tmp_path: Path, request: pytest.FixtureRequest) -> House:
    """The same house after four weeks of walks."""
    shutil.copy(four_weeks, tmp_path / "dashboard.db")
    house: House = request.getfixturevalue("house")
    return house


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a mosquitto; skipped with a reason where it is not installed."""
    program = shutil.which("mosquitto")
    if program is None:
        pytest.skip("mosquitto is not installed (apt install mosquitto)")
    folder, port = tmp_path_factory.mktemp("broker"), free_port()
    (folder / "m.conf").write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n")
    process = subprocess.Popen([program, "-c", folder / "m.conf"], stderr=subprocess.DEVNULL)
    end_s = time.monotonic() + 8.0
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1.0).close()
            break
        except OSError:
            assert time.monotonic() < end_s
            threading.Event().wait(0.02)
    yield port
    process.terminate()
    process.wait(5.0)


@pytest.fixture
def walking() -> State:
    return State(
        phase=Phase.BACKWARD,
        direction="backward",
        steps=50,
        steps_backward=40,
        backward_s=60.0,
        forward_s=30.0,
        cadence_spm=90.0,
        stability="steady",
        stability_learning=False,
        fault=None,
        worn=True,
        battery_percent=80.0,
        under_voltage=False,
        haptics=True,
        last_walk=None,
        last_event_at=None,
        last_event_kind=None,
        event_count=0,
        lane=1,
        plan_progress=0.2,
        version="0.1.0",
    )


@pytest.fixture(scope="session")
def record() -> Callable[..., Received]:
    def make(
        seq: int = 1,
        kind: RecordKind = RecordKind.EVENT,
        body: dict[str, Any] | None = None,
        *,
        at_s: float = NOW_S,
        monotonic_s: float = 100.0,
        synced: bool = True,
        boot_id: str = "aaaaaaaa",
        clip_id: str = "clip-1",
        store_id: str = STORE_ID,
    ) -> Received:
        wall = (
            datetime.datetime.fromtimestamp(at_s, datetime.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        )
        event = Event(Kind.STUMBLE, monotonic_s - 0.4, monotonic_s, 0.5, {"peak_g": 2.1})
        moment = Moment(clip_id, boot_id, monotonic_s, wall, synced)
        return Received(kind, plain(event_body(event)) if body is None else body, moment, store_id=store_id, seq=seq)

    return make
