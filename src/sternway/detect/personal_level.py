"""The person's own levels: of the last seconds, and of brisk walking, learned over many walks."""

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sternway.motion.resample import PERIOD_S, RATE_HZ
from sternway.samples import Vector


@dataclass(frozen=True, slots=True)
class RunningLevelSettings:
    """``power``: 6 lets the peaks of each step count most. ``memory_s``: about six steps. ``delay_s``: as they were
    this long ago, so that a stumble is not measured against itself. All three from the operating curves of SisFall.
    ``event_s`` after an alarm is left out: labelled stumbles with their recovery steps last up to 1.8 s.
    """

    power: int = 6
    memory_s: float = 3.0
    delay_s: float = 0.5
    event_s: float = 1.5


class RunningLevels:
    """The levels of three quantities at the pace of a moment ago: their power means over some seconds, delayed.

    Indexes the baseline by pace: who speeds up from a stroll to a jog is measured against the jog three steps later.
    """

    def __init__(self, settings: RunningLevelSettings | None = None) -> None:
        self._settings = settings or RunningLevelSettings()
        self._power, self._root = self._settings.power, 1.0 / self._settings.power
        self._decay = PERIOD_S / self._settings.memory_s
        self._delay_count = round(self._settings.delay_s * RATE_HZ)
        self.reset()

    def reset(self) -> None:
        """Forget all motion."""
        self._waiting: deque[Vector] = deque()
        self._means: Vector = (0.0, 0.0, 0.0)
        self._levels: Vector = (0.0, 0.0, 0.0)
        self._weight = 0.0
        self._frozen_count = 0

    def freeze(self) -> None:
        """Leave the next ``event_s`` out of the levels, because an event is not normal walking."""
        self._waiting.clear()
        self._frozen_count = round(self._settings.event_s * RATE_HZ)

    def push(self, values: Vector) -> Vector:
        """Take the newest values and return the level of each; 0 while there is none yet."""
        waiting = self._waiting
        if self._frozen_count:
            self._frozen_count -= 1
        else:
            a, b, c = values
            power = self._power
            waiting.append((a**power, b**power, c**power))
        if len(waiting) > self._delay_count:
            decay, root = self._decay, self._root
            a, b, c = waiting.popleft()
            x, y, z = self._means
            self._means = x, y, z = x + decay * (a - x), y + decay * (b - y), z + decay * (c - z)
            self._weight = weight = self._weight + decay * (1.0 - self._weight)
            self._levels = ((x / weight) ** root, (y / weight) ** root, (z / weight) ** root)
        return self._levels


class BriskShare:
    """The share of the brisk level that is the smallest divisor: ``start_share`` at rest, ``end_share`` after moving.

    Setting off and speeding up lie ahead of whoever has only just begun to move. ``moving_mps2`` is the running
    acceleration that counts as moving, ``decay_s`` how fast some seconds of it give confidence.
    """

    def __init__(
        self,
        start_share: float = 0.8,
        end_share: float = 0.5,
        decay_s: float = 3.0,
        moving_mps2: float = 1.0,
        memory_s: float = 1.5,
    ) -> None:
        self._start_share, self._end_share, self._moving_square = start_share, end_share, moving_mps2 * moving_mps2
        self._gain = PERIOD_S / memory_s
        self._decay = math.exp(-PERIOD_S / decay_s)
        self.reset()

    def reset(self) -> None:
        """Forget all motion; the share is ``start_share`` again."""
        self._power = 0.0
        self._remaining = 1.0

    def push(self, accel_square_m2ps4: float) -> float:
        """Take the newest acceleration without gravity, squared; return the share of a brisk walk that stands in."""
        self._power += self._gain * (accel_square_m2ps4 - self._power)
        if self._power > self._moving_square:
            self._remaining *= self._decay
        return self._end_share + (self._start_share - self._end_share) * self._remaining


class BriskLevels:
    """The level of this person's brisk walking, learned slowly from everybody's.

    ``population`` gives the start, one level a channel. While the person walks, the logarithm of each level climbs or
    falls towards the upper quartile of their own (a stochastic quantile, Robbins and Monro 1951), a second of walking
    at a time: half or double takes some minutes. It never leaves a quarter to three times everybody's: a person is
    not that different, a mistake could be.
    """

    QUANTILE = 0.75
    STEP = 0.02
    MIN_RATIO, MAX_RATIO = 0.25, 3.0

    def __init__(self, population: Mapping[str, float], learned: Mapping[str, Any] | None = None) -> None:
        self._population = dict(population)
        self.forget()
        if learned:
            self._walked_count = round(float(learned["walked_s"]) * RATE_HZ)
            self._levels = {name: float(learned["levels"][name]) for name in self._population}

    def forget(self) -> None:
        """Forget the person; everybody's levels hold again."""
        self._levels = dict(self._population)
        self._walked_count = 0

    @property
    def levels(self) -> Mapping[str, float]:
        """Return the level of each channel."""
        return self._levels

    @property
    def learned(self) -> dict[str, Any]:
        """Return what was learned as plain data: seconds walked, and the levels."""
        return {"walked_s": self._walked_count / RATE_HZ, "levels": dict(self._levels)}

    def learn(self, levels: Sequence[float]) -> None:
        """Take one more sample of undisturbed walking with these pace levels, in the order of everybody's."""
        self._walked_count += 1
        if self._walked_count % RATE_HZ:
            return
        for name, level_now in zip(self._population, levels, strict=True):
            up = self.QUANTILE if level_now > self._levels[name] else self.QUANTILE - 1.0
            level = self._levels[name] * math.exp(self.STEP * up)
            population_level = self._population[name]
            self._levels[name] = min(max(level, self.MIN_RATIO * population_level), self.MAX_RATIO * population_level)
