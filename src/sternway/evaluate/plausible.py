"""Can a recording be what its reader takes it for? Wrong units and a wrong rate show in any trial of a person."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sternway.errors import RecordingError
from sternway.evaluate.trial import Trial
from sternway.samples import GRAVITY_MPS2, Floats

STILL_S = 0.5
_STILL_MPS2, _STILL_RADPS = 0.3, 0.3
"""Spread of ``|a|`` and mean angular rate within half a second up to which a person is still."""

GRAVITY_DOUBT, GRAVITY_REFUSED = 1.3, 1.6
"""Factors between ``|a|`` of a still person and gravity: SisFall's is off by up to 1.28, lying. Of a person who
never rests ``|a|`` may be further off (jogging: 1.4), and is only refused."""

RATE_DOUBT, RATE_REFUSED = 1.1, 1.8
"""Factors between the rate that the times of the samples say and the one the data set is said to have."""

RADPS_REFUSED = 40.0
"""No trunk turns that fast for a hundredth of a trial, and few sensors can: it is degrees a second."""


def checked(trial: Trial) -> Trial:
    """Return ``trial``, with a remark where something is odd; raise ``RecordingError`` where it cannot be scored."""
    remarks = [words for words in (_gravity(trial), _rate(trial), _turning(trial)) if words]
    return replace(trial, remarks=(*trial.remarks, *remarks)) if remarks else trial


def _gravity(trial: Trial) -> str | None:
    norm = _norm_windows(trial)
    if not len(norm):
        return None
    still = norm[_still(trial, norm)]
    reads_mps2 = float(np.median(still if len(still) else norm))
    words = f"{trial.name}: |a| is {reads_mps2:.2f} m/s2 while the person is still, not {GRAVITY_MPS2:.2f}"
    if not _within(reads_mps2, GRAVITY_MPS2, GRAVITY_REFUSED):
        raise RecordingError(f"{words}; is the unit another one, or gravity already taken out?")
    is_odd = len(still) and not _within(reads_mps2, GRAVITY_MPS2, GRAVITY_DOUBT)
    return f"{words}; is the sensor calibrated?" if is_odd else None


def _rate(trial: Trial) -> str | None:
    """Judge the rate by the usual interval and by the whole duration.

    Samples that come in bursts spoil the first, gaps the second: only where both are off the rate is another one.
    """
    if len(trial.time_s) < 2:
        raise RecordingError(f"{trial.name}: holds fewer than two samples")
    usual_s = max(float(np.median(np.diff(trial.time_s))), 1e-9)
    rates_hz = (1.0 / usual_s, len(trial.time_s) / max(trial.duration_s, 1e-9))
    nearest_hz = min(rates_hz, key=lambda rate_hz: abs(np.log(rate_hz / trial.rate_hz)))
    words = f"{trial.name}: its samples come at {nearest_hz:.1f} Hz, not at {trial.rate_hz:g} Hz"
    if not _within(nearest_hz, trial.rate_hz, RATE_REFUSED):
        raise RecordingError(f"{words}; is its time in another unit?")
    return None if _within(nearest_hz, trial.rate_hz, RATE_DOUBT) else f"{words}; its times are believed"


def _turning(trial: Trial) -> str | None:
    fastest_radps = float(np.percentile(np.sqrt(np.sum(trial.gyro_radps**2, axis=1)), 99))
    if fastest_radps > RADPS_REFUSED:
        raise RecordingError(f"{trial.name}: turns at {fastest_radps:.0f} rad/s; are they degrees a second?")
    return None


def _norm_windows(trial: Trial) -> Floats:
    """Return ``|a|`` (n, k) in half seconds of k samples; what is left over at the end is left out."""
    return _windows(np.sqrt(np.sum(trial.accel_mps2**2, axis=1)), trial)


def _still(trial: Trial, norm: Floats) -> NDArray[np.bool_]:
    """Return in which half seconds (n,) the person is still."""
    turning = _windows(np.sqrt(np.sum(trial.gyro_radps**2, axis=1)), trial)
    return np.asarray((norm.std(axis=1) < _STILL_MPS2) & (turning.mean(axis=1) < _STILL_RADPS))


def _windows(values: Floats, trial: Trial) -> Floats:
    width = max(1, round(STILL_S * trial.rate_hz))
    count = len(values) // width
    return values[: count * width].reshape(count, width)


def _within(value: float, expected: float, factor: float) -> bool:
    return expected / factor <= value <= expected * factor
