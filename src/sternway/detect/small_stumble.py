"""A small stumble: it does not stand out by its size, but this person's own walk does not go like that."""

import math
from collections import deque
from dataclasses import dataclass, field

from sternway.detect.analogue_forecast import AnalogueForecast, ForecastSettings, Singles
from sternway.detect.error_features import UP_COUNT, ErrorFeatures, PowerSettings
from sternway.detect.network import Network, shipped
from sternway.events import Event, Kind
from sternway.motion.trunk import TrunkMotion, TrunkSample
from sternway.samples import Vector


@dataclass(frozen=True, slots=True)
class SmallStumbleSettings:
    """``threshold`` in log odds, from the operating curve on the model card; ``tested_from_g`` is the smallest size
    of which at least half were heard there. ``refractory_s``: a stumble and its recovery steps are one event.
    """

    threshold: float = 4.5
    tested_from_g: float = 0.7
    refractory_s: float = 3.0
    forecast: ForecastSettings = field(default_factory=ForecastSettings)
    power: PowerSettings = field(default_factory=PowerSettings)


class UnforeseenMotion:
    """From trunk samples to the numbers the network looks at, every 80 ms once this walk is known."""

    def __init__(self, settings: SmallStumbleSettings | None = None) -> None:
        settings = settings or SmallStumbleSettings()
        self._forecast = AnalogueForecast(settings.forecast)
        self.features = ErrorFeatures(settings.power)
        self.reset()

    def reset(self) -> None:
        """Forget the walk."""
        self._forecast.reset()
        self.features.reset()
        self._ups: deque[Vector] = deque(maxlen=UP_COUNT)

    def push(self, sample: TrunkSample) -> Singles | None:
        """Take one sample; return the numbers where there was a forecast to compare with."""
        self._ups.append(sample.up)
        error = self._forecast.push(sample)
        return None if error is None else self.features.update(error, self._ups[0])


class SmallStumbleDetector:
    """The second channel of stumbles: compares the last 0.8 s with how this very walk went on from the same moment.

    A personal forecast by analogues and a small network on its error. It knows nothing before 20 s of this walk, and
    it hears the recovery: some 0.4 s after the stumble began. Nothing is stored beyond the walk.
    """

    def __init__(self, settings: SmallStumbleSettings | None = None, network: Network | None = None) -> None:
        self._settings = settings or SmallStumbleSettings()
        self._network = network or shipped("small_stumble")
        self._motion = UnforeseenMotion(self._settings)
        self._quiet_until_s = -math.inf

    @property
    def version(self) -> str:
        """Return the name of the weights that run."""
        return self._network.version

    def reset(self) -> None:
        """Forget the walk, but not when the last alarm was."""
        self._motion.reset()

    def update(self, trunk: TrunkMotion) -> list[Event]:
        """Return a stumble at the look at which the network is sure enough of it."""
        if trunk.after_gap:
            self._motion.reset()
        events: list[Event] = []
        for sample in trunk.samples:
            numbers = self._motion.push(sample)
            if numbers is not None and sample.time_s >= self._quiet_until_s:
                events += self._judge(sample.time_s, self._network(numbers))
        return events

    def _judge(self, time_s: float, log_odds: float) -> list[Event]:
        settings, features = self._settings, self._motion.features
        if log_odds < settings.threshold:
            return []
        self._quiet_until_s = time_s + settings.refractory_s
        evidence = {
            "small_probability": 1.0 / (1.0 + math.exp(-log_odds)),
            "unforeseen_ratio": features.ratio,
            "tested_from_g": settings.tested_from_g,
        }
        return [Event(Kind.STUMBLE, time_s - features.age_s, time_s, 0.3, evidence)]
