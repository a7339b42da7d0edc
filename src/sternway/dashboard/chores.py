"""What is done now and then without being asked: decide the plan, copy the store, let old motion go."""

import logging
import threading
from collections.abc import Callable

import sqlalchemy as sa

from sternway.config import DashboardSettings
from sternway.dashboard.mqtt.ingest import Ingest
from sternway.dashboard.programme import settle
from sternway.dashboard.store.database import Store
from sternway.dashboard.store.retention import backup_daily, drop_old_traces
from sternway.dashboard.store.schema import CLIPS
from sternway.errors import SternwayError

_log = logging.getLogger(__name__)

EVERY_S = 900.0
"""A quarter of an hour: a walk that ended, or midnight, is in the plan soon enough."""


class Chores:
    """Runs the chores on a thread of its own until closed."""

    def __init__(self, settings: DashboardSettings, store: Store, ingest: Ingest) -> None:
        self._settings = settings
        self._store = store
        self._ingest = ingest
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="chores", daemon=True)

    def start(self) -> None:
        """Begin; the first round is at once."""
        self._thread.start()

    def close(self) -> None:
        """Finish the round under way."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(10.0)

    def _run(self) -> None:
        while True:
            self.round()
            if self._closing.wait(EVERY_S):
                return

    def round(self) -> None:
        """Do everything once; a chore that fails keeps nobody from the others, and the copy is made regardless."""
        _try(self._settle_all)
        _try(drop_old_traces, self._store, self._settings.trace_days)
        _try(backup_daily, self._store)

    def _settle_all(self) -> None:
        with self._store.read() as connection:
            clip_ids = connection.execute(sa.select(CLIPS.c.clip_id)).scalars().all()
        for clip_id in clip_ids:
            _try(settle, self._store, self._ingest, clip_id)


def _try(chore: Callable[..., object], *what: object) -> None:
    try:
        chore(*what)
    except (SternwayError, OSError) as error:
        _log.error("a chore failed and is tried again later: %s", error)
    except Exception:
        _log.exception("a chore failed and is tried again later")
