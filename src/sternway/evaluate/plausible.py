"""Can a recording be what its reader takes it for? Wrong units and a wrong rate show in any trial of a person."""

from dataclasses import replace

import numpy as np

from sternway.errors import RecordingError
from sternway.evaluate.trial import Trial
from sternway.samples import GRAVITY_MPS2, Floats

STILL_S = 0.5
_STILL_MPS2, _STILL_RADPS = 0.3, 0.3
"""Spread of ``|a|`` and mean angular rate within half a second up to which a person is still."""

GRAVITY_DOUBT, GRAVITY_REFUSED = 1.25, 1.6
"""Factors between ``|a|`` of a still person and gravity: an ADXL345 on a belt is off by up to 1.22 (SisFall)."""

RATE_DOUBT, RATE_REFUSED = 1.1, 1.8
"""Factors between the rate that the times of the samples say and the one the data set is said to have."""

RADPS_REFUSED = 40.0
"""No trunk turns that fast for a hundredth of a trial, and few sensors can: it is degrees a second."""


def checked(trial: Trial) -> Trial:
    """Return ``trial``, with a remark where something is odd; raise ``RecordingError`` where it cannot be scored."""
    remarks = [words for words in (_gravity(trial), _rate(trial), _turning(trial)) if words]
    return replace(trial, remarks=(*trial.remarks, *remarks)) if remarks else trial


def _gravity(trial: Trial) -> str | None:
    reads_mps2 = still_mps2(trial)
    if reads_mps2 is None:
        return None
    words = f"{trial.name}: |a| is {reads_mps2:.2f} m/s2 while the person is still, not {GRAVITY_MPS2:.2f}"
    if not _within(reads_mps2, GRAVITY_MPS2, GRAVITY_REFUSED):
        raise RecordingError(f"{words}; is the unit another one, or gravity already taken out?")
    return None if _within(reads_mps2, GRAVITY_MPS2, GRAVITY_DOUBT) else f"{words}; is the sensor calibrated?"


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


def still_mps2(trial: Trial) -> float | None:
    """Return the median ``|a|`` in the half seconds in which the person is still; over all where they never are.

    ``None`` where the trial is shorter than half a second.
    """
    width = round(STILL_S * trial.rate_hz)
    count = len(trial.time_s) // width if width else 0
    if not count:
        return None
    norm = _windows(np.sqrt(np.sum(trial.accel_mps2**2, axis=1)), count, width)
    turning = _windows(np.sqrt(np.sum(trial.gyro_radps**2, axis=1)), count, width)
    still = (norm.std(axis=1) < _STILL_MPS2) & (turning.mean(axis=1) < _STILL_RADPS)
    return float(np.median(norm[still] if still.any() else norm))


def _windows(values: Floats, count: int, width: int) -> Floats:
    return values[: count * width].reshape(count, width)


def _within(value: float, expected: float, factor: float) -> bool:
    return expected / factor <= value <= expected * factor
