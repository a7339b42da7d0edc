"""Finds straight, settled walking one way and cuts it into stretches of five seconds."""

from collections import deque
from dataclasses import dataclass
from itertools import islice
from operator import attrgetter

import numpy as np

from sternway.motion.gait import Direction
from sternway.motion.regularity import GaitStretch, measure
from sternway.motion.resample import PERIOD_S, RATE_HZ
from sternway.motion.trunk import TrunkMotion, TrunkSample

STRETCH_S = 5.0
_LENGTH = round(STRETCH_S * RATE_HZ)
_MEASURED = tuple(map(attrgetter, ("vertical_mps2", "anteroposterior_mps2", "mediolateral_mps2", "tilt_rate_radps")))


@dataclass(frozen=True, slots=True)
class StraightSettings:
    """What counts as straight, settled walking.

    ``settle_s`` is left out after a start or a turn (gait initiation takes about two steps); ``turn_radps`` of yaw,
    smoothed over ``yaw_s``, is a turn and not a curve; ``wait_s`` lets the last steps be decided.
    """

    settle_s: float = 1.2
    turn_radps: float = 0.6
    yaw_s: float = 0.5
    wait_s: float = 0.5


@dataclass(frozen=True, slots=True)
class DatedStretch:
    """A measured stretch, when it ended, when it was known and which way the walker went."""

    end_s: float
    decided_at_s: float
    direction: Direction
    measured: GaitStretch


class StraightWalking:
    """Hands out one :class:`DatedStretch` for each five seconds of straight walking in one known direction.

    Short stretches let short lanes count: ten seconds need not be walked in one go.
    """

    def __init__(self, settings: StraightSettings | None = None) -> None:
        self._settings = settings or StraightSettings()
        self._wait = round(self._settings.wait_s * RATE_HZ)
        self._past: deque[TrunkSample] = deque(maxlen=_LENGTH + self._wait)
        self.reset()

    def reset(self) -> None:
        """Forget all motion."""
        self._yaw_radps = 0.0
        self._row = self._run_rows = 0
        self._way = 0
        self._past.clear()
        self._contacts: deque[tuple[float, float]] = deque()
        self._due: deque[tuple[int, int]] = deque()

    def update(self, trunk: TrunkMotion) -> list[DatedStretch]:
        """Return the stretches that are complete and whose steps have been decided."""
        if trunk.after_gap:
            self.reset()
        out = []
        settled, turn_radps = round(self._settings.settle_s * RATE_HZ), self._settings.turn_radps
        gain = PERIOD_S / self._settings.yaw_s
        self._contacts.extend((step.time_s, step.decided_at_s) for step in trunk.steps)
        for sample in trunk.samples:
            self._past.append(sample)
            yaw_radps = self._yaw_radps = self._yaw_radps + gain * (sample.yaw_rate_radps - self._yaw_radps)
            way = sample.direction if trunk.mounted and sample.walking else 0
            straight = way != 0 and -turn_radps < yaw_radps < turn_radps
            self._run_rows = self._run_rows + 1 if straight and way == self._way else 0
            self._way = way
            self._row += 1
            if self._run_rows == settled + _LENGTH:
                self._run_rows = settled
                self._due.append((self._row, way))
            if self._due and self._due[0][0] + self._wait == self._row:
                out += self._finish(self._due.popleft()[1])
        if trunk.steps:
            self._trim()
        return out

    def _finish(self, way: int) -> list[DatedStretch]:
        samples = list(islice(self._past, _LENGTH))
        start_s, end_s = samples[0].time_s, samples[-1].time_s
        decided_at_s = end_s + self._settings.wait_s
        contacts_s = sorted(
            at for at, known_s in self._contacts if start_s <= at <= end_s and known_s <= decided_at_s
        )
        vertical, forward, left, tilt_rate = (
            np.fromiter(map(quantity, samples), np.float64, _LENGTH) for quantity in _MEASURED
        )
        measured = measure(vertical, forward, left, tilt_rate, contacts_s)
        if measured is None:
            return []
        return [DatedStretch(end_s, decided_at_s, Direction(way), measured)]

    def _trim(self) -> None:
        """Forget contacts that are older than what is kept."""
        start_s = self._past[0].time_s
        while self._contacts and self._contacts[0][0] < start_s:
            self._contacts.popleft()
