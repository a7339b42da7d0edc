"""A paho client that a broker can neither flood nor fill."""

import time
from collections.abc import Callable

import paho.mqtt.client as paho

BURST_COUNT = 60
"""Reads that may come at once: twenty packets, as when a connection begins."""

CALM_COUNT = BURST_COUNT / 2
"""So much of the burst must have come back for a pause to count; our own sleep brings back less than that."""

REST_COUNT = 15
"""So many tokens are waited for at once: five packets together hold the loop up less often than one by one."""

FLOOD_S = 0.25
"""More than the allowed rate for so long without a pause is nothing that anybody has asked for."""

PACKET_READS = 3
"""paho reads a small packet in three: its type, its length, the rest."""


class Throttle:
    """A token bucket: sleeps where something is asked for more often than ``rate_hz``, after a short burst.

    ``take`` says ``False`` when that went on for :data:`FLOOD_S`. An answer to what we have sent costs nothing: its
    reads are given back, so that a week's records may be sent and acknowledged as fast as the broker can.
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
            self._sleep((REST_COUNT - self._left) / self._rate_hz)
            self._left, self._filled_at_s = REST_COUNT, self._monotonic()
        return now_s - self._calm_at_s < FLOOD_S

    def give_back(self) -> None:
        """Return what the packet just read has cost."""
        self._left = min(BURST_COUNT, self._left + PACKET_READS)


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
