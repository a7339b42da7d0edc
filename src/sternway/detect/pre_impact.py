"""A fall that is about to hit the ground."""

import itertools
import math
from dataclasses import dataclass

import numpy as np

from sternway.detect.falling import CHANNELS, FallingTracker
from sternway.detect.gate import WalkingGate
from sternway.detect.network import Network, shipped
from sternway.events import Event, Kind
from sternway.motion.resample import RATE_HZ
from sternway.motion.trunk import TrunkMotion
from sternway.motion.window import Lookback
from sternway.samples import Floats

BOX_EDGES_S = (0.0, 0.02, 0.06, 0.12, 0.22, 0.4, 0.7, 1.2)
"""How the past is seen: the mean of each channel over each of these stretches before now, finer the nearer."""

INPUT_COUNT = (len(BOX_EDGES_S) - 1) * len(CHANNELS)


def boxes() -> Floats:
    """Return the matrix (boxes, samples) that takes the last 1.2 s, oldest first, to the mean of each stretch."""
    edges = [round(edge_s * RATE_HZ) for edge_s in BOX_EDGES_S]
    matrix = np.zeros((len(edges) - 1, edges[-1]))
    for row, (near, far) in enumerate(itertools.pairwise(edges)):
        matrix[row, edges[-1] - far : edges[-1] - near] = 1.0 / (far - near)
    return matrix


@dataclass(frozen=True, slots=True)
class PreImpactSettings:
    """``threshold`` in log odds, from the operating curve on the model card; ``in_a_row`` samples must pass it (one
    bad sample is not a fall), and ``in_a_row_in_gait`` while gait is recognised: a stumble that is caught or a quick
    stair looks like a fall for a moment, and falls from gait are foreseen early enough to wait (chosen on folds
    other than those scored). ``refractory_s``: a fall is over within it.
    """

    threshold: float = 2.0
    in_a_row: int = 3
    in_a_row_in_gait: int = 5
    refractory_s: float = 3.0


class SureEnough:
    """Says yes at the sample at which the log odds have passed the threshold often enough in a row, then rests.

    ``streak`` is how many samples in a row have passed it so far.
    """

    def __init__(self, settings: PreImpactSettings) -> None:
        self._settings = settings
        self._quiet_until_s = -math.inf
        self.reset()

    def reset(self) -> None:
        """Forget the samples; the time of the last alarm stays."""
        self.streak = 0

    def update(self, time_s: float, log_odds: float, in_gait: bool) -> bool:
        """Take one sample and return whether it raises the alarm."""
        settings = self._settings
        self.streak = self.streak + 1 if log_odds >= settings.threshold else 0
        enough = settings.in_a_row_in_gait if in_gait else settings.in_a_row
        if self.streak < enough or time_s < self._quiet_until_s:
            return False
        self._quiet_until_s = time_s + self._settings.refractory_s
        return True


class PreImpactDetector:
    """Runs a small network on the last 1.2 s of how the trunk unloads, drops, tips and is carried along.

    The idea of a small causal network with hard negatives follows Jung, Koo and Kim 2020 (Sensors 20:5774) and Yu,
    Jang and Xiong 2021 (KFall); the network, its loss and its training are on the model card. ``falling``
    and ``gate`` may be shared with others.
    """

    def __init__(
        self,
        settings: PreImpactSettings | None = None,
        network: Network | None = None,
        falling: FallingTracker | None = None,
        gate: WalkingGate | None = None,
    ) -> None:
        self._settings = settings or PreImpactSettings()
        self._network = network or shipped("pre_impact")
        self._falling = falling or FallingTracker()
        self._gate = gate or WalkingGate()
        self._boxes = boxes().astype(np.float32)
        self._past = Lookback(self._boxes.shape[1], len(CHANNELS), np.float32)
        self._sure_enough = SureEnough(self._settings)
        self.reset()

    def reset(self) -> None:
        """Forget all motion; the time of the last alarm stays."""
        self._falling.reset()
        self._gate.reset()
        self._restart()

    def _restart(self) -> None:
        self._past.reset()
        self._sure_enough.reset()

    @property
    def version(self) -> str:
        """Return the name of the weights that run."""
        return self._network.version

    @property
    def on_edge(self) -> bool:
        """Return whether the last samples look like a fall."""
        return self._sure_enough.streak > 0

    def update(self, trunk: TrunkMotion) -> list[Event]:
        """Return an alarm at the sample at which the network has been sure for samples enough in a row."""
        if trunk.after_gap:
            self._restart()
        events: list[Event] = []
        rows = zip(trunk.samples, self._falling.update(trunk), self._gate.update(trunk), strict=True)
        for sample, channels, in_gait in rows:
            self._past.push(channels)
            log_odds = self._network(self._boxes.dot(self._past.rows).ravel())
            if self._sure_enough.update(sample.time_s, log_odds, in_gait):
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
        began_s = time_s - (self._sure_enough.streak - 1) / RATE_HZ
        return Event(Kind.PRE_IMPACT, began_s, time_s, evidence["probability"], evidence)
