"""The home beside a soak: a mosquitto that is frozen or shot at random and comes back, and the dashboard's store."""

import contextlib
import random
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from sternway.config import BrokerSettings
from sternway.demo.broker import free_port

STORE = Path(__file__).parents[1] / "tests" / "chaos" / "chaos_store.py"
PEACE_S = (5.0, 30.0)
TROUBLE_S = (5.0, 30.0)


class Home:
    """Broker and store as processes; ``state`` says whether the broker is in trouble now."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._port = free_port()
        self._folder = folder / "home"
        self._folder.mkdir()
        self._config = folder / "mosquitto.conf"
        self._config.write_text(f"listener {self._port} 127.0.0.1\nallow_anonymous true\n")
        self._state = "quiet"
        self._random = random.Random(seed)
        self._end = threading.Event()
        self._broker = self._start("mosquitto", "-c", str(self._config))
        self._store = self._start(sys.executable, str(STORE), str(self._port), str(self._folder))
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    @property
    def broker(self) -> BrokerSettings:
        """Return how a clip reaches the broker."""
        return BrokerSettings(host="127.0.0.1", port=self._port, tls=False)

    def state(self) -> str:
        return self._state

    def make_peace(self) -> None:
        """Leave the broker alone from now on."""
        self._end.set()
        self._thread.join()

    def stored(self) -> tuple[int, int]:
        """Return how many records the store holds, and how many of them twice."""
        paths = list(self._folder.glob("*.db"))
        if not paths:
            return 0, 0
        with contextlib.closing(sqlite3.connect(f"file:{paths[0]}?mode=ro", uri=True, timeout=5.0)) as database:
            query = "SELECT count(*), count(DISTINCT store_id || '/' || seq) FROM records"
            count, different = database.execute(query).fetchone()
        return count, count - different

    def close(self) -> None:
        self.make_peace()
        for process in (self._broker, self._store):
            process.kill()
            process.wait()

    def _start(self, *command: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def _work(self) -> None:
        while not self._end.wait(self._random.uniform(*PEACE_S)):
            self._state = "trouble"
            frozen = self._random.random() < 0.5
            self._broker.send_signal(signal.SIGSTOP if frozen else signal.SIGKILL)
            self._end.wait(self._random.uniform(*TROUBLE_S))
            if frozen:
                self._broker.send_signal(signal.SIGCONT)
            else:
                self._broker.wait()
                self._broker = self._start("mosquitto", "-c", str(self._config))
            self._state = "quiet"


@contextlib.contextmanager
def home(folder: Path, seed: int) -> Iterator[Home]:
    """Give a home whose broker is in trouble again and again."""
    one = Home(folder, seed)
    try:
        yield one
    finally:
        one.close()
