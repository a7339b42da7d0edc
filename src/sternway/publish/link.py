"""The link to the broker: paho-mqtt on one network thread that outlives whatever happens to it.

Every call into paho is made on that thread, each connection gets a paho client of its own, and what arrives is put
into a bounded queue for the writer thread. So paho has no state to corrupt, no queue to grow, and no callback of
ours can end it.
"""

import contextlib
import logging
import queue
import random
import socket
import threading
import time
from collections.abc import Callable, Sequence

from sternway.config import BrokerSettings
from sternway.publish.connection import Connection, LeaveAloneError, Terms
from sternway.publish.rate_limited_log import Complaints
from sternway.publish.traffic import LinkSettings, News, Outgoing

_log = logging.getLogger(__name__)

FIGHT_ATTEMPTS = 6
"""When coming back soon would make it worse we wait as after this many failures: half the longest wait or more."""

BRIEF_COUNT = 3
"""So many connections in a row that end soon after they stood are no accident. Brokers before mosquitto 2.1 do not
say that another client took the name; they just close."""


class BrokerLink:
    """Keeps a connection to the broker, gives what arrives through :meth:`news`, and takes what goes out.

    ``will`` is published by the broker when the link dies without a word. ``connection_count`` grows with every
    connection, so that whoever asks can tell a new one. ``words`` say how it stands. Nothing raises after ``start``.
    """

    def __init__(
        self,
        broker: BrokerSettings,
        client_id: str,
        *,
        subscriptions: Sequence[str],
        will: Outgoing,
        settings: LinkSettings | None = None,
        complaints: Complaints | None = None,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self.words = "not connected yet"
        self.connection_count = 0
        self._settings = settings or LinkSettings()
        self._complaints = complaints or Complaints()
        self._wake = wake
        self._news: queue.Queue[News] = queue.Queue(self._settings.queue_count)
        self._terms = Terms(
            broker, client_id, subscriptions, will, self._settings, self._tell, self._stands, self._complain
        )
        self._bell: socket.socket | None = None
        self._ear: socket.socket | None = None
        self._closing = threading.Event()
        self._connected = False
        self._generation = 0
        self._attempts = 0
        self._brief_count = 0
        self._beat_s = time.monotonic()
        self._thread: threading.Thread | None = None

    @property
    def connected(self) -> bool:
        """Say whether the broker has let us in and has not gone since."""
        return self._connected

    def start(self) -> None:
        """Begin to connect, for as long as it takes."""
        if self._bell is None:
            self._bell, self._ear = socket.socketpair()
            self._bell.setblocking(False)
            self._ear.setblocking(False)
        self._beat_s = time.monotonic()
        self._generation += 1
        self._thread = threading.Thread(target=self._run, args=(self._generation,), name="mqtt", daemon=True)
        self._thread.start()

    def send(self, message: Outgoing) -> bool:
        """Hand ``message`` over; say ``False`` where there is no connection or too much waits already."""
        if not self._connected or len(self._terms.outgoing) >= self._settings.queue_count:
            return False
        self._terms.outgoing.append(message)
        self._ring()
        return True

    def news(self) -> News | None:
        """Return the oldest news not yet heard, ``None`` where there is none."""
        try:
            return self._news.get_nowait()
        except queue.Empty:
            return None

    def watch(self) -> None:
        """Start the network thread anew where it has died or hangs."""
        if self._closing.is_set() or self._thread is None:
            return
        hangs = time.monotonic() - self._beat_s > self._settings.stuck_after_s
        if hangs or not self._thread.is_alive():
            self._complaints.note("thread", f"the network thread {'hangs' if hangs else 'died'}: started anew")
            self._connected = False
            self.start()

    def close(self, timeout_s: float = 2.0) -> None:
        """Send what was handed over, say goodbye, and end; wait at most ``timeout_s``."""
        self._closing.set()
        self._ring()
        if self._thread is not None:
            self._thread.join(timeout_s)
        if self._thread is None or not self._thread.is_alive():
            for end in filter(None, (self._bell, self._ear)):
                end.close()

    def _run(self, generation: int) -> None:
        while generation == self._generation and not self._closing.is_set():
            began_s = self._beat_s = time.monotonic()
            count = self.connection_count
            try:
                self._serve(generation)
            except Exception as error:
                steady = time.monotonic() - began_s > self._settings.steady_after_s
                self._brief_count = 0 if steady else self._brief_count + (self.connection_count - count)
                self._attempts = 1 if steady else self._attempts + 1
                with contextlib.suppress(Exception):
                    self._explain(error)
            self._closing.wait(self._delay_s())

    def _explain(self, error: Exception) -> None:
        """Say why the connection ended, and leave the field to another device that uses our name."""
        words = _words(error)
        if isinstance(error, LeaveAloneError) or self._brief_count >= BRIEF_COUNT:
            self._attempts = max(self._attempts, FIGHT_ATTEMPTS)
            if not isinstance(error, LeaveAloneError):
                words = f"{words} soon after it stood, again and again: does another device use this clip's name?"
        self._complain(words)

    def _serve(self, generation: int) -> None:
        if self._ear is None:
            raise ConnectionError("the link was not started")
        connection = Connection(self._terms, self._host(), self._ear)
        try:
            while generation == self._generation and not self._closing.is_set():
                self._beat_s = time.monotonic()
                connection.turn(0.5)
            end_s = time.monotonic() + 1.0
            while connection.established and not connection.idle and time.monotonic() < end_s:
                connection.turn(0.05)
        finally:
            connection.close()
            if generation == self._generation:
                self._connected = False
                self._terms.outgoing.clear()
                self._wake()

    def _host(self) -> str:
        """Return the name to try: the one of the settings and the ``.local`` one by turns."""
        broker = self._terms.broker
        names = [name for name in (broker.host, broker.local_name) if name]
        return names[self._attempts % len(names)]

    def _delay_s(self) -> float:
        """Return how long to wait: doubling, bounded, and drawn so that a home's clips do not return in step."""
        most_s = self._settings.retry_first_s * 2.0 ** min(self._attempts - 1, 10)
        return random.uniform(0.5, 1.0) * min(most_s, self._settings.retry_most_s)

    def _stands(self) -> None:
        self.words = "connected"
        self.connection_count += 1
        self._connected = True
        _log.info("connected to the broker at %s", self._terms.broker.host)
        self._wake()

    def _complain(self, words: str) -> None:
        self.words = words
        self._complaints.note(f"link: {words[:60]}", f"broker {self._terms.broker.host}: {words}")
        self._wake()

    def _tell(self, news: News) -> None:
        try:
            self._news.put_nowait(news)
        except queue.Full:
            self._complaints.note("flood", "more arrives from the broker than can be read: dropped")
        self._wake()

    def _ring(self) -> None:
        if self._bell is not None:
            with contextlib.suppress(OSError):
                self._bell.send(b"!")


def _words(error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        return "its name is not known on this network"
    return str(error) or type(error).__name__
