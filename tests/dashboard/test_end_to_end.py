"""The whole way as processes: the clip on its emulated chip, mosquitto, the dashboard, shot with -9 in between."""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sternway.config import DashboardSettings
from sternway.dashboard.store.database import open_store
from sternway.dashboard.web.auth import Door
from sternway.demo.broker import free_port

pytestmark = pytest.mark.process

CLIP = """
import sys
from sternway.config import BrokerSettings, ClipSettings, OutboxSettings, Settings
from sternway.demo.scene import Scene
from sternway.simulate.script import BACKWARD, SCRIPTS, Stand, Stumble, Walk
SCRIPTS["test"] = [Stand(13.0)] + [Walk(9.0, BACKWARD), Stumble(1.0)] * 2 + [Walk(9.0, BACKWARD)]
settings = Settings(
    clip=ClipSettings("clip-1", sys.argv[2]),
    broker=BrokerSettings(host="127.0.0.1", port=int(sys.argv[1]), tls=False),
    outbox=OutboxSettings(resend_s=1.0),
)
scene = Scene(settings, "test", lambda state, outcome: None)
scene.service.run(until=lambda: scene.elapsed_s > 42.0)
"""


def eventually(true: Callable[[], Any], seconds: float = 90.0) -> Any:
    end_s = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end_s
        time.sleep(0.1)
    return found


def test_a_stumble_at_the_chip_is_read_on_the_page_and_no_record_is_lost_when_the_dashboard_is_shot(
    tmp_path: Path, port: int
) -> None:
    home, page_port = tmp_path / "home", free_port()
    store = open_store(DashboardSettings(state_dir=str(home)))
    door = Door(store)
    token = door.remember(door.set_up(door.setup_code(), "Ada", "three short words"))
    store.close()
    config = tmp_path / "dashboard.toml"
    config.write_text(
        f"[dashboard]\nstate_dir = {json.dumps(str(home))}\nport = {page_port}\n"
        f"[broker]\nhost = '127.0.0.1'\nport = {port}\ntls = false\n"
    )

    def dashboard() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "sternway", "dashboard", "--config", str(config)]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL)

    def page(path: str) -> str:
        asked = urllib.request.Request(f"http://127.0.0.1:{page_port}{path}", headers={"cookie": f"sternway={token}"})
        with contextlib.suppress(OSError), urllib.request.urlopen(asked, timeout=5.0) as answer:
            return str(answer.read().decode())
        return ""

    (tmp_path / "clip").mkdir()
    clip = subprocess.Popen([sys.executable, "-c", CLIP, str(port), str(tmp_path / "clip")])
    serving = dashboard()
    try:
        for sign in ('<p class="word">Stumble<', "<h1>Now</h1>"):
            eventually(lambda sign=sign: sign in page("/"))
            os.kill(serving.pid, signal.SIGKILL)
            serving.wait()
            serving = dashboard()
        assert clip.wait(90.0) == 0
        kept = eventually(lambda: all_kept(home / "dashboard.db", tmp_path / "clip" / "outbox.db"))
        assert kept >= 2, "a stumble and the motion around it, at the least"
    finally:
        serving.kill()
        serving.wait()
        clip.kill()
        clip.wait()


def all_kept(store: Path, outbox: Path) -> int:
    """Return how many records are stored once the clip's outbox is empty and every number it gave is there."""
    with contextlib.closing(sqlite3.connect(outbox)) as connection:
        waiting = connection.execute("SELECT count(*) FROM outbox").fetchone()[0]
        given = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'").fetchone()[0]
    with contextlib.closing(sqlite3.connect(store)) as connection:
        stored = [row[0] for row in connection.execute("SELECT seq FROM records ORDER BY seq")]
    return len(stored) if not waiting and stored == list(range(1, given + 1)) else 0
