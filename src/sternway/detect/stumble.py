"""A stumble: the trunk is jolted, thrown aside and tipped far beyond what this person's walking does."""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sternway.detect.jolt import CHANNELS, Jolt, JoltTracker
from sternway.detect.usual import BriskWalk, Caution, PaceLevels
from sternway.events import Event, Kind
from sternway.motion.resample import RATE_HZ
from sternway.motion.trunk import TrunkMotion, TrunkSample
from sternway.motion.window import Peak
from sternway.samples import GRAVITY_MPS2, Vector

BRISK_WALK = {"jerk": 74.0, "horizontal": 5.5, "tilt_rate": 0.85}
"""Everybody's start: the level that one in four exceeds when told to walk quickly (SisFall D02, 18 people)."""


@dataclass(frozen=True, slots=True)
class StumbleSettings:
    """What is a stumble.

    ``weights`` are the shares of the three ratios. Jerk tells walking from stumbling best; the other two keep stairs
    quiet. Of a grid of shares, these keep the gap between walking and stumbling wide on SisFall as recorded, at 20
    and 50 Hz, reversed in time and with the sensor moved to the low back, and on HAPT. ``threshold`` of their
    weighted geometric mean lies in that gap: walking reaches 2.4 on SisFall and 2.7 on HAPT, of 65 stumbles the
    softest 3.1 and the next 4.1. With both chosen without a person, that person's stumbles pass and no walk does.
    ``peak_s`` is how long a peak counts; ``refractory_s``: a stumble and its recovery steps are one event.
    From ``edge`` of the way to the threshold (on a logarithmic scale) on, a stumble may be near: of SisFall's 65 all
    are there 36 ms before they are told, brisk walking for 16 % of the time.
    ``settle_s``: the sensor rests this long after our own motor before the same stumble may be heard again.
    """

    weights: tuple[float, float, float] = (0.8, 0.1, 0.1)
    threshold: float = 2.9
    peak_s: float = 0.25
    refractory_s: float = 3.0
    settle_s: float = 0.3
    edge: float = 0.35


class StumbleDetector:
    """Compares the newest quarter second with what is usual for this person at this pace.

    Each of jerk, horizontal acceleration and tilt rate is divided by its own level: that of the last seconds, or a
    share of this person's brisk walk where that is larger, so that setting off is not a stumble. Ratios to oneself
    carry over to other people, devices and places on the belt where thresholds in m/s2 do not (Weiss et al. 2010
    first used such ratios for missteps). ``baseline`` is what :attr:`baseline` gave in an earlier walk.
    """

    def __init__(self, settings: StumbleSettings | None = None, baseline: Mapping[str, Any] | None = None) -> None:
        self._settings = settings or StumbleSettings()
        self._least = math.log(self._settings.threshold)
        self._brisk = BriskWalk(BRISK_WALK, baseline)
        self._jolts = JoltTracker()
        self._quiet_until_s = -math.inf
        self.reset()

    def reset(self) -> None:
        """Forget all motion, but not the person, nor when the last alarm was."""
        self._jolts.reset()
        self._restart()

    def forget(self) -> None:
        """Forget the person."""
        self._brisk.forget()

    @property
    def baseline(self) -> dict[str, Any]:
        """Return what was learned about the person, as plain data."""
        return self._brisk.plain

    @property
    def on_edge(self) -> bool:
        """Return whether the last samples are well on the way to a stumble."""
        return self._score > self._settings.edge * self._least

    def update(self, trunk: TrunkMotion) -> list[Event]:
        """Return a stumble at the sample at which the jolt passes the threshold."""
        if trunk.after_gap:
            self._restart()
        events: list[Event] = []
        for sample, jolt in zip(trunk.samples, self._jolts.update(trunk), strict=True):
            events += self._see(sample, jolt)
        return events

    def _restart(self) -> None:
        self._pace = PaceLevels()
        self._caution = Caution()
        self._peaks = tuple(Peak(round(self._settings.peak_s * RATE_HZ)) for _ in CHANNELS)
        self._norms: deque[float] = deque(maxlen=round(self._settings.peak_s * RATE_HZ))
        self._rising_s: float | None = None
        self._score = 0.0

    def _see(self, sample: TrunkSample, jolt: Jolt) -> list[Event]:
        time_s, vertical, horizontal = sample.time_s, sample.vertical_mps2, sample.horizontal_mps2
        self._norms.append(sample.accel_norm_mps2)
        share = self._caution.push(vertical * vertical + horizontal * horizontal)
        own = self._pace.push(jolt)
        ratios, score = self._compare(jolt, own, share)
        self._follow_rise(time_s, score)
        held = time_s < self._quiet_until_s
        self._score = 0.0 if held else score
        if held and sample.motor_on:
            self._quiet_until_s = max(self._quiet_until_s, time_s + self._settings.settle_s)
        if sample.walking and not held and score < 0.5 * self._least:
            self._brisk.walk(own)
        if held or score < self._least:
            return []
        self._quiet_until_s = time_s + self._settings.refractory_s
        self._pace.freeze()
        return [self._event(time_s, score, ratios)]

    def _compare(self, jolt: Jolt, own: Vector, share: float) -> tuple[list[float], float]:
        """Return the ratio of each newest peak to the person's own pace, and their weighted logarithmic mean.

        Where a share of the brisk walk is larger, that takes the place of the pace.
        """
        ratios, score = [], 0.0
        weights, levels = self._settings.weights, self._brisk.levels.values()
        for value, level, peak, brisk, weight in zip(jolt, own, self._peaks, levels, weights, strict=True):
            known = share * brisk
            ratio = peak.push(value) / (level if level > known else known)
            ratios.append(ratio)
            score += weight * math.log(ratio if ratio > 1e-3 else 1e-3)
        return ratios, score

    def _follow_rise(self, time_s: float, score: float) -> None:
        """Remember where the present excess began: that is when the stumble happened."""
        if score < 0.5 * self._least:
            self._rising_s = None
        elif self._rising_s is None:
            self._rising_s = time_s

    def _event(self, time_s: float, score: float, ratios: list[float]) -> Event:
        evidence = {f"{name}_ratio": ratio for name, ratio in zip(CHANNELS, ratios, strict=True)}
        evidence |= {"times_usual": math.exp(score), "peak_g": max(self._norms) / GRAVITY_MPS2}
        severity = min(1.0, 0.4 + 0.3 * (score - self._least) / self._least)
        began_s = time_s if self._rising_s is None else max(self._rising_s, time_s - 0.5)
        return Event(Kind.STUMBLE, began_s, time_s, severity, evidence)
