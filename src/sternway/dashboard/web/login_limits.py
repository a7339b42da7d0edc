"""Rate limits for passwords and codes: how often one may be tried, and how many are checked at once."""

import contextlib
import ipaddress
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sternway.errors import SternwayError

WINDOW_S = 300.0
TRIES_AN_ADDRESS = 5
TRIES_AN_ACCOUNT = 20
"""From all addresses that never logged in to it: whoever guesses never locks out the devices that are used."""
CHECKED_AT_ONCE = 2
"""One check of a password takes 16 MB of memory and a quarter of a second of a core."""
WAITING_COUNT = 4
"""So many more may wait for a check, about half a second each; whoever comes then is asked to come back."""
BUSY_RETRY_S = 5.0


class TooManyTriesError(SternwayError):
    """Too many wrong tries, or too many at once; ``wait_s`` says when to come back."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"wait {wait_s:.0f} s")
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True)
class Try:
    """One try: when (monotonic seconds), from which network, what for, and at whose account."""

    time_s: float
    network: str
    purpose: str
    account: str

    @property
    def device(self) -> tuple[str, str, str]:
        """Return what is known again once a try succeeded."""
        return self.network, self.purpose, self.account


class LoginLimits:
    """Counts the tries of the last five minutes, each before it is checked. ``clock`` gives monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._tries: deque[Try] = deque()
        self._devices: set[tuple[str, str, str]] = set()
        self._places = threading.BoundedSemaphore(CHECKED_AT_ONCE + WAITING_COUNT)
        self._checks = threading.BoundedSemaphore(CHECKED_AT_ONCE)

    @contextlib.contextmanager
    def trying(self, address: str, purpose: str, account: str = "") -> Iterator[None]:
        """Check one password or code inside the block; a block that ends without an error was no wrong try.

        Tries for one ``purpose`` (such as ``login``) leave those for another alone. Raise
        :class:`TooManyTriesError` instead where ``address`` or ``account`` has none left, or where too many checks
        are waiting.
        """
        if not self._places.acquire(blocking=False):
            raise TooManyTriesError(BUSY_RETRY_S)
        try:
            one = self._count(Try(self._clock(), _network(address), purpose, account))
            with self._checks:
                yield
            self._succeeded(one)
        finally:
            self._places.release()

    def _count(self, one: Try) -> Try:
        with self._lock:
            while self._tries and self._tries[0].time_s <= one.time_s - WINDOW_S:
                self._tries.popleft()
            same = [other for other in self._tries if other.purpose == one.purpose]
            until = _used_up([other for other in same if other.network == one.network], TRIES_AN_ADDRESS)
            if one.device not in self._devices:
                strange = [other for other in same if other.device not in self._devices]
                until += _used_up([other for other in strange if other.account == one.account], TRIES_AN_ACCOUNT)
            if until:
                raise TooManyTriesError(max(until) - one.time_s)
            self._tries.append(one)
            return one

    def _succeeded(self, one: Try) -> None:
        with self._lock:
            with contextlib.suppress(ValueError):
                self._tries.remove(one)
            self._devices.add(one.device)


def _used_up(tries: Sequence[Try], limit: int) -> list[float]:
    """Return until when there is no further try, or nothing."""
    return [tries[-limit].time_s + WINDOW_S] if len(tries) >= limit else []


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
