"""A clip for the chaos tool: the real publisher and outbox, making numbered records, as a process to be shot.

It prints the name of every record after it was committed; that ledger is what the store must hold. A control file
tells it how far its clocks have jumped and how many records to make.
"""

import contextlib
import itertools
import json
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sternway.clock import Clock
from sternway.config import BrokerSettings, ClipSettings, OutboxSettings
from sternway.events import Event, Kind
from sternway.publish.outbox import Outbox
from sternway.publish.publisher import Publisher
from sternway.publish.traffic import LinkSettings
from sternway.records import Record, RecordKind
from sternway.wire.event import event_body
from sternway.wire.journal import EntryKind, JournalBody

QUICK = LinkSettings(keepalive_s=3, connect_timeout_s=2.0, will_delay_s=1, retry_first_s=0.1, retry_most_s=0.5)


class Control:
    """What the conductor wants, read again and again from its file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.rate_hz = 40.0
        self.jump_s = 0.0
        self.wall_jump_s = 0.0
        self.synced = True

    def read(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            wishes = json.loads(self._path.read_text())
            self.rate_hz, self.jump_s = wishes["rate_hz"], wishes["jump_s"]
            self.wall_jump_s, self.synced = wishes["wall_jump_s"], wishes["synced"]

    def monotonic(self) -> float:
        return time.monotonic() + self.jump_s

    def wall(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.wall_jump_s)


def with_ledger(put):
    """Print what was committed, after it was."""

    def put_and_tell(self: Outbox, record: Record) -> Record:
        kept = put(self, record)
        sys.stdout.write(f"{int((getattr(record.body, 'body', None) or record.body.evidence)['name'])}\n")
        sys.stdout.flush()
        return kept

    return put_and_tell


def main() -> None:
    port, folder = int(sys.argv[1]), Path(sys.argv[2])
    control = Control(folder / "control.json")
    control.read()
    Outbox.put = with_ledger(Outbox.put)
    clock = Clock("clip-1", lambda: control.synced, control.monotonic, control.wall)
    publisher = Publisher(
        ClipSettings("clip-1", str(folder)),
        BrokerSettings(host="127.0.0.1", port=port, tls=False),
        OutboxSettings(resend_s=2.0),
        clock=clock,
        link_settings=QUICK,
        monotonic=control.monotonic,
    )
    publisher.start()
    names = itertools.count(int(sys.argv[3]) * 100_000)
    pause = threading.Event()
    while True:
        control.read()
        if control.rate_hz > 0:
            publisher.offer(make_record(next(names), clock))
        pause.wait(1.0 / control.rate_hz if control.rate_hz > 0 else 0.05)


def make_record(name: int, clock: Clock) -> Record:
    """Make an event (three of four) or a journal entry, named so that the store can be searched for it."""
    if name % 4:
        body = event_body(Event(Kind.STUMBLE, 1.0, 1.2, 0.5, {"name": name}))
        return Record(RecordKind.EVENT, body, clock.moment())
    return Record(RecordKind.JOURNAL, JournalBody(kind=EntryKind.NOTE, body={"name": name}), clock.moment())


if __name__ == "__main__":
    main()
