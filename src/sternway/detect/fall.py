"""A fall: an impact at the end of a way down, another posture after it, and stillness."""

import math
from dataclasses import dataclass, field

import numpy as np

from sternway.detect.fall_features import FallFeatureTracker
from sternway.detect.impact import Impact, ImpactFinder, ImpactSettings
from sternway.detect.lying_still import LyingStillSettings, LyingStillTracker
from sternway.detect.network import Network, shipped
from sternway.events import Event, Kind
from sternway.motion.angle import angle_rad
from sternway.motion.trunk import TrunkMotion
from sternway.samples import Vector


@dataclass(frozen=True, slots=True)
class FallSettings:
    """What makes a fall, from the development half of SisFall (975 acted falls, 13 people).

    ``threshold`` in log odds of the network that looks at an impact: the operating curve is on the model card.
    ``turned_rad`` (45 deg): 99 % of the falls end more than 62 deg from how the trunk was held before. A smaller turn
    from ``slight_turn_rad`` on is enough where the log odds reach ``slight_turn_threshold``, as those of 97 % of the
    falls do: of daily life with such turns the highest has 2.7 (joint curve on the model card).
    ``min_after_s``: a body bounces for half a second, then is still for two. ``max_after_s``: nobody in the data lies
    still later than 7 s after the impact. ``refractory_s``: the countdown that a fall begins lasts longer.
    """

    impact: ImpactSettings = field(default_factory=ImpactSettings)
    rest: LyingStillSettings = field(default_factory=LyingStillSettings)
    threshold: float = 0.0
    turned_rad: float = math.radians(45.0)
    slight_turn_rad: float = math.radians(35.0)
    slight_turn_threshold: float = 3.5
    min_after_s: float = 2.5
    max_after_s: float = 10.0
    refractory_s: float = 10.0

    def least_turn_rad(self, log_odds: float) -> float:
        """Return how far the wearer must have turned after an impact with these log odds.

        >>> [round(math.degrees(FallSettings().least_turn_rad(log_odds))) for log_odds in (0.0, 5.0)]
        [45, 35]
        """
        return self.slight_turn_rad if log_odds >= self.slight_turn_threshold else self.turned_rad


class FallDetector:
    """Waits after each impact that looks like a fall's for two seconds of stillness in a posture far from before.

    Impacts follow each other (a stumble, the knees, the hip): up to four wait at once. Source of the three phases:
    Bourke, O'Brien and Lyons 2007; Kangas et al. 2008. The network and its training are on the model card.
    ``fall_features`` may be shared with another detector.
    """

    def __init__(
        self,
        settings: FallSettings | None = None,
        network: Network | None = None,
        fall_features: FallFeatureTracker | None = None,
    ) -> None:
        self._settings = settings or FallSettings()
        self._network = network or shipped("fall")
        self._impacts = ImpactFinder(self._settings.impact, fall_features)
        self._lying_still = LyingStillTracker(self._settings.rest)
        self._refractory_until_s = -math.inf
        self.reset()

    def reset(self) -> None:
        """Forget all motion; the time of the last alarm stays."""
        self._impacts.reset()
        self._lying_still.reset()
        self._waiting: list[tuple[Impact, float]] = []

    @property
    def version(self) -> str:
        """Return the name of the weights that run."""
        return self._network.version

    def update(self, trunk: TrunkMotion) -> list[Event]:
        """Return a fall at the sample that settles it; its ``time_s`` is the impact."""
        if trunk.after_gap:
            self._waiting = []
        events: list[Event] = []
        impacts, lying = self._impacts.update(trunk), self._lying_still.update(trunk)
        for sample, impact, lying_up in zip(trunk.samples, impacts, lying, strict=True):
            if impact is not None:
                self._classify(impact)
            if self._waiting:
                events += self._decide(sample.time_s, lying_up)
        return events

    def _classify(self, impact: Impact) -> None:
        log_odds = self._network(np.array(impact.features, dtype=np.float32))
        if log_odds >= self._settings.threshold:
            self._waiting = [*self._waiting, (impact, log_odds)][-4:]

    def _decide(self, time_s: float, lying_up: Vector | None) -> list[Event]:
        self._waiting = [item for item in self._waiting if time_s - item[0].time_s <= self._settings.max_after_s]
        if time_s < self._refractory_until_s:
            return []
        for impact, log_odds in self._waiting:
            turned = turned_rad(impact, time_s, lying_up, self._settings)
            if turned is not None and turned > self._settings.least_turn_rad(log_odds):
                self._waiting = []
                self._refractory_until_s = time_s + self._settings.refractory_s
                return [_event(impact, log_odds, time_s, turned)]
        return []


def turned_rad(impact: Impact, time_s: float, lying_up: Vector | None, settings: FallSettings) -> float | None:
    """Return how far the wearer, lying still, is turned from how they were held before ``impact``.

    ``None`` where they do not lie still, or not soon enough after it to be said to.
    """
    if lying_up is None or not settings.min_after_s <= time_s - impact.time_s <= settings.max_after_s:
        return None
    return angle_rad(lying_up, impact.up_before)


def _event(impact: Impact, log_odds: float, decided_at_s: float, turned: float) -> Event:
    evidence = {
        "probability": 1.0 / (1.0 + math.exp(-log_odds)),
        "impact_mps2": impact.peak_mps2,
        "turned_rad": turned,
        "still_after_s": decided_at_s - impact.time_s,
    }
    return Event(Kind.FALL, impact.time_s, decided_at_s, 1.0, evidence)
