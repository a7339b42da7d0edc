"""The raw samples around an event, kept so that a person can see later what the detector saw."""

from collections import deque
from typing import Any

import numpy as np

from sternway.events import Event, Kind
from sternway.motion.resample import RATE_HZ
from sternway.motion.trunk import TrunkMotion
from sternway.records import trace_body
from sternway.samples import Floats

BEFORE_S, AFTER_S = 3.0, 2.0
TRACED = frozenset({Kind.STUMBLE, Kind.PRE_IMPACT, Kind.FALL})


class TraceKeeper:
    """Holds the last seconds of motion; gives the trace of an event once what followed it is known."""

    def __init__(self) -> None:
        self._stretches: deque[TrunkMotion] = deque()
        self._waiting: deque[Event] = deque(maxlen=8)

    def update(self, trunk: list[TrunkMotion], events: list[Event]) -> list[tuple[Event, dict[str, Any]]]:
        """Take motion and the events found in it; return events with the bodies of their traces, when complete."""
        self._waiting.extend(event for event in events if event.kind in TRACED)
        self._stretches.extend(stretch for stretch in trunk if len(stretch))
        if not self._stretches:
            return []
        newest_s = self._stretches[-1].samples[-1].time_s
        horizon_s = newest_s - BEFORE_S - 2.0 * AFTER_S
        while self._stretches[0].samples[-1].time_s < horizon_s:
            self._stretches.popleft()
        done = []
        while self._waiting and self._waiting[0].decided_at_s + AFTER_S <= newest_s:
            event = self._waiting.popleft()
            done.append((event, self._body(event)))
        return done

    def _body(self, event: Event) -> dict[str, Any]:
        time_s: Floats = np.concatenate([stretch.time_s for stretch in self._stretches])
        accel = np.concatenate([stretch.accel_mps2 for stretch in self._stretches])
        gyro = np.concatenate([stretch.gyro_radps for stretch in self._stretches])
        near = (time_s >= event.time_s - BEFORE_S) & (time_s < event.time_s + AFTER_S)
        start_s = float(time_s[near][0]) if near.any() else event.time_s
        return trace_body(event, start_s, RATE_HZ, accel[near], gyro[near])
