"""What systemd is told: ready, alive, and one line of status."""

import os
import socket
from collections.abc import Mapping


class Notifier:
    """Speaks sd_notify(3) over ``NOTIFY_SOCKET``; silent where systemd does not listen. Never raises.

    ``watchdog_s`` is the time systemd allows between two signs of life, or ``None`` where it does not watch us.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        path = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + path[1:] if path.startswith("@") else path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) if path else None
        if self._socket is not None:
            self._socket.setblocking(False)
        self.watchdog_s = _watchdog_s(environment)

    def ready(self) -> None:
        """Say that the service does its work."""
        self._send("READY=1")

    def alive(self) -> None:
        """Feed the watchdog; call only when fresh samples have passed through the detectors."""
        self._send("WATCHDOG=1")

    def status(self, words: str) -> None:
        """Show one line in ``systemctl status``."""
        self._send("STATUS=" + " ".join(words.split()))

    def stopping(self) -> None:
        """Say that the end has begun."""
        self._send("STOPPING=1")

    def close(self) -> None:
        """Let go of the socket."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _send(self, message: str) -> None:
        if self._socket is None:
            return
        try:
            self._socket.sendto(message.encode(), self._address)
        except OSError:  # a full or vanished socket must not hold or end the loop
            return


def _watchdog_s(environment: Mapping[str, str]) -> float | None:
    text, process = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", "")
    if not text.isdigit() or (process.isdigit() and int(process) != os.getpid()):
        return None
    return int(text) / 1e6
