import copy

import numpy as np
import pytest

from sternway.detect.sensor_fault import SensorFaultDetector
from sternway.events import Cause, Kind
from sternway.monitor import PIECE_S, Monitor
from sternway.motion.trunk_tracker import TrunkTracker
from sternway.samples import Block
from sternway.simulate.walker import BELT

RNG = np.random.default_rng(1)
RAIL = 16 * 9.80665


def motion(seconds, rate_hz=200.0, start_s=100.0):
    time_s = start_s + np.arange(round(seconds * rate_hz)) / rate_hz
    accel = np.array((0.0, 0.0, 9.8)) + RNG.normal(0.0, 1.0, (len(time_s), 3))
    return time_s, accel, RNG.normal(0.0, 0.5, (len(time_s), 3))


def trunks(time_s, accel, gyro, tracker=None, after_gap=False):
    return (tracker or TrunkTracker()).update(Block(time_s, accel, gyro, float(time_s[-1]), after_gap))


def events_of(time_s, accel, gyro):
    """Return the faults of a stream cut to 20 ms; the attitude filter begins anew where the samples ask for it."""
    detector, tracker, events = SensorFaultDetector(), TrunkTracker(), []
    for start in range(0, len(time_s), 4):
        part = slice(start, start + 4)
        for trunk in trunks(time_s[part], accel[part], gyro[part], tracker):
            before_s = detector.up_lost_at_s
            events += detector.update(trunk)
            if detector.up_lost_at_s > before_s:
                tracker.restart_attitude(detector.up_lost_at_s + PIECE_S)
    return events


def test_walking_is_no_fault():
    assert events_of(*motion(20.0)) == []


@pytest.mark.parametrize("value", [0.0, 3.0, -RAIL])
def test_a_frozen_sensor_is_a_fault_within_two_seconds_and_over_when_it_moves(value):
    time_s, accel, gyro = motion(10.0)
    accel[800:1400], gyro[800:1400] = value, 0.1
    events = events_of(time_s, accel, gyro)
    frozen = [event for event in events if event.cause is Cause.FROZEN_SENSOR]
    assert [event.severity for event in frozen] == [1.0, 0.0]
    assert frozen[0].decided_at_s - 104.0 < 1.2
    assert frozen[1].decided_at_s - 107.0 < 1.5
    assert all(event.kind is Kind.FAULT for event in events)


def test_a_clip_that_lies_still_is_not_frozen_for_noise_moves_it():
    time_s, accel, gyro = motion(10.0)
    accel = np.array((0.0, 0.0, 9.8)) + np.round(RNG.normal(0.0, 1.0, accel.shape)) * 0.00479
    assert events_of(time_s, accel, np.zeros_like(gyro)) == []


def test_a_gyroscope_that_stands_still_while_the_body_shakes_is_a_fault():
    time_s, accel, gyro = motion(5.0)
    (event,) = events_of(time_s, accel, np.full_like(gyro, 0.01))
    assert event.cause is Cause.FROZEN_SENSOR
    assert event.time_s - 100.0 < 1.5


def test_weightless_for_longer_than_any_fall_is_a_dead_accelerometer():
    time_s, accel, gyro = motion(5.0)
    accel = RNG.normal(0.0, 0.1, accel.shape)
    (event,) = events_of(time_s, accel, gyro)
    assert event.cause is Cause.FROZEN_SENSOR


def test_the_free_fall_of_a_real_fall_is_none():
    time_s, accel, gyro = motion(5.0)
    accel[400:480] = RNG.normal(0.0, 0.1, (80, 3))  # 0.4 s: nearly a metre
    assert events_of(time_s, accel, gyro) == []


def test_a_sensor_at_its_rail_is_clipped():
    time_s, accel, gyro = motion(10.0)
    accel[800:1400, 2] = RAIL
    events = events_of(time_s, accel, gyro)
    assert [(event.cause, event.severity) for event in events] == [(Cause.CLIPPED, 1.0), (Cause.CLIPPED, 0.0)]
    assert events[0].decided_at_s - 104.0 < 0.5


def test_an_impact_that_rails_for_50_ms_is_not():
    time_s, accel, gyro = motion(10.0)
    accel[800:810, 2] = RAIL
    assert events_of(time_s, accel, gyro) == []


def broken_every(period_s, seconds):
    time_s, accel, gyro = motion(seconds)
    kept = (time_s - 100.0) % period_s > 0.5
    return time_s[kept], accel[kept], gyro[kept]


def test_many_gaps_are_a_fault_that_ends_a_while_after_the_last():
    time_s, accel, gyro = broken_every(5.0, 200.0)
    calm = motion(100.0, start_s=300.0)
    events = events_of(*(np.concatenate(pair) for pair in zip((time_s, accel, gyro), calm, strict=True)))
    assert [(event.cause, event.severity) for event in events] == [(Cause.GAPS, 1.0), (Cause.GAPS, 0.0)]
    assert events[0].evidence == {"gap_count": 6.0}


def test_a_gap_now_and_then_is_none():
    assert events_of(*broken_every(30.0, 200.0)) == []


def test_the_first_block_follows_no_gap():
    tracker, detector = TrunkTracker(), SensorFaultDetector()
    for trunk in trunks(*motion(5.0), tracker, after_gap=True):
        detector.update(trunk)
    assert len(detector._gaps) == 0


@pytest.mark.parametrize("cut", [1, 3, 20, 333])
def test_where_the_stream_is_cut_does_not_matter(cut):
    time_s, accel, gyro = broken_every(5.0, 60.0)
    accel[2000:2600], gyro[2000:2600] = 1.0, 0.0
    whole = events_of(time_s, accel, gyro)
    tracker, detector = TrunkTracker(), SensorFaultDetector()
    pieces = []
    for start in range(0, len(time_s), cut):
        part = slice(start, start + cut)
        for trunk in trunks(time_s[part], accel[part], gyro[part], tracker):
            pieces += copy.deepcopy(detector).update(trunk)
            detector.update(trunk)
    assert pieces == whole
    assert whole


def ticks(detector, from_s, to_s, cause=None):
    return [event for now_s in np.arange(from_s, to_s, 0.02) for event in detector.tick(float(now_s), cause)]


def fed(detector, tracker, seconds, start_s, late_s=0.01):
    """Feed walking in blocks of 20 ms, each followed by a tick ``late_s`` after its newest sample."""
    events = []
    for block_s in np.arange(start_s, start_s + seconds, 0.02):
        signals = motion(0.02, start_s=float(block_s))
        for trunk in trunks(*signals, tracker):
            events += detector.update(trunk)
        events += detector.tick(float(signals[0][-1]) + late_s)
    return events


def test_silence_from_the_start_is_a_fault_within_two_seconds():
    events = ticks(SensorFaultDetector(), 50.0, 60.0)
    assert [event.cause for event in events] == [Cause.NO_SENSOR]
    assert events[0].decided_at_s - 50.0 < 2.0


def test_silence_while_walking_is_a_fault_and_samples_end_it():
    detector, tracker = SensorFaultDetector(), TrunkTracker()
    assert fed(detector, tracker, 5.0, 100.0) == []
    (began,) = ticks(detector, 105.0, 112.0)
    assert began.cause is Cause.NO_SENSOR
    assert began.decided_at_s - 105.0 < 2.0
    assert detector.causes == (Cause.NO_SENSOR,)
    ended = [event for event in fed(detector, tracker, 3.0, 112.0) if event.cause is Cause.NO_SENSOR]
    assert [event.severity for event in ended] == [0.0]
    assert detector.causes == ()


def test_what_the_clip_knows_is_said_at_once_and_once():
    detector = SensorFaultDetector()
    (event,) = ticks(detector, 50.0, 60.0, Cause.WRONG_CHIP)
    assert (event.cause, event.decided_at_s) == (Cause.WRONG_CHIP, 50.0)
    changed = detector.tick(60.0, Cause.FROZEN_SENSOR)
    assert [(event.cause, event.severity) for event in changed] == [
        (Cause.WRONG_CHIP, 0.0),
        (Cause.FROZEN_SENSOR, 1.0),
    ]


def test_samples_and_clip_agreeing_give_one_fault_that_ends_when_both_say_so():
    time_s, accel, gyro = motion(6.0)
    accel[400:800], gyro[400:800] = 1.0, 0.0
    tracker, detector = TrunkTracker(), SensorFaultDetector()
    events = []
    for start in range(0, len(time_s), 4):
        part = slice(start, start + 4)
        for trunk in trunks(time_s[part], accel[part], gyro[part], tracker):
            events += detector.update(trunk)
        now_s = float(time_s[part][-1]) + 0.01
        events += detector.tick(now_s, Cause.FROZEN_SENSOR if 102.5 < now_s < 105.5 else None)
    assert [(event.cause, event.severity) for event in events] == [
        (Cause.FROZEN_SENSOR, 1.0),
        (Cause.FROZEN_SENSOR, 0.0),
    ]
    assert events[1].decided_at_s > 105.4


def test_a_loop_that_falls_behind_for_a_second_is_late():
    detector, tracker = SensorFaultDetector(), TrunkTracker()
    assert fed(detector, tracker, 5.0, 100.0, late_s=0.1) == []
    events = fed(detector, tracker, 3.0, 105.0, late_s=0.4)
    assert [event.cause for event in events] == [Cause.DETECTOR_LATE]
    assert events[0].evidence["behind_s"] > 0.25
    events = fed(detector, tracker, 1.0, 108.0, late_s=0.01)
    assert [event.severity for event in events] == [0.0]


def test_one_slow_turn_is_not_late():
    detector, tracker = SensorFaultDetector(), TrunkTracker()
    fed(detector, tracker, 5.0, 100.0)
    events = fed(detector, tracker, 0.3, 105.0, late_s=0.5)
    assert events + fed(detector, tracker, 3.0, 105.3) == []


@pytest.mark.parametrize("memory", [{}, {"mounting": BELT.body()}])
def test_an_accelerometer_that_reads_nothing_from_the_start_is_a_frozen_sensor(memory):
    time_s, accel, gyro = motion(5.0)
    monitor = Monitor(memory=memory)
    events = monitor.update(Block(time_s, 0.0 * accel, gyro, float(time_s[-1]))).events
    assert Cause.FROZEN_SENSOR in [event.cause for event in events]
