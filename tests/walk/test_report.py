"""When a walk was, and what its report says of it."""

import pytest
from msgspec import structs

from sternway.records import Moment
from sternway.walk.report import WalkFacts, report_body, reported_at
from sternway.walk.stillness import Stillness
from sternway.walk.walk import Reason, Walk
from sternway.wire.journal import EntryKind, JournalBody
from sternway.wire.plan import WalkPlan
from sternway.wire.report import Answers, Origin


@pytest.fixture
def made():
    walk = Walk(0.0, 60.0, WalkPlan(), Answers(), Stillness(0.0), 0.0)
    return report_body(walk, Reason.DONE, 60.0, WalkFacts())


def test_a_walk_that_lost_its_power_is_dated_by_when_it_was_walked(made):
    origin = {"boot_id": "friday", "monotonic_s": 100.0, "wall_time": "2026-03-06T10:00:00.000+00:00"}
    monday = Moment("clip-1", "monday", 5.0, "2026-03-09T09:00:00.000+00:00", True)
    report = structs.replace(made, origin=Origin(**origin), ended_s=700.0)
    over = reported_at(report, monday)
    assert (over.boot_id, over.monotonic_s, over.wall_time) == ("friday", 700.0, "2026-03-06T10:10:00.000+00:00")
    assert reported_at(structs.replace(report, origin=Origin(**origin | {"boot_id": "monday"})), monday) == monday
    assert reported_at(JournalBody(kind=EntryKind.PAIN, body={}), monday) == monday
