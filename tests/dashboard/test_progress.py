"""What the page of progress calls a change, and a streak."""

import datetime
import re
from typing import Any

import pytest

from sternway.dashboard.store.intake import keep
from sternway.dashboard.store.journal import write
from sternway.dashboard.web.pages.progress import _walk_test_chart
from sternway.programme.history import History, WalkDone
from sternway.programme.plan import Plan
from sternway.programme.trends import weekly
from sternway.simulate.walk_records import MadeUpClip
from sternway.wire.journal import EntryKind

MONDAY = datetime.date(2026, 1, 5)


@pytest.mark.parametrize(
    ("times_s", "words"),
    [
        ([6.0, 5.5, 5.0], "No change beyond that."),
        ([6.0, 5.0, 4.0], "No change beyond that."),
        ([6.0, None, 5.0, None, 4.0, None, 3.5], "It has been going down."),
        ([4.0, 5.2, 6.4], "It has been going up."),
        ([6.0, 3.0], "Three weeks with answers are needed"),
    ],
)
def test_the_walk_test_changes_only_beyond_its_measuring_error(times_s: list[float | None], words: str) -> None:
    walks = (
        WalkDone(MONDAY + datetime.timedelta(weeks=week), 300.0, walk_test_s=time_s)
        for week, time_s in enumerate(times_s)
    )
    summary = _walk_test_chart(weekly(History(tuple(walks)))).summary
    assert "Changes up to 2.1 s may be measuring error." in summary
    assert words in summary


def test_the_streak_is_the_same_however_far_back_the_page_looks(house: Any) -> None:
    """Ten kept weeks, a pause of three weeks that was written before them all, and this week."""
    clip, monday = MadeUpClip("clip-1", 1), datetime.date(2026, 5, 4)
    for week in (*range(-13, -3), 0):
        day = monday + datetime.timedelta(weeks=week)
        for number in (0, 1):
            start = datetime.datetime.combine(day + datetime.timedelta(days=number), datetime.time(10))
            keep(house.store, list(clip.walk(start.timestamp(), Plan().walk(0, ""), 0.03, 0)))
    pause = {"start": "2026-04-13", "end": "2026-05-03", "why": "holiday"}
    write(house.store, "clip-1", datetime.date(2026, 1, 26), EntryKind.PAUSE, pause, written_by="walker")
    owner = house.owner()
    for span, week_count in (("4", 5), ("12", 13), ("26", 14), ("52", 14)):
        page = owner.get(f"/progress?weeks={span}").text
        assert "2 of 3 walks this week; 11 weeks kept." in page
        assert len(re.findall(r"Week from \d", page)) == week_count
