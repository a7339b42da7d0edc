"""The error of the forecast as the numbers that the network for small stumbles looks at."""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sternway.detect.analogue_forecast import AHEAD, ROW_S, ForecastError, Singles
from sternway.motion.resample import RATE_HZ
from sternway.samples import Vector

GROUPS = ("vertical", "horizontal", "yaw", "tilt")
EVERYBODY = (0.3, 0.22, 0.3, 0.18)
"""Median power of the error in walking (SisFall D01 and D02), in the squared units of the forecast."""

_PAIRS = AHEAD // 2
PAIR_S = 2.0 * ROW_S
INPUT_COUNT = 6 * _PAIRS + 3 * len(GROUPS) + 1
_GROUP_OF = np.array([0, 1, 1, 2, 3, 3])
UP_COUNT = round(AHEAD * ROW_S * RATE_HZ) + 1


@dataclass(frozen=True, slots=True)
class PowerSettings:
    """How the person's own power of the error is followed.

    It is a running mean over ``memory`` looks (10 s) as it was ``delay`` looks (1 s) ago. One look counts as at most
    ``clip`` times the mean, and the mean never falls below ``floor`` of everybody's.
    """

    memory: int = 125
    delay: int = 13
    clip: float = 4.0
    floor: float = 0.1


class ErrorFeatures:
    """Turns each forecast error to up, to its own horizontal direction, and to ratios to this person's own errors.

    ``ratio`` is how many times its usual size the newest error has, and ``age_s`` how long ago it was largest.
    """

    def __init__(self, settings: PowerSettings | None = None) -> None:
        self._settings = settings or PowerSettings()
        self._everybody = np.array(EVERYBODY, np.float32)
        self._floor = self._everybody * np.float32(self._settings.floor)
        self.reset()

    def reset(self) -> None:
        """Forget the walk."""
        self._powers = self._everybody
        self._waiting: deque[Singles] = deque()
        self._seen_count = 0
        self.ratio = 0.0
        self.age_s = 0.0

    def update(self, error: ForecastError, up: Vector) -> Singles:
        """Return the numbers (:data:`INPUT_COUNT`,) of ``error``; ``up`` is upward as it began, in chip axes.

        Means of two rows each, of vertical, along, across, yaw, and turning about along and across, over the person's
        usual error; then logarithms, for each of :data:`GROUPS`, of the power of the error and of the spread of the
        analogues over the usual power, and of that over everybody's; and of the distance.
        """
        axes = _axes(error.rows[:, :3], up)
        parts = error.rows.reshape(-1, 3).dot(axes).reshape(-1, 6)
        power = _grouped(np.add.reduce(parts * parts) * np.float32(1.0 / AHEAD))
        spread = _grouped(error.spread.reshape(2, 3).dot(axes * axes).ravel())
        usual = self._follow(power)
        halved = parts.reshape(_PAIRS, 2, 6)
        pairs = (halved[:, 0] + halved[:, 1]) * (0.5 / np.sqrt(usual))[_GROUP_OF]
        ratios = power / usual
        self.ratio = math.sqrt(float(np.add.reduce(ratios)) / len(GROUPS))
        self.age_s = PAIR_S * (_PAIRS - int(np.add.reduce(pairs * pairs, axis=1).argmax()) - 0.5)
        logs = np.log(np.concatenate((ratios, spread / usual, usual / self._everybody)) + np.float32(1e-3))
        return np.concatenate((pairs.ravel(), logs, [math.log(max(error.distance, 1e-3))]), dtype=np.float32)

    def _follow(self, power: Singles) -> Singles:
        """Return the person's powers as they were a second ago, and keep ``power`` for later."""
        settings = self._settings
        self._waiting.append(power)
        if len(self._waiting) > settings.delay:
            self._seen_count = min(self._seen_count + 1, settings.memory)
            bounded = np.minimum(self._waiting.popleft(), self._powers * np.float32(settings.clip))
            moved = self._powers + (bounded - self._powers) * np.float32(1.0 / (self._seen_count + 1))
            self._powers = np.maximum(moved, self._floor)
        return self._powers


def mirrored(numbers: NDArray[Any]) -> NDArray[Any]:
    """Return the numbers (n, :data:`INPUT_COUNT`) that the mirror image of the same motion would give."""
    other = numbers.copy()
    parts = other[:, : 6 * _PAIRS].reshape(len(other), _PAIRS, 6)
    parts[:, :, 2:5] *= -1.0  # across; yaw and turning about along
    other[:, : 6 * _PAIRS] = parts.reshape(len(other), -1)
    return other


def _grouped(squares: Singles) -> Singles:
    """Return the mean square of each of :data:`GROUPS` from those of the six parts."""
    vertical, along, across, yaw, roll, pitch = squares.tolist()
    return np.array([vertical, 0.5 * (along + across), yaw, 0.5 * (roll + pitch)], np.float32)


def _axes(accel: Singles, up: Vector) -> Singles:
    """Return up, along and across (3, 3), one a column, in chip axes.

    Along is the horizontal direction in which ``accel`` (n, 3) is largest; the side with higher peaks is positive.
    """
    one = _unit(_cross(up, (1.0, 0.0, 0.0) if abs(up[0]) < 0.6 else (0.0, 1.0, 0.0)))
    other = _cross(up, one)
    level = accel.dot(np.array((one, other), np.float32).T)
    (xx, xy), (_, yy) = level.T.dot(level).tolist()
    angle = 0.5 * math.atan2(2.0 * xy, xx - yy)
    cosine, sine = math.cos(angle), math.sin(angle)
    along = level.dot(np.array((cosine, sine), np.float32))
    if float((along * along).dot(along)) < 0.0:
        cosine, sine = -cosine, -sine
    ahead = tuple(cosine * a + sine * b for a, b in zip(one, other, strict=True))
    return np.array((up, ahead, _cross(up, ahead)), np.float32).T.copy()


def _cross(a: Sequence[float], b: Sequence[float]) -> Vector:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def _unit(a: Vector) -> Vector:
    length = math.hypot(*a)
    return a[0] / length, a[1] / length, a[2] / length
