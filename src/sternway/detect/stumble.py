"""A stumble: the trunk is jolted, thrown aside and tipped far beyond what this person's walking does."""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sternway.detect.fall_features import FallFeatureTracker
from sternway.detect.gate import WalkingGate
from sternway.detect.network import Network, shipped
from sternway.detect.personal_level import BriskLevels, BriskShare, RunningLevels
from sternway.detect.stumble_context import StumbleContext
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


@dataclass(frozen=True, slots=True)
class Candidate:
    """A jolt beyond this person's walking, before it is asked whether somebody was on their feet and under way.

    ``score`` is the logarithm of how many times the usual it is, ``ratios`` those of each channel; ``features``
    describe it and the seconds before it, in the order of :data:`~sternway.detect.stumble_context.FEATURES`.
    """

    began_s: float
    time_s: float
    score: float
    ratios: tuple[float, ...]
    peak_g: float
    features: tuple[float, ...]


class CandidateDetector:
    """Compares the newest quarter second with what is usual for this person at this pace.

    Each of jerk, horizontal acceleration and tilt rate is divided by its own level: that of the last seconds, or a
    share of this person's brisk walk where that is larger, so that setting off is not a stumble. Ratios to oneself
    carry over to other people, devices and places on the belt where thresholds in m/s2 do not (Weiss et al. 2010
    first used such ratios for missteps). ``baseline`` is what :attr:`baseline` gave in an earlier walk.
    ``fall_features`` and ``gate`` may be shared with others.
    """

    def __init__(
        self,
        settings: StumbleSettings | None = None,
        baseline: Mapping[str, Any] | None = None,
        *,
        fall_features: FallFeatureTracker | None = None,
        gate: WalkingGate | None = None,
    ) -> None:
        self._settings = settings or StumbleSettings()
        self._fall_features = fall_features or FallFeatureTracker()
        self._gate = gate or WalkingGate()
        self._context = StumbleContext()
        self._log_threshold = math.log(self._settings.threshold)
        self._brisk_levels = BriskLevels(POPULATION_BRISK_LEVELS, baseline)
        self._features = StumbleFeatureTracker()
        self._quiet_until_s = -math.inf
        self.reset()

    def reset(self) -> None:
        """Forget all motion, but not the person, nor when the last alarm was."""
        self._features.reset()
        self._fall_features.reset()
        self._gate.reset()
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

    def update(self, trunk: TrunkMotion) -> list[Candidate]:
        """Return the jolts that pass the threshold, each at the sample at which it does."""
        if trunk.after_gap:
            self._restart()
        found = []
        channels, rhythms = self._fall_features.update(trunk), self._gate.rhythm(trunk)
        rows = zip(trunk.samples, self._features.update(trunk), channels, rhythms, strict=True)
        for sample, features, falling, rhythm in rows:
            self._context.push(sample, falling)
            if (candidate := self._process(sample, features, rhythm)) is not None:
                found.append(candidate)
        return found

    def _restart(self) -> None:
        self._context.reset()
        self._running_levels = RunningLevels()
        self._brisk_share = BriskShare()
        self._peaks = tuple(SlidingMax(round(self._settings.peak_s * RATE_HZ)) for _ in CHANNELS)
        self._norms: deque[float] = deque(maxlen=round(self._settings.peak_s * RATE_HZ))
        self._rise_start_s: float | None = None
        self._score = 0.0

    def _process(self, sample: TrunkSample, features: StumbleFeatures, rhythm: float) -> Candidate | None:
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
            return None
        self._quiet_until_s = time_s + self._settings.refractory_s
        self._running_levels.freeze()
        return self._candidate(time_s, score, ratios, rhythm)

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

    def _candidate(self, time_s: float, score: float, ratios: list[float], rhythm: float) -> Candidate:
        began_s = time_s if self._rise_start_s is None else max(self._rise_start_s, time_s - 0.5)
        peak_g = max(self._norms) / GRAVITY_MPS2
        logs = [math.log(max(value, 1e-3)) for value in (*ratios, *(peak.largest for peak in self._peaks))]
        features = self._context.features((score, *logs), rhythm)
        return Candidate(began_s, time_s, score, tuple(ratios), peak_g, features)


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """How probable a candidate must be: by itself, and where the walking gate was open as it began."""

    alone: float
    in_gait: float

    def accepts(self, probability: float, in_gait: bool) -> bool:
        """Return whether a candidate counts as a stumble."""
        return probability >= (self.in_gait if in_gait else self.alone)


ALWAYS_WORN = OperatingPoint(alone=0.5, in_gait=0.18)
"""Nobody has said that they walk: sitting down hard, jumping and stairs are as likely."""

IN_A_WALK = OperatingPoint(alone=0.12, in_gait=0.05)
"""The wearer pressed the button and is under way: what looks only faintly like a stumble is one."""


class StumbleDetector:
    """Finds jolts and judges the moment of each, without delay: was somebody on their feet and under way?

    A small network looks at the last 3.2 s. Every candidate becomes an event with its ``probability``; which of them
    count is for the :class:`OperatingPoint` in force. ``fall_features`` and ``gate`` may be shared with others.
    """

    def __init__(
        self,
        settings: StumbleSettings | None = None,
        baseline: Mapping[str, Any] | None = None,
        *,
        network: Network | None = None,
        fall_features: FallFeatureTracker | None = None,
        gate: WalkingGate | None = None,
    ) -> None:
        self._settings = settings or StumbleSettings()
        self._log_threshold = math.log(self._settings.threshold)
        self._candidates = CandidateDetector(self._settings, baseline, fall_features=fall_features, gate=gate)
        self._network = network or shipped("stumble")

    def reset(self) -> None:
        """Forget all motion, but not the person, nor when the last alarm was."""
        self._candidates.reset()

    def forget(self) -> None:
        """Forget the person."""
        self._candidates.forget()

    @property
    def baseline(self) -> dict[str, Any]:
        """Return what was learned about the person, as plain data."""
        return self._candidates.baseline

    @property
    def alarm_near(self) -> bool:
        """Return whether the last samples are well on the way to a stumble."""
        return self._candidates.alarm_near

    @property
    def version(self) -> str:
        """Return the name of the weights that run."""
        return self._network.version

    def update(self, trunk: TrunkMotion) -> list[Event]:
        """Return a stumble at the sample at which the jolt passes the threshold."""
        return [self._event(candidate) for candidate in self._candidates.update(trunk)]

    def _event(self, candidate: Candidate) -> Event:
        score, threshold = candidate.score, self._log_threshold
        evidence = {f"{name}_ratio": ratio for name, ratio in zip(CHANNELS, candidate.ratios, strict=True)}
        evidence |= {"times_usual": math.exp(score), "peak_g": candidate.peak_g}
        log_odds = self._network(np.array(candidate.features, dtype=np.float32))
        evidence["probability"] = 1.0 / (1.0 + math.exp(-log_odds))
        severity = min(1.0, 0.4 + 0.3 * (score - threshold) / threshold)
        return Event(Kind.STUMBLE, candidate.began_s, candidate.time_s, severity, evidence)
