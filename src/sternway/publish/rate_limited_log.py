"""A bounded log: each kind of trouble is said once, then counted, and said again with its count now and then."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

_log = logging.getLogger("sternway.publish")

AGAIN_S = 600.0
"""A complaint that goes on is repeated this often: seen in a day's log, yet never its bulk."""

KINDS = 64
"""More kinds than the code has; the bound only matters if a kind is ever made from what others send."""


@dataclass(slots=True)
class _Tally:
    count: int = 0
    said_at_s: float | None = None
    said_count: int = 0


class Complaints:
    """Counts troubles by kind and logs a bounded number of lines about them."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._tallies: dict[str, _Tally] = {}

    def note(self, kind: str, words: str, level: int = logging.WARNING) -> None:
        """Count one trouble of ``kind`` and log ``words`` unless that was done lately."""
        if kind not in self._tallies and len(self._tallies) >= KINDS:
            kind = "other"
        tally = self._tallies.setdefault(kind, _Tally())
        tally.count += 1
        now_s = self._monotonic()
        if tally.said_at_s is None or now_s - tally.said_at_s >= AGAIN_S:
            times = "" if tally.count == 1 else f" ({tally.count - tally.said_count} times since last said)"
            _log.log(level, "%s%s", words[:300], times)
            tally.said_at_s, tally.said_count = now_s, tally.count

    def over(self, kind: str) -> None:
        """Say that the trouble of ``kind`` has ended: the next one is news again."""
        tally = self._tallies.get(kind)
        if tally is not None:
            tally.said_at_s = None

    def count(self, kind: str) -> int:
        """Return how often ``kind`` was noted."""
        tally = self._tallies.get(kind)
        return 0 if tally is None else tally.count
