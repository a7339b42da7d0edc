import pickle

import numpy as np
import pytest

from sternway.conversion import plain
from sternway.detect.fall import FallSettings
from sternway.events import Event, Kind
from sternway.monitor import LATEST_DECISION_S
from sternway.motion.trunk_tracker import TrunkTracker
from sternway.recording.trace import TraceKeeper
from sternway.records import RecordKind
from sternway.samples import Block
from sternway.wire.messages import read_body
from sternway.wire.trace import trace_arrays

SPIKE_S = 20.0
LONGEST_WAIT_S = FallSettings().max_after_s


def motion(until_s, gaps=()):
    """Two samples a block at 100 Hz, with a spike at SPIKE_S; a gap is (start_s, end_s)."""
    for k in range(0, round(until_s * 100), 2):
        time_s = np.array([k, k + 1]) / 100.0
        if any(start_s <= time_s[0] < end_s for start_s, end_s in gaps):
            continue
        accel = np.tile([0.0, 0.0, 9.8], (2, 1))
        accel[np.abs(time_s - SPIKE_S) < 0.001] *= 5.0
        yield Block(time_s, accel, np.zeros((2, 3)), time_s[-1])


def traces(kind, wait_s, gaps=()):
    """Return the traces of one event at SPIKE_S, decided ``wait_s`` later."""
    keeper, tracker, found = TraceKeeper(LATEST_DECISION_S), TrunkTracker(), []
    waiting = [Event(kind, SPIKE_S, SPIKE_S + wait_s, 1.0)]
    for block in motion(95.0, gaps):
        events = [event for event in waiting if event.decided_at_s <= block.time_s[-1]]
        waiting = [event for event in waiting if event not in events]
        found += [body for _, body in keeper.update(tracker.update(block), events)]
    return found


def spike_s(body):
    accel, _ = trace_arrays(body)
    return body.start_s + np.argmax(accel[:, 2]) / body.rate_hz


@pytest.mark.parametrize("wait_s", [0.1, 2.5, 5.0, LONGEST_WAIT_S])
def test_a_trace_is_whole_however_late_the_event_is_decided(wait_s):
    (body,) = traces(Kind.FALL, wait_s)
    read_body(RecordKind.TRACE, plain(body))
    assert body.sample_count == 500
    assert body.start_s == pytest.approx(SPIKE_S - 3.0, abs=0.01)
    assert spike_s(body) == pytest.approx(SPIKE_S, abs=0.011)


@pytest.mark.parametrize(
    ("gaps", "start_s", "end_s"),
    [
        ([(18.5, 19.0)], 19.0, 22.0),
        ([(17.5, 17.8), (18.5, 19.0)], 19.0, 22.0),
        ([(20.5, 21.5)], 17.0, 20.5),
        ([(20.5, 90.0)], 17.0, 20.5),
        ([(18.5, 19.0), (20.5, 21.5)], 19.0, 20.5),
    ],
)
def test_a_trace_begins_or_ends_at_the_gap_nearest_to_its_event(gaps, start_s, end_s):
    (body,) = traces(Kind.STUMBLE, 0.1, gaps)
    read_body(RecordKind.TRACE, plain(body))
    assert body.start_s == pytest.approx(start_s, abs=0.021)
    assert body.sample_count / body.rate_hz == pytest.approx(end_s - start_s, abs=0.04)
    assert spike_s(body) == pytest.approx(SPIKE_S, abs=0.011)


def test_what_is_held_does_not_grow():
    keeper, tracker, sizes = TraceKeeper(LATEST_DECISION_S), TrunkTracker(), []
    for count, block in enumerate(motion(60.0)):
        keeper.update(tracker.update(block), [])
        if count in (1500, 2900):
            sizes.append(len(pickle.dumps(keeper)))
    assert sizes[1] == pytest.approx(sizes[0], rel=0.01)
