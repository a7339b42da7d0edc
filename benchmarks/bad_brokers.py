"""Brokers that misbehave, each a process of its own on the last core, out of the way of what is measured.

A broker is frozen until :meth:`Broker.begin`: what it does to a clip can be timed from a known moment.
"""

import argparse
import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

KINDS = (
    "frozen before hello",
    "frozen after hello",
    "flapping",
    "garbage",
    "flood of messages",
    "flood of pings",
    "endless packet",
)
CONNACK = b"\x20\x03\x00\x00\x00"
COMMAND = b"\x30\x3c\x00\x1csternway/clip-1/command/stop\x00" + b"x" * 29
STREAMS = {
    "endless packet": b"\x00" * 60_000,
    "flood of messages": COMMAND * 200,
    "flood of pings": b"\xd0\x00" * 8000,
    "garbage": bytes(range(256)) * 16,
}


class Broker:
    """A broker's process: mosquitto where ``kind`` is ``healthy``, one that misbehaves otherwise."""

    def __init__(self, kind: str) -> None:
        self.port = _free_port()
        self._folder = tempfile.TemporaryDirectory()
        command = self._mosquitto() if kind == "healthy" else [sys.executable, __file__, kind, str(self.port)]
        self._process = subprocess.Popen([*aside(), *command])
        self._await_port()
        self._process.send_signal(signal.SIGSTOP)

    def begin(self) -> None:
        """Do to whoever is connected what this broker does."""
        self._process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._folder.cleanup()

    def _mosquitto(self) -> list[str]:
        configuration = Path(self._folder.name) / "mosquitto.conf"
        configuration.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\nlog_dest none\n")
        return ["mosquitto", "-c", str(configuration)]

    def _await_port(self) -> None:
        while True:
            with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", self.port)):
                return
            time.sleep(0.02)


def aside() -> list[str]:
    """Return what makes a command leave all cores but the last to whoever measures, and be nice on that one."""
    return ["taskset", "--cpu-list", str((os.cpu_count() or 1) - 1), "nice", "-n", "19"]


def serve(kind: str, port: int) -> None:
    """Be a bad broker."""
    with socket.create_server(("127.0.0.1", port)) as server:
        kept = []
        while True:
            client, _ = server.accept()
            kept.append(client)
            threading.Thread(target=_misbehave, args=(kind, client), daemon=True).start()


def _misbehave(kind: str, client: socket.socket) -> None:
    if kind == "frozen before hello":
        return
    with contextlib.suppress(OSError):
        client.recv(4096)
        if kind != "garbage":
            client.sendall(CONNACK)
        if kind == "flapping":
            time.sleep(0.05)
            client.close()
        if kind == "endless packet":
            client.sendall(b"\x30\xff\xff\xff\x7f")
        while kind in STREAMS:
            client.sendall(STREAMS[kind])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("port", type=int)
    arguments = parser.parse_args()
    serve(arguments.kind, arguments.port)
