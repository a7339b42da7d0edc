"""Is the wearer walking? Outside gait, sitting down hard and jumping look the same to one sensor."""

import math
from array import array
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from sternway.motion.resample import RATE_HZ
from sternway.motion.trunk import TrunkMotion
from sternway.samples import Floats

_EVERY_COUNT = 10
"""Samples between looks: ten a second is as fine as a gate that holds for seconds needs."""

_LAG_STEP = 2
"""Samples between lags: at two steps a second a likeness 10 ms beside its top has lost 1 %."""

_RECENT_COUNT = 8
"""Evaluations of which :meth:`WalkingGate.rhythm` gives the best: two careful steps."""

_SMOOTH_COUNT = 10
"""Samples averaged: 0.1 s keeps the rhythm of the steps without the jolt of the heel."""


@dataclass(frozen=True, slots=True)
class GateSettings:
    """What is gait, and for how long it stays so; set on SisFall and HAPT.

    ``window_s`` holds two to four steps, so that the gate locks on within 2 s of walking. Lags from ``shortest_s`` to
    ``longest_s`` are steps or strides at 50 to 200 a minute. ``similarity_threshold``: how much more like itself than
    this the motion must be; the excess of ten looks a second is summed up to ``max_evidence`` (Page 1954) and opens
    the gate at ``open_evidence``: plain walking (0.8) in three looks, a shuffle (0.6) in six, the two jolts of
    sitting down not at all. ``min_mps2``: softer than that, an elderly person's slowest walk, is standing.
    ``hold_s``: a fall takes up to 2 s after the last step. ``memory_s``: how long ago may be asked about.
    """

    window_s: float = 1.6
    shortest_s: float = 0.3
    longest_s: float = 0.8
    similarity_threshold: float = 0.45
    open_evidence: float = 0.9
    max_evidence: float = 1.15
    min_mps2: float = 0.35
    hold_s: float = 3.0
    memory_s: float = 60.0


class WalkingGate:
    """Opens on rhythm: vertical acceleration that repeats itself from step to step (Moe-Nilssen and Helbostad 2004).

    Quicker than counting steps, and independent of how the clip sits. It opens for running too: a fall from a jog
    begins in gait.
    """

    def __init__(self, settings: GateSettings | None = None) -> None:
        self._settings = settings or GateSettings()
        self._rhythmic_s: deque[float] = deque()
        self._window = round(self._settings.window_s * RATE_HZ)
        self._shortest = round(self._settings.shortest_s * RATE_HZ)
        self._length = self._window + round(self._settings.longest_s * RATE_HZ) - _SMOOTH_COUNT + 1
        self.reset()

    def reset(self) -> None:
        """Forget all motion; when the gate was open stays known."""
        self._last: tuple[TrunkMotion | None, list[bool], list[float]] = (None, [], [])
        self._similarities: deque[float] = deque(maxlen=_RECENT_COUNT)
        self._newest: list[float] = []
        self._past = array("d")
        self._count = 0
        self._evidence = 0.0

    def update(self, trunk: TrunkMotion) -> list[bool]:
        """Follow the rhythm of ``trunk`` and return whether the gate is open at each sample.

        Time is counted in samples inside, so cuts do not matter. A detector may share the gate: asked again about the
        same piece of motion, it gives the same answer.
        """
        return self._follow(trunk)[1]

    def rhythm(self, trunk: TrunkMotion) -> list[float]:
        """Follow ``trunk`` likewise; return at each sample the largest similarity of the last 0.8 s."""
        return self._follow(trunk)[2]

    def _follow(self, trunk: TrunkMotion) -> tuple[TrunkMotion | None, list[bool], list[float]]:
        if trunk is self._last[0]:
            return self._last
        if trunk.after_gap:
            self.reset()
        is_open, rhythms = [], []
        rhythm = max(self._similarities, default=0.0)
        closes_at_s = self._closes_at_s()
        for sample in trunk.samples:
            self._newest.append(sample.vertical_mps2)
            self._count += 1
            if self._count % _EVERY_COUNT == 0:
                self._evaluate(sample.time_s)
                closes_at_s = self._closes_at_s()
                rhythm = max(self._similarities)
            is_open.append(sample.time_s < closes_at_s)
            rhythms.append(rhythm)
        self._last = (trunk, is_open, rhythms)
        return self._last

    def _closes_at_s(self) -> float:
        return self._rhythmic_s[-1] + self._settings.hold_s if self._rhythmic_s else -math.inf

    def open_at(self, time_s: float, hold_s: float | None = None) -> bool:
        """Return whether gait was recognised within ``hold_s`` (default: the setting) before ``time_s``.

        >>> WalkingGate().open_at(0.0)
        False
        """
        hold_s = self._settings.hold_s if hold_s is None else hold_s
        return any(rhythmic_s <= time_s < rhythmic_s + hold_s for rhythmic_s in self._rhythmic_s)

    def _evaluate(self, time_s: float) -> None:
        similarity = self._similarity()
        self._similarities.append(similarity)
        evidence = self._evidence + similarity - self._settings.similarity_threshold
        self._evidence = max(0.0, min(self._settings.max_evidence, evidence))
        if self._evidence >= self._settings.open_evidence:
            self._rhythmic_s.append(time_s)
            while self._rhythmic_s[0] < time_s - self._settings.memory_s:
                self._rhythmic_s.popleft()

    def _similarity(self) -> float:
        self._past.extend(_smoothed(self._newest))
        del self._newest[: 1 - _SMOOTH_COUNT], self._past[: -self._length]
        return similarity(np.frombuffer(self._past), self._window, self._shortest, self._settings.min_mps2)


def _smoothed(values: Sequence[float]) -> list[float]:
    """Return the mean of every ten neighbours."""
    total = sum(values[:_SMOOTH_COUNT])
    means = [total / _SMOOTH_COUNT]
    for oldest, newest in zip(values, values[_SMOOTH_COUNT:], strict=False):
        total += newest - oldest
        means.append(total / _SMOOTH_COUNT)
    return means


def similarity(past: Floats, window: int, shortest: int, min_mps2: float) -> float:
    """Return the largest correlation of the newest ``window`` samples, about the mean, with a step or stride earlier.

    Only lags count after which the correlation has once been negative: a slow movement is like itself a moment ago,
    but has no rhythm. 0 without rhythm or where the motion is softer than ``min_mps2``.
    """
    grid = _lags(len(past), window, shortest, min_mps2)
    if grid is None:
        return 0.0
    padded = np.zeros(window + 1 + len(past))
    np.subtract(past, np.add.reduce(past) / len(past), out=padded[window + 1 :])
    energy = (padded * padded).cumsum()
    earlier_energy = (energy[window:] - energy[:-window])[grid.starts][::-_LAG_STEP]
    power = np.sqrt((energy[-1] - energy.take(grid.newest)) * earlier_energy)
    products = np.correlate(padded[grid.earlier], padded[-window:])[::-_LAG_STEP]
    correlations = np.zeros(len(products))
    np.divide(products, power, out=correlations, where=power > grid.min_power)
    first_negative = int((correlations < 0.0).argmax())
    if correlations[first_negative] >= 0.0:
        return 0.0
    return float(np.maximum.reduce(correlations[max(first_negative, grid.first) :], initial=0.0))


@dataclass(frozen=True, slots=True)
class _Lags:
    """The lags to look at, of which those from ``first`` on may be a step.

    ``earlier`` is all that the newest samples are compared with, ``starts`` where such stretches begin, the farthest
    first; ``newest`` is where what is compared of the newest samples begins, ``min_power`` the power that is not
    soft.
    """

    first: int
    earlier: slice
    starts: slice
    newest: NDArray[np.intp]
    min_power: Floats


@cache
def _lags(length: int, window: int, shortest: int, min_mps2: float) -> _Lags | None:
    """Return the lags to look at in ``length`` samples, with ``window + 1`` zeros before them, if any."""
    lags = np.arange(shortest // 2, length - window // 2 + 1, _LAG_STEP)
    if not len(lags):
        return None
    compared = np.minimum(window, length - lags)
    nearest, farthest = length - int(lags[0]), length - int(lags[-1])
    return _Lags(
        first=int(np.searchsorted(lags, shortest)),
        earlier=slice(farthest + 1, nearest + 1 + window),
        starts=slice(farthest, nearest + 1),
        newest=window + length - compared,
        min_power=compared * min_mps2**2,
    )
