"""A walker made by hand: exact trunk motion, step by step, fed to a session tracker as a clip would."""

import json

import numpy as np
import pytest

from sternway.events import Cause, Event, Kind
from sternway.motion.gait import Direction, Step
from sternway.motion.trunk import TrunkMotion, TrunkSample
from sternway.session.plan import WalkPlan
from sternway.session.tracker import Press, SessionTracker, TrackerSettings

RATE_HZ = 100
BLOCK = 10


def trunk(
    time_s, walking=False, direction=0, steps=(), yaw_rate=0.0, accel=9.81, gyro=0.02, motor_on=False, up=(0, 0, 1)
):
    """Return trunk motion of one kind throughout; ``direction`` may be an array."""
    ways = np.broadcast_to(direction, (len(time_s),)).tolist()
    samples = [
        TrunkSample(
            time_s=float(at),
            accel_mps2=(0.0, 0.0, float(accel)),
            gyro_radps=(0.0, 0.0, 0.0),
            up=tuple(map(float, up)),
            accel_norm_mps2=float(accel),
            gyro_norm_radps=float(gyro),
            vertical_mps2=accel - 9.81,
            level_mps2=(0.0, 0.0, 0.0),
            horizontal_mps2=0.5 if walking else 0.05,
            vertical_velocity_mps=0.0,
            tilt_rad=0.0,
            tilt_rate_radps=0.0,
            yaw_rate_radps=float(yaw_rate),
            anteroposterior_mps2=0.0,
            mediolateral_mps2=0.0,
            walking=bool(walking),
            direction=Direction(way),
            motor_on=bool(motor_on),
        )
        for at, way in zip(time_s, ways, strict=True)
    ]
    return TrunkMotion(samples, tuple(steps))


class Walker:
    """Walks, stands and turns on the sample clock; keeps the truth, the cues felt and the reports made."""

    step_time_s = 0.5
    decided_after_s = 0.12

    def __init__(self, plan=None, settings=None, block=BLOCK, recognised_after_s=0.0):
        self.settings = settings or TrackerSettings()
        self.tracker = SessionTracker(plan or WalkPlan(), "clip-1", self.settings)
        self.block, self.recognised_after_s = block, recognised_after_s
        self.sample = 100_000
        self.cues, self.reports, self.answers = [], [], []
        self.steps = {Direction.FORWARD: 0, Direction.BACKWARD: 0}
        self.seconds = {Direction.FORWARD: 0.0, Direction.BACKWARD: 0.0}
        self.happening, self.coming = [], []

    @property
    def now_s(self):
        return self.sample / RATE_HZ

    def take(self, outcome):
        self.cues += [(round(p.time_s, 2), p.cue.value) for p in outcome.cues]
        self.reports += outcome.reports
        if outcome.answer is not None:
            self.answers.append(outcome.answer)
        return outcome

    def names(self):
        return [name for _, name in self.cues]

    def stand(self, seconds, **kinds):
        return self._move(seconds, **kinds)

    def turn(self, seconds=3.0):
        return self._move(seconds, gyro=1.0, yaw_rate=np.pi / seconds)

    def walk(self, seconds, direction=Direction.BACKWARD, truth=True, **kinds):
        """Walk in one direction, which is recognised only after ``recognised_after_s``."""
        start, n = self.sample, round(seconds * RATE_HZ)
        known = np.where(np.arange(n) < self.recognised_after_s * RATE_HZ, 0, int(direction))
        contacts = [
            start / RATE_HZ + (k - 0.3) * self.step_time_s
            for k in range(1, int(seconds / self.step_time_s + 1e-9) + 1)
        ]
        steps = [Step(c, c + self.decided_after_s, self.step_time_s, None, 20.0) for c in contacts]
        if truth:
            self.steps[direction] += len(steps)
            self.seconds[direction] += n / RATE_HZ
        return self._move(seconds, walking=True, direction=known, steps=steps, accel=11.5, gyro=0.8, **kinds)

    def _move(self, seconds, direction=0, steps=(), **kinds):
        n = round(seconds * RATE_HZ)
        direction = np.broadcast_to(direction, (n,))
        self.coming += steps
        for first in range(0, n, self.block):
            size = min(self.block, n - first)
            time_s = (self.sample + np.arange(size) + 0.5) / RATE_HZ
            end_s = (self.sample + size) / RATE_HZ
            now, self.coming = _due(self.coming, end_s)
            events, self.happening = _due(self.happening, end_s)
            self.sample += size
            motion = trunk(time_s, direction=direction[first : first + size], steps=now, **kinds)
            self.take(self.tracker.update(motion, events))
        return self

    def silence(self, seconds):
        """Let the sensor say nothing."""
        self.sample += round(seconds * RATE_HZ)
        self.take(self.tracker.tick(self.now_s))
        return self

    def event(self, kind, severity=0.8, after_s=0.0, cause=None, level=None):
        at_s = self.now_s + after_s
        happened = Event(kind, at_s - 0.1, at_s, severity, {"peak_g": 2.0}, cause, level)
        if after_s:
            self.happening.append(happened)
        else:
            self.take(self.tracker.tick(at_s, [happened]))
        return self

    def press(self, press=Press.SHORT):
        self.take(self.tracker.press(press, self.now_s))
        return self.answers[-1]

    def command(self, name, **body):
        return self.take(self.tracker.command(name, body, self.now_s)).answer

    def fault(self, cause=Cause.NO_SENSOR, severity=1.0):
        return self.event(Kind.FAULT, severity, cause=cause)

    def started(self):
        """Press, stand the check through."""
        self.press()
        return self.stand(self.settings.check_s + 0.01)

    def killed(self, away_s=2.0, same_boot=True):
        """kill -9 and a restart from the snapshot last written."""
        written = json.dumps(self.tracker.snapshot())
        self.tracker = SessionTracker(WalkPlan(), "clip-1", self.settings)
        self.sample += round(away_s * RATE_HZ)
        self.take(self.tracker.restore(json.loads(written), self.now_s if same_boot else 5.0, same_boot))
        return self

    @property
    def report(self):
        (_, body), *more = self.reports
        assert not more, "more than one report"
        return body


def _due(things, end_s):
    """Part what is decided before ``end_s`` from what comes later."""
    now = [thing for thing in things if thing.decided_at_s < end_s - 1e-6]
    return now, list(things)[len(now) :]


SHORT = WalkPlan(
    stretches=2, stretch_min=0.5, rest_s=10.0, warm_up_min=0.25, cool_down_min=0.25, lane_steps=12, version="test"
)


@pytest.fixture
def walker():
    return Walker(SHORT)


@pytest.fixture
def new_walker():
    """Return the class, for walks with other plans."""
    return Walker
