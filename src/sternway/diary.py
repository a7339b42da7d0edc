"""What the clip itself writes into the notebook of a home without a dashboard."""

import logging
from collections import deque
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sternway.errors import SternwayError
from sternway.notebook import Notebook
from sternway.programme.history import Day
from sternway.programme.journal import EntryKind
from sternway.programme.plan import WalkPlan
from sternway.records import Moment, RecordKind

_log = logging.getLogger(__name__)


class Diary:
    """Takes reports from the loop; its chore, on the writer's thread, enters them.

    Days are those of the clip's own time zone. With the clock not set a walk is entered under the day it shows.
    """

    def __init__(self, notebook: Notebook) -> None:
        self._notebook = notebook
        self._waiting: deque[tuple[RecordKind, Mapping[str, Any], Moment]] = deque(maxlen=64)

    def offer(self, kind: RecordKind, body: Mapping[str, Any], moment: Moment) -> None:
        """Take a finished report."""
        if kind in (RecordKind.SESSION, RecordKind.JOURNAL):
            self._waiting.append((kind, body, moment))

    def chore(self) -> None:
        """Enter what waits."""
        while self._waiting:
            kind, body, moment = self._waiting.popleft()
            try:
                self._enter(kind, body, moment)
            except SternwayError as error:
                _log.error("the journal misses an entry: %s", error)

    def plan_today(self, moment: Moment) -> WalkPlan | None:
        """Return what the plan asks for today; ``None`` where it asks for nothing or cannot be read.

        Lines of the journal that cannot be read are left out.
        """
        try:
            decision = self._notebook.decide(_day(moment), moment.wall_time)
        except SternwayError as error:
            _log.error("the plan cannot be followed: %s", error)
            return None
        if self._notebook.damaged_count:
            _log.error("lines of the journal that cannot be read: %d", self._notebook.damaged_count)
        return decision.walk

    def _enter(self, kind: RecordKind, body: Mapping[str, Any], moment: Moment) -> None:
        if kind is RecordKind.SESSION:
            self._notebook.add_walk(body, _day(moment), moment.wall_time)
        else:
            self._notebook.add(EntryKind(body["kind"]), body["body"], _day(moment), moment.wall_time)


def _day(moment: Moment) -> Day:
    return datetime.fromisoformat(moment.wall_time).astimezone().date()
