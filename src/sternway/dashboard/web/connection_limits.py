"""Limits of connections: how many an address may hold, how long a request's head takes, how long a reader stalls."""

import asyncio
import socket
from collections import Counter
from collections.abc import Sequence
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from sternway.dashboard.web.client_address import Network, is_trusted

CONNECTION_COUNT = 60
"""A browser holds six and one for the live page; five people behind one address hold half of these."""
HEAD_S = 10.0
"""How long the first lines of a request may take to arrive."""
STALLED_S = 30.0
"""A connection on which nothing that was sent is taken for this long is cut by the kernel (RFC 5482)."""


def cut_stalled_readers(listener: socket.socket, stalled_s: float = STALLED_S) -> None:
    """Let the kernel end every connection accepted on ``listener`` whose reader takes nothing for ``stalled_s``."""
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(1000 * stalled_s))


def limited_protocol(
    trusted: Sequence[Network], *, connection_count: int = CONNECTION_COUNT, head_s: float = HEAD_S
) -> type[H11Protocol]:
    """Return uvicorn's HTTP protocol with limits; connections of a trusted proxy are not counted."""
    held: Counter[str] = Counter()

    class LimitedProtocol(H11Protocol):
        """One connection: refused where its address holds too many, ended where no whole request head arrives."""

        _address = ""
        _head_timer: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            peer = transport.get_extra_info("peername")
            address = str(peer[0]) if peer else ""
            if not is_trusted(address, trusted):
                self._address = address
                held[address] += 1
                if held[address] > connection_count:
                    transport.abort()
                    return
            self._expect_head()

        def data_received(self, data: bytes) -> None:
            if self._head_timer is None and not self._is_serving:
                self._expect_head()
            super().data_received(data)
            if self._is_serving:
                self._forget_timer()

        def connection_lost(self, exc: Exception | None) -> None:
            self._forget_timer()
            if self._address:
                held[self._address] -= 1
                if not held[self._address]:
                    del held[self._address]
            super().connection_lost(exc)

        @property
        def _is_serving(self) -> bool:
            return self.cycle is not None and not self.cycle.response_complete

        def _expect_head(self) -> None:
            self._head_timer = self.loop.call_later(head_s, self._head_is_late)

        def _head_is_late(self) -> None:
            self._head_timer = None
            if not self._is_serving:
                self.transport.abort()

        def _forget_timer(self) -> None:
            if self._head_timer is not None:
                self._head_timer.cancel()
                self._head_timer = None

    return LimitedProtocol
