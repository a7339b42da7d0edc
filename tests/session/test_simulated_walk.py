"""The tracker behind the real chain: simulated walker, resampling, steps and direction."""

import json

import numpy as np
import pytest

from sternway.events import Event, Kind
from sternway.motion.gait import Direction
from sternway.motion.trunk import TrunkTracker
from sternway.recording.script import BACKWARD, Stand, Walk
from sternway.recording.walker import BELT, Walker
from sternway.samples import Block
from sternway.session.plan import WalkPlan
from sternway.session.tracker import Press, SessionTracker

PLAN = WalkPlan(stretches=1, stretch_min=5.0, warm_up_min=0.5, cool_down_min=0.25, lane_steps=30)
LANE = (Walk(15.0, BACKWARD), Stand(4.0))
SCRIPT = (
    Stand(12.0),
    Walk(31.0),
    Stand(3.0),
    *LANE,
    *LANE,
    Stand(20.0),
    *LANE,
    *LANE,
    Walk(20.0),
    Stand(4.0),
)
PRESSES_S = (0.5, 86.0, 100.0)
STUMBLE_S = 55.0
KILLED_S = 93.0


class Clip:
    """Feeds a simulated walk to a tracker; presses, stumbles and restarts at given times."""

    def __init__(self, seed):
        self.walker = Walker(SCRIPT, seed)
        self.motion = TrunkTracker(mounting=BELT)
        self.tracker = SessionTracker(PLAN)
        self.reports, self.cues = [], []

    def take(self, outcome):
        self.reports += outcome.reports
        self.cues += [prompt.cue.value for prompt in outcome.cues]

    def run(self):
        times_s = np.arange(0.0, self.walker.truth.duration_s, 1.0 / 208.0)
        marks = {t: lambda t=t: self.take(self.tracker.press(Press.SHORT, t)) for t in PRESSES_S}
        marks |= {STUMBLE_S: self._stumble, KILLED_S: self._kill}
        for part in np.array_split(np.arange(len(times_s)), len(times_s) // 104):
            block_s = times_s[part]
            for mark in [m for m in sorted(marks) if m <= block_s[0]]:
                marks.pop(mark)()
            for trunk in self.motion.update(Block(block_s, *self.walker.at(block_s), float(block_s[-1]))):
                self.take(self.tracker.update(trunk))
        self.take(self.tracker.press(Press.LONG, float(times_s[-1])))
        return self

    def _stumble(self):
        self.take(self.tracker.tick(STUMBLE_S, [Event(Kind.STUMBLE, STUMBLE_S - 0.2, STUMBLE_S, 0.7)]))

    def _kill(self):
        written = json.dumps(self.tracker.snapshot())
        self.tracker = SessionTracker()
        self.take(self.tracker.restore(json.loads(written), KILLED_S))


# A bout may gain or lose a step at its ends: bringing the feet together on stopping is one to the detector.
@pytest.mark.parametrize("seed", [1, 2])
def test_one_report_has_the_right_minutes_steps_and_events(seed):
    clip = Clip(seed).run()
    ((_, report),) = clip.reports
    dose, truth, total = report["dose"], clip.walker.truth, 0
    for way, word in ((Direction.FORWARD, "forward"), (Direction.BACKWARD, "backward")):
        acts = [(a, b) for a, b, act in truth.acts if isinstance(act, Walk) and act.direction is way]
        contacts = sum(any(a <= c.time_s <= b for a, b in acts) for c in truth.contacts)
        assert dose[f"steps_{word}"] == pytest.approx(contacts, rel=0.02, abs=len(acts))
        assert dose[f"{word}_s"] == pytest.approx(sum(b - a for a, b in acts), abs=len(acts))
        total += contacts
    assert sum(dose[f"steps_{w}"] for w in ("forward", "backward", "unknown")) == pytest.approx(total, rel=0.02)
    assert report["events"]["count"] == {"stumble": 1}
    assert (report["reason"], report["restart_count"], clip.cues[-1]) == ("long_press", 1, "trouble")
