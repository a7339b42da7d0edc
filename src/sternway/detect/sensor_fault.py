"""Can what the sensor says be believed, and does it say anything at all?"""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from sternway.detect.plausibility import WINDOW_S, Judgement, Plausibility
from sternway.events import Cause, Event, Kind
from sternway.motion.angle import angle_rad
from sternway.motion.trunk import TrunkMotion, TrunkSample
from sternway.samples import Vector

SHOWN_BY_SAMPLES = (Cause.FROZEN_SENSOR, Cause.CLIPPED, Cause.IMPLAUSIBLE)
"""What only the numbers themselves show; while it is on, none of them proves a fall or a stumble."""


@dataclass(frozen=True, slots=True)
class SensorFaultSettings:
    """When samples, or their absence, are a fault, beside what :mod:`sternway.detect.plausibility` says of them."""

    gap_count: int = 6  # a window of 10 s is then broken more often than not ...
    gap_memory_s: float = 60.0  # ... for a minute
    over_s: float = 1.0  # good samples in a row that end a fault
    implausible_over_s: float = 2.0  # the same for data that break a law, which may look right for a moment
    turned_rad: float = math.radians(45.0)  # up is elsewhere than before, and no gyroscope saw it move: ...
    turned_over_s: float = 20.0  # ... believed only after so long
    doubt_s: float = 1.0  # an alarm that began so shortly after suspect samples is not believed
    lost_s: float = 0.6  # lost to at least two gaps ...
    lost_within_s: float = 2.0  # ... within this time
    silence_s: float = 1.5  # with what the detectors need, inside the promise of 2 s
    late_s: float = 0.12  # five times what the loop needs; a warning should not come later
    late_for_s: float = 1.0


_UPS_COUNT = 8
"""Windows: which way was up two seconds ago, before the filter followed data that are not true."""


class SensorFaultDetector:
    """Says FAULT with a cause (severity 1), and that it is over (severity 0).

    ``update`` judges samples. ``tick`` is called once a turn of the loop, with or without samples, and sees what no
    sample shows: silence, what the clip itself knows, lateness. Times of both are monotonic seconds. ``causes`` are
    the faults that are on. ``up_lost_at_s`` is when the samples last showed that the attitude filter is wrong.
    """

    def __init__(self, settings: SensorFaultSettings | None = None) -> None:
        self._settings = settings or SensorFaultSettings()
        self._plausibility = Plausibility()
        self._since: dict[Cause, float] = {}
        self._by_samples: set[Cause] = set()
        self._by_device: set[Cause] = set()  # the clip or the loop
        self._gaps: deque[float] = deque(maxlen=self._settings.gap_count)
        self._holes: deque[tuple[float, float]] = deque(maxlen=20)  # (end, length), seconds
        self._newest_s: float | None = None
        self._first_tick_s: float | None = None
        self._fresh = False
        self._gap_before_next = False
        self._late_since_s: float | None = None
        self._device_cause: Cause | None = None
        self._suspect_at_s: deque[float] = deque(maxlen=60)
        self._ups: deque[Vector] = deque(maxlen=_UPS_COUNT)  # while all was well
        self.up_lost_at_s = -math.inf
        self._restart()

    @property
    def causes(self) -> tuple[Cause, ...]:
        """Return the causes of the faults that are on, oldest first."""
        return tuple(self._since)

    def reset(self) -> None:
        """Forget all motion; faults that are on stay on until something shows that they are over."""
        self._restart()

    def update(self, trunk: TrunkMotion) -> list[Event]:
        """Return the faults that begin or end within these samples."""
        events: list[Event] = []
        if trunk.after_gap:
            self._gap_before_next = self._newest_s is not None
            self._restart()
        for sample in trunk.samples:
            events += self._check_sample(sample)
        return events

    def tick(self, now_s: float, cause: Cause | None = None) -> list[Event]:
        """Return the faults that begin or end by ``now_s``; ``cause`` is what the clip itself says is wrong."""
        if self._first_tick_s is None:
            self._first_tick_s = now_s
        behind_s = now_s - (self._first_tick_s if self._newest_s is None else self._newest_s)
        silent = behind_s > self._settings.silence_s and not self._fresh
        device_cause = cause or (Cause.NO_SENSOR if silent else None)
        events = self._follow_device(device_cause, now_s, behind_s)
        lost_s = self._lost_s(now_s, behind_s) if self._holes else 0.0
        broken = lost_s >= self._settings.lost_s or device_cause is Cause.GAPS
        events += self._set_fault(self._by_device, Cause.GAPS, broken, now_s, {"lost_s": lost_s})
        late = self._is_late(now_s, behind_s)
        events += self._set_fault(self._by_device, Cause.DETECTOR_LATE, late, now_s, {"behind_s": behind_s})
        self._fresh = False
        return events

    def doubts(self, event: Event) -> bool:
        """Return whether ``event`` rests on samples that cannot be trusted."""
        began_s = event.time_s - self._settings.doubt_s
        suspect = any(began_s <= at_s <= event.decided_at_s for at_s in self._suspect_at_s)
        if suspect or not self._by_samples.isdisjoint(SHOWN_BY_SAMPLES):
            return True
        return event.kind is Kind.PRE_IMPACT and self._plausibility.doubts_alarm(event.decided_at_s)

    def _restart(self) -> None:
        self._plausibility.restart()
        self._ups.clear()
        self._good_s = 0.0

    def _check_sample(self, sample: TrunkSample) -> list[Event]:
        time_s = sample.time_s
        if self._gap_before_next:
            self._gaps.append(time_s)
            self._holes.append((time_s, time_s - (self._newest_s or time_s)))
        self._newest_s, self._fresh, self._gap_before_next = time_s, True, False
        judgement = self._plausibility.push(sample)
        return [] if judgement is None else self._window(judgement, sample)

    def _window(self, judgement: Judgement, newest: TrunkSample) -> list[Event]:
        """Follow the judgement of a window that ends with the sample ``newest``."""
        time_s = newest.time_s
        self._good_s = 0.0 if judgement.suspect else self._good_s + WINDOW_S
        if judgement.suspect:
            self._suspect_at_s.append(time_s)
            self.up_lost_at_s = time_s
            self._plausibility.restart_attitude()
        elif Cause.IMPLAUSIBLE not in self._by_samples:
            self._ups.append(newest.up)
        events = []
        for cause in SHOWN_BY_SAMPLES:
            wrong = cause in judgement.causes
            if wrong or self._is_over(cause, newest.up):
                events += self._set_fault(self._by_samples, cause, wrong, time_s, judgement.causes.get(cause, {}))
        return events + self._count_gaps(time_s)

    def _is_over(self, cause: Cause, up: Vector) -> bool:
        settings = self._settings
        if cause is not Cause.IMPLAUSIBLE or cause not in self._by_samples:
            return self._good_s >= settings.over_s
        turned = bool(self._ups) and angle_rad(up, self._ups[0]) > settings.turned_rad
        return self._good_s >= (settings.turned_over_s if turned else settings.implausible_over_s)

    def _count_gaps(self, time_s: float) -> list[Event]:
        oldest_s = self._gaps[0] if len(self._gaps) == self._settings.gap_count else -math.inf
        wrong = time_s - oldest_s < self._settings.gap_memory_s
        if not wrong and self._good_s < self._settings.over_s:
            return []
        return self._set_fault(self._by_samples, Cause.GAPS, wrong, time_s, {"gap_count": float(len(self._gaps))})

    def _follow_device(self, cause: Cause | None, now_s: float, behind_s: float) -> list[Event]:
        """Follow what the clip says; one of its causes at a time."""
        events: list[Event] = []
        if self._device_cause is not None and cause is not self._device_cause:
            events += self._set_fault(self._by_device, self._device_cause, False, now_s, {"silent_s": behind_s})
        if cause is not None:
            events += self._set_fault(self._by_device, cause, True, now_s, {"silent_s": behind_s})
        self._device_cause = cause
        return events

    def _lost_s(self, now_s: float, behind_s: float) -> float:
        """Return how much of the last seconds was lost to gaps and to the silence under way; 0 for a single one."""
        since_s = now_s - self._settings.lost_within_s
        while self._holes and self._holes[0][0] <= since_s:
            self._holes.popleft()
        lost = [min(length_s, end_s - since_s) for end_s, length_s in self._holes]
        if behind_s > self._settings.late_s:
            lost.append(behind_s)
        return sum(lost) if len(lost) > 1 else 0.0

    def _is_late(self, now_s: float, behind_s: float) -> bool:
        if not self._fresh:
            return Cause.DETECTOR_LATE in self._since
        if behind_s <= self._settings.late_s:
            self._late_since_s = None
        elif self._late_since_s is None:
            self._late_since_s = now_s
        return self._late_since_s is not None and now_s - self._late_since_s >= self._settings.late_for_s

    def _set_fault(
        self, reporters: set[Cause], cause: Cause, wrong: bool, time_s: float, evidence: Mapping[str, float]
    ) -> list[Event]:
        """Let one set of reporters say whether ``cause`` is on; a fault lasts while any of them says so."""
        if wrong:
            reporters.add(cause)
        else:
            reporters.discard(cause)
        on = cause in self._by_samples or cause in self._by_device
        if on == (cause in self._since):
            return []
        if on:
            self._since[cause] = time_s
            return [Event(Kind.FAULT, time_s, time_s, 1.0, dict(evidence), cause)]
        began_s = self._since.pop(cause)
        return [Event(Kind.FAULT, began_s, time_s, 0.0, {"lasted_s": time_s - began_s}, cause)]
