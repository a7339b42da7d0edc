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
from sternway.motion.rhythm import ROW_S, SLOW_STEP_S, Rhythm, RhythmEstimator, slowed
from sternway.motion.slow_steps import SlowSteps
from sternway.samples import Floats, Vector

_HISTORY_COUNT = 512
_LONGEST_RUN = 16


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
    Humps sooner than ``rhythm_refractory`` of the step time in the walk's rhythm
    (:class:`~sternway.motion.rhythm.RhythmEstimator`) are second humps of slow steps (SisFall, elderly, 70 steps a
    minute: at two thirds).
    A walk begins once such a rhythm is known, or at once where the motion itself says so: the trunk turns by
    ``sure_radps`` (root mean square), and its humps are ``sure_mps2`` high, or each step looks like the one before
    it by ``sure_likeness`` (correlation; IPOL slowed to 45 to 80 steps a minute: half steps are below that in 92 %,
    whole ones above in 75 %). A ride, a washing machine and half steps fail all three.
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
    rhythm_refractory: float = 0.72
    sure_radps: float = 0.25
    sure_mps2: float = 2.5
    sure_likeness: float = 0.15
    patience_s: float = 2.5
    quick_hold_s: float = 6.0
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
        self._turn_gain = PERIOD_S / self._settings.turn_time_s
        self._lean = _Lean(self._settings)
        self._rhythm = RhythmEstimator()
        self._slow_steps = SlowSteps()
        self.reset()

    def reset(self) -> None:
        """Forget all motion."""
        self._band.reset()
        self._lean.reset()
        self._rhythm.reset()
        self._slow_steps.reset()
        self._slow: Rhythm | None = None
        self._missed_s = 0.0
        self._since_quick_s = math.inf
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
        return self._walking or self._slow is not None

    @property
    def slowness(self) -> int:
        """Return how many times slower than usual the wearer steps; 1 for all but very slow gait."""
        return slowed(self._slow)

    def update(
        self,
        time_s: float,
        vertical_mps2: float,
        up: Vector,
        yaw_radps: float,
        gyro_radps: Vector,
        *,
        direction: Direction,
    ) -> list[Step]:
        """Return the steps that the sample at ``time_s`` decides; ``direction`` is the way the wearer walks now."""
        looked = self._rhythm.update(vertical_mps2, gyro_radps)
        quick = self._quick_steps(time_s, vertical_mps2, up, yaw_radps, direction)
        slow = self._follow_rhythm(time_s) if looked else []
        if self._slow is not None:
            return slow
        if quick:
            self._slow_steps.stepped(quick[-1].time_s)
        return slow + quick

    def _follow_rhythm(self, time_s: float) -> list[Step]:
        """Count the steps of very slow gait as long as its rhythm goes on, or has been gone for a moment only."""
        rhythm, before = self._rhythm.rhythm, self._slow
        self._period = round(rhythm.step_s * RATE_HZ) if rhythm and rhythm.step_s < SLOW_STEP_S else None
        self._since_quick_s = 0.0 if self._period else self._since_quick_s + self._rhythm.every_s
        begins = before is not None or self._since_quick_s > self._settings.quick_hold_s
        if rhythm is not None and rhythm.step_s >= SLOW_STEP_S and begins and not self._lean.bent:
            self._slow, self._missed_s = rhythm, 0.0
            if self._walking:
                self._stop()
            return self._slow_steps.find(time_s, self._rhythm.rows(), rhythm)
        if before is None:
            return []
        self._missed_s += self._rhythm.every_s
        over = rhythm is not None or self._lean.bent or self._missed_s > self._settings.patience_s
        if over:
            self._slow = None
        return self._slow_steps.find(time_s, self._rhythm.rows(), before, ending=over)

    def _quick_steps(
        self, time_s: float, vertical_mps2: float, up: Vector, yaw_radps: float, direction: Direction
    ) -> list[Step]:
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
            self._run = [*self._run[-_LONGEST_RUN:], rise]
        elif rise.height_mps2 > self._run[-1].height_mps2:
            self._run[-1] = rise
        self._last_top = rise.top
        self._typical_rise_mps2 = 0.75 * max(one.height_mps2 for one in self._run[-3:])
        settled = self._lean.is_settled(up) and abs(self._turning_radps) < settings.turn_radps
        for count, least in (
            (settings.strong_count, settings.strong_mps2 if settled else settings.unsettled_mps2),
            (settings.weak_count if settled else settings.unsettled_count, settings.weak_mps2),
        ):
            if self._is_even(self._run[-count:], count, least) and self._shows_gait(self._run[-count:]):
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
        """Begin a walk with the last ``count`` humps, and with those before them as long as they fit as steps."""
        run = self._run[-count:]
        typical = median(_intervals(run))
        for before in reversed(self._run[:-count]):
            interval = run[0].top - before.top
            if before.height_mps2 <= 0.25 * run[0].height_mps2 or not 0.85 * typical < interval < 1.6 * typical:
                break
            run = [before, *run]
        self._walking = True
        self._lean.begin_walk()
        self._run = []
        self._intervals.extend(_intervals(run))
        self._typical_rise_mps2 = median(one.height_mps2 for one in run)
        return run

    def _shows_gait(self, run: list[_Rise]) -> bool:
        """Return whether the motion of ``run`` is that of walking: its rhythm is known, or it is plain by itself."""
        settings = self._settings
        if self._period is not None:
            return True
        lag = round(median(_intervals(run)) * PERIOD_S / ROW_S)
        rows = self._rhythm.rows(round((self._count - run[0].top) * PERIOD_S / ROW_S) + lag)
        if len(rows) < 2 * lag:
            return False
        rows = rows - rows.mean(axis=0)
        rate_radps = math.sqrt(float(np.mean(np.sum(rows[:, 1:] ** 2, axis=1))))
        high = median(one.height_mps2 for one in run) > settings.sure_mps2
        return rate_radps > settings.sure_radps and (high or _likeness(rows[:, 0], lag) > settings.sure_likeness)

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


def _likeness(values: Floats, lag: int) -> float:
    """Return the correlation of ``values`` (n,) with themselves ``lag`` rows later."""
    later, sooner = values[lag:], values[:-lag]
    power = math.sqrt(float(later @ later) * float(sooner @ sooner))
    return float(later @ sooner) / power if power > 0.0 else 0.0
