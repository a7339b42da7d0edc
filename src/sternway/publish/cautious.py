"""A paho client that a broker can neither flood nor fill."""

import time
from collections.abc import Callable

import paho.mqtt.client as paho

BURST_COUNT = 60
"""Reads that may come at once: twenty packets, as when a connection begins."""

CALM_COUNT = BURST_COUNT / 2
"""So much of the burst must have come back for a pause to count: sleeping a little too long is none."""

FLOOD_S = 1.5
"""More than the allowed rate for so long without a pause is no answer to anything a clip has sent."""


class Throttle:
    """A token bucket: sleeps where something is asked for more often than ``rate_hz``, after a short burst.

    ``take`` says ``False`` when that went on for :data:`FLOOD_S`.
    """

    def __init__(
        self,
        rate_hz: float,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rate_hz = rate_hz
        self._monotonic = monotonic
        self._sleep = sleep
        self._left = float(BURST_COUNT)
        self._filled_at_s = self._calm_at_s = monotonic()

    def take(self) -> bool:
        """Take one token, asleep until there is one."""
        now_s = self._monotonic()
        self._left = min(BURST_COUNT, self._left + (now_s - self._filled_at_s) * self._rate_hz) - 1.0
        self._filled_at_s = now_s
        if self._left >= CALM_COUNT:
            self._calm_at_s = now_s
        if self._left < 0.0:
            self._sleep(-self._left / self._rate_hz)
        return now_s - self._calm_at_s < FLOOD_S


class CautiousClient(paho.Client):
    """A paho client that reads no faster and no larger than a clip has reason to.

    paho itself takes a packet of 256 MB, asking for all of it at once, and reads as fast as a broker can send: either
    was seen to hold the interpreter, and with it the loop, for half a second. Every byte it reads comes through this
    one method; an ``OSError`` from it ends the connection in order, and ``trouble`` says why.
    """

    throttle: Throttle
    packet_bytes: int
    trouble: str | None = None

    def _sock_recv(self, bufsize: int) -> bytes:
        if bufsize > self.packet_bytes:
            self.trouble = "it sends a packet larger than it was told to"
        elif not self.throttle.take():
            self.trouble = "it sends more than anybody can have asked for"
        if self.trouble is not None:
            raise ConnectionError(self.trouble)
        return super()._sock_recv(bufsize)
