"""The slow side of the clip: whatever touches a disk is done here, on a thread of its own, never in the loop."""

import logging
import queue
import threading
from collections.abc import Callable

_log = logging.getLogger(__name__)

Work = Callable[[], None]


class Writer:
    """Does work in the order it was handed over, one at a time.

    ``submit`` never blocks and never raises: when more than ``limit`` pieces wait, as on a dead disk, the newest is
    dropped and counted. Work that fails is logged, once for every run of failures, and the next is tried.
    """

    def __init__(self, limit: int = 2000) -> None:
        self.dropped_count = 0
        self.failed_count = 0
        self._failing = False
        self._queue: queue.Queue[Work | None] = queue.Queue(limit)
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def submit(self, work: Work) -> None:
        """Hand ``work`` over."""
        try:
            self._queue.put_nowait(work)
        except queue.Full:
            self.dropped_count += 1

    def close(self, timeout_s: float = 5.0) -> None:
        """Finish what was handed over, waiting at most ``timeout_s``."""
        try:
            self._queue.put(None, timeout=timeout_s)
        except queue.Full:
            return
        self._thread.join(timeout_s)

    def _work(self) -> None:
        while (work := self._queue.get()) is not None:
            try:
                work()
                self._failing = False
            except Exception:
                self.failed_count += 1
                if not self._failing:
                    _log.exception("a write failed; further failures are counted, not logged")
                self._failing = True
