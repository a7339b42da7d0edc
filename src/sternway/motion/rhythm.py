"""The rhythm of a walk: how long a step takes, from what repeats every step and what changes sides every step."""

from dataclasses import dataclass

import numpy as np
from numpy import fft  # not np.fft, which loads at its first use: in a walk

from sternway.motion.resample import PERIOD_S
from sternway.motion.window import RowBuffer
from sternway.samples import Floats, Vector

_SAMPLES_A_ROW = 5
ROW_S = _SAMPLES_A_ROW * PERIOD_S
"""Rhythm is sought in means over this long."""


@dataclass(frozen=True, slots=True)
class RhythmSettings:
    """When motion has the rhythm of a walk; set on IPOL at its own pace and slowed, checked on HAPT.

    Every ``every_s`` steps of ``shortest_s`` to ``short_longest_s`` are sought in the last ``short_s``, and where
    there are none, steps up to ``longest_s`` in the last ``long_s``. The first step time that reaches ``first_peak``
    of the best score is taken, since three steps repeat and change sides as one does. ``min_score`` is what the
    best must reach, ``min_likeness`` of it the autocorrelation of vertical acceleration at one step, and
    ``min_alternation`` the change of sides (:class:`Rhythm`). What moves less than ``min_mps2`` up and down or turns
    less than ``min_radps`` (root mean squares) is at rest: IPOL slowed to 30 steps a minute has 0.4 and 0.12.
    """

    every_s: float = 0.5
    short_s: float = 4.0
    shortest_s: float = 0.35
    short_longest_s: float = 1.0
    long_s: float = 10.0
    longest_s: float = 2.3
    first_peak: float = 0.95
    min_score: float = 0.7
    min_alternation: float = 0.35
    min_likeness: float = 0.45
    min_mps2: float = 0.12
    min_radps: float = 0.045


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The step time of a walk, and what says that it is one.

    ``likeness`` is the autocorrelation of vertical acceleration at one step. ``alternation`` is that of angular rate
    at two steps less that at one: left and right mirror each other, so that what sways and twists has the opposite
    sign one step later. A vehicle, a machine or a counted half step has none. ``vertical_mps2`` and ``rate_radps``
    are root mean squares.
    """

    step_s: float
    likeness: float
    alternation: float
    vertical_mps2: float
    rate_radps: float


class RhythmEstimator:
    """Streaming rhythm from vertical acceleration and angular rate in any axes."""

    def __init__(self, settings: RhythmSettings | None = None) -> None:
        self._settings = settings or RhythmSettings()
        self._every = round(self._settings.every_s / ROW_S)
        self._short_count = round(self._settings.short_s / ROW_S)
        self._long_count = round(self._settings.long_s / ROW_S)
        self._buffer = RowBuffer(self._long_count, 4)
        self.reset()

    def reset(self) -> None:
        """Forget all motion."""
        self._buffer.reset()
        self._row_count = self._sample_count = 0
        self._sums = (0.0, 0.0, 0.0, 0.0)
        self._rhythm: Rhythm | None = None

    @property
    def every_s(self) -> float:
        """Return the time between two looks."""
        return self._settings.every_s

    @property
    def rhythm(self) -> Rhythm | None:
        """Return the rhythm found last; ``None`` where there is none."""
        return self._rhythm

    def update(self, vertical_mps2: float, gyro_radps: Vector) -> bool:
        """Take one sample at 100 Hz; return whether the rhythm was sought again."""
        vertical, x, y, z = self._sums
        gx, gy, gz = gyro_radps
        self._sums = (vertical + vertical_mps2, x + gx, y + gy, z + gz)
        self._sample_count += 1
        if self._sample_count % _SAMPLES_A_ROW:
            return False
        self._buffer.push([total / _SAMPLES_A_ROW for total in self._sums])
        self._sums = (0.0, 0.0, 0.0, 0.0)
        self._row_count += 1
        if self._row_count % self._every:
            return False
        self._rhythm = self._seek()
        return True

    def rows(self, count: int | None = None) -> Floats:
        """Return the last ``count`` rows (n, 4), or all: vertical acceleration and angular rate, one each ROW_S."""
        known = min(self._row_count, self._long_count)
        return np.asarray(self._buffer.rows[-min(count or known, known) :])

    def _seek(self) -> Rhythm | None:
        settings = self._settings
        if self._row_count < self._short_count:
            return None
        rows = self.rows(self._short_count)
        found = self._best(rows, settings.shortest_s, settings.short_longest_s, 0.5 * settings.short_s)
        if found is not None:
            return found
        rows = self.rows()
        longest_s = min(settings.longest_s, 0.23 * len(rows) * ROW_S)
        return self._best(rows, settings.shortest_s, longest_s, 0.4 * settings.long_s)

    def _best(self, rows: Floats, shortest_s: float, longest_s: float, drift_s: float) -> Rhythm | None:
        """Return the step time that says most, between ``shortest_s`` and ``longest_s``, where it says enough."""
        settings = self._settings
        lags = np.arange(round(shortest_s / ROW_S), round(longest_s / ROW_S) + 1)
        vertical, turning, power = _autocorrelations(rows, 2 * int(lags[-1]), drift_s)
        alternation = turning[2 * lags] - turning[lags]
        score = 0.5 * (vertical[lags] + vertical[2 * lags] + alternation)
        inner = score[1:-1]
        peaks = np.flatnonzero((inner >= score[:-2]) & (inner > score[2:])) + 1
        if not len(peaks) or score[peaks].max() < settings.min_score:
            return None
        best = int(peaks[np.argmax(score[peaks] >= settings.first_peak * score[peaks].max())])
        third = round(float(lags[best]) / 3.0) - int(lags[0])
        if third >= 0:
            turns_too = alternation[third] > 0.5 * alternation[best] > 0.0
            if turns_too and vertical[third + lags[0]] > 0.5 * vertical[lags[best]] > 0.0:
                return None  # three steps, seen in a turn that hides the one
        before, top, after = score[best - 1 : best + 2].tolist()
        bend = before - 2.0 * top + after
        step_s = ROW_S * (float(lags[best]) + (0.5 * (before - after) / bend if bend < 0.0 else 0.0))
        rhythm = Rhythm(
            step_s, float(vertical[lags[best]]), float(alternation[best]), *np.sqrt(np.maximum(power, 0.0)).tolist()
        )
        return rhythm if self._is_gait(rhythm) else None

    def _is_gait(self, rhythm: Rhythm) -> bool:
        settings = self._settings
        return (
            rhythm.likeness > settings.min_likeness
            and rhythm.alternation > settings.min_alternation
            and rhythm.vertical_mps2 > settings.min_mps2
            and rhythm.rate_radps > settings.min_radps
        )


def _autocorrelations(rows: Floats, longest: int, drift_s: float) -> tuple[Floats, Floats, Floats]:
    """Return the autocorrelations of the first column and of the others together, 1 at lag 0, and their powers (2,).

    What changes more slowly than ``drift_s``, such as the turning of a bend, is left out.
    """
    count = len(rows)
    length = 1 << (2 * count - 1).bit_length()
    waves = fft.rfft(without_drift(rows, round(drift_s / ROW_S)).T, length)
    powers = waves.real**2 + waves.imag**2
    both = np.stack((powers[0], powers[1] + powers[2] + powers[3]))
    raw = fft.irfft(both)[:, : longest + 1] * (count / (count - np.arange(longest + 1)))
    zero = raw[:, :1]
    vertical, turning = raw / np.maximum(zero, 1e-12)
    return vertical, turning, zero[:, 0] / count


def without_drift(rows: Floats, width: int) -> Floats:
    """Return ``rows`` (n, k) less their mean over ``width`` rows around each; at the ends over what there is."""
    count, half = len(rows), width // 2
    sums = np.cumsum(np.concatenate((np.zeros((1, rows.shape[1])), rows)), axis=0)
    places = np.arange(count)
    first, last = np.maximum(places - half, 0), np.minimum(places + half + 1, count)
    return np.asarray(rows - (sums[last] - sums[first]) / (last - first)[:, None])


def slowed(rhythm: Rhythm | None) -> int:
    """Return how many times slower than a usual step, 0.6 s, the steps are; 1 for all but very slow gait."""
    return 1 if rhythm is None or rhythm.step_s < SLOW_STEP_S else max(2, round(rhythm.step_s / 0.6))


SLOW_STEP_S = 0.92
"""From this step time, 65 steps a minute, steps are counted from the rhythm: filters for quick steps end there."""
