"""Trouble soon after setting off: what is recorded in steady walking, with most of the walking before it cut away.

Who stumbles has often only just begun to walk, and a detector that waits for a rhythm is not ready. Recordings of
stumbles begin seconds earlier, so here the person stands, walks for 0.9 to 2.4 s, and then it happens: their own
gait and their own event, faded into a made-up standing with the posture they had.
"""

import dataclasses

import numpy as np

from sternway.evaluate.trial import Trial
from sternway.evaluate.variation import seed_of
from sternway.samples import GRAVITY_MPS2, Floats

LEADS_S = (0.9, 1.2, 1.5, 1.8, 2.1, 2.4)
"""How long the person walks before it happens."""

RISE_S = 0.43
"""From the first sample labelled as a stumble to its largest acceleration: the median of SisFall's."""

FALLING_S = 1.0
"""From losing one's step to the impact of a fall."""

STAND_S = 4.0
FADE_S = 0.3
AFTER_S = 4.0
_SWAY_MPS2, _SWAY_RADPS = 0.08, 0.015
"""Spread of what a waist feels while standing (SisFall, seconds before walking)."""


def cut_shorts(trial: Trial) -> list[Trial]:
    """Return a stumble cut short after each of :data:`LEADS_S`, as far as the recording goes back.

    Without a label the largest acceleration places it.
    """
    event_s = event_s_of(trial) if trial.activity.is_stumble else None
    made = [None if event_s is None else cut_short(trial, event_s, lead_s) for lead_s in LEADS_S]
    return [short for short in made if short is not None]


def event_s_of(trial: Trial) -> float | None:
    """Return when a stumble, or a fall from gait, begins in ``trial``; ``None`` where nothing places one."""
    if trial.activity.is_stumble and trial.alert_s is not None:
        return trial.alert_s[0]
    if trial.activity.is_stumble and trial.peak_s is not None:
        return trial.peak_s - RISE_S
    if trial.activity.from_gait and trial.impact_s is not None:
        return trial.impact_s - FALLING_S
    return None


def cut_short(trial: Trial, event_s: float, lead_s: float) -> Trial | None:
    """Return ``trial`` from ``lead_s`` before ``event_s`` on, after some seconds of standing.

    ``None`` where the recording begins less than ``lead_s`` and the time of a fade before the event.
    """
    start_s = event_s - lead_s
    keep = (trial.time_s >= start_s - FADE_S) & (trial.time_s < event_s + AFTER_S)
    if start_s - FADE_S < trial.time_s[0] or not np.any(keep):
        return None
    walked_s, accel, gyro = trial.time_s[keep], trial.accel_mps2[keep], trial.gyro_radps[keep]
    before = (walked_s < event_s)[:, None]
    up = np.mean(accel, axis=0, where=before)
    up *= GRAVITY_MPS2 / np.linalg.norm(up)
    random = np.random.default_rng((seed_of(trial.name), round(1000 * lead_s)))
    count = round(STAND_S * trial.rate_hz)
    time_s = np.concatenate((walked_s[0] - np.arange(count, 0, -1) / trial.rate_hz, walked_s))
    standing_accel = up + _sway(random, len(time_s), trial.rate_hz, _SWAY_MPS2)
    standing_gyro = _sway(random, len(time_s), trial.rate_hz, _SWAY_RADPS)
    share = np.clip((time_s - (start_s - FADE_S)) / FADE_S, 0.0, 1.0)[:, None]
    share = share * share * (3.0 - 2.0 * share)
    first_s = float(time_s[0])
    return dataclasses.replace(
        trial,
        name=f"{trial.name}_{lead_s:g}s",
        time_s=time_s - first_s,
        accel_mps2=standing_accel + share * (_padded(accel, count) - standing_accel),
        gyro_radps=standing_gyro + share * (_padded(gyro, count) - standing_gyro),
        walking=np.concatenate((np.zeros(count, dtype=np.bool_), trial.walking[keep])),
        onset_s=_earlier(trial.onset_s, first_s),
        impact_s=_earlier(trial.impact_s, first_s),
        peak_s=_earlier(trial.peak_s, first_s),
        alert_s=None if trial.alert_s is None else (trial.alert_s[0] - first_s, trial.alert_s[1] - first_s),
        segments=(),
        gait=None,
    )


def _earlier(time_s: float | None, by_s: float) -> float | None:
    return None if time_s is None else time_s - by_s


def _padded(values: Floats, count: int) -> Floats:
    """Return ``values`` with ``count`` rows like the first before them."""
    return np.concatenate((np.repeat(values[:1], count, axis=0), values))


def _sway(random: np.random.Generator, count: int, rate_hz: float, size: float) -> Floats:
    """Return smooth noise (count, 3) of standard deviation ``size``, slower than 2 Hz."""
    width = max(1, round(0.25 * rate_hz))
    kernel = np.ones(width) / np.sqrt(width)
    noise = random.normal(0.0, size, (count + width - 1, 3))
    return np.stack([np.convolve(noise[:, axis], kernel, "valid") for axis in range(3)], axis=1)
