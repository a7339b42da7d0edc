"""The raw samples around an event, kept so that a person can see later what the detector saw."""

from collections import deque
from collections.abc import Iterator

import numpy as np

from sternway.events import Event, Kind
from sternway.motion.resample import PERIOD_S, RATE_HZ
from sternway.motion.trunk import TrunkMotion, TrunkSample
from sternway.wire.trace import Trace, trace_body

BEFORE_S, AFTER_S = 3.0, 2.0
TRACED = frozenset({Kind.STUMBLE, Kind.PRE_IMPACT, Kind.FALL})


class TraceKeeper:
    """Holds the last seconds of motion; gives the trace of an event once what followed it is known.

    A trace has no times of its own but the first, so only motion without a gap is held: one that has a gap in it ends
    or begins there. ``latest_decision_s`` is how long after its time an event may be decided at the latest.
    """

    def __init__(self, latest_decision_s: float) -> None:
        self._kept_s = BEFORE_S + latest_decision_s + AFTER_S
        self._samples: deque[TrunkSample] = deque()
        self._waiting: deque[Event] = deque(maxlen=8)

    def update(self, trunk: list[TrunkMotion], events: list[Event]) -> list[tuple[Event, Trace]]:
        """Take motion and the events found in it; return events with the bodies of their traces, when complete."""
        self._waiting.extend(event for event in events if event.kind in TRACED)
        done: list[tuple[Event, Trace]] = []
        for stretch in trunk:
            if not len(stretch):
                continue
            if self._samples and _is_gap(self._samples[-1], stretch.samples[0]):
                done += self._cut(self._samples[-1].time_s)
                self._samples.clear()
            self._samples.extend(stretch.samples)
            newest_s = self._samples[-1].time_s
            done += self._cut(newest_s - AFTER_S)
            while self._samples[0].time_s < newest_s - self._kept_s:
                self._samples.popleft()
        return done

    def _cut(self, decided_by_s: float) -> Iterator[tuple[Event, Trace]]:
        """Yield the traces of the waiting events decided by then."""
        while self._waiting and self._waiting[0].decided_at_s <= decided_by_s:
            event = self._waiting.popleft()
            yield event, self._body(event)

    def _body(self, event: Event) -> Trace:
        start_s, end_s = event.time_s - BEFORE_S, event.time_s + AFTER_S
        near = [sample for sample in self._samples if start_s <= sample.time_s < end_s]
        accel = np.array([sample.accel_mps2 for sample in near]).reshape(-1, 3)
        gyro = np.array([sample.gyro_radps for sample in near]).reshape(-1, 3)
        return trace_body(event, near[0].time_s if near else event.time_s, RATE_HZ, accel, gyro)


def _is_gap(last: TrunkSample, first: TrunkSample) -> bool:
    return abs(first.time_s - last.time_s - PERIOD_S) > 0.5 * PERIOD_S
