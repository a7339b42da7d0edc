"""When the feet meet the ground, told from the vertical motion of the trunk alone."""

import math
from array import array
from collections import deque
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import numpy as np

from sternway.motion.angle import angle_rad, unit
from sternway.motion.filters import BandPass
from sternway.motion.gait import Direction, Step
from sternway.motion.resample import PERIOD_S, RATE_HZ
from sternway.samples import Vector

_HISTORY_COUNT = 512


@dataclass(frozen=True, slots=True)
class StepSettings:
    """How steps are told from other motion; set on IPOL, mobgap and HAPT, in samples of 100 Hz seconds and m/s2.

    ``low_hz`` to ``high_hz`` is 42 to 198 steps a minute, with room on both sides of the usual 60 to 140. A rise of
    the band counts when it is ``min_rise`` of the usual one and ``floor_mps2`` at least. A rise above ``early_rise``
    is decided as soon as it has fallen by ``early_fall``; others by ``fall`` or after ``still_s`` without a new top.
    ``refractory_s`` and ``refractory_steps`` (a share of the usual step) keep the second hump of a step out: weak
    humps, with less than the usual rise, must come nearly a full step later, and not ``late_steps`` later when below
    ``late_rise``: that is a body coming to rest. ``strong_count`` strong steps in a row begin a walk, or
    ``weak_count`` weak ones, of even rhythm (``rhythm``) and like strength (``evenness``).
    ``hold_s`` without a step ends it, and so does leaning further than ``lean_rad`` from where the trunk was a
    second ago, or than ``bend_rad`` from where it was when the walk began (HAPT: sitting and lying down slowly); a
    walk does not begin beyond ``start_lean_rad``: sitting down, lying down and getting up shake the trunk like
    two or three steps. While the trunk is not ``settle_rad`` near where it was (a mean over ``settle_time_s``), or
    turns faster than ``turn_radps`` (a mean over ``turn_time_s``), only steps of ``unsettled_mps2`` count as strong
    and others must be ``unsettled_count``: settling down and turning on the spot shake like a few weak steps (HAPT:
    before lying down people turn by 50 to 110 degrees in the time of three steps, setting out by 17 at most).
    Over ``rhythm_window_s`` the band is compared with itself a step later: the first lag that is ``rhythm_first`` as
    alike as the best, ``rhythm_least`` at least, is the step time, and humps sooner than ``rhythm_refractory`` of it
    are second humps of slow steps (SisFall, elderly, 70 steps a minute: at two thirds).
    ``forward_lag_s`` is from contact to the top of the band in forward walking; backward, toe first, the top
    wanders and the middle of the rise is steadier: ``backward_lead_s`` before the contact (both medians on IPOL).
    """

    low_hz: float = 0.7
    high_hz: float = 3.3
    min_rise: float = 0.15
    floor_mps2: float = 0.3
    fall: float = 0.15
    early_rise: float = 0.35
    early_fall: float = 0.01
    still_s: float = 0.15
    refractory_s: float = 0.28
    refractory_steps: float = 0.55
    weak_refractory_steps: float = 0.9
    weak_relief: float = 0.4
    late_steps: float = 1.6
    late_rise: float = 0.25
    strong_count: int = 3
    weak_count: int = 5
    strong_mps2: float = 0.7
    weak_mps2: float = 0.5
    min_mps2: float = 0.3
    rhythm: float = 0.25
    evenness: float = 4.0
    shortest_s: float = 0.38
    longest_s: float = 1.15
    hold_s: float = 1.5
    lean_rad: float = math.radians(25.0)
    start_lean_rad: float = math.radians(14.0)
    lean_time_s: float = 1.0
    settle_time_s: float = 3.0
    settle_rad: float = math.radians(8.0)
    turn_time_s: float = 1.0
    turn_radps: float = math.radians(40.0)
    unsettled_mps2: float = 2.0
    unsettled_count: int = 6
    bend_rad: float = math.radians(15.0)
    lean_hold_s: float = 1.0
    rhythm_window_s: float = 4.0
    rhythm_every_s: float = 0.5
    rhythm_least: float = 0.4
    rhythm_first: float = 0.35
    rhythm_refractory: float = 0.72
    forward_lag_s: float = 0.08
    backward_lead_s: float = 0.052


@dataclass(frozen=True, slots=True)
class _Rise:
    """A rise of the band and the top it reached; positions count samples since the start."""

    top: int
    height_mps2: float
    mid_rise: float
    loading_mps3: float


class StepDetector:
    """Streaming initial contacts from vertical acceleration, sample by sample at 100 Hz.

    The trunk is lowest, so its upward acceleration largest, soon after each contact, forward and backward alike.
    Humps of the band-passed vertical acceleration are found with hysteresis on their usual rise (idea: Shin and Park
    2011; Pham 2017) and count once their rhythm is that of walking; then the first ones are counted back. Decided
    about 0.1 s after the contact, the first steps of a walk when the third (weak: fifth) is.
    """

    def __init__(self, settings: StepSettings | None = None) -> None:
        self._settings = settings or StepSettings()
        self._band = BandPass(self._settings.low_hz, self._settings.high_hz)
        self._rhythm_every = round(self._settings.rhythm_every_s * RATE_HZ)
        self._turn_gain = PERIOD_S / self._settings.turn_time_s
        self._lean = _Lean(self._settings)
        self.reset()

    def reset(self) -> None:
        """Forget all motion."""
        self._band.reset()
        self._lean.reset()
        self._count = 0
        self._bands = array("d", [0.0] * _HISTORY_COUNT)
        self._verticals = [0.0] * _HISTORY_COUNT
        self._period: int | None = None
        self._typical_rise_mps2 = 0.0
        self._rising = False
        self._trough = self._top = 0.0
        self._trough_at = self._top_at = 0
        self._last_top: int | None = None
        self._turning_radps = 0.0
        self._run: list[_Rise] = []
        self._stop()

    @property
    def walking(self) -> bool:
        """Return whether steps follow each other now."""
        return self._walking

    def update(
        self, time_s: float, vertical_mps2: float, up: Vector, yaw_radps: float, direction: Direction
    ) -> list[Step]:
        """Return the steps that the sample at ``time_s`` decides; ``direction`` is the way the wearer walks now."""
        self._count = count = self._count + 1
        band = self._band.update(vertical_mps2)
        self._bands[count % _HISTORY_COUNT] = band
        self._verticals[count % _HISTORY_COUNT] = vertical_mps2
        self._lean.update(up)
        if self._lean.tilted:
            self._run = []
        if self._lean.bent:
            self._stop()
        self._turning_radps += self._turn_gain * (yaw_radps - self._turning_radps)
        self._decay()
        if count % self._rhythm_every == 0:
            self._period = self._step_period()
        rise = self._find_rise(band)
        if rise is None:
            return []
        counted = self._continue_walk(rise) if self._walking else self._try_start(rise, up)
        if self._last_top == rise.top or self._top - band > min(self._hysteresis_mps2(), 0.5 * rise.height_mps2):
            self._rising, self._trough, self._trough_at = False, band, count
        return [self._step(one, time_s, direction) for one in counted]

    def _stop(self) -> None:
        self._walking = False
        self._lean.end_walk()
        self._run = []
        self._intervals: deque[int] = deque(maxlen=5)
        self._last_step_s: float | None = None

    def _decay(self) -> None:
        if self._last_top is None or self._count - self._last_top <= self._settings.hold_s * RATE_HZ:
            return
        self._typical_rise_mps2 *= 0.99
        if self._walking:
            self._stop()

    def _hysteresis_mps2(self) -> float:
        typical, least = self._settings.fall * self._typical_rise_mps2, 0.5 * self._settings.floor_mps2
        return typical if typical > least else least

    def _find_rise(self, band: float) -> _Rise | None:
        """Follow the band up and down; return a hump when its top is known well enough."""
        settings, now, move = self._settings, self._count, self._hysteresis_mps2()
        if not self._rising:
            if band < self._trough:
                self._trough, self._trough_at = band, now
            elif band - self._trough > move:
                self._rising, self._top, self._top_at = True, band, now
            return None
        if band > self._top:
            self._top, self._top_at = band, now
        rise, fall = self._top - self._trough, self._top - band
        over = fall > move or now - self._top_at >= settings.still_s * RATE_HZ
        typical = self._typical_rise_mps2
        early = self._walking and rise > settings.early_rise * typical and fall > settings.early_fall * typical
        return _Rise(self._top_at, rise, self._mid_rise(), self._loading()) if over or early else None

    def _continue_walk(self, rise: _Rise) -> list[_Rise]:
        """Count one more step of a walk, if the hump is large enough and comes late enough."""
        settings = self._settings
        interval = rise.top - (self._last_top or 0)
        relative = rise.height_mps2 / self._typical_rise_mps2
        share = max(settings.refractory_steps, settings.weak_refractory_steps - settings.weak_relief * relative)
        if self._period is not None:
            share = max(share, settings.rhythm_refractory)
        typical = self._period or median(self._intervals)
        soon = interval < max(settings.refractory_s * RATE_HZ, share * typical)
        late = interval > settings.late_steps * typical and relative < settings.late_rise
        if soon or late or relative <= settings.min_rise or rise.height_mps2 <= settings.floor_mps2:
            return []
        self._intervals.append(interval)
        self._last_top = rise.top
        self._typical_rise_mps2 += 0.25 * (rise.height_mps2 - self._typical_rise_mps2)
        return [rise]

    def _try_start(self, rise: _Rise, up: Vector) -> list[_Rise]:
        """Add a hump to those that may become a walk; return all of them once their rhythm says so."""
        settings = self._settings
        if rise.height_mps2 <= settings.floor_mps2:
            return []
        since = rise.top - self._run[-1].top if self._run else 0
        if not self._run or since > settings.longest_s * RATE_HZ:
            self._run = [rise]
        elif since >= max(settings.shortest_s * RATE_HZ, settings.rhythm_refractory * (self._period or 0)):
            self._run = [*self._run[-settings.unsettled_count :], rise]
        elif rise.height_mps2 > self._run[-1].height_mps2:
            self._run[-1] = rise
        self._last_top = rise.top
        self._typical_rise_mps2 = 0.75 * max(one.height_mps2 for one in self._run[-3:])
        settled = self._lean.is_settled(up) and abs(self._turning_radps) < settings.turn_radps
        for count, least in (
            (settings.strong_count, settings.strong_mps2 if settled else settings.unsettled_mps2),
            (settings.weak_count if settled else settings.unsettled_count, settings.weak_mps2),
        ):
            if self._is_even(self._run[-count:], count, least):
                return self._start_walk(count)
        return []

    def _is_even(self, run: list[_Rise], count: int, min_mps2: float) -> bool:
        settings = self._settings
        if len(run) < count:
            return False
        heights = [one.height_mps2 for one in run]
        intervals = _intervals(run)
        typical = median(intervals)
        return (
            median(heights) > min_mps2
            and min(heights) > settings.min_mps2
            and max(heights) < settings.evenness * min(heights)
            and all(abs(interval - typical) <= settings.rhythm * typical for interval in intervals)
        )

    def _start_walk(self, count: int) -> list[_Rise]:
        """Begin a walk with the last ``count`` humps, and the one before them where it fits as a first, weak step."""
        run = self._run[-count:]
        typical = median(_intervals(run))
        for before in self._run[-count - 1 : -count]:
            if (
                before.height_mps2 > 0.25 * run[0].height_mps2
                and 0.85 * typical < run[0].top - before.top < 1.6 * typical
            ):
                run = [before, *run]
        self._walking = True
        self._lean.begin_walk()
        self._run = []
        self._intervals.extend(_intervals(run))
        self._typical_rise_mps2 = median(one.height_mps2 for one in run)
        return run

    def _step_period(self) -> int | None:
        """Return the step time in samples as the autocorrelation of the last seconds says it, if it says any."""
        settings = self._settings
        count = round(settings.rhythm_window_s * RATE_HZ)
        if self._count < count:
            return None
        now = self._count % _HISTORY_COUNT + 1
        shortest, longest = round(settings.shortest_s * RATE_HZ), round(settings.longest_s * RATE_HZ)
        ring, nothing = np.frombuffer(self._bands), np.zeros(longest + 1)
        band = np.concatenate((ring[now:], ring[:now], nothing))[-count - len(nothing) :]
        products = np.correlate(band, band[:count])
        autocorrelation = products[shortest:] / np.arange(count - shortest, count - longest - 2, -1)
        inner = autocorrelation[1:-1]
        peaks = np.flatnonzero((inner >= autocorrelation[:-2]) & (inner > autocorrelation[2:]))
        heights = inner[peaks]
        best = heights.max(initial=0.0)
        if best <= settings.rhythm_least * products[0] / count:
            return None
        return shortest + 1 + int(peaks[(heights >= settings.rhythm_first * best).argmax()])

    def _step(self, rise: _Rise, now_s: float, direction: Direction) -> Step:
        settings = self._settings
        ago_s = (self._count - rise.top) * PERIOD_S + settings.forward_lag_s
        if direction is Direction.BACKWARD:
            ago_s = (self._count - rise.mid_rise) * PERIOD_S - settings.backward_lead_s
        time_s = now_s - ago_s
        since_s = None if self._last_step_s is None else time_s - self._last_step_s
        self._last_step_s = time_s
        return Step(time_s, now_s, since_s, loading_mps3=rise.loading_mps3)

    def _mid_rise(self) -> float:
        """Return where the band crossed the middle of its rise, between samples."""
        middle = 0.5 * (self._trough + self._top)
        at = self._top_at
        while (
            at > self._trough_at
            and at > self._count - _HISTORY_COUNT + 2
            and self._bands[at % _HISTORY_COUNT] > middle
        ):
            at -= 1
        below, above = self._bands[at % _HISTORY_COUNT], self._bands[(at + 1) % _HISTORY_COUNT]
        return at + ((middle - below) / (above - below) if above > below else 0.0)

    def _loading(self) -> float:
        """Return the steepest rise of vertical acceleration from 0.16 s before the top until now."""
        first = max(self._top_at - 16, self._count - _HISTORY_COUNT + 3)
        values = [self._verticals[at % _HISTORY_COUNT] for at in range(first - 1, self._count + 1)]
        return max(after - before for before, after in zip(values, values[2:], strict=False)) / (2.0 * PERIOD_S)


class _Lean:
    """How far the trunk leans from where it was: a second ago, a while ago, and when the walk began.

    ``tilted``: too far for a walk to begin. ``bent``: too far to be walking, now or a moment ago.
    """

    def __init__(self, settings: StepSettings) -> None:
        self._settings = settings
        self._gain = PERIOD_S / settings.lean_time_s
        self._settle_gain = PERIOD_S / settings.settle_time_s
        self._hold = round(settings.lean_hold_s * RATE_HZ)
        self._start_least = math.cos(settings.start_lean_rad)
        self._least = math.cos(settings.lean_rad)
        self._unbent_least = math.cos(settings.bend_rad)
        self.reset()

    def reset(self) -> None:
        """Forget all motion."""
        self.tilted = self.bent = False
        self._count = 0
        self._slow_up: Vector = (0.0, 0.0, 0.0)
        self._settled_up: Vector | None = None
        self._walking_up: Vector | None = None
        self._bent_at: int | None = None

    def begin_walk(self) -> None:
        """Remember how the trunk is held now."""
        self._walking_up = unit(self._slow_up)

    def end_walk(self) -> None:
        """Forget how the trunk was held when the walk began."""
        self._walking_up = None

    def is_settled(self, up: Vector) -> bool:
        """Return whether ``up`` is near where it was over the last seconds."""
        return angle_rad(self._settled_up or up, up) < self._settings.settle_rad

    def update(self, up: Vector) -> None:
        """Take which way is up now."""
        self._count = count = self._count + 1
        x, y, z = up
        gain = self._gain if count * self._gain > 1.0 else 1.0 / count
        sx, sy, sz = self._slow_up = _smoothed(self._slow_up, up, gain)
        self._settled_up = _smoothed(self._settled_up or up, up, self._settle_gain)
        length = math.sqrt(sx * sx + sy * sy + sz * sz)
        along = x * sx + y * sy + z * sz
        self.tilted = along < self._start_least * length
        bent = along < self._least * length
        if self._walking_up is not None:
            wx, wy, wz = self._walking_up
            bent = bent or wx * sx + wy * sy + wz * sz < self._unbent_least * length
        if bent:
            self._bent_at = count
        self.bent = self._bent_at is not None and count - self._bent_at < self._hold


def _smoothed(slow: Vector, up: Vector, gain: float) -> Vector:
    """Return ``slow`` moved towards ``up``."""
    x, y, z = up
    sx, sy, sz = slow
    return sx + gain * (x - sx), sy + gain * (y - sy), sz + gain * (z - sz)


def _intervals(run: list[_Rise]) -> list[int]:
    return [after.top - before.top for before, after in pairwise(run)]
