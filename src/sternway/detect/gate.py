"""Is the wearer walking? Outside gait, sitting down hard and jumping look the same to one sensor."""

import math
from collections import deque
from dataclasses import dataclass

import numpy as np

from sternway.motion.resample import RATE_HZ
from sternway.motion.trunk import TrunkMotion
from sternway.samples import Floats

_EVERY = 10
"""Samples between looks: ten a second is as fine as a gate that holds for seconds needs."""


@dataclass(frozen=True, slots=True)
class GateSettings:
    """What is gait, and for how long it stays so.

    ``window_s`` holds two to four steps, so that the gate locks on within 2 s of walking. ``likeness`` is the least
    correlation of vertical acceleration with itself a step (``shortest_s`` to ``longest_s``, 50 to 200 steps a
    minute) or a stride earlier; slow walkers reach 0.5, sitting down and lying down rarely do. ``least_mps2``: softer
    than that, an elderly person's slowest walk, is standing. ``hold_s``: a fall takes up to 2 s after the last step.
    ``confirm_s``: rhythm must last this long, with no more than ``forget_s`` between two looks that find it; the two
    jolts of a jump or of sitting down have rhythm for a moment.
    """

    window_s: float = 1.6
    shortest_s: float = 0.3
    longest_s: float = 0.8
    likeness: float = 0.5
    least_mps2: float = 0.35
    hold_s: float = 3.0
    confirm_s: float = 0.5
    forget_s: float = 1.0
    memory_s: float = 60.0


class WalkingGate:
    """Opens on rhythm: vertical acceleration that repeats itself from step to step (Moe-Nilssen and Helbostad 2004).

    Quicker than counting steps, and independent of how the clip sits. It opens for running too: a fall from a jog
    begins in gait.
    """

    def __init__(self, settings: GateSettings | None = None) -> None:
        self._settings = settings or GateSettings()
        self._opened: deque[tuple[float, float]] = deque()
        self._length = round((self._settings.window_s + self._settings.longest_s) * RATE_HZ)
        self.reset()

    def reset(self) -> None:
        """Forget all motion; when the gate was open stays known."""
        self._past: deque[float] = deque(maxlen=self._length)
        self._count = 0
        self._since_s: float | None = None
        self._newest_s = 0.0

    def update(self, trunk: TrunkMotion) -> None:
        """Follow the rhythm of ``trunk``; inside, time is counted in samples, so cuts do not matter."""
        if trunk.after_gap:
            self.reset()
        for time_s, vertical in zip(trunk.time_s.tolist(), trunk.vertical_mps2.tolist(), strict=True):
            self._past.append(vertical)
            self._count += 1
            if self._count % _EVERY == 0 and self._walks():
                self._hear_rhythm(time_s)

    def open_at(self, time_s: float) -> bool:
        """Return whether gait was recognised at ``time_s`` or up to ``hold_s`` before; a minute is remembered.

        >>> WalkingGate().open_at(0.0)
        False
        """
        return any(start <= time_s < end for start, end in self._opened)

    def _hear_rhythm(self, time_s: float) -> None:
        if self._since_s is None or time_s - self._newest_s > self._settings.forget_s:
            self._since_s = time_s
        self._newest_s = time_s
        if time_s - self._since_s >= self._settings.confirm_s - 1e-6:
            self._open(time_s)

    def _open(self, time_s: float) -> None:
        end_s = time_s + self._settings.hold_s
        if self._opened and self._opened[-1][1] >= time_s:
            self._opened[-1] = (self._opened[-1][0], end_s)
        else:
            self._opened.append((time_s, end_s))
        while self._opened[0][1] < time_s - self._settings.memory_s:
            self._opened.popleft()

    def _walks(self) -> bool:
        window = round(self._settings.window_s * RATE_HZ)
        shortest = round(self._settings.shortest_s * RATE_HZ)
        if len(self._past) < window // 2 + 2 * shortest:
            return False
        past = _smooth(np.array(self._past))
        past -= past.mean()
        return likeness(past, window, shortest, self._settings.least_mps2) >= self._settings.likeness


def likeness(past: Floats, window: int, shortest: int, least_mps2: float) -> float:
    """Return the largest correlation of the newest ``window`` samples with those a step earlier; 0 when too soft."""
    best = 0.0
    for lag in range(shortest, len(past) - window // 2 + 1, 2):
        count = min(window, len(past) - lag)
        now, then = past[-count:], past[-count - lag : -lag]
        power = math.sqrt(float(now @ now) * float(then @ then))
        if power > count * least_mps2**2:
            best = max(best, float(now @ then) / power)
    return best


def _smooth(values: Floats) -> Floats:
    """Return means over 0.1 s: the rhythm of the steps without the jolt of the heel."""
    sums: Floats = np.cumsum(np.concatenate(([0.0], values)))
    means: Floats = (sums[10:] - sums[:-10]) / 10.0
    return means
