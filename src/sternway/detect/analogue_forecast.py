"""What a walk's own past leads one to expect of the last 0.8 s of trunk motion, and how far it went otherwise."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sternway.motion.resample import RATE_HZ
from sternway.motion.trunk import TrunkSample

Singles = NDArray[np.float32]

ACCEL_SCALE_MPS2, GYRO_SCALE_RADPS = 2.0, 0.5
"""Units in which acceleration and angular rate weigh alike: about their usual size in walking."""

_ROW, _LOOK = 2, 8
"""Samples a row (20 ms), and between two looks (80 ms)."""

_ROW_MEAN, _STEP_MEAN, _STEPS = 5, 10, 6
"""A row is a mean over 50 ms. The past is compared by keys: six means over 100 ms, one after the other."""

AHEAD = 40
"""Rows that are forecast: 0.8 s. The key ends before them, so that an event cannot spoil its own match."""

LOOK_S = _LOOK / RATE_HZ
ROW_S = _ROW / RATE_HZ
_KEY = _STEPS * _STEP_MEAN // _ROW
_NEW = _LOOK // _ROW
_RAW = _STEPS * _STEP_MEAN + _LOOK - _ROW
_WIDTH = 6


@dataclass(frozen=True, slots=True)
class ForecastSettings:
    """Settings of the forecast.

    ``memory_s`` of walking are searched, without the last ``recent_s`` before what is forecast. ``analogues``: with
    one, a quarter as many small perturbations stand out from walking as with six. ``learned_s``: there is no forecast
    before so much of this walk is known. ``pause_s`` after the last step the memory stops growing; ``forget_s`` after
    it the walk is over and forgotten.
    """

    memory_s: float = 20.0
    recent_s: float = 1.0
    analogues: int = 6
    learned_s: float = 20.0
    pause_s: float = 1.2
    forget_s: float = 120.0


@dataclass(frozen=True, slots=True)
class ForecastError:
    """What was measured less what was forecast.

    ``rows`` (:data:`AHEAD`, 6) hold specific force in 2 m/s2 and angular rate in 0.5 rad/s, along chip axes, oldest
    first. ``spread`` (6,) is the mean square by which the analogues differ from their mean; ``distance`` the squared
    distance of the nearest key.
    """

    rows: Singles
    spread: Singles
    distance: float


class AnalogueForecast:
    """Forecasts walking by analogues (Lorenz 1969): finds the moments most like 0.8 s ago, and how they went on.

    Looks every 80 ms. Keeps only walking, and only of this walk; a pause parts it, and no forecast reaches across
    one. Its rings have a fixed size and single precision.
    """

    def __init__(self, settings: ForecastSettings | None = None) -> None:
        self._settings = settings or ForecastSettings()
        recent = round(self._settings.recent_s * RATE_HZ) // _ROW
        count = round(self._settings.memory_s * RATE_HZ) // _ROW + recent + AHEAD
        self._count = count + -count % _NEW
        self._last = self._count - AHEAD - recent
        self._pause = round(self._settings.pause_s * RATE_HZ)
        self._forget = round(self._settings.forget_s * RATE_HZ)
        self._learned = round(self._settings.learned_s * RATE_HZ)
        self._means = _means()
        self._ahead = np.arange(1, AHEAD + 1)
        self.reset()

    def reset(self) -> None:
        """Forget the walk."""
        self._rows = np.zeros((self._count, _WIDTH), np.float32)
        self._keys = np.zeros((self._count, _STEPS * _WIDTH), np.float32)
        self._norms = np.full(self._count, np.inf, np.float32)
        self._ages = np.zeros(self._count, np.int32)
        self._at = 0
        self._walked_count = 0
        self._still_count = self._forget
        self._part()

    def _part(self) -> None:
        """Let no key and no forecast reach across this moment."""
        self._raw = np.zeros((_RAW, _WIDTH), np.float32)
        self._newest: list[float] = []
        self._age = 0

    def push(self, sample: TrunkSample) -> ForecastError | None:
        """Take one sample; return the error of the forecast, at a look at which there was a forecast."""
        if not self._goes_on(sample.walking):
            return None
        newest = self._newest
        newest += sample.accel_mps2
        newest += sample.gyro_radps
        if len(newest) < _LOOK * _WIDTH:
            return None
        self._store()
        known = self._age >= AHEAD + _KEY and self._walked_count >= self._learned
        return self._look() if known else None

    def _goes_on(self, walking: bool) -> bool:
        """Return whether this sample belongs to a walk; part or forget what came before a pause."""
        if walking:
            self._still_count = 0
            self._walked_count += 1
            return True
        if self._still_count < self._forget:
            self._still_count += 1
            if self._still_count == self._pause:
                self._part()
            elif self._still_count == self._forget:
                self.reset()
        return self._still_count < self._pause

    def _store(self) -> None:
        """Put the newest rows and their keys into the rings; ``_ages`` counts the rows since the last pause."""
        raw = self._raw
        raw[:-_LOOK] = raw[_LOOK:]
        np.multiply(np.array(self._newest, np.float32).reshape(_LOOK, _WIDTH), _SCALE, out=raw[-_LOOK:])
        self._newest.clear()
        means = self._means.dot(raw)
        new = slice(self._at, self._at + _NEW)
        self._rows[new] = means[:_NEW]
        self._keys[new] = keys = means[_NEW:].reshape(_NEW, -1)
        self._norms[new] = np.add.reduce(keys * keys, axis=1)
        self._age += _NEW
        self._ages[new] = self._age
        self._at = (self._at + _NEW) % self._count

    def _look(self) -> ForecastError | None:
        newest = self._at - 1
        squares = self._norms - 2.0 * self._keys.dot(self._keys[newest - AHEAD])
        found = self._nearest(self._in_order(squares))
        if found is None:
            return None
        best, distance = found
        went_on = self._rows.take((best[:, None] + self._ahead + self._at) % self._count, axis=0)
        forecast = np.add.reduce(went_on) * np.float32(1.0 / len(best))
        measured = self._rows.take((newest - AHEAD + self._ahead) % self._count, axis=0)
        went_on -= forecast
        np.multiply(went_on, went_on, out=went_on)
        spread = np.add.reduce(went_on.reshape(-1, _WIDTH)) * np.float32(1.0 / (len(best) * AHEAD))
        return ForecastError(measured - forecast, spread, distance + float(self._norms[newest - AHEAD]))

    def _nearest(self, squares: Singles) -> tuple[NDArray[np.intp], float] | None:
        """Return where the local minima of ``squares`` with the lowest values are, and the lowest value."""
        last = self._last
        here = squares[1:last]
        unbroken = self._in_order(self._ages)[1 + AHEAD : last + AHEAD] >= AHEAD + _KEY
        minima = (here < squares[: last - 1]) & (here <= squares[2 : last + 1]) & unbroken
        found = minima.nonzero()[0]
        if len(found) < self._settings.analogues:
            return None
        values = here[found]
        order = values.argsort()[: self._settings.analogues]
        return found[order] + 1, float(values[order[0]])

    def _in_order(self, ring: NDArray[np.generic]) -> NDArray[Any]:
        """Return the values of a ring, oldest first."""
        return np.concatenate((ring[self._at :], ring[: self._at]))


_SCALE = np.array([1.0 / ACCEL_SCALE_MPS2] * 3 + [1.0 / GYRO_SCALE_RADPS] * 3, np.float32)


def _means() -> Singles:
    """Return the matrix that takes the last raw samples to the newest rows, and then to the keys of each."""
    matrix = np.zeros((_NEW * (1 + _STEPS), _RAW), np.float32)
    for new in range(_NEW):
        end = _RAW - _LOOK + _ROW * (new + 1)
        matrix[new, end - _ROW_MEAN : end] = 1.0 / _ROW_MEAN
        for step in range(_STEPS):
            until = end - step * _STEP_MEAN
            matrix[_NEW + new * _STEPS + step, until - _STEP_MEAN : until] = 1.0 / _STEP_MEAN
    return matrix
