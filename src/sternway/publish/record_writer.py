"""Puts on disk what the loop offered, whatever the disk does meanwhile."""

import logging
from collections.abc import Callable

from sternway.errors import StoreError
from sternway.events import Cause
from sternway.publish.backlog import Backlog
from sternway.publish.outbox import Outbox
from sternway.publish.rate_limited_log import Complaints
from sternway.records import Record

_log = logging.getLogger(__name__)

OPEN_AGAIN_S = 2.0
"""How long to leave a disk alone that refused."""

LULL_SHARE = 0.8
"""The outbox counts as full from the first record dropped until it is below this share of its limit."""


class Safekeeping:
    """Keeps records in the outbox; what the disk refuses waits in memory and is tried again, the oldest first.

    ``offer`` and ``fault`` are for the loop's thread, the rest for the writer's. ``kept`` is called for every record
    as soon as it is on disk, or cannot be for now: the home is told of a fall either way. ``opened`` is called
    whenever the outbox was opened.
    """

    def __init__(
        self,
        outbox: Outbox,
        complaints: Complaints,
        monotonic: Callable[[], float],
        *,
        kept: Callable[[Record], None],
        opened: Callable[[], None],
    ) -> None:
        self._outbox = outbox
        self._complaints = complaints
        self._monotonic = monotonic
        self._kept = kept
        self._opened = opened
        self._offered = Backlog()
        self._held = Backlog()
        self._failing = False
        self._retry_at_s = 0.0

    @property
    def fault(self) -> Cause | None:
        """Return ``STORE_FULL`` while records cannot be kept on disk or have been dropped for space."""
        box = self._outbox
        dropping = box.dropped_count > 0 and box.size_bytes > LULL_SHARE * box.max_bytes
        return Cause.STORE_FULL if dropping or self._failing else None

    def offer(self, record: Record) -> None:
        """Take ``record``; never blocks."""
        self._offered.push(record)

    def keep(self) -> None:
        """Put on disk what was offered since."""
        if not self._failing and not self._outbox.is_open:
            self._open()
        while (record := self._offered.take()) is not None:
            on_disk = None if self._failing else self._put(record)
            if on_disk is None:
                self._held.push(record)
            self._kept(on_disk or record)
        if self._failing and self._monotonic() >= self._retry_at_s:
            self._try_again()

    def keep_the_last(self) -> None:
        """Try once more before the end, however lately the disk refused."""
        self._retry_at_s = 0.0
        self.keep()

    def suffer(self, error: StoreError) -> None:
        """Leave the disk alone for a while."""
        self._failing = True
        self._retry_at_s = self._monotonic() + OPEN_AGAIN_S
        self._complaints.note("store", str(error), logging.ERROR)

    def _put(self, record: Record) -> Record | None:
        try:
            return self._outbox.put(record)
        except StoreError as error:
            self.suffer(error)
            return None

    def _try_again(self) -> None:
        self._failing = False
        if not self._outbox.is_open:
            self._open()
        while not self._failing and (record := self._held.take()) is not None:
            if self._put(record) is None:
                self._held.put_back(record)
        if not self._failing:
            self._complaints.over("store")
            _log.warning("the outbox can write again, and holds what waited in memory")

    def _open(self) -> None:
        try:
            self._outbox.open()
            self._opened()
        except StoreError as error:
            self.suffer(error)
