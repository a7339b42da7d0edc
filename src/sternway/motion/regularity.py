"""How regular and how quiet walking is: what a clip can measure in ten seconds of it.

Step-time spread, autocorrelation regularity (Moe-Nilssen and Helbostad 2004), sideways against vertical motion
(Sekine 2013), harmonic ratio (Menz 2003) and trunk sway. None needs more than a few strides, unlike Lyapunov or DFA
exponents, which need 150 and more.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy import fft  # not np.fft, which loads at its first use: in a walk

from sternway.motion.resample import RATE_HZ
from sternway.samples import Floats

# Stride times are found by laying each 0.6 s of the walk over what follows a stride later, within 15 % of the usual
# stride. A match worse than this correlation says nothing about timing.
_WINDOW_S, _SEARCH_SHARE, _MIN_MATCH = 0.6, 0.15, 0.4
# Differences beyond this many medians are held there: one outlier must not make the spread (cf. Huber's k).
_OUTLIER_MEDIANS = 4.0
_FEWEST_STEPS = 5
_SHORTEST_STEP_S, _LONGEST_STEP_S = 0.36, 1.2
_TIMING_FLOOR_S = 0.002
_HARMONIC_COUNT = 20


@dataclass(frozen=True, slots=True)
class GaitStretch:
    """A few seconds of straight walking, measured.

    ``stride_changes_s``: how much longer each stride is than the one begun a step before it, which is the step's time
    less that of the last step of the same foot: neither a limp nor a slow change of pace counts. Regularities are
    autocorrelations at one step and one stride, averaged over vertical and forward acceleration. ``sway_radps`` is
    the root mean square of the tilting angular rate.
    """

    step_time_s: float
    stride_changes_s: tuple[float, ...]
    step_regularity: float
    stride_regularity: float
    vertical_variance: float
    mediolateral_variance: float
    harmonic_ratio: float
    sway_radps: float


@dataclass(frozen=True, slots=True)
class GaitQuality:
    """What an epoch of walking says: spread, ratio and sway are lower and regularity higher in steadier walking."""

    cadence_spm: float
    step_time_spread_s: float
    step_regularity: float
    stride_regularity: float
    ml_ratio: float
    harmonic_ratio: float
    sway_radps: float


def measure(
    vertical_mps2: Floats,
    forward_mps2: Floats,
    left_mps2: Floats,
    tilt_rate_radps: Floats,
    contacts_s: Sequence[float],
) -> GaitStretch | None:
    """Measure one stretch at 100 Hz (arrays (n,)) with its initial contacts; ``None`` where steps are too few."""
    if len(contacts_s) <= _FEWEST_STEPS:
        return None
    vertical, forward = _autocorrelation(vertical_mps2), _autocorrelation(forward_mps2)
    step_s = _step_s(vertical + forward, float(median(np.diff(contacts_s))))
    return GaitStretch(
        step_time_s=step_s,
        stride_changes_s=_stride_changes_s(np.stack((vertical_mps2, forward_mps2)), step_s),
        step_regularity=0.5 * (_peak(vertical, step_s) + _peak(forward, step_s)),
        stride_regularity=0.5 * (_peak(vertical, 2 * step_s) + _peak(forward, 2 * step_s)),
        vertical_variance=float(np.var(vertical_mps2)),
        mediolateral_variance=float(np.var(left_mps2)),
        harmonic_ratio=_harmonic_ratio(vertical_mps2, 2 * step_s),
        sway_radps=math.sqrt(float(np.mean(tilt_rate_radps * tilt_rate_radps))),
    )


def step_regularity(vertical_mps2: Floats, counted_s: float) -> float:
    """Return the autocorrelation of vertical acceleration (n,) at one step, as gait laboratories give it.

    ``counted_s`` is the median of the counted step times.
    """
    autocorrelation = _autocorrelation(vertical_mps2)
    return _peak(autocorrelation, _step_s(autocorrelation, counted_s))


def pool(stretches: Sequence[GaitStretch]) -> GaitQuality:
    """Return what ``stretches`` say together.

    Where hardly any stride is like the one before it, the spread is the widest that is looked for: too irregular to
    measure is not steady.
    """
    changes_s = [change for stretch in stretches for change in stretch.stride_changes_s]
    count = len(stretches)
    widest_s = _SEARCH_SHARE * 2.0 * sum(stretch.step_time_s for stretch in stretches) / count
    vertical = sum(stretch.vertical_variance for stretch in stretches)
    return GaitQuality(
        cadence_spm=60.0 * count / sum(stretch.step_time_s for stretch in stretches),
        step_time_spread_s=spread_s(changes_s) if len(changes_s) >= _FEWEST_STEPS else widest_s,
        step_regularity=sum(stretch.step_regularity for stretch in stretches) / count,
        stride_regularity=sum(stretch.stride_regularity for stretch in stretches) / count,
        ml_ratio=math.sqrt(sum(stretch.mediolateral_variance for stretch in stretches) / max(vertical, 1e-9)),
        harmonic_ratio=sum(stretch.harmonic_ratio for stretch in stretches) / count,
        sway_radps=math.sqrt(sum(stretch.sway_radps**2 for stretch in stretches) / count),
    )


def spread_s(stride_changes_s: Sequence[float]) -> float:
    """Return the robust standard deviation of step times behind these changes.

    Their mean absolute value, outliers held; that of two normal values is 2 / sqrt(pi) of their standard deviation.
    """
    magnitudes_s = np.abs(stride_changes_s)
    limit_s = _OUTLIER_MEDIANS * float(median(magnitudes_s)) + 0.01
    return float(np.mean(np.minimum(magnitudes_s, limit_s))) * math.sqrt(math.pi) / 2.0 + _TIMING_FLOOR_S


def _step_s(autocorrelation: Floats, counted_s: float) -> float:
    """Return the step period: where the wave is most like itself one step and one stride later.

    Sought around the median of the ``counted_s`` steps, which in slow walking catches humps that are no steps.
    """
    low, high = max(_SHORTEST_STEP_S, 0.65 * counted_s), min(_LONGEST_STEP_S, 1.55 * counted_s)
    lags = np.arange(round(low * RATE_HZ), round(high * RATE_HZ) + 1)
    return float(lags[int(np.argmax(autocorrelation[lags] + autocorrelation[2 * lags]))]) / RATE_HZ


def _stride_changes_s(signals: Floats, step_s: float) -> tuple[float, ...]:
    """Return the differences between the times of strides begun one step apart, from the wave's shape (2, n)."""
    power = _power(signals, round(_WINDOW_S * RATE_HZ))
    strides = [_stride_s(signals, power, start, 2 * step_s) for start in _starts(signals.shape[1], step_s)]
    pairs = zip(strides[:-2], strides[2:], strict=True)
    return tuple(later - sooner for sooner, later in pairs if sooner is not None and later is not None)


def _starts(n: int, step_s: float) -> list[int]:
    """Return where to begin, every half step, so that a window and its match a stride later fit into n samples."""
    last = n - (_WINDOW_S + 2 * step_s * (1.0 + _SEARCH_SHARE)) * RATE_HZ - 2
    return [round(start) for start in np.arange(0.0, max(0.0, last), 0.5 * step_s * RATE_HZ).tolist()]


def _stride_s(signals: Floats, power: Floats, start: int, expected_s: float) -> float | None:
    """Return how long after ``start`` the wave is most like itself, to a fraction of a sample."""
    width, low = round(_WINDOW_S * RATE_HZ), int((1.0 - _SEARCH_SHARE) * expected_s * RATE_HZ)
    count = int(2.0 * _SEARCH_SHARE * expected_s * RATE_HZ) + 2
    wave = signals[:, start : start + width]
    wave = wave - np.add.reduce(wave, axis=1, keepdims=True) / width
    first = start + low
    later = signals[:, first : first + width + count - 1]
    match = np.correlate(later[0], wave[0]) + np.correlate(later[1], wave[1])
    match /= np.sqrt(power[first : first + count] * power[start]) + 1e-12
    best = int(np.argmax(match))
    if not 0 < best < count - 1 or match[best] < _MIN_MATCH:
        return None
    before, top, after = (float(value) for value in match[best - 1 : best + 2])
    return (low + best + 0.5 * (before - after) / (before - 2.0 * top + after)) / RATE_HZ


def _power(signals: Floats, width: int) -> Floats:
    """Return the power about the mean, all rows together, of each ``width`` samples of ``signals`` (2, n)."""
    zeros = np.zeros((len(signals), 1))
    sums = np.cumsum(np.concatenate((zeros, signals), axis=1), axis=1)
    squares = np.cumsum(np.concatenate((zeros, signals * signals), axis=1), axis=1)
    means = (sums[:, width:] - sums[:, :-width]) / width
    power = squares[:, width:] - squares[:, :-width] - width * means * means
    return np.asarray(np.maximum(power, 0.0).sum(axis=0), dtype=np.float64)


def _autocorrelation(signal: Floats) -> Floats:
    """Return the unbiased autocorrelation of ``signal`` (n,) for lags up to n / 2, 1 at lag 0."""
    n = len(signal)
    centred = signal - np.mean(signal)
    power = np.abs(fft.rfft(centred, 2 * n)) ** 2
    raw = fft.irfft(power)[: n // 2] / (n - np.arange(n // 2))
    return np.asarray(raw / max(float(raw[0]), 1e-12), dtype=np.float64)


def _peak(autocorrelation: Floats, lag_s: float) -> float:
    """Return the largest value within 15 % of a lag, where the step clock may be off by that much."""
    low, high = int(0.85 * lag_s * RATE_HZ), int(1.15 * lag_s * RATE_HZ) + 2
    return float(np.max(autocorrelation[low:high]))


def _harmonic_ratio(vertical_mps2: Floats, stride_s: float) -> float:
    """Return the even over the odd harmonics of the stride, a whole number of samples, over whole strides only.

    The harmonics of many strides are those of their sum.
    """
    stride = round(stride_s * RATE_HZ)
    strides = len(vertical_mps2) // stride
    together = vertical_mps2[: strides * stride].reshape(strides, stride).sum(axis=0)
    sizes = np.abs(fft.rfft(together))[1 : _HARMONIC_COUNT + 1]
    return float(np.sum(sizes[1::2]) / max(float(np.sum(sizes[::2])), 1e-9))
