"""Slows down whoever guesses: a few wrong tries an address, some more for the whole house."""

import ipaddress
import threading
import time
from collections import deque
from collections.abc import Callable

WINDOW_S = 300.0
TRIES_AN_ADDRESS = 5
TRIES_A_HOUSE = 30
"""At thirty guesses in five minutes the 10^12 set-up codes last for three hundred thousand years."""


class Attempts:
    """Counts wrong tries in the last five minutes. ``clock`` gives monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._wrong: deque[tuple[float, str]] = deque()

    def wait_s(self, address: str) -> float:
        """Return how long ``address`` must wait before the next try; zero if it may try now."""
        now_s, network = self._clock(), _network(address)
        with self._lock:
            while self._wrong and self._wrong[0][0] <= now_s - WINDOW_S:
                self._wrong.popleft()
            times = [time_s for time_s, _ in self._wrong]
            own = [time_s for time_s, other in self._wrong if other == network]
        until = [
            kept[-limit] for kept, limit in ((times, TRIES_A_HOUSE), (own, TRIES_AN_ADDRESS)) if len(kept) >= limit
        ]
        return max(until) + WINDOW_S - now_s if until else 0.0

    def wrong(self, address: str) -> None:
        """Count one wrong try."""
        with self._lock:
            self._wrong.append((self._clock(), _network(address)))


def _network(address: str) -> str:
    """Return ``address``, or the /64 of an IPv6 one: a household has as many of those as it likes.

    >>> _network("2001:db8::1"), _network("192.168.1.7"), _network("testclient")
    ('2001:db8::/64', '192.168.1.7', 'testclient')
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else address
