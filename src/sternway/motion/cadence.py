"""Cadence from the turning of the pelvis alone: a second witness that needs no acceleration and no mounting."""

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy import fft  # not np.fft, which loads at its first use: in a walk

from sternway.motion.resample import RATE_HZ
from sternway.motion.trunk import TrunkMotion
from sternway.samples import Vector


@dataclass(frozen=True, slots=True)
class CadenceSettings:
    """Over ``window_s``, every ``every_s``, strides of ``shortest_s`` to ``longest_s`` (50 to 150 steps a minute).

    The first peak of the autocorrelation that reaches ``first_share`` of the highest is one stride, a higher one
    after it two; below ``min_similarity`` of the power nothing repeats. Set on VIDIMU's forward walking, scored on
    its backward one.
    """

    window_s: float = 4.0
    every_s: float = 1.0
    shortest_s: float = 0.8
    longest_s: float = 2.4
    first_share: float = 0.7
    min_similarity: float = 0.2


@dataclass(frozen=True, slots=True)
class Cadence:
    """Steps a minute over the window that ends at ``time_s``; ``similarity`` (0 to 1) of one stride to the next."""

    time_s: float
    cadence_spm: float
    similarity: float


class RotationCadence:
    """Streaming cadence from angular rate.

    Pelvic rotation and list repeat every stride and pitch every step, so the autocorrelations of the three rates,
    added, peak at the stride time. The sum does not depend on how the clip is turned.
    """

    def __init__(self, settings: CadenceSettings | None = None) -> None:
        self._settings = settings or CadenceSettings()
        self.reset()

    def reset(self) -> None:
        """Forget all motion."""
        self._rates: deque[Vector] = deque(maxlen=round(self._settings.window_s * RATE_HZ))
        self._since = 0

    def update(self, trunk: TrunkMotion) -> list[Cadence]:
        """Return the cadences that ``trunk`` completes; none while nothing repeats."""
        if trunk.after_gap:
            self.reset()
        found = []
        for sample in trunk.samples:
            self._rates.append(sample.gyro_radps)
            self._since += 1
            if len(self._rates) == self._rates.maxlen and self._since >= self._settings.every_s * RATE_HZ:
                self._since = 0
                found += self._estimate(sample.time_s)
        return found

    def _estimate(self, time_s: float) -> list[Cadence]:
        settings = self._settings
        rates = np.array(self._rates)
        count = len(rates)
        spectrum = fft.rfft(rates - rates.mean(axis=0), 2 * count, axis=0)
        autocorrelation = fft.irfft(np.sum((spectrum * np.conj(spectrum)).real, axis=1))[:count]
        autocorrelation = autocorrelation / np.arange(count, 0, -1)
        if autocorrelation[0] <= 0.0:
            return []
        autocorrelation /= autocorrelation[0]
        lags = range(round(settings.shortest_s * RATE_HZ), round(settings.longest_s * RATE_HZ) + 1)
        peaks = [
            lag
            for lag in lags
            if autocorrelation[lag] >= autocorrelation[lag - 1] and autocorrelation[lag] > autocorrelation[lag + 1]
        ]
        best = max((float(autocorrelation[lag]) for lag in peaks), default=0.0)
        if best < settings.min_similarity:
            return []
        lag = next(lag for lag in peaks if autocorrelation[lag] >= settings.first_share * best)
        before, top, after = autocorrelation[lag - 1 : lag + 2].tolist()
        stride_s = (lag + 0.5 * (before - after) / (before - 2.0 * top + after)) / RATE_HZ
        return [Cadence(time_s, 120.0 / stride_s, top)]
