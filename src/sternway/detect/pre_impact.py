"""A fall that is about to hit the ground."""

import itertools
import math
from dataclasses import dataclass

import numpy as np

from sternway.detect.fall_features import CHANNELS, FallFeatureTracker
from sternway.detect.gate import WalkingGate
from sternway.detect.network import Network, shipped
from sternway.events import Event, Kind
from sternway.motion.resample import RATE_HZ
from sternway.motion.trunk import TrunkMotion
from sternway.motion.window import RowBuffer
from sternway.samples import Floats

BOX_EDGES_S = (0.0, 0.02, 0.06, 0.12, 0.22, 0.4, 0.7, 1.2)
"""How the past is seen: the mean of each channel over each of these stretches before now, finer the nearer."""

INPUT_COUNT = (len(BOX_EDGES_S) - 1) * len(CHANNELS)


def box_matrix() -> Floats:
    """Return the matrix (boxes, samples) that takes the last 1.2 s, oldest first, to the mean of each stretch."""
    edges = [round(edge_s * RATE_HZ) for edge_s in BOX_EDGES_S]
    matrix = np.zeros((len(edges) - 1, edges[-1]))
    for row, (near, far) in enumerate(itertools.pairwise(edges)):
        matrix[row, edges[-1] - far : edges[-1] - near] = 1.0 / (far - near)
    return matrix


@dataclass(frozen=True, slots=True)
class PreImpactSettings:
    """``threshold`` in log odds, from the operating curve on the model card; ``consecutive`` samples must pass it
    (one bad sample is not a fall), and ``consecutive_in_gait`` while gait is recognised: a stumble that is caught or
    a quick stair looks like a fall for a moment, and falls from gait are foreseen early enough to wait (chosen on
    folds other than those scored). ``refractory_s``: a fall is over within it.
    """

    threshold: float = 2.0
    consecutive: int = 3
    consecutive_in_gait: int = 5
    refractory_s: float = 3.0


class ConsecutiveThreshold:
    """Says yes at the sample at which the log odds have passed the threshold often enough in a row, then rests.

    ``count`` is how many samples in a row have passed it so far.
    """

    def __init__(self, settings: PreImpactSettings) -> None:
        self._settings = settings
        self._refractory_until_s = -math.inf
        self.reset()

    def reset(self) -> None:
        """Forget the samples; the time of the last alarm stays."""
        self.count = 0

    def update(self, time_s: float, log_odds: float, in_gait: bool) -> bool:
        """Take one sample and return whether it raises the alarm."""
        settings = self._settings
        self.count = self.count + 1 if log_odds >= settings.threshold else 0
        enough = settings.consecutive_in_gait if in_gait else settings.consecutive
        if self.count < enough or time_s < self._refractory_until_s:
            return False
        self._refractory_until_s = time_s + self._settings.refractory_s
        return True


class PreImpactDetector:
    """Runs a small network on the last 1.2 s of how the trunk unloads, drops, tips and is carried along.

    The idea of a small causal network with hard negatives follows Jung, Koo and Kim 2020 (Sensors 20:5774) and Yu,
    Jang and Xiong 2021 (KFall); the network, its loss and its training are on the model card. ``fall_features``
    and ``gate`` may be shared with others.
    """

    def __init__(
        self,
        settings: PreImpactSettings | None = None,
        network: Network | None = None,
        fall_features: FallFeatureTracker | None = None,
        gate: WalkingGate | None = None,
    ) -> None:
        self._settings = settings or PreImpactSettings()
        self._network = network or shipped("pre_impact")
        self._fall_features = fall_features or FallFeatureTracker()
        self._gate = gate or WalkingGate()
        self._box_matrix = box_matrix().astype(np.float32)
        self._history = RowBuffer(self._box_matrix.shape[1], len(CHANNELS), np.float32)
        self._consecutive = ConsecutiveThreshold(self._settings)
        self.reset()

    def reset(self) -> None:
        """Forget all motion; the time of the last alarm stays."""
        self._fall_features.reset()
        self._gate.reset()
        self._restart()

    def _restart(self) -> None:
        self._history.reset()
        self._consecutive.reset()

    @property
    def version(self) -> str:
        """Return the name of the weights that run."""
        return self._network.version

    @property
    def alarm_near(self) -> bool:
        """Return whether the last samples look like a fall."""
        return self._consecutive.count > 0

    def update(self, trunk: TrunkMotion) -> list[Event]:
        """Return an alarm at the sample at which the network has been sure for samples enough in a row."""
        if trunk.after_gap:
            self._restart()
        events: list[Event] = []
        rows = zip(trunk.samples, self._fall_features.update(trunk), self._gate.update(trunk), strict=True)
        for sample, channels, in_gait in rows:
            self._history.push(channels)
            log_odds = self._network(self._box_matrix.dot(self._history.rows).ravel())
            if self._consecutive.update(sample.time_s, log_odds, in_gait):
                events.append(self._event(sample.time_s, channels, log_odds))
        return events

    def _event(self, time_s: float, channels: list[float], log_odds: float) -> Event:
        now = dict(zip(CHANNELS, channels, strict=True))
        evidence = {
            "probability": 1.0 / (1.0 + math.exp(-log_odds)),
            "falling_mps": -now["vertical_velocity"],
            "tilt_rad": now["tilt"],
            "tilt_rate_radps": 3.0 * now["tilt_rate"],
            "unloading_g": -now["unloading"],
        }
        began_s = time_s - (self._consecutive.count - 1) / RATE_HZ
        return Event(Kind.PRE_IMPACT, began_s, time_s, evidence["probability"], evidence)
