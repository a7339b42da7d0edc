"""Laws that the motion of a person on foot obeys whatever the person does, and broken data does not."""

import math
from collections import deque
from dataclasses import dataclass, field

import numpy as np

from sternway.events import Cause
from sternway.motion.resample import RATE_HZ
from sternway.motion.trunk import TrunkSample
from sternway.samples import GRAVITY_MPS2, Floats, Vector

WINDOW_COUNT = 25
"""Samples judged together: a quarter of a second."""

WINDOW_S = WINDOW_COUNT / RATE_HZ


@dataclass(frozen=True, slots=True)
class PlausibilitySettings:
    """Limits of what a body does. What the development recordings reach stands in docs/validation/reliability.md.

    ``equal``: two values nearer than this are the same but for rounding in the resampler. ``moving_*``: an axis
    that ranges wider within a window shows motion, in which no other axis can stand still. ``rail_*``: 2 % inside
    the full scale (16 g, 2000 deg/s) that every driver sets; ``rail_count`` samples there are no impact, which
    takes 50 ms. ``repeat_count``: samples equal to the one before, or all 0. ``spike_*``: how far a sample may lie
    from the mean of its neighbours, and how many do within ``spike_windows``; ``rough_*`` the same for noise.
    ``velocity_mps``: no person on foot gains so much vertical speed in ``velocity_windows``; ``level_velocity_mps``
    the same, horizontally, no sample counting for more than ``push_mps2``. ``gravity_mps2``: how far the mean
    specific force of ``gravity_windows`` may be from 1 g. ``turning_radps``: a body that shakes by ``shaking_mps2``
    turns by more.
    """

    equal: float = 1e-7
    moving_mps2: float = 1.0
    moving_radps: float = 0.2
    accel_rail_mps2: float = 0.98 * 16.0 * GRAVITY_MPS2
    gyro_rail_radps: float = 0.98 * math.radians(2000.0)
    rail_count: int = 20
    repeat_count: int = 5
    spike_mps2: float = 20.0
    spike_radps: float = 4.0
    spike_count: int = 10
    rough_mps2: float = 8.0
    rough_count: int = 35
    spike_windows: int = 4
    weightless_mps2: float = 1.0
    push_mps2: float = 40.0
    velocity_mps: float = 6.0
    level_velocity_mps: float = 8.0
    velocity_windows: int = 6
    gravity_mps2: float = 2.5
    gravity_windows: int = 32
    turning_radps: float = 0.04
    shaking_mps2: float = 1.5


@dataclass(frozen=True, slots=True)
class AlarmSettings:
    """Limits of the second before a fall hits the ground; beyond them an alarm is not believed.

    In 162 acted falls of SisFall, from 1 s to 50 ms before the impact: speed gained up to 2.2 m/s horizontally,
    3.5 vertically; from one sample to the next, force that changes by up to 26 m/s2 and turns by less than 90
    degrees where both are above ``strong_mps2``, and a rate that changes by up to 6 rad/s; force below
    ``falling_mps2`` for up to 110 ms; at most 26 rad/s. Up and gravity part by more than ``tilted_rad`` at 1 % of the
    moments from 50 to 350 ms before the impact.
    """

    level_velocity_mps: float = 2.7
    velocity_mps: float = 4.2
    jump_mps2: float = 40.0
    jump_radps: float = 12.0
    strong_mps2: float = 6.0
    reversal: float = -0.85  # cosine, of two samples 20 ms apart
    falling_mps2: float = 2.0
    falling_count: int = 15
    turning_radps: float = 32.0
    still_count: int = 5
    tilted_rad: float = math.radians(21.0)  # between up and the mean force of ``tilted_count`` samples, ...
    tilted_count: int = 40
    tilted_mps2: float = 1.5  # ... where that is so near 1 g that nothing else moves it


@dataclass(frozen=True, slots=True)
class Law:
    """What a broken law is called as a FAULT, and how many windows in a row must break it."""

    cause: Cause
    windows: int


LAWS = {
    "frozen": Law(Cause.FROZEN_SENSOR, 3),
    "dead_axis": Law(Cause.FROZEN_SENSOR, 2),
    "repeated": Law(Cause.FROZEN_SENSOR, 2),
    "weightless": Law(Cause.FROZEN_SENSOR, 3),
    "clipped": Law(Cause.CLIPPED, 1),
    "spikes": Law(Cause.IMPLAUSIBLE, 1),
    "velocity": Law(Cause.IMPLAUSIBLE, 1),
    "gravity": Law(Cause.IMPLAUSIBLE, 1),
    "still_gyroscope": Law(Cause.IMPLAUSIBLE, 4),
}
"""A pinned axis needs no window more than is sure; a body at rest may seem frozen to a coarse sensor for a moment."""

EVIDENCE = {"velocity": "velocity_mps", "gravity": "gravity_mps2", "spikes": "spike_count"}
"""Names of the numbers that are not the seconds a law was broken."""

BY_ATTITUDE = ("velocity", "gravity")
"""Laws judged by which way is up. Where another law is broken too, that one is the cause."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """One window: the causes whose laws are broken for long enough, with evidence, and whether any law is broken."""

    causes: dict[Cause, dict[str, float]] = field(default_factory=dict)
    suspect: bool = False


class Plausibility:
    """Judges 100 Hz trunk motion in windows of :data:`WINDOW_COUNT` samples, counted from the last gap."""

    def __init__(self, settings: PlausibilitySettings | None = None) -> None:
        self._settings = settings or PlausibilitySettings()
        self.restart()

    def restart(self) -> None:
        """Forget all motion, as after a gap."""
        self._recent: deque[TrunkSample] = deque(maxlen=4 * WINDOW_COUNT)
        self._count = 0
        self._streaks = dict.fromkeys(LAWS, 0)
        self._spikes: deque[tuple[int, int]] = deque(maxlen=self._settings.spike_windows)
        self._rail_count = 0
        self.restart_attitude()

    def restart_attitude(self) -> None:
        """Forget what depends on which way is up."""
        self._gains: deque[list[float]] = deque(maxlen=self._settings.velocity_windows)
        self._rises: deque[float] = deque(maxlen=self._settings.gravity_windows)

    def push(self, sample: TrunkSample) -> Judgement | None:
        """Take one sample; return the judgement of the window that it completes."""
        self._recent.append(sample)
        self._count += 1
        return None if self._count % WINDOW_COUNT else self._judged([*self._recent][-WINDOW_COUNT - 2 :])

    def doubts_alarm(self, decided_at_s: float) -> bool:
        """Return whether the second up to ``decided_at_s`` is unlike any before a fall's impact."""
        limits = AlarmSettings()
        recent = [sample for sample in self._recent if sample.time_s <= decided_at_s]
        if len(recent) < 3:
            return True
        accel = np.array([sample.accel_mps2 for sample in recent])
        gyro = np.array([sample.gyro_radps for sample in recent])
        level = np.array([sample.level_mps2 for sample in recent]).sum(axis=0) / RATE_HZ
        rising = sum(sample.vertical_mps2 for sample in recent) / RATE_HZ
        norm = np.sqrt((accel * accel).sum(axis=1))
        last = np.hstack((accel, gyro))[-limits.still_count :]
        return bool(
            math.sqrt(float(level @ level)) > limits.level_velocity_mps
            or abs(rising) > limits.velocity_mps
            or np.abs(np.diff(accel, axis=0)).max() > limits.jump_mps2
            or np.abs(np.diff(gyro, axis=0)).max() > limits.jump_radps
            or (gyro * gyro).sum(axis=1).max() > limits.turning_radps**2
            or np.count_nonzero(norm < limits.falling_mps2) >= limits.falling_count
            or (len(last) == limits.still_count and (np.ptp(last, axis=0) < self._settings.equal).any())
            or self._is_tilted(accel[-limits.tilted_count :], recent[-limits.tilted_count :], limits)
            or _turns(accel, norm, 1, 0.0, limits.strong_mps2)
            or _turns(accel, norm, 2, limits.reversal, limits.strong_mps2)
        )

    def _is_tilted(self, accel: Floats, samples: list[TrunkSample], limits: AlarmSettings) -> bool:
        """Return whether the gyroscope has carried up away from where gravity is felt."""
        mean = accel.mean(axis=0)
        up = np.array([sample.up for sample in samples]).mean(axis=0)
        felt_mps2 = math.sqrt(float(mean @ mean))
        near = abs(felt_mps2 - GRAVITY_MPS2) < limits.tilted_mps2
        return near and float(mean @ up) < math.cos(limits.tilted_rad) * felt_mps2 * math.sqrt(float(up @ up))

    def _judged(self, seen: list[TrunkSample]) -> Judgement:
        """Judge the last window of ``seen``, which begins two samples before it."""
        window = seen[-WINDOW_COUNT:]
        table = np.array([(*s.accel_mps2, *s.gyro_radps, s.vertical_mps2, *s.level_mps2) for s in seen])
        evidence: dict[str, float] = {}
        broken = {
            **self._still_axes(np.ptp(table[:, :6], axis=0).tolist(), sum(s.repeat_count for s in window)),
            "clipped": self._is_clipped(window, evidence),
            "spikes": self._has_spikes(table[:, :6], evidence),
            "weightless": all(s.accel_norm_mps2 < self._settings.weightless_mps2 for s in window),
            **self._attitude_laws(table[-WINDOW_COUNT:, 6:], evidence),
        }
        suspect = any(broken.values())
        if broken["clipped"]:
            broken["dead_axis"] = False
        if any(is_broken for name, is_broken in broken.items() if name not in BY_ATTITUDE):
            broken.update(dict.fromkeys(BY_ATTITUDE, False))
        return Judgement(self._lasting(broken, evidence), suspect)

    def _lasting(self, broken: dict[str, bool], evidence: dict[str, float]) -> dict[Cause, dict[str, float]]:
        """Return the causes of the laws that have been broken for windows enough."""
        causes: dict[Cause, dict[str, float]] = {}
        for name, law in LAWS.items():
            self._streaks[name] = self._streaks[name] + 1 if broken[name] else 0
            if self._streaks[name] >= law.windows:
                number, value = EVIDENCE.get(name, f"{name}_s"), evidence.get(name, self._streaks[name] * WINDOW_S)
                causes.setdefault(law.cause, {})[number] = value
        return causes

    def _still_axes(self, ranges: list[float], repeat_count: int) -> dict[str, bool]:
        settings = self._settings
        still = [width < settings.equal for width in ranges]
        shaking = max(ranges[:3])
        moving = shaking > settings.moving_mps2 or max(ranges[3:]) > settings.moving_radps
        return {
            "frozen": all(still),
            "dead_axis": moving and any(still),
            "repeated": moving and repeat_count >= settings.repeat_count,
            "still_gyroscope": shaking > settings.shaking_mps2
            and settings.equal < max(ranges[3:]) < settings.turning_radps,
        }

    def _is_clipped(self, window: list[TrunkSample], evidence: dict[str, float]) -> bool:
        """Count samples at the limit of the range; one that is not takes one of them back."""
        accel, gyro, most = self._settings.accel_rail_mps2, self._settings.gyro_rail_radps, self._settings.rail_count
        if not self._rail_count and all(s.accel_norm_mps2 < accel and s.gyro_norm_radps < gyro for s in window):
            return False
        reached = 0
        for sample in window:
            railed = _exceeds(sample.accel_mps2, accel) or _exceeds(sample.gyro_radps, gyro)
            self._rail_count = max(0, min(self._rail_count + (1 if railed else -1), most))
            reached = max(reached, self._rail_count)
        evidence["clipped"] = reached / RATE_HZ
        return reached >= most

    def _has_spikes(self, table: Floats, evidence: dict[str, float]) -> bool:
        settings = self._settings
        off = np.abs(table[1:-1] - 0.5 * (table[:-2] + table[2:]))
        most = off.max(axis=0).tolist()
        far_count = rough_count = 0
        if max(most[:3]) > settings.rough_mps2 or max(most[3:]) > settings.spike_radps:
            accel, gyro = off[:, :3].max(axis=1), off[:, 3:].max(axis=1)
            far_count = int(np.count_nonzero((accel > settings.spike_mps2) | (gyro > settings.spike_radps)))
            rough_count = int(np.count_nonzero(accel > settings.rough_mps2))
        self._spikes.append((far_count, rough_count))
        fars, roughs = zip(*self._spikes, strict=True)
        evidence["spikes"] = float(max(sum(fars), sum(roughs)))
        lasting = len(fars) == settings.spike_windows  # a fall rings for half a second
        return lasting and (
            (min(fars) >= 2 and sum(fars) >= settings.spike_count)
            or (min(roughs) >= 5 and sum(roughs) >= settings.rough_count)
        )

    def _attitude_laws(self, pushes: Floats, evidence: dict[str, float]) -> dict[str, bool]:
        """Judge by speed gained, since forces add up to gravity over any while; ``pushes`` (n, 4): up, then level.

        No single sample counts for more than ``push_mps2``: a knock on the clip is no gain in speed.
        """
        settings = self._settings
        most = settings.push_mps2
        self._gains.append((pushes.clip(-most, most).sum(axis=0) / RATE_HZ).tolist())
        self._rises.append(self._gains[-1][0])
        up, x, y, z = (sum(column) for column in zip(*self._gains, strict=True))
        level = math.sqrt(x * x + y * y + z * z)
        whole = len(self._rises) == settings.gravity_windows
        mean = sum(self._rises) / (len(self._rises) * WINDOW_S)
        evidence["velocity"], evidence["gravity"] = math.hypot(up, level), GRAVITY_MPS2 + mean
        return {
            "velocity": abs(up) > settings.velocity_mps or level > settings.level_velocity_mps,
            "gravity": whole and abs(mean) > settings.gravity_mps2,
        }


def _turns(accel: Floats, norm: Floats, apart: int, least: float, strong: float) -> bool:
    """Return whether the force turns by more than the angle with the cosine ``least`` from one sample to another."""
    both = norm[apart:] * norm[:-apart]
    cosine = (accel[apart:] * accel[:-apart]).sum(axis=1)
    return bool(((cosine < least * both) & (norm[apart:] > strong) & (norm[:-apart] > strong)).any())


def _exceeds(vector: Vector, limit: float) -> bool:
    x, y, z = vector
    return not (-limit <= x <= limit and -limit <= y <= limit and -limit <= z <= limit)
