"""Can what the sensor says be believed, and does it say anything at all?"""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from sternway.events import Cause, Event, Kind
from sternway.motion.resample import RATE_HZ
from sternway.motion.trunk import TrunkMotion, TrunkSample
from sternway.samples import GRAVITY_MPS2, Vector


@dataclass(frozen=True, slots=True)
class SensorFaultSettings:
    """When samples, or their absence, are a fault.

    ``accel_rail_mps2`` and ``gyro_rail_radps``: 2 % inside the full scale (16 g, 2000 deg/s) that every driver sets.
    """

    frozen_s: float = 1.0  # noise moves the last bit of three axes many times a second
    weightless_mps2: float = 1.0  # nobody falls freely for a second: that is five metres
    weightless_s: float = 1.0
    dead_gyro_s: float = 1.0  # a gyroscope that stands still while the accelerometer shakes
    shaking_mps2: float = 0.3  # between two samples; a walking waist does so tens of times a second
    shaking_count: int = 20
    accel_rail_mps2: float = 0.98 * 16.0 * GRAVITY_MPS2
    gyro_rail_radps: float = 0.98 * math.radians(2000.0)
    rail_s: float = 0.3  # an impact rails for some 50 ms
    gap_count: int = 6  # a window of 10 s is then broken more often than not ...
    gap_memory_s: float = 60.0  # ... for a minute
    over_s: float = 1.0  # good samples in a row that end a fault
    lost_s: float = 0.6  # lost to at least two gaps ...
    lost_within_s: float = 2.0  # ... within this time
    silence_s: float = 1.5  # with what the detectors need, inside the promise of 2 s
    late_s: float = 0.12  # five times what the loop needs; a warning should not come later
    late_for_s: float = 1.0


class SensorFaultDetector:
    """Says FAULT with a cause (severity 1), and that it is over (severity 0).

    ``update`` looks at samples: frozen, weightless, dead gyroscope, clipped, gaps. ``tick`` is called once a turn of
    the loop, with or without samples, and sees what no sample shows: silence, what the clip itself knows, lateness.
    Times of both are monotonic seconds. ``causes`` are the faults that are on.
    """

    def __init__(self, settings: SensorFaultSettings | None = None) -> None:
        self._settings = settings or SensorFaultSettings()
        self._rail_limit = round(self._settings.rail_s * RATE_HZ)
        self._since: dict[Cause, float] = {}
        self._by_samples: set[Cause] = set()  # by samples
        self._by_device: set[Cause] = set()  # by the clip or the loop
        self._gaps: deque[float] = deque(maxlen=self._settings.gap_count)
        self._holes: deque[tuple[float, float]] = deque(maxlen=20)  # (end, length), seconds
        self._newest_s: float | None = None
        self._first_tick_s: float | None = None
        self._fresh = False
        self._gap_before_next = False
        self._late_since_s: float | None = None
        self._device_cause: Cause | None = None
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
        mine = cause or (Cause.NO_SENSOR if silent else None)
        events = self._device(mine, now_s, behind_s)
        lost_s = self._lost_s(now_s, behind_s) if self._holes else 0.0
        events += self._judge(self._told, Cause.GAPS, lost_s >= self._settings.lost_s, now_s, {"lost_s": lost_s})
        late = self._is_late(now_s, behind_s)
        events += self._set_fault(self._by_device, Cause.DETECTOR_LATE, late, now_s, {"behind_s": behind_s})
        self._fresh = False
        return events

    def _restart(self) -> None:
        self._last: tuple[Vector, Vector] | None = None
        self._repeat_count = self._repeat_gyro_count = self._shaken_count = 0
        self._weightless_count = self._rail_count = self._good_count = 0

    def _check_sample(self, sample: TrunkSample) -> list[Event]:
        settings, time_s = self._settings, sample.time_s
        if self._gap_before_next:
            self._gaps.append(time_s)
            self._holes.append((time_s, time_s - (self._newest_s or time_s)))
        self._newest_s, self._fresh, self._gap_before_next = time_s, True, False
        self._count_repeats(sample.accel_mps2, sample.gyro_radps)
        weightless = sample.accel_norm_mps2 < settings.weightless_mps2
        self._weightless_count = self._weightless_count + 1 if weightless else 0
        self._count_rails(sample)
        suspect = self._repeat_count or self._shaken_count or self._weightless_count or self._rail_count
        self._good_count = 0 if suspect else self._good_count + 1
        if not suspect and not self._by_samples and len(self._gaps) < settings.gap_count:
            return []
        oldest_gap_s = self._gaps[0] if len(self._gaps) == settings.gap_count else -math.inf
        dead_gyro_count = self._repeat_gyro_count if self._shaken_count >= settings.shaking_count else 0
        frozen_count = max(self._repeat_count, dead_gyro_count, self._weightless_count)
        frozen = (
            self._repeat_count >= settings.frozen_s * RATE_HZ
            or dead_gyro_count >= settings.dead_gyro_s * RATE_HZ
            or self._weightless_count >= settings.weightless_s * RATE_HZ
        )
        return [
            *self._set_by_samples(Cause.FROZEN_SENSOR, frozen, time_s, {"frozen_s": frozen_count / RATE_HZ}),
            *self._set_by_samples(
                Cause.CLIPPED,
                self._rail_count >= self._rail_limit,
                time_s,
                {"clipped_s": self._rail_count / RATE_HZ},
            ),
            *self._set_by_samples(
                Cause.GAPS,
                time_s - oldest_gap_s < settings.gap_memory_s,
                time_s,
                {"gap_count": float(len(self._gaps))},
            ),
        ]

    def _count_rails(self, sample: TrunkSample) -> None:
        accel_rail_mps2, gyro_rail_radps = self._settings.accel_rail_mps2, self._settings.gyro_rail_radps
        railed = (sample.accel_norm_mps2 > accel_rail_mps2 and _exceeds(sample.accel_mps2, accel_rail_mps2)) or (
            sample.gyro_norm_radps > gyro_rail_radps and _exceeds(sample.gyro_radps, gyro_rail_radps)
        )
        if railed:
            self._rail_count = min(self._rail_limit, self._rail_count + 1)
        elif self._rail_count:
            self._rail_count -= 1

    def _set_by_samples(self, cause: Cause, wrong: bool, time_s: float, evidence: Mapping[str, float]) -> list[Event]:
        """Judge by samples: a fault ends only when a while was good."""
        if not wrong and self._good_count < self._settings.over_s * RATE_HZ:
            return []
        return self._set_fault(self._by_samples, cause, wrong, time_s, evidence)

    def _count_repeats(self, accel: Vector, gyro: Vector) -> None:
        last, self._last = self._last, (accel, gyro)
        if last is None:
            return
        same = _same(accel, last[0])
        self._repeat_count = self._repeat_count + 1 if same else 0
        if not _same(gyro, last[1]):
            self._repeat_gyro_count = self._shaken_count = 0
            return
        self._repeat_gyro_count += 1
        step = max(abs(a - b) for a, b in zip(accel, last[0], strict=True))
        self._shaken_count += step > self._settings.shaking_mps2

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
        """Let one voice say whether ``cause`` is on; a fault lasts while any voice says so."""
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


def _same(one: Vector, other: Vector) -> bool:
    """Return whether two samples are equal but for rounding in the resampler."""
    return abs(one[0] - other[0]) < 1e-7 and abs(one[1] - other[1]) < 1e-7 and abs(one[2] - other[2]) < 1e-7


def _exceeds(vector: Vector, limit: float) -> bool:
    x, y, z = vector
    return not (-limit <= x <= limit and -limit <= y <= limit and -limit <= z <= limit)
