"""What the clip itself writes into the notebook of a home without a dashboard."""

import logging
from collections import deque
from datetime import datetime

from sternway.errors import SternwayError
from sternway.notebook import Notebook
from sternway.programme.history import Day
from sternway.records import Body, Moment, RecordKind
from sternway.wire.journal import JournalBody
from sternway.wire.plan import WalkPlan
from sternway.wire.report import SessionReport

_log = logging.getLogger(__name__)


class Diary:
    """Takes reports from the loop; its chore, on the writer's thread, enters them.

    Days are those of the clip's own time zone. With the clock not set a walk is entered under the day it shows.
    """

    def __init__(self, notebook: Notebook) -> None:
        self._notebook = notebook
        self._waiting: deque[tuple[SessionReport | JournalBody, Moment]] = deque(maxlen=64)

    def offer(self, _: RecordKind, body: Body, moment: Moment) -> None:
        """Take a finished report."""
        if isinstance(body, (SessionReport, JournalBody)):
            self._waiting.append((body, moment))

    def chore(self) -> None:
        """Enter what waits."""
        while self._waiting:
            body, moment = self._waiting.popleft()
            try:
                self._enter(body, moment)
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

    def _enter(self, body: SessionReport | JournalBody, moment: Moment) -> None:
        if isinstance(body, SessionReport):
            self._notebook.add_walk(body, _day(moment), moment.wall_time)
        else:
            self._notebook.add(body.kind, body.body, _day(moment), moment.wall_time)


def _day(moment: Moment) -> Day:
    return datetime.fromisoformat(moment.wall_time).astimezone().date()
