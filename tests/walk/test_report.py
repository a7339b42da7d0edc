"""When a walk was, and what its report says of it."""

from sternway.records import Moment
from sternway.walk.report import reported_at


def test_a_walk_that_lost_its_power_is_dated_by_when_it_was_walked():
    origin = {"boot_id": "friday", "monotonic_s": 100.0, "wall_time": "2026-03-06T10:00:00.000+00:00"}
    monday = Moment("clip-1", "monday", 5.0, "2026-03-09T09:00:00.000+00:00", True)
    over = reported_at({"origin": origin, "ended_s": 700.0}, monday)
    assert (over.boot_id, over.monotonic_s, over.wall_time) == ("friday", 700.0, "2026-03-06T10:10:00.000+00:00")
    assert reported_at({"origin": origin | {"boot_id": "monday"}, "ended_s": 700.0}, monday) == monday
    assert reported_at({"kind": "pain"}, monday) == monday
