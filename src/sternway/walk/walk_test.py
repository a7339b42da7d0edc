"""The three-metre backward walk test: three trials, timed by the clip itself.

The walker stands still, walks three metres backward to a mark and stands still again; walking back to the start
forward is not counted. Time runs from the first movement to the last.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from sternway.motion.gait import Direction
from sternway.motion.resample import PERIOD_S, RATE_HZ
from sternway.motion.trunk import TrunkMotion
from sternway.walk.walk_test_bands import bands_words, change_words
from sternway.wire.walk_test import WalkTestBody

TRIAL_COUNT = 3
DISTANCE_M = 3.0


@dataclass(frozen=True, slots=True)
class WalkTestSettings:
    """How movement is told from standing.

    Movement is the distance of acceleration and angular rate from their own slow mean, smoothed over ``smooth_s``; a
    turn rate counts ``arm_m`` times its speed, like a point at that distance. It begins above ``moving_mps2`` (quiet
    standing stays below half of that) and is over after ``still_s`` below ``still_mps2``. Its edges are then sought
    where it first and last passes ``edge`` of its usual size in this trial above standing, so that slow and brisk
    walkers are timed alike. The first ``onset_s`` are too small to see (median of simulated and mocap starts).
    """

    smooth_s: float = 0.08
    mean_s: float = 2.0
    moving_mps2: float = 0.5
    still_mps2: float = 0.35
    still_s: float = 1.0
    edge: float = 0.1
    onset_s: float = 0.07
    arm_m: float = 1.0
    shortest_s: float = 1.0
    longest_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Movement:
    """One stretch of movement between two of standing: when it began and ended, and which way it went."""

    start_s: float
    end_s: float
    direction: Direction
    step_count: int

    @property
    def duration_s(self) -> float:
        """Return how long it lasted."""
        return self.end_s - self.start_s


class MovementTimer:
    """Times movement between standing still, from 100 Hz trunk motion."""

    def __init__(self, settings: WalkTestSettings | None = None) -> None:
        self._settings = settings or WalkTestSettings()
        self.reset()

    def reset(self) -> None:
        """Forget all motion; standing still comes first."""
        self._means: list[float] | None = None
        self._level = 0.0
        self._quiet_count = 0
        self._stood = self._moving = False
        self._trace: list[tuple[float, float]] = []
        self._ways = [0, 0]
        self._step_count = 0

    @property
    def moving(self) -> bool:
        """Return whether the walker moves."""
        return self._moving

    @property
    def ready(self) -> bool:
        """Return whether the walker has stood still long enough to begin."""
        return not self._moving and self._quiet_count >= self._still_count

    @property
    def _still_count(self) -> int:
        return round(self._settings.still_s * RATE_HZ)

    def update(self, trunk: TrunkMotion) -> list[Movement]:
        """Return the movements that standing still has ended."""
        if trunk.after_gap:
            self.reset()
        out = []
        decided = [(step.decided_at_s, 1) for step in trunk.steps]
        for sample in trunk.samples:
            while decided and decided[0][0] <= sample.time_s:
                self._step_count += decided.pop(0)[1]
            turning = self._settings.arm_m * sample.gyro_norm_radps
            self._smooth((sample.accel_norm_mps2, sample.horizontal_mps2, turning), sample.motor_on)
            out += self._follow(sample.time_s, sample.direction)
        self._step_count += len(decided)
        return out

    def _smooth(self, values: tuple[float, ...], motor_on: bool) -> None:
        """Follow how far acceleration and turn rate are from standing; our own motor's shaking is not movement."""
        if self._means is None:
            self._means = list(values)
        if motor_on:
            return
        away = sum((value - mean) ** 2 for value, mean in zip(values, self._means, strict=True)) ** 0.5
        self._level += PERIOD_S / self._settings.smooth_s * (away - self._level)
        if not self._moving:
            keep = PERIOD_S / self._settings.mean_s
            self._means = [mean + keep * (value - mean) for value, mean in zip(values, self._means, strict=True)]

    def _follow(self, time_s: float, way: int) -> list[Movement]:
        settings = self._settings
        self._trace.append((time_s, self._level))
        quiet = self._level < settings.still_mps2
        self._quiet_count = self._quiet_count + 1 if quiet else 0
        self._stood = self._stood or self._quiet_count >= self._still_count
        if way:
            self._ways[way > 0] += 1
        if not self._moving:
            self._trace = self._trace[-self._still_count :]
            self._moving = self._stood and self._level > settings.moving_mps2
            if not self._moving:
                self._ways, self._step_count = [0, 0], 0
            return []
        over = len(self._trace) > settings.longest_s * RATE_HZ
        if self._quiet_count < self._still_count and not over:
            return []
        movement = self._measure()
        self._moving, self._trace, self._means = False, self._trace[-self._still_count :], None
        self._ways, self._step_count = [0, 0], 0
        return [] if over or movement.duration_s < settings.shortest_s else [movement]

    def _measure(self) -> Movement:
        settings = self._settings
        quiet = [level for _, level in self._trace[-self._still_count :]]
        levels = sorted(level for _, level in self._trace if level > settings.still_mps2)
        edge = settings.edge * levels[len(levels) // 2] + 2.0 * sum(quiet) / len(quiet)
        inside = [time_s for time_s, level in self._trace if level > edge]
        lag_s = settings.smooth_s
        backward, forward = self._ways
        direction = Direction((forward > backward) - (backward > forward))
        return Movement(inside[0] - 0.5 * lag_s - settings.onset_s, inside[-1] - lag_s, direction, self._step_count)


@dataclass(frozen=True, slots=True)
class WalkTestResult:
    """The three times and their mean; ``before_s`` is the mean of the test before this one, where there was one."""

    trials_s: tuple[float, ...]
    before_s: float | None = None

    @property
    def mean_s(self) -> float:
        """Return the mean of the trials."""
        return fmean(self.trials_s)

    def words(self) -> list[str]:
        """Say the result, what sources make of it and where they disagree, and what changed."""
        return [
            f"3 metres backward: {self.mean_s:.1f} s ({', '.join(f'{trial:.1f}' for trial in self.trials_s)})",
            *bands_words(self.mean_s),
            *change_words(self.mean_s, self.before_s),
        ]

    def body(self) -> WalkTestBody:
        """Return the body of a walk-test record."""
        return WalkTestBody(
            distance_m=DISTANCE_M,
            trials_s=tuple(round(trial, 2) for trial in self.trials_s),
            mean_s=round(self.mean_s, 2),
            speed_mps=round(DISTANCE_M / self.mean_s, 3),
            before_s=None if self.before_s is None else round(self.before_s, 2),
        )


def result_from(body: WalkTestBody) -> WalkTestResult:
    """Return the result that a walk-test record tells."""
    return WalkTestResult(body.trials_s, body.before_s)


class WalkTest:
    """Collects three backward trials. ``words`` says what to do next, ``result`` is there after the third."""

    def __init__(self, before_s: float | None = None, settings: WalkTestSettings | None = None) -> None:
        self._timer = MovementTimer(settings)
        self._before_s = before_s
        self._trials_s: list[float] = []
        self._refusal = ""

    def reset(self) -> None:
        """Forget motion, but not the trials that are done."""
        self._timer.reset()

    @property
    def trials_s(self) -> Sequence[float]:
        """Return the times so far."""
        return tuple(self._trials_s)

    @property
    def result(self) -> WalkTestResult | None:
        """Return the result once all trials are done."""
        return WalkTestResult(tuple(self._trials_s), self._before_s) if self._done else None

    @property
    def words(self) -> str:
        """Say what the walker should do now."""
        if self._done:
            return "The walk test is over."
        if self._timer.moving:
            return "Walk backward to the mark and stand still."
        trial = f"Trial {len(self._trials_s) + 1} of {TRIAL_COUNT}"
        if not self._timer.ready:
            return self._refusal or f"{trial}: stand still."
        return f"{trial}: walk 3 metres backward, then stand still."

    @property
    def _done(self) -> bool:
        return len(self._trials_s) >= TRIAL_COUNT

    def update(self, trunk: TrunkMotion) -> list[Movement]:
        """Return the trials that this motion completes; forward walking and shuffling about are none."""
        counted = []
        for movement in self._timer.update(trunk):
            self._refusal = "" if self._done else _refusal(movement)
            if not self._refusal and not self._done:
                self._trials_s.append(movement.duration_s)
                counted.append(movement)
        return counted


def _refusal(movement: Movement) -> str:
    if movement.step_count < 2:
        return "That was too short for a trial: stand still and try again."
    if movement.direction is Direction.UNKNOWN:
        return "The clip could not tell which way that was: stand still and try again."
    return "" if movement.direction is Direction.BACKWARD else "Back at the start: stand still."
