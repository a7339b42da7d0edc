"""Shoots clip, broker and dashboard at random, again and again, and counts what the dashboard has in the end.

    python tests/chaos/chaos.py --records 1000 --kills 60

Real mosquitto, the clip's real publisher and outbox, the dashboard's real ingest and store, each a process. Besides
``kill -9``: frozen brokers, a second client with the clip's name, clocks that jump by up to ten days either way or
are not set, and a disk that is full for a while. In the middle the broker is away for a simulated hour. Every record
that the clip's outbox committed must be in the dashboard's store exactly once.
"""

import argparse
import json
import os
import random
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

HERE = Path(__file__).parent
SETTLE_S = 60.0
HOUR_S = 3600.0


class Household:
    """The three processes, their folders and the ledger of what was committed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.ledger: list[str] = []
        self.life_count = 0
        self.clip_folder, self.store_folder = folder / "clip", folder / "store"
        self.wishes = {"rate_hz": 40.0, "jump_s": 0.0, "wall_jump_s": 0.0, "synced": True}
        self._processes: dict[str, subprocess.Popen[str]] = {}
        for name in ("clip", "store", "broker"):
            (folder / name).mkdir()
        (folder / "mosquitto.conf").write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\nuser root\nlog_dest none\n"
            f"persistence true\npersistence_location {folder}/broker/\nautosave_interval 1\n"
        )
        self.wish()

    def wish(self, **wishes: float | bool) -> None:
        """Tell the clip how its clocks stand and how fast to make records."""
        self.wishes |= wishes
        part = self.clip_folder / "control.part"
        part.write_text(json.dumps(self.wishes))
        part.replace(self.clip_folder / "control.json")

    def start(self, name: str) -> None:
        port = str(self.port)
        self.life_count += name == "clip"
        command = {
            "broker": ["mosquitto", "-c", str(self.folder / "mosquitto.conf")],
            "clip": [sys.executable, str(HERE / "chaos_clip.py"), port, str(self.clip_folder), str(self.life_count)],
            "store": [sys.executable, str(HERE / "chaos_store.py"), port, str(self.store_folder)],
        }[name]
        out = subprocess.PIPE if name == "clip" else subprocess.DEVNULL
        error = (self.folder / f"{name}.log").open("a")
        process = self._processes[name] = subprocess.Popen(command, stdout=out, stderr=error, text=True)
        error.close()
        if process.stdout is not None:
            threading.Thread(target=self._read, args=(process.stdout,), daemon=True).start()

    def _read(self, lines) -> None:  # type: ignore[no-untyped-def]
        for line in lines:
            if line.endswith("\n"):
                self.ledger.append(line.strip())

    def kill(self, name: str) -> None:
        process = self._processes[name]
        process.kill()
        process.wait()

    def freeze(self, name: str, time_s: float) -> None:
        self._processes[name].send_signal(signal.SIGSTOP)
        time.sleep(time_s)
        self._processes[name].send_signal(signal.SIGCONT)

    def fill_disk(self, time_s: float) -> None:
        """Let the clip write not one byte more for a while, as on a full card."""
        pid = self._processes["clip"].pid
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, hard))
        time.sleep(time_s)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))

    def impersonate(self) -> None:
        """Be a second device with the clip's name for a moment."""
        thief = paho.Client(CallbackAPIVersion.VERSION2, client_id="clip-1", protocol=paho.MQTTv5)
        try:
            thief.connect("127.0.0.1", self.port)
            thief.loop_start()
            time.sleep(0.3)
        except OSError:
            return
        thief.disconnect()
        thief.loop_stop()

    def stored(self) -> Counter[str]:
        """Return how often each record is in the dashboard's store."""
        (path,) = self.store_folder.glob("*.db")
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5.0) as database:
            bodies = [json.loads(body) for (body,) in database.execute("SELECT body FROM records")]
        return Counter(str(int((body.get("body") or body["evidence"])["name"])) for body in bodies)

    def waiting(self) -> int:
        """Return how many records the clip still holds."""
        with sqlite3.connect(f"file:{self.clip_folder}/outbox.db?mode=ro", uri=True, timeout=5.0) as database:
            return int(database.execute("SELECT count(*) FROM waiting").fetchone()[0])

    def close(self) -> None:
        for process in self._processes.values():
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run(record_count: int, kill_count: int, seed: int, folder: Path, say=print) -> dict[str, int]:  # type: ignore[no-untyped-def]
    """Run the whole play and return the counts."""
    chance = random.Random(seed)
    home = Household(folder)
    troubles: Counter[str] = Counter()
    try:
        for name in ("broker", "store", "clip"):
            home.start(name)
        away_at = record_count // 2
        been_away = False
        while (
            sum(n for t, n in troubles.items() if t.startswith("kill")) < kill_count
            or len(home.ledger) < record_count
        ):
            trouble(home, chance, troubles)
            say(f"\r{len(home.ledger)} committed, {sum(troubles.values())} troubles ", end="", flush=True)
            if not been_away and len(home.ledger) >= away_at:
                been_away = True
                simulated_hour(home)
                troubles["an hour without broker"] += 1
        home.wish(rate_hz=0.0)
        settle(home)
        stored = home.stored()
    finally:
        home.close()
    say("")
    return {
        "committed": len(home.ledger),
        "stored": sum(stored.values()),
        "lost": sum(1 for name in home.ledger if name not in stored),
        "duplicated": sum(count - 1 for count in stored.values()),
        "kills": sum(count for name, count in troubles.items() if name.startswith("kill")),
        **{name.replace(" ", "_"): count for name, count in sorted(troubles.items())},
    }


def trouble(home: Household, chance: random.Random, troubles: Counter[str]) -> None:
    """Let one thing go wrong, after a moment of peace."""
    time.sleep(chance.uniform(0.05, 0.5))
    name = chance.choices(
        ["kill clip", "kill broker", "kill store", "freeze broker", "second client", "clock jump", "full disk"],
        [4, 4, 4, 1, 1, 2, 1],
    )[0]
    troubles[name] += 1
    if name.startswith("kill"):
        victim = name.partition(" ")[2]
        home.kill(victim)
        time.sleep(chance.uniform(0.0, 0.4))
        home.start(victim)
    elif name == "freeze broker":
        home.freeze("broker", chance.uniform(0.2, 1.0))
    elif name == "second client":
        home.impersonate()
    elif name == "clock jump":
        home.wish(wall_jump_s=chance.uniform(-864_000.0, 864_000.0), synced=chance.random() < 0.5)
    else:
        home.fill_disk(chance.uniform(0.2, 1.0))


def simulated_hour(home: Household) -> None:
    """Take the broker away while the clip's clock runs through an hour, one record a simulated ten seconds."""
    home.kill("broker")
    before = len(home.ledger)
    home.wish(rate_hz=120.0)
    end_s = time.monotonic() + 30.0
    start_jump_s = float(home.wishes["jump_s"])
    while len(home.ledger) - before < 360 and time.monotonic() < end_s:
        home.wish(jump_s=start_jump_s + HOUR_S * min(1.0, (len(home.ledger) - before) / 360))
        time.sleep(0.05)
    home.wish(jump_s=start_jump_s + HOUR_S, rate_hz=40.0)
    home.start("broker")


def settle(home: Household) -> None:
    """Wait in peace until the clip holds nothing back."""
    end_s = time.monotonic() + SETTLE_S
    while time.monotonic() < end_s:
        time.sleep(0.2)
        try:
            if home.waiting() == 0:
                return
        except sqlite3.Error:
            continue
    raise SystemExit(f"after {SETTLE_S:.0f} s of peace the clip still holds {home.waiting()} records back")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--seed", type=int, default=None)
    arguments = parser.parse_args()
    if shutil.which("mosquitto") is None:
        print("mosquitto is not installed: sudo apt install mosquitto")
        return 2
    seed = random.randrange(10**6) if arguments.seed is None else arguments.seed
    print(f"seed {seed}")
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="sternway-chaos-") as folder:
        os.chmod(folder, 0o755)
        counts = run(arguments.records, arguments.kills, seed, Path(folder))
    for name, count in counts.items():
        print(f"{name.replace('_', ' '):>26} {count:6d}")
    print(f"{'seconds':>26} {time.monotonic() - began_s:6.0f}")
    return 1 if counts["lost"] or counts["duplicated"] else 0


if __name__ == "__main__":
    sys.exit(main())
