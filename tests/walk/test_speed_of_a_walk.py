"""Speed from calibration to report: only after a known distance was walked once."""

import numpy as np
import pytest

from sternway.events import Press
from sternway.monitor import Monitor
from sternway.samples import Block, empty_block
from sternway.simulate.script import BACKWARD, Stand, Walk
from sternway.simulate.walker import BELT, Walker
from sternway.wire.plan import WalkPlan


@pytest.mark.parametrize(("calibration", "given"), [({"backward": 0.35}, ["backward"]), ({}, [])])
def test_the_report_has_a_speed_only_after_a_known_distance_was_walked(calibration, given):
    walker = Walker((Stand(12.0), Walk(9.0, BACKWARD), Stand(1.0)), 1)
    monitor = Monitor(plan=WalkPlan(), memory={"mounting": BELT.body(), "speed": calibration})
    monitor.press(Press.SHORT, 0.0)
    times_s = np.arange(0.0, walker.truth.duration_s, 1.0 / 104.0)
    monitor.update(Block(times_s, *walker.at(times_s), float(times_s[-1])))
    monitor.press(Press.LONG, float(times_s[-1]))
    ((_, report),) = monitor.update(empty_block(float(times_s[-1]))).reports
    assert list(report.speed_mps) == given
    assert all(0.2 < mps < 2.0 for mps in report.speed_mps.values())
    assert monitor.memory()["speed"] == calibration
