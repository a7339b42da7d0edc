"""A stumble: the trunk is jolted, thrown aside and tipped far beyond what this person's walking does."""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sternway.detect.personal_level import BriskLevels, BriskShare, RunningLevels
from sternway.detect.stumble_features import CHANNELS, StumbleFeatures, StumbleFeatureTracker
from sternway.events import Event, Kind
from sternway.motion.resample import RATE_HZ
from sternway.motion.trunk import TrunkMotion, TrunkSample
from sternway.motion.window import SlidingMax
from sternway.samples import GRAVITY_MPS2, Vector

POPULATION_BRISK_LEVELS = {"jerk": 74.0, "horizontal": 5.5, "tilt_rate": 0.85}
"""Everybody's start: the level that one in four exceeds when told to walk quickly (SisFall D02, 18 people)."""


@dataclass(frozen=True, slots=True)
class StumbleSettings:
    """What is a stumble.

    ``weights`` are the shares of the three ratios. Jerk tells walking from stumbling best; the other two keep stairs
    quiet. Of a grid of shares, these keep the gap between walking and stumbling wide on SisFall as recorded, at 20
    and 50 Hz, reversed in time and with the sensor moved to the low back, and on HAPT. ``threshold`` of their
    weighted geometric mean lies in that gap: walking reaches 2.4 on SisFall and 2.7 on HAPT, of 65 stumbles the
    softest 3.1 and the next 4.1. With both chosen without a person, that person's stumbles pass and no walk does.
    ``peak_s`` is how long a peak counts; ``refractory_s``: a stumble and its recovery steps are one event. From
    ``near_share`` of the way to the threshold (on a logarithmic scale) on, a stumble may be near: of SisFall's 65 all
    are there 36 ms before they are told, brisk walking for 16 % of the time. ``motor_settle_s``: the sensor rests
    this long after our own motor before the same stumble may be heard again.
    """

    weights: tuple[float, float, float] = (0.8, 0.1, 0.1)
    threshold: float = 2.9
    peak_s: float = 0.25
    refractory_s: float = 3.0
    motor_settle_s: float = 0.3
    near_share: float = 0.35


class StumbleDetector:
    """Compares the newest quarter second with what is usual for this person at this pace.

    Each of jerk, horizontal acceleration and tilt rate is divided by its own level: that of the last seconds, or a
    share of this person's brisk walk where that is larger, so that setting off is not a stumble. Ratios to oneself
    carry over to other people, devices and places on the belt where thresholds in m/s2 do not (Weiss et al. 2010
    first used such ratios for missteps). ``baseline`` is what :attr:`baseline` gave in an earlier walk.
    """

    def __init__(self, settings: StumbleSettings | None = None, baseline: Mapping[str, Any] | None = None) -> None:
        self._settings = settings or StumbleSettings()
        self._log_threshold = math.log(self._settings.threshold)
        self._brisk_levels = BriskLevels(POPULATION_BRISK_LEVELS, baseline)
        self._features = StumbleFeatureTracker()
        self._quiet_until_s = -math.inf
        self.reset()

    def reset(self) -> None:
        """Forget all motion, but not the person, nor when the last alarm was."""
        self._features.reset()
        self._restart()

    def forget(self) -> None:
        """Forget the person."""
        self._brisk_levels.forget()

    @property
    def baseline(self) -> dict[str, Any]:
        """Return what was learned about the person, as plain data."""
        return self._brisk_levels.learned

    @property
    def alarm_near(self) -> bool:
        """Return whether the last samples are well on the way to a stumble."""
        return self._score > self._settings.near_share * self._log_threshold

    def update(self, trunk: TrunkMotion) -> list[Event]:
        """Return a stumble at the sample at which the jolt passes the threshold."""
        if trunk.after_gap:
            self._restart()
        events: list[Event] = []
        for sample, features in zip(trunk.samples, self._features.update(trunk), strict=True):
            events += self._process(sample, features)
        return events

    def _restart(self) -> None:
        self._running_levels = RunningLevels()
        self._brisk_share = BriskShare()
        self._peaks = tuple(SlidingMax(round(self._settings.peak_s * RATE_HZ)) for _ in CHANNELS)
        self._norms: deque[float] = deque(maxlen=round(self._settings.peak_s * RATE_HZ))
        self._rise_start_s: float | None = None
        self._score = 0.0

    def _process(self, sample: TrunkSample, features: StumbleFeatures) -> list[Event]:
        time_s, vertical, horizontal = sample.time_s, sample.vertical_mps2, sample.horizontal_mps2
        self._norms.append(sample.accel_norm_mps2)
        share = self._brisk_share.push(vertical * vertical + horizontal * horizontal)
        running = self._running_levels.push(features)
        ratios, score = self._log_ratio(features, running, share)
        self._track_rise(time_s, score)
        quiet = time_s < self._quiet_until_s
        self._score = 0.0 if quiet else score
        if quiet and sample.motor_on:
            self._quiet_until_s = max(self._quiet_until_s, time_s + self._settings.motor_settle_s)
        if sample.walking and not quiet and score < 0.5 * self._log_threshold:
            self._brisk_levels.learn(running)
        if quiet or score < self._log_threshold:
            return []
        self._quiet_until_s = time_s + self._settings.refractory_s
        self._running_levels.freeze()
        return [self._event(time_s, score, ratios)]

    def _log_ratio(self, features: StumbleFeatures, running: Vector, share: float) -> tuple[list[float], float]:
        """Return the ratio of each newest peak to the person's own pace, and their weighted logarithmic mean.

        Where a share of the brisk walk is larger, that takes the place of the pace.
        """
        ratios, score = [], 0.0
        weights, levels = self._settings.weights, self._brisk_levels.levels.values()
        for value, level, peak, brisk, weight in zip(features, running, self._peaks, levels, weights, strict=True):
            floor = share * brisk
            ratio = peak.push(value) / (level if level > floor else floor)
            ratios.append(ratio)
            score += weight * math.log(ratio if ratio > 1e-3 else 1e-3)
        return ratios, score

    def _track_rise(self, time_s: float, score: float) -> None:
        """Remember where the present excess began: that is when the stumble happened."""
        if score < 0.5 * self._log_threshold:
            self._rise_start_s = None
        elif self._rise_start_s is None:
            self._rise_start_s = time_s

    def _event(self, time_s: float, score: float, ratios: list[float]) -> Event:
        evidence = {f"{name}_ratio": ratio for name, ratio in zip(CHANNELS, ratios, strict=True)}
        evidence |= {"times_usual": math.exp(score), "peak_g": max(self._norms) / GRAVITY_MPS2}
        severity = min(1.0, 0.4 + 0.3 * (score - self._log_threshold) / self._log_threshold)
        began_s = time_s if self._rise_start_s is None else max(self._rise_start_s, time_s - 0.5)
        return Event(Kind.STUMBLE, began_s, time_s, severity, evidence)
