"""What the page of progress calls a change."""

import datetime

import pytest

from sternway.dashboard.pages.progress import _walk_test_chart
from sternway.session.history import History, WalkDone
from sternway.session.trends import weekly

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
