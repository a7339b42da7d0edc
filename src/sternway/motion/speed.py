"""How fast the walker goes: known only after walking a known distance once."""

from collections import deque
from collections.abc import Mapping, Sequence
from statistics import median

from sternway.motion.gait import Direction, Step
from sternway.motion.trunk import TrunkMotion

_STEP_COUNT = 8
_STALE_S = 2.0
_SMOOTH_COUNT = 5
_HISTORY_S = 3.0
_SLOWEST_STEP_S = 1.5
_FEWEST_CALIBRATION_STEPS = 4


class SpeedEstimator:
    """Speed from step time and step length; ``None`` until calibrated for the direction.

    A step's length is taken as k times the fourth root of the range of vertical acceleration within it (Weinberg
    2002, Analog Devices AN-602). The factor k differs too much between people, clips and directions to be assumed:
    it is learned by walking a known distance. ``walked`` holds the metres and seconds walked each calibrated way
    since :meth:`begin_walk`.
    """

    def __init__(
        self, calibration: Mapping[str, float] | None = None, walked: Mapping[str, Sequence[float]] | None = None
    ) -> None:
        self._calibration = dict(calibration or {})
        self._walked = {way: (float(metres), float(seconds)) for way, (metres, seconds) in (walked or {}).items()}
        self.reset()

    def reset(self) -> None:
        """Forget all motion, but not the calibration."""
        self._time_s = 0.0
        self._recent: deque[float] = deque(maxlen=_SMOOTH_COUNT)
        self._history: deque[tuple[float, float]] = deque()
        self._steps: deque[tuple[float, float, float, Direction]] = deque(maxlen=_STEP_COUNT)
        self._measuring: list[tuple[float, Direction]] | None = None

    @property
    def calibration(self) -> dict[str, float]:
        """Return the factor of each calibrated direction as plain data."""
        return dict(self._calibration)

    @property
    def walked(self) -> dict[str, list[float]]:
        """Return metres and seconds walked each calibrated way in this walk, as plain data."""
        return {way: list(both) for way, both in self._walked.items()}

    @property
    def mean_mps(self) -> dict[str, float]:
        """Return the mean speed of this walk for each calibrated way that was walked."""
        return {way: metres / seconds for way, (metres, seconds) in self._walked.items()}

    def begin_walk(self) -> None:
        """Forget what was walked; another walk begins."""
        self._walked = {}

    @property
    def speed_mps(self) -> float | None:
        """Return the median speed of the last steps, ``None`` when not walking or not calibrated for this way."""
        if not self._steps or self._time_s - self._steps[-1][0] > _STALE_S:
            return None
        way = self._steps[-1][3]
        factor = self._calibration.get(way.word)
        if factor is None:
            return None
        return median(factor * root / step_s for _, step_s, root, of in self._steps if of is way)

    def update(self, trunk: TrunkMotion) -> None:
        """Follow 100 Hz trunk motion and its steps."""
        if trunk.after_gap:
            self._history.clear()
            self._recent.clear()
        waiting = deque(trunk.steps)
        for sample in trunk.samples:
            self._time_s = time_s = sample.time_s
            self._recent.append(sample.vertical_mps2)
            self._history.append((time_s, sum(self._recent) / len(self._recent)))
            while self._history[0][0] < time_s - _HISTORY_S:
                self._history.popleft()
            while waiting and waiting[0].decided_at_s <= time_s:
                self._add_step(waiting.popleft(), sample.direction)

    def begin_distance(self) -> None:
        """Begin to measure a walk of known length."""
        self._measuring = []

    def end_distance(self, distance_m: float) -> Direction | None:
        """Learn the factor from the steps since :meth:`begin_distance`; ``None`` where they were too few or mixed."""
        steps, self._measuring = self._measuring or [], None
        ways = {way for _, way in steps if way}
        if len(ways) != 1 or len(steps) < _FEWEST_CALIBRATION_STEPS:
            return None
        (way,) = ways
        self._calibration[way.word] = distance_m / sum(root for root, _ in steps)
        return way

    def _add_step(self, step: Step, way: Direction) -> None:
        paused = step.step_time_s is None or step.step_time_s > _SLOWEST_STEP_S
        step_s = None if paused else step.step_time_s
        start_s = step.time_s - (step_s or _median_step_s(self._steps))
        values = [value for time_s, value in self._history if start_s <= time_s <= step.time_s]
        if not values:
            return
        root = (max(values) - min(values)) ** 0.25
        if self._measuring is not None:
            self._measuring.append((root, way))
        if step_s is not None:
            self._steps.append((step.time_s, step_s, root, way))
            self._add_distance(way.word, root, step_s)

    def _add_distance(self, way: str, root: float, step_s: float) -> None:
        if way in self._calibration:
            metres, seconds = self._walked.get(way, (0.0, 0.0))
            self._walked[way] = (metres + self._calibration[way] * root, seconds + step_s)


def _median_step_s(steps: deque[tuple[float, float, float, Direction]]) -> float:
    return median(step_s for _, step_s, _, _ in steps) if steps else 0.6
