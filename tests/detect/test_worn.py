import os
from pathlib import Path

import numpy as np
import pytest

from sternway.detect.worn import WornDetector
from sternway.device.clip import Clip
from sternway.device.emulated import EmulatedBus, EmulatedLsm6dsox, EmulatedMpu6050, VirtualClock
from sternway.events import Kind
from sternway.motion.trunk_tracker import TrunkTracker
from sternway.samples import Block

RATE_HZ = 100
RNG = np.random.default_rng(2)


def table(seconds, up=(0.0, 0.0, 9.8)):
    """A chip on a table: its own noise and nothing else."""
    n = round(seconds * RATE_HZ)
    return np.array(up) + RNG.normal(0.0, 0.006, (n, 3)), RNG.normal(0.01, 0.0006, (n, 3))


def sitting(seconds, up=(0.0, 0.0, 9.8)):
    """Somebody very quiet: breathing turns the trunk by half a degree, four seconds a breath."""
    accel, gyro = table(seconds, up)
    breath = np.sin(2 * np.pi * 0.25 * np.arange(len(accel)) / RATE_HZ)
    gyro[:, 0] += 0.0137 * breath
    accel[:, 1] += 0.085 * np.roll(breath, 100)
    return accel, gyro


def handling(seconds):
    """Taken off and turned over by a hand."""
    n = round(seconds * RATE_HZ)
    angle = np.linspace(0.0, np.pi / 2, n)
    accel = 9.8 * np.column_stack((np.zeros(n), np.sin(angle), np.cos(angle))) + RNG.normal(0.0, 1.0, (n, 3))
    gyro = np.column_stack((np.full(n, -np.pi / 2 / seconds), np.zeros(n), np.zeros(n)))
    return accel, gyro + RNG.normal(0.0, 0.2, (n, 3))


def told(*stretches, detector=None, cut=None):
    accel, gyro = (np.concatenate(parts) for parts in zip(*stretches, strict=True))
    time_s = np.arange(len(accel)) / RATE_HZ
    tracker, detector = TrunkTracker(), detector or WornDetector()
    events = []
    for start in range(0, len(time_s), cut or len(time_s)):
        part = slice(start, start + (cut or len(time_s)))
        for trunk in tracker.update(Block(time_s[part], accel[part], gyro[part], float(time_s[part][-1]))):
            events += detector.update(trunk)
    return events


def test_a_clip_left_on_a_table_is_not_worn():
    (event,) = told(table(60.0))
    assert (event.kind, event.severity) == (Kind.NOT_WORN, 1.0)
    assert event.decided_at_s == pytest.approx(20.0, abs=1.1)
    assert event.time_s == pytest.approx(0.0, abs=1.1)


def test_somebody_who_sits_quietly_wears_it():
    detector = WornDetector()
    assert told(sitting(120.0), detector=detector) == []
    assert detector.worn is True


def test_taken_off_and_laid_down_is_told_sooner():
    (event,) = told(sitting(20.0), handling(2.0), table(30.0, up=(0.0, 9.8, 0.0)))
    assert event.severity == 1.0
    assert event.decided_at_s - 22.0 < 12.1
    assert event.time_s == pytest.approx(22.0, abs=1.1)


def test_somebody_who_fell_and_breathes_still_wears_it():
    assert told(sitting(20.0), handling(1.0), sitting(60.0, up=(0.0, 9.8, 0.0))) == []


def test_put_on_again_it_is_worn():
    away, back = told(table(30.0), handling(3.0), sitting(20.0, up=(0.0, 9.8, 0.0)))
    assert (away.severity, back.severity) == (1.0, 0.0)
    assert back.decided_at_s - 30.0 < 4.1


def test_a_slammed_door_does_not_put_the_clip_on_a_person():
    accel, gyro = table(60.0)
    accel[3000:3050] += RNG.normal(0.0, 0.5, (50, 3))
    assert len(told((accel, gyro))) == 1


def test_until_something_shows_it_nobody_knows():
    detector = WornDetector()
    told(table(5.0), detector=detector)
    assert detector.worn is None


@pytest.mark.parametrize("cut", [1, 7, 250])
def test_where_the_stream_is_cut_does_not_matter(cut):
    stretches = (sitting(10.0), handling(2.0), table(30.0, up=(0.0, 9.8, 0.0)), handling(3.0), sitting(10.0))
    whole = told(*stretches)
    assert len(whole) == 2
    assert told(*stretches, cut=cut) == whole


class Rest:
    def at(self, times_s):
        return np.tile((0.0, 0.0, 9.8), (len(times_s), 1)), np.tile((0.02, 0.01, -0.01), (len(times_s), 1))


@pytest.mark.parametrize(("kind", "address"), [(EmulatedLsm6dsox, 0x6A), (EmulatedMpu6050, 0x68)])
def test_each_chip_at_rest_is_stiller_than_anybody(kind, address):
    clock = VirtualClock()
    clip = Clip(EmulatedBus({address: kind(Rest(), clock)}, clock, clock.sleep), clock=clock, sleep=clock.sleep)
    tracker, detector = TrunkTracker(), WornDetector()
    events = []
    for block in clip:
        events += [event for trunk in tracker.update(block) for event in detector.update(trunk)]
        if clock() > 30.0:
            break
    assert [event.severity for event in events] == [1.0]


@pytest.mark.data
@pytest.mark.skipif("STERNWAY_DATA" not in os.environ, reason="needs the recordings of STERNWAY_DATA")
def test_nobody_who_sits_stands_or_lies_is_taken_for_a_table():
    from sternway.evaluate.datasets import dataset

    hapt = dataset("hapt")
    files = hapt.find(Path(os.environ["STERNWAY_DATA"]) / "hapt")
    assert files
    for file in files[::10]:
        detector = WornDetector()
        assert [e for trunk in TrunkTracker().update(hapt.read(file).block()) for e in detector.update(trunk)] == []
