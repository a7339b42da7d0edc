"""Between the loop and the writer thread: a bounded buffer that never blocks the loop."""

from collections import deque

from sternway.records import Record, RecordKind

RECORD_COUNT = 2000
"""Records kept in memory while the disk refuses: a day of walks, about 2 MB."""

TRACE_COUNT = 50
"""Raw traces kept likewise, apart, so that they never push out an event: about 0.5 MB."""


class Backlog:
    """Takes records from the loop and gives them to the writer in order; when full the oldest go first.

    One thread pushes, another takes; a deque's two ends need no lock for that.
    """

    def __init__(self, record_count: int = RECORD_COUNT, trace_count: int = TRACE_COUNT) -> None:
        self.dropped_count = 0
        self._records: deque[Record] = deque(maxlen=record_count)
        self._traces: deque[Record] = deque(maxlen=trace_count)

    def __len__(self) -> int:
        return len(self._records) + len(self._traces)

    def push(self, record: Record) -> None:
        """Take ``record``."""
        line = self._traces if record.kind is RecordKind.TRACE else self._records
        self.dropped_count += len(line) == line.maxlen
        line.append(record)

    def put_back(self, record: Record) -> None:
        """Take back what :meth:`take` just gave, to the front; only where nobody pushes meanwhile."""
        (self._traces if record.kind is RecordKind.TRACE else self._records).appendleft(record)

    def take(self) -> Record | None:
        """Give the oldest record, traces last; ``None`` where there is none."""
        for line in (self._records, self._traces):
            try:
                return line.popleft()
            except IndexError:
                continue
        return None
