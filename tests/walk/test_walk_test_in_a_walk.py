"""The walk test as a part of a walk: simulated walker, real motion, session tracker."""

import numpy as np
import pytest

from sternway.conversion import plain
from sternway.events import Press
from sternway.motion.trunk_tracker import TrunkTracker
from sternway.records import Phase, RecordKind
from sternway.samples import Block
from sternway.simulate.script import BACKWARD, Stand, Turn, Walk
from sternway.simulate.walker import BELT, Walker
from sternway.walk.tracker import SessionTracker
from sternway.walk.walk_test import WalkTestResult
from sternway.wire.plan import WalkPlan

PLAN = WalkPlan(stretches=1, stretch_min=1.0, warm_up_min=0.15, cool_down_min=0.0, walk_test=True)
TRIAL = (Walk(4.6, BACKWARD), Stand(3.0))
AND_BACK = (Walk(3.0), Turn(duration_s=2.0), Stand(3.0))
SCRIPT = (Stand(11.0), Walk(10.0), Stand(4.0), *(*TRIAL, *AND_BACK) * 2, *TRIAL, Walk(8.0, BACKWARD), Stand(1.0))


@pytest.fixture(scope="module")
def walked():
    """Return the walker, every cue with its time and phase, and every report."""
    walker, motion = Walker(SCRIPT, seed=2), TrunkTracker(mounting=BELT)
    tracker = SessionTracker(PLAN)
    tracker.describe(walk_test_before_s=9.0)
    times_s = np.arange(0.0, walker.truth.duration_s, 1.0 / 208.0)
    outcomes = [(tracker.phase, tracker.press(Press.SHORT, 0.1))]
    for block_s in np.array_split(times_s, len(times_s) // 20):
        trunks = motion.update(Block(block_s, *walker.at(block_s), float(block_s[-1])))
        outcomes += [(tracker.phase, tracker.update(trunk)) for trunk in trunks]
    outcomes.append((tracker.phase, tracker.press(Press.LONG, float(times_s[-1]))))
    cues = [(phase, cue.cue.value, cue.time_s) for phase, outcome in outcomes for cue in outcome.cues]
    return walker, cues, [(kind, plain(body)) for _, outcome in outcomes for kind, body in outcome.reports]


def test_three_trials_are_timed_and_recorded_with_what_changed(walked):
    walker, _, reports = walked
    [test] = [body for kind, body in reports if kind is RecordKind.WALK_TEST]
    trials = [(start_s, end_s) for start_s, end_s, act in walker.truth.acts if act == TRIAL[0]]
    assert test["trials_s"] == pytest.approx([end_s - start_s for start_s, end_s in trials], abs=0.3)
    assert test["before_s"] == 9.0
    assert any(
        "quicker" in words or "faster" in words
        for words in WalkTestResult(tuple(test["trials_s"]), test["before_s"]).words()
    )


def test_the_motor_alone_leads_through_the_trials(walked):
    walker, cues, _ = walked
    during = [(cue, at_s) for phase, cue, at_s in cues if phase is Phase.WALK_TEST]
    assert [cue for cue, _ in during] == ["start", "change", "start", "change", "start", "change"]
    standing = [(start_s, end_s) for start_s, end_s, act in walker.truth.acts if isinstance(act, Stand)]
    assert all(any(start_s <= at_s <= end_s for start_s, end_s in standing) for _, at_s in during)


def test_the_walk_goes_on_backward_and_its_report_holds_the_trials(walked):
    _, cues, reports = walked
    *_, (_, session) = reports
    assert [phase for phase, _ in session["phases"]] == ["standing_check", "warm_up", "walk_test", "backward"]
    assert len(session["walk_test_s"]) == 3
    assert cues[-1][:2] == (Phase.BACKWARD, "trouble")
