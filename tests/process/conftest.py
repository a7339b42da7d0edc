"""A bench for the unmodified service: an I2C bus and pins that exist only for one child process."""

import contextlib
import errno
import functools
import json
import os
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path

import pytest

from sternway.device.emulated import EmulatedBus, EmulatedLsm6dsox, EmulatedMotor
from sternway.errors import BusError
from sternway.simulate.script import Stand
from sternway.simulate.walker import Walker

HERE = Path(__file__).parent
collect_ignore = ["i2c_door.py"]  # runs on another Python
PATIENCE_S = 30.0
READ = 0x0001
PI_ZERO_2_W = 0x902120
PROMPT = 50  # above the service's own 40
MOTOR, BUTTON = 18, 17


@functools.cache
def python_with_umockdev():
    """Return a Python that has umockdev's bindings, whichever it is, or ``None``."""
    folders = [Path(folder) for folder in os.environ["PATH"].split(os.pathsep)]
    found = [path for folder in folders for path in sorted(folder.glob("python3*")) if "config" not in path.name]
    probe = "import gi; gi.require_version('UMockdev', '1.0'); from gi.repository import UMockdev"
    for python in dict.fromkeys([Path(sys.executable), *found]):
        with contextlib.suppress(OSError):
            if subprocess.run([python, "-c", probe], capture_output=True, check=False).returncode == 0:
                return python
    return None


def missing():
    """Return what this machine lacks, in words."""
    try:
        import lgpio

        has_lgpio = hasattr(lgpio, "gpiochip_open")
    except ImportError:
        has_lgpio = False
    wanted = {
        "gcc": shutil.which("gcc"),
        "umockdev": shutil.which("umockdev-wrapper"),
        "umockdev's Python bindings (gir1.2-umockdev-1.0, python3-gi)": python_with_umockdev(),
        "lgpio": has_lgpio,
    }
    return ", ".join(name for name, there in wanted.items() if not there)


@pytest.fixture(scope="session")
def tools():
    lacking = missing()
    if lacking:
        pytest.skip(f"missing here: {lacking}")
    return python_with_umockdev()


@pytest.fixture(scope="session")
def gpiochip(tools, tmp_path_factory):
    """The fake gpiochip as a library to preload."""
    library = tmp_path_factory.mktemp("gpiochip") / "gpiochip.so"
    words = ["gcc", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-O2", "-o", library, HERE / "gpiochip.c"]
    subprocess.run([*words, "-ldl", "-lpthread"], check=True)
    return library


@dataclass(frozen=True)
class Edge:
    """A change of a pin's level, at ``time_s`` on the monotonic clock."""

    time_s: float
    line: int
    level: int


class Pins:
    """The lines of the fake gpiochip, seen from outside."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        (folder / "levels").write_bytes(bytes(54))
        (folder / "edges").touch()
        (folder / "revision").write_bytes(struct.pack(">I", PI_ZERO_2_W))

    def level(self, line):
        return (self.folder / "levels").read_bytes()[line]

    def edges(self, line=MOTOR):
        *whole, _ = (self.folder / "edges").read_text().split("\n")
        rows = [row.split() for row in whole]
        return [Edge(int(ns) / 1e9, int(at), int(level)) for ns, at, level in rows if int(at) == line]

    def rises_after(self, time_s, line=MOTOR):
        return [edge.time_s for edge in self.edges(line) if edge.level and edge.time_s > time_s]

    def buzzes(self, still_s=0.3):
        """Return when the motor began to turn: the first rise after each stillness (software PWM has many)."""
        starts, last_s = [], float("-inf")
        for edge in self.edges():
            if edge.level and edge.time_s - last_s > still_s:
                starts.append(edge.time_s)
            last_s = edge.time_s
        return starts

    def hold(self, line):
        (self.folder / f"busy-{line}").touch()

    def release(self, line):
        (self.folder / f"busy-{line}").unlink()

    def deny(self, what="denied"):
        (self.folder / what).touch()

    def allow(self, what="denied"):
        (self.folder / what).unlink()

    def press(self, line=BUTTON, held_s=0.4):
        for level in (0, 1):
            with (self.folder / "levels").open("r+b") as file:
                file.seek(line)
                file.write(bytes((level,)))
            event = struct.pack("<QIIII24x", time.monotonic_ns(), 1 if level else 2, line, 0, 0)
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wire:
                wire.sendto(event, str(self.folder / f"line-{line}"))
            if not level:
                time.sleep(held_s)


def be_as_prompt_as_a_wire():
    """Let nothing else on this machine delay what stands for hardware, where that is permitted; for this thread."""
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PROMPT))


class FeltMotor:
    """The motor on the fake pin, as the emulated chip feels it."""

    def __init__(self, pins):
        self._edges = (pins.folder / "edges").open()
        self._begun = ""
        self._edge_s = 0.0
        self._motor = EmulatedMotor(lambda: self._edge_s)

    def shake_mps2(self, times_s):
        *rows, self._begun = (self._begun + self._edges.read()).split("\n")
        for row in rows:
            ns, line, level = map(int, row.split())
            if line == MOTOR:
                self._edge_s = ns / 1e9
                self._motor.set_level(float(level))
        return self._motor.shake_mps2(times_s)

    def close(self):
        self._edges.close()


class Wire:
    """The other end of the I2C door: chips on an emulated bus that takes real time."""

    def __init__(self, path):
        self.bus = EmulatedBus({}, time.monotonic, time.sleep)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(1)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        be_as_prompt_as_a_wire()
        peer, _ = self._listener.accept()
        with peer, peer.makefile("rwb") as stream:
            while len(head := stream.read(4)) == 4:
                trouble, data = self._transfer(stream.read(struct.unpack("<I", head)[0]))
                stream.write(struct.pack("<I", trouble) + data)
                stream.flush()

    def _transfer(self, question):
        place, register, answer = 1, 0, b""
        try:
            for _ in range(question[0]):
                address, flags, length = struct.unpack_from("<HHH", question, place)
                place += 6
                if flags & READ:
                    answer += self.bus.read(address, register, length)
                    continue
                register, data = question[place], question[place + 1 : place + length]
                place += length
                if data:
                    self.bus.write(address, register, data)
        except BusError as error:
            return error.errno or errno.EIO, b""
        return 0, answer

    def close(self):
        self._listener.close()


class Systemd:
    """Hears what a service tells systemd."""

    def __init__(self, path):
        self.path = path
        self.heard = deque(maxlen=10_000)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self):
        while words := self._socket.recv(4096).decode():
            self.heard.append((time.monotonic(), words))

    def times(self, words):
        return [at for at, said in list(self.heard) if said == words]

    def close(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wire:
            wire.sendto(b"", str(self.path))
        self._thread.join()
        self._socket.close()


SETTINGS = """\
[clip]
id = "clip-1"
state_dir = "{state}"
[pins]
led = 0
{more}
"""


class Bench:
    """One clip as a process, with its bus, pins and systemd. ``start`` may be called again after an end."""

    def __init__(self, folder, gpiochip, python):
        self.folder = folder
        self.pins = Pins(folder / "pins")
        self._motor = FeltMotor(self.pins)
        self.wire = Wire(folder / "wire")
        self.bus = self.wire.bus
        self.systemd = Systemd(folder / "notify")
        self.process = None
        self._gpiochip = gpiochip
        self._door = subprocess.Popen(
            ["umockdev-wrapper", python, HERE / "i2c_door.py", folder / "wire"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.devices = Path(self._door.stdout.readline().strip())
        self.configure()

    def configure(self, more=""):
        (self.folder / "sternway.toml").write_text(SETTINGS.format(state=self.folder / "state", more=more))

    def plug(self, motion=None, address=0x6A, kind=EmulatedLsm6dsox, **how):
        """Put a chip on the bus that feels the motor; nobody moves unless told."""
        motion = motion or Walker((Stand(3600.0),), seed=1)
        chip = kind(motion, time.monotonic, rate_error=0.012, motor=self._motor, **how)
        self.bus.chips[address] = chip
        return chip

    def environment(self):
        preload = [str(self._gpiochip), "libumockdev-preload.so.0"]
        return {
            **os.environ,
            "LD_PRELOAD": ":".join(preload),
            "UMOCKDEV_DIR": str(self.devices),
            "STERNWAY_PINS": str(self.pins.folder),
            "GPIOZERO_PIN_FACTORY": "lgpio",
            "LG_WD": str(self.folder),
            "NOTIFY_SOCKET": str(self.systemd.path),
            "OPENBLAS_NUM_THREADS": "1",
        }

    def command(self, *words):
        return [Path(sys.executable).with_name("sternway"), *words, "--config", self.folder / "sternway.toml"]

    def start(self, *, watching=True):
        """Start the service; wait until samples have passed through it, unless it cannot."""
        began_s = time.monotonic()
        self.log = (self.folder / "log").open("a")
        self.process = subprocess.Popen(self.command("run"), env=self.environment(), stderr=self.log)
        if watching:
            self.until(
                lambda: any(at > began_s for at in self.systemd.times("WATCHDOG=1")), "the service never watched"
            )
        return self

    def until(self, holds, otherwise, patience_s=PATIENCE_S):
        """Wait until something holds; what the service said is in the complaint if it does not."""
        end_s = time.monotonic() + patience_s
        while not holds():
            assert time.monotonic() < end_s, f"{otherwise}; it said:\n{self.said()[-2000:]}"
            time.sleep(0.02)

    def said(self):
        return (self.folder / "log").read_text()

    def records(self, kind=None):
        """Return (kind, body) of all records that the service has kept."""
        file = self.folder / "state" / "outbox.db"
        if not file.exists():
            return []
        with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as store:
            if not store.execute("select 1 from sqlite_schema where name = 'outbox'").fetchone():
                return []  # it has only just begun
            rows = store.execute("select kind, message from outbox order by seq").fetchall()
        return [(name, json.loads(text)["body"]) for name, text in rows if kind in (None, name)]

    def end(self, how=signal.SIGTERM):
        """End the service and return how it ended."""
        if self.process is None:
            return None
        self.process.send_signal(how)
        code = self.process.wait(PATIENCE_S)
        self.process = None
        self.log.close()
        return code

    def close(self):
        self.end(signal.SIGKILL)
        self._door.stdin.close()
        self._door.wait()
        self._door.stdout.close()
        self.wire.close()
        self.systemd.close()
        self._motor.close()


@pytest.fixture
def bench(tmp_path, gpiochip, tools):
    bench = Bench(tmp_path, gpiochip, tools)
    yield bench
    bench.close()


@pytest.fixture
def benches(tmp_path, gpiochip, tools):
    """Make as many clips as asked for."""
    made = []

    def make(count):
        for number in range(count):
            folder = tmp_path / str(number)
            folder.mkdir()
            made.append(Bench(folder, gpiochip, tools))
        return made

    yield make
    for bench in made:
        bench.close()
