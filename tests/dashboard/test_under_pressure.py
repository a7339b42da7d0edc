"""The dashboard as a process, pressed by one device: pages, logins of others and the intake of records go on."""

import asyncio
import contextlib
import http.client
import json
import os
import queue
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
import sqlalchemy as sa
from paho.mqtt.enums import CallbackAPIVersion

from sternway.config import DashboardSettings
from sternway.dashboard.store.database import open_store
from sternway.dashboard.store.schema import CLIPS, RECORDS
from sternway.dashboard.web import auth
from sternway.dashboard.web.connection_limits import CONNECTION_COUNT, cut_stalled_readers, limited_protocol
from sternway.dashboard.web.login_limits import TRIES_AN_ADDRESS
from sternway.demo.broker import free_port
from sternway.records import Record
from sternway.wire import messages, topics

pytestmark = pytest.mark.process

STORE_ID = "0123456789abcdef0123456789abcdef"
PASSWORD = "three short words"
SCRYPT = dict(auth._SCRYPT)
DOWNLOAD_COUNT = 16
LOGIN_COUNT = 60
SILENT_COUNT = 240
ACKNOWLEDGED_S = 5.0
PEAK_MB = 300.0


@dataclass
class Intake:
    """A clip that sends a record again and again, and waits each time for its acknowledgement."""

    port: int
    record: Callable[..., Record]
    latencies_s: list[float] = field(default_factory=list)

    def __enter__(self) -> "Intake":
        self._acks: queue.Queue[int] = queue.Queue()
        self._closing = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="clip-1", protocol=paho.MQTTv5)
        self._client.on_message = lambda _c, _u, message: self._acks.put(messages.decode_ack(message.payload).seq)
        self._client.connect("127.0.0.1", self.port)
        self._client.subscribe(topics.ACK.of("clip-1"), 1)
        self._client.loop_start()
        self._thread = threading.Thread(target=self._send)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._thread.join(60.0)
        self._client.disconnect()
        self._client.loop_stop()

    def _send(self) -> None:
        seq = 0
        while not self._closing.wait(0.1):
            seq += 1
            one = self.record(seq, monotonic_s=100.0 + seq)
            payload = messages.numbered(messages.encode_record(one), STORE_ID, seq, 1)
            sent_s = time.monotonic()
            self._client.publish(topics.RECORD.of("clip-1"), payload, 1)
            while self._acks.get(timeout=60.0) < seq:
                pass
            self.latencies_s.append(time.monotonic() - sent_s)


@dataclass
class Service:
    process: subprocess.Popen[str]
    port: int
    token: str

    def ask(self, method: str, path: str, source: str, headers: dict[str, str] | None = None, body: str = "") -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60.0, source_address=(source, 0))
        with contextlib.closing(connection):
            connection.request(method, path, body or None, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()

    def login_form(self, source: str) -> tuple[dict[str, str], str]:
        _, headers, page = self.ask("GET", "/login", source)
        found = re.search(r'name="form_token" value="([0-9a-f]+)"', page)
        assert found is not None
        cookie = headers["set-cookie"].partition(";")[0]
        return {"cookie": cookie, "content-type": "application/x-www-form-urlencoded"}, found[1]

    def log_in(self, source: str, password: str, form: tuple[dict[str, str], str] | None = None) -> int:
        headers, token = form or self.login_form(source)
        body = urllib.parse.urlencode({"form_token": token, "name": "Ada", "password": password})
        return int(self.ask("POST", "/login", source, headers, body)[0])

    def stalled_download(self) -> socket.socket:
        """Ask for everything, and read nothing of it."""
        reader = socket.socket()
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect(("127.0.0.1", self.port))
        path = "/data/export/everything.ndjson"
        reader.sendall(f"GET {path} HTTP/1.1\r\nhost: x\r\ncookie: sternway={self.token}\r\n\r\n".encode())
        return reader

    @property
    def peak_mb(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) / 1024.0


@pytest.fixture
def service(tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """A dashboard with an owner and 30 MB of records, as a process of its own."""
    monkeypatch.setattr(auth, "_SCRYPT", SCRYPT)
    home, page_port = tmp_path / "home", free_port()
    store = open_store(DashboardSettings(state_dir=str(home)))
    door = auth.Door(store)
    token = door.remember(door.set_up(door.setup_code(), "Ada", PASSWORD))
    rows = [
        {"clip_id": "clip-1", "store_id": "f" * 32, "seq": seq, "kind": "journal", "schema_version": 1}
        | {"boot_id": "bbbbbbbb", "monotonic_s": 1.0, "wall_time": "2026-05-06T12:00:00Z", "clock": "synced"}
        | {"at_s": float(seq), "received_s": float(seq), "body": {"kind": "note", "body": {"text": "x" * 20_000}}}
        for seq in range(1, 1501)
    ]
    with store.write() as connection:
        connection.execute(sa.insert(CLIPS).values(clip_id="clip-1", name="clip-1", paired_s=0.0))
        connection.execute(sa.insert(RECORDS), rows)
    store.close()
    config = tmp_path / "dashboard.toml"
    config.write_text(
        f"[dashboard]\nstate_dir = {json.dumps(str(home))}\nport = {page_port}\n"
        f"[broker]\nhost = '127.0.0.1'\nport = {port}\ntls = false\n"
    )
    command = [sys.executable, "-m", "sternway", "dashboard", "--config", str(config)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"})
    assert process.stdout is not None
    assert "Sternway dashboard on" in process.stdout.readline()
    one = Service(process, page_port, token)
    end_s = time.monotonic() + 60.0
    while True:
        with contextlib.suppress(OSError):
            one.ask("GET", "/login", "127.0.0.1")
            break
        assert time.monotonic() < end_s
        threading.Event().wait(0.05)
    yield one
    process.terminate()
    process.wait(30.0)
    process.stdout.close()


def test_one_device_that_presses_holds_up_neither_records_nor_others(
    service: Service, port: int, record: Callable[..., Record]
) -> None:
    with contextlib.ExitStack() as stack, Intake(port, record) as intake:
        for _ in range(DOWNLOAD_COUNT):
            stack.enter_context(contextlib.closing(service.stalled_download()))
        assert service.ask("GET", "/walks", "127.0.0.2", {"cookie": f"sternway={service.token}"})[0] == 200
        form = service.login_form("127.0.0.3")
        with ThreadPoolExecutor(LOGIN_COUNT + 1) as pool:
            wrong = [pool.submit(service.log_in, "127.0.0.3", f"wrong wrong {n}", form) for n in range(LOGIN_COUNT)]
            right = pool.submit(_until_let_in, service)
            statuses = Counter(one.result() for one in wrong)
            assert right.result() == 303
        assert statuses[422] <= TRIES_AN_ADDRESS
        assert statuses[422] + statuses[429] == LOGIN_COUNT
        assert service.ask("GET", "/walks", "127.0.0.2", {"cookie": f"sternway={service.token}"})[0] == 200
        peak_mb, latencies_s = service.peak_mb, list(intake.latencies_s)
    assert len(latencies_s) > 3
    assert max(latencies_s) < ACKNOWLEDGED_S
    assert peak_mb < PEAK_MB


def _until_let_in(service: Service) -> int:
    """Log in from another address, again while others are being checked, as a person would."""
    for _ in range(20):
        status = service.log_in("127.0.0.2", PASSWORD)
        if status != 429:
            break
        threading.Event().wait(0.5)
    return status


def test_silent_connections_of_one_address_leave_the_login_open_to_others(service: Service) -> None:
    with contextlib.ExitStack() as stack:
        held = []
        for _ in range(SILENT_COUNT):
            held.append(socket.create_connection(("127.0.0.1", service.port), 10.0, ("127.0.0.4", 0)))
            stack.enter_context(contextlib.closing(held[-1]))
        assert service.ask("GET", "/login", "127.0.0.2")[0] == 200
        ended = sum(_is_ended(one) for one in held)
        assert ended >= SILENT_COUNT - CONNECTION_COUNT


def _is_ended(connection: socket.socket) -> bool:
    connection.settimeout(0.02)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


@pytest.fixture
def ended() -> threading.Event:
    """Set once the answer has been told that nobody reads it any more."""
    return threading.Event()


@pytest.fixture
def small_server(ended: threading.Event) -> Iterator[Callable[..., int]]:
    """Start uvicorn with our limits made small, around an endless answer."""
    import uvicorn

    servers = []

    async def gone(receive: Any) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    async def endless(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        leaving = asyncio.create_task(gone(receive))
        while not leaving.done():
            await send({"type": "http.response.body", "body": b"x" * 65_536, "more_body": True})
        ended.set()

    def start(**limits: float) -> int:
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        cut_stalled_readers(listener, limits.pop("stalled_s", 30.0))
        protocol = limited_protocol((), **limits)  # type: ignore[arg-type]
        server = uvicorn.Server(
            uvicorn.Config(endless, http=protocol, lifespan="off", log_level="critical", timeout_graceful_shutdown=1)
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        servers.append((server, thread))
        return int(listener.getsockname()[1])

    yield start
    for server, thread in servers:
        server.should_exit = True
        thread.join(10.0)


def test_a_request_whose_head_does_not_arrive_is_ended(small_server: Callable[..., int]) -> None:
    port = small_server(head_s=0.3)
    with contextlib.closing(_connected(port)) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n")
        slow.settimeout(10.0)
        assert _is_over(slow)


def test_a_reader_that_takes_nothing_is_cut(small_server: Callable[..., int], ended: threading.Event) -> None:
    port = small_server(stalled_s=1.0)
    with contextlib.closing(socket.socket()) as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        _connect(reader, port)
        reader.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        assert ended.wait(30.0)


def _connected(port: int) -> socket.socket:
    return _connect(socket.socket(), port)


def _connect(one: socket.socket, port: int) -> socket.socket:
    end_s = time.monotonic() + 30.0
    while True:
        with contextlib.suppress(ConnectionRefusedError):
            one.connect(("127.0.0.1", port))
            return one
        assert time.monotonic() < end_s
        threading.Event().wait(0.02)


def _is_over(one: socket.socket) -> bool:
    try:
        return one.recv(1) == b""
    except ConnectionResetError:
        return True
