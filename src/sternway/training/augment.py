"""What the clip will see and the recordings do not have: another place on the belt, another chip, another person.

Each change is drawn for a whole trial, from the numbers in :class:`Augmentation`, and made on the raw samples, so
that everything after it (resampling, attitude, features) is the production code.
"""

import dataclasses
from dataclasses import dataclass

import numpy as np

from sternway.evaluate.trial import Trial
from sternway.motion.attitude import Attitude
from sternway.motion.resample import Resampler
from sternway.samples import GRAVITY_MPS2, Floats

_SOFT_S = 0.4
"""How far to either side of an impact it is softened; from half of that on it fades."""


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How far each quantity is drawn from the truth.

    ``lever_m``: standard deviation of the clip's distance from where it was recorded (buckle, hip and low back
    lie 0.1 to 0.25 m apart). ``pace``: range of playing speed; accelerations go with its square. ``scale``, biases
    and noise: tolerances of a cheap chip (MPU-6050 data sheet). ``rate_hz``: what chips are set to. ``buzz_mps2``:
    our own motor. ``slip_rad``: how far the belt lets it turn. ``lead_in_s`` and ``aftermath_s``: what is kept
    around a fall; ``longest_s`` of anything else. ``soft_s``: over how long a softer impact is spread.
    """

    lever_m: float = 0.12
    pace: tuple[float, float] = (0.85, 1.2)
    scale: float = 0.03
    accel_bias_mps2: float = 0.4
    gyro_bias_radps: float = 0.03
    accel_noise_mps2: float = 0.15
    gyro_noise_radps: float = 0.02
    rate_hz: tuple[float, float] = (50.0, 208.0)
    buzz_mps2: float = 2.0
    slip_rad: float = 0.2
    lead_in_s: tuple[float, float] = (2.0, 7.0)
    aftermath_s: float = 2.5
    longest_s: float = 15.0
    soft_s: tuple[float, float] = (0.06, 0.25)


def augmented(trial: Trial, rng: np.random.Generator, settings: Augmentation | None = None) -> Trial:
    """Return ``trial`` as another person and another clip might have given it."""
    settings = settings or Augmentation()
    trial = _cropped(trial, rng, settings)
    trial = _moved(trial, rng.normal(0.0, settings.lever_m, 3))
    trial = _paced(trial, rng.uniform(*settings.pace))
    trial = _sampled(trial, rng.uniform(*settings.rate_hz))
    trial = _sensed(trial, rng, settings)
    return _slipped(_turned(trial, random_rotation(rng)), rng, settings)


def softened(trial: Trial, rng: np.random.Generator, settings: Augmentation | None = None) -> Trial:
    """Return a fall with a softer impact: the same momentum lost over a longer time, as on a bed or against a hand.

    Anything but a fall stays as it is. What comes before the impact is smoothed a little too: it is no longer fit for
    learning what announces one.
    """
    settings = settings or Augmentation()
    if trial.impact_s is None:
        return trial
    width = max(3, round(rng.uniform(*settings.soft_s) * trial.rate_hz))
    share = np.clip((_SOFT_S - np.abs(trial.time_s - trial.impact_s)) / (0.5 * _SOFT_S), 0.0, 1.0)[:, None]

    def soft(values: Floats) -> Floats:
        return values + share * (_box(values, width) - values)

    return dataclasses.replace(trial, accel_mps2=soft(trial.accel_mps2), gyro_radps=soft(trial.gyro_radps))


def reversed_walk(trial: Trial) -> Trial:
    """Return ``trial`` backwards in time: accelerations keep their sign and rates turn round (Thorstensson 1986)."""
    return dataclasses.replace(
        trial,
        name=f"{trial.name}_reversed",
        accel_mps2=trial.accel_mps2[::-1].copy(),
        gyro_radps=-trial.gyro_radps[::-1],
        walking=trial.walking[::-1].copy(),
    )


def random_rotation(rng: np.random.Generator) -> Floats:
    """Return a rotation matrix, uniform over all of them (QR of a Gaussian matrix; Stewart 1980)."""
    q, r = np.linalg.qr(rng.normal(size=(3, 3)))
    q = q * np.sign(np.diag(r))
    return np.asarray(q * np.linalg.det(q), dtype=np.float64)


def _cropped(trial: Trial, rng: np.random.Generator, settings: Augmentation) -> Trial:
    """Keep a stretch that begins in motion, as real streams of trouble do: before a fall, or anywhere."""
    if trial.impact_s is None:
        start_s = rng.uniform(trial.time_s[0], max(trial.time_s[0], trial.time_s[-1] - settings.longest_s))
        end_s = start_s + settings.longest_s
    else:
        start_s = trial.impact_s - rng.uniform(*settings.lead_in_s)
        end_s = trial.impact_s + settings.aftermath_s
    keep = (trial.time_s >= start_s) & (trial.time_s < end_s)
    return dataclasses.replace(
        trial,
        time_s=trial.time_s[keep],
        accel_mps2=trial.accel_mps2[keep],
        gyro_radps=trial.gyro_radps[keep],
        walking=trial.walking[keep],
    )


def _moved(trial: Trial, lever_m: Floats) -> Trial:
    """Return what a clip at ``lever_m`` from this one would feel: a + alpha x r + w x (w x r)."""
    gyro = trial.gyro_radps
    smooth = _box(gyro, max(1, round(0.03 * trial.rate_hz)))
    alpha = np.gradient(smooth, trial.time_s, axis=0)
    spun = np.cross(alpha, lever_m) + np.cross(smooth, np.cross(smooth, lever_m))
    return dataclasses.replace(trial, accel_mps2=trial.accel_mps2 + spun)


def _paced(trial: Trial, pace: float) -> Trial:
    """Return ``trial`` played at ``pace``: rates grow with it, accelerations beside gravity with its square."""
    gravity = GRAVITY_MPS2 * _up(trial)
    return dataclasses.replace(
        trial,
        time_s=trial.time_s / pace,
        accel_mps2=gravity + pace * pace * (trial.accel_mps2 - gravity),
        gyro_radps=trial.gyro_radps * pace,
        impact_s=None if trial.impact_s is None else trial.impact_s / pace,
        alert_s=None if trial.alert_s is None else (trial.alert_s[0] / pace, trial.alert_s[1] / pace),
        rate_hz=trial.rate_hz * pace,
    )


def _up(trial: Trial) -> Floats:
    """Return upward in chip axes at each sample, from the production attitude."""
    attitude = Attitude()
    even = Resampler().update(trial.block())
    times = np.concatenate([block.time_s for block in even])
    ups = np.concatenate([attitude.update(block) for block in even])
    return np.stack([np.interp(trial.time_s, times, ups[:, axis]) for axis in range(3)], axis=1)


def _sampled(trial: Trial, rate_hz: float) -> Trial:
    """Return ``trial`` at a lower rate, averaged as a chip's own low-pass would."""
    if rate_hz >= trial.rate_hz:
        return trial
    time_s = np.arange(trial.time_s[0], trial.time_s[-1], 1.0 / rate_hz)
    width = max(1, round(trial.rate_hz / rate_hz))

    def at(values: Floats) -> Floats:
        smooth = _box(values, width)
        return np.stack([np.interp(time_s, trial.time_s, smooth[:, axis]) for axis in range(3)], axis=1)

    return dataclasses.replace(
        trial,
        time_s=time_s,
        accel_mps2=at(trial.accel_mps2),
        gyro_radps=at(trial.gyro_radps),
        walking=np.interp(time_s, trial.time_s, trial.walking) > 0.5,
        rate_hz=rate_hz,
    )


def _sensed(trial: Trial, rng: np.random.Generator, settings: Augmentation) -> Trial:
    """Return ``trial`` with another chip's scale, bias and noise, and bursts of its motor."""
    shape = trial.accel_mps2.shape
    accel = trial.accel_mps2 * (1.0 + rng.normal(0.0, settings.scale, 3)) + rng.normal(0, settings.accel_bias_mps2, 3)
    gyro = trial.gyro_radps * (1.0 + rng.normal(0.0, settings.scale, 3)) + rng.normal(0, settings.gyro_bias_radps, 3)
    accel = accel + rng.uniform(0.0, settings.accel_noise_mps2) * rng.normal(size=shape)
    gyro = gyro + rng.uniform(0.0, settings.gyro_noise_radps) * rng.normal(size=shape)
    for start_s in rng.uniform(trial.time_s[0], trial.time_s[-1], rng.poisson(1.0)):
        on = (trial.time_s >= start_s) & (trial.time_s < start_s + 0.25)
        wave = np.sin(2.0 * np.pi * rng.uniform(20.0, 50.0) * (trial.time_s[on] - start_s))
        accel[on] += wave[:, None] * rng.normal(0.0, settings.buzz_mps2, 3)
    return dataclasses.replace(trial, accel_mps2=accel, gyro_radps=gyro)


def _turned(trial: Trial, rotation: Floats) -> Trial:
    return dataclasses.replace(
        trial, accel_mps2=trial.accel_mps2 @ rotation.T, gyro_radps=trial.gyro_radps @ rotation.T
    )


def _slipped(trial: Trial, rng: np.random.Generator, settings: Augmentation) -> Trial:
    """Return ``trial`` with the clip turning slowly on the belt, up to ``slip_rad`` over the whole of it."""
    axis = rng.normal(size=3)
    axis /= np.linalg.norm(axis)
    angle = rng.uniform(0.0, settings.slip_rad) * (trial.time_s - trial.time_s[0]) / max(trial.duration_s, 1.0)
    return dataclasses.replace(
        trial,
        accel_mps2=_rotated(trial.accel_mps2, axis, angle),
        gyro_radps=_rotated(trial.gyro_radps, axis, angle),
    )


def _rotated(vectors: Floats, axis: Floats, angle: Floats) -> Floats:
    """Return each vector turned about ``axis`` by its own ``angle`` (Rodrigues)."""
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    along = (vectors @ axis)[:, None] * axis
    return np.asarray(along + cos * (vectors - along) + sin * np.cross(axis, vectors), dtype=np.float64)


def _box(values: Floats, width: int) -> Floats:
    """Return a centred moving mean of odd width."""
    half = width // 2
    if half == 0:
        return values
    padded = np.pad(values, ((half + 1, half), (0, 0)), mode="edge")
    total = np.cumsum(padded, axis=0)
    return (total[2 * half + 1 :] - total[: -2 * half - 1]) / (2 * half + 1)
