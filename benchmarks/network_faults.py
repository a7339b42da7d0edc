"""How much a bad network or a full disk delays the loop: the whole monitor in real time beside the real publisher.

    python benchmarks/network_faults.py [--seconds 30] [--json FILE]

A block of samples becomes due every 20 ms, as from the chip's FIFO; measured is how long after that the monitor has
decided and handed its records and state over. Each trouble is measured in turns with quiet ones, so that what else
runs on the machine falls on all alike. Target: p99 within 10 % of quiet.
"""

import argparse
import contextlib
import json
import logging
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from sternway.config import BrokerSettings, ClipSettings, OutboxSettings
from sternway.device.realtime import be_punctual
from sternway.errors import StoreError
from sternway.events import Event, Kind
from sternway.monitor import Monitor
from sternway.publish.clock import Clock
from sternway.publish.publisher import Publisher
from sternway.recording.walker import Walker
from sternway.records import Phase, Record, RecordKind, State, event_body
from sternway.samples import Block

PERIOD_S = 0.02
RATE_HZ = 208.0
RECORD_EVERY = 25
"""A record every half second: far more than any walk makes."""

TROUBLES = (
    "healthy broker",
    "no such host",
    "refused",
    "frozen before hello",
    "frozen after hello",
    "flapping",
    "garbage",
    "flood of messages",
    "flood of pings",
    "endless packet",
    "full disk",
    "disk that stalls",
)
CONNACK = b"\x20\x03\x00\x00\x00"


def serve(kind: str, port_file: Path) -> None:
    """Be a bad broker, in a process of its own."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        part = port_file.with_suffix(".part")
        part.write_text(str(server.getsockname()[1]))
        part.replace(port_file)
        kept = []
        while True:
            client, _ = server.accept()
            kept.append(client)
            threading.Thread(target=_misbehave, args=(kind, client), daemon=True).start()


def _misbehave(kind: str, client: socket.socket) -> None:
    message = b"\x30" + bytes([60]) + b"\x00\x1csternway/clip-1/command/stop" + b"\x00" + b"x" * 29
    with contextlib.suppress(OSError):
        if kind == "frozen before hello":
            return
        client.recv(4096)
        if kind == "flapping":
            client.sendall(CONNACK)
            time.sleep(0.05)
            client.close()
        elif kind == "garbage":
            while True:
                client.sendall(bytes(range(256)) * 16)
        else:
            client.sendall(CONNACK)
        if kind == "endless packet":
            client.sendall(b"\x30\xff\xff\xff\x7f")
        stream = {"flood of messages": message * 200, "flood of pings": b"\xd0\x00" * 8000}.get(
            kind, b"\x00" * 60_000
        )
        while kind not in ("frozen after hello", "flapping"):
            client.sendall(stream)


@contextlib.contextmanager
def trouble(kind: str, folder: Path) -> Iterator[tuple[str, int]]:
    """Give the host and port of the broker that ``kind`` wants."""
    if kind in ("quiet", "full disk", "disk that stalls"):
        yield "", 1
    elif kind == "no such host":
        yield "no-such-host.invalid", 8883
    elif kind == "refused":
        yield "127.0.0.1", 9
    elif kind == "healthy broker":
        with _mosquitto(folder) as port:
            yield "127.0.0.1", port
    else:
        with _bad_broker(kind, folder) as port:
            yield "127.0.0.1", port


@contextlib.contextmanager
def _bad_broker(kind: str, folder: Path) -> Iterator[int]:
    port_file = folder / "port"
    port_file.unlink(missing_ok=True)
    process = subprocess.Popen([sys.executable, __file__, "--serve", kind, "--port-file", str(port_file)])
    try:
        while not port_file.exists():
            time.sleep(0.02)
        yield int(port_file.read_text())
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def _mosquitto(folder: Path) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    configuration = folder / "mosquitto.conf"
    configuration.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nlog_dest none\n")
    process = subprocess.Popen(["mosquitto", "-c", str(configuration)])
    try:
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


class Walk:
    """An endless walk, sampled beforehand so that only the monitor is measured."""

    def __init__(self) -> None:
        times_s = np.arange(0.0, 40.0, 1.0 / RATE_HZ)
        self._accel, self._gyro = Walker("walk", 1).at(times_s)
        self._at = 0
        self._count = 0

    def block(self, until_s: float) -> Block:
        """Return the samples up to ``until_s`` on the sample clock."""
        upto = int(until_s * RATE_HZ)
        index = np.arange(self._count, upto)
        rows = index % len(self._accel)
        self._count = upto
        return Block(index / RATE_HZ, self._accel[rows], self._gyro[rows], until_s)


class Run:
    """One publisher beside one monitor in real time."""

    def __init__(self, kind: str, folder: Path, host: str, port: int) -> None:
        self._kind = kind
        self._clock = Clock("clip-1")
        self._publisher = Publisher(
            ClipSettings("clip-1", str(folder)),
            BrokerSettings(host=host, port=port, tls=False),
            OutboxSettings(resend_s=5.0),
            clock=self._clock,
        )
        if kind == "disk that stalls":
            self._publisher._outbox.put = _stall  # type: ignore[method-assign]
        self._monitor = Monitor()
        self._walk = Walk()

    def measure(self, seconds: float) -> list[float]:
        """Return how long after it was due each turn was done, in seconds."""
        self._publisher.start()
        if self._kind == "full disk":
            _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
        try:
            return self._turns(round(seconds / PERIOD_S))
        finally:
            if self._kind == "full disk":
                resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
            self._publisher.close()

    def _turns(self, count: int) -> list[float]:
        began_s = time.monotonic() + 0.5
        late_s = []
        for turn in range(1, count + 1):
            due_s = began_s + turn * PERIOD_S
            block = self._walk.block(turn * PERIOD_S)
            time.sleep(max(0.0, due_s - time.monotonic()))
            outcome = self._monitor.update(block)
            self._publisher.show(_state(turn))
            self._publisher.take_commands()
            if outcome.events or turn % RECORD_EVERY == 0:
                self._publisher.offer(_record(self._clock, due_s))
            late_s.append(time.monotonic() - due_s)
        return late_s[50:]


def _stall(_record: Record) -> Record:
    time.sleep(0.7)
    raise StoreError("the card does not answer")


def _record(clock: Clock, at_s: float) -> Record:
    event = Event(Kind.STUMBLE, at_s, at_s, 0.5, {"peak_g": 2.0})
    return Record(RecordKind.EVENT, event_body(event), clock.moment(at_s))


def _state(turn: int) -> State:
    phase = Phase.BACKWARD
    return State(
        phase, "backward", turn, turn, 1.0, 1.0, 60.0, "steady", False, None, True, None, None, True, None, None,
        None, 0, None, None, "0.1.0",
    )  # fmt: skip


def measure_all(seconds: float, rounds: int) -> dict[str, dict[str, float]]:
    """Measure every trouble in turns with quiet and return its percentiles and the ratio to quiet, in ms."""
    late_s: dict[str, list[float]] = {kind: [] for kind in ("quiet", *TROUBLES)}
    quiet_beside: dict[str, list[float]] = {kind: [] for kind in TROUBLES}
    for number in range(rounds):
        for kind in TROUBLES:
            for one in ("quiet", kind) if number % 2 == 0 else (kind, "quiet"):
                with tempfile.TemporaryDirectory() as folder, trouble(one, Path(folder)) as (host, port):
                    values = Run(one, Path(folder), host, port).measure(seconds / rounds)
                (late_s[kind] if one == kind else quiet_beside[kind]).extend(values)
            late_s["quiet"].extend(quiet_beside[kind])
            print(".", end="", flush=True, file=sys.stderr)
    print(file=sys.stderr)
    result = {"quiet": _percentiles(late_s["quiet"])}
    for kind in TROUBLES:
        beside = _percentiles(quiet_beside[kind])
        here = _percentiles(late_s[kind])
        result[kind] = {**here, "p99_to_quiet": here["p99_ms"] / beside["p99_ms"]}
    return result


def _percentiles(late_s: list[float]) -> dict[str, float]:
    p50, p99, most = (float(value) * 1e3 for value in np.percentile(late_s, [50, 99, 100]))
    return {"p50_ms": p50, "p99_ms": p99, "max_ms": most, "turns": len(late_s)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30.0, help="of each trouble")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    parser.add_argument("--port-file", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.serve, arguments.port_file)
    logging.disable(logging.CRITICAL)
    refusals = be_punctual()
    for refusal in refusals:
        print(f"not in force: {refusal}")
    result = measure_all(arguments.seconds, arguments.rounds)
    print(f"{'':24}{'p50 ms':>9}{'p99 ms':>9}{'max ms':>9}{'p99 / quiet':>13}")
    for kind, row in result.items():
        ratio = f"{row['p99_to_quiet']:13.2f}" if "p99_to_quiet" in row else f"{'1':>13}"
        print(f"{kind:24}{row['p50_ms']:9.2f}{row['p99_ms']:9.2f}{row['max_ms']:9.2f}{ratio}")
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
