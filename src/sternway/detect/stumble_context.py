"""The seconds before a possible stumble as numbers: was somebody on their feet and under way, or sitting down?"""

import math
from collections.abc import Sequence

import numpy as np

from sternway.detect.fall_features import CHANNELS
from sternway.motion.resample import RATE_HZ
from sternway.motion.trunk import TrunkSample
from sternway.motion.window import RowBuffer
from sternway.samples import Floats

LENGTH_S = 3.2
_COLUMNS = (*CHANNELS, "up_x", "up_y", "up_z", "walking")
_AT = {name: column for column, name in enumerate(_COLUMNS)}

_SPANS_S = ((0.8, 0.3), (1.3, 0.8), (2.0, 1.3))
"""Stretches before now whose liveliness is told apart: the last step, the one before it, and how it began."""

_CYCLES_G = (0.08, 0.16)
"""Half-swings of vertical acceleration that count as a step: a careful one, and a firm one."""

_POSTURES_S = (0.7, 1.2, 2.2)
"""How long ago the posture is taken that the one just before the alarm is compared with."""

_SPREADS = ("vertical", "horizontal", "tilt_rate", "yaw_rate")

FEATURES = (
    *("score", "jerk_ratio", "horizontal_ratio", "tilt_rate_ratio", "jerk", "horizontal", "tilt_rate"),
    *(f"{name}_{near}" for near in ("late", "middle", "early") for name in (*_SPREADS, "vertical_velocity")),
    *("hardest", "lightest", "careful_cycles", "careful_interval", "firm_cycles", "firm_interval"),
    *("turned_since_0.7", "turned_since_1.2", "turned_since_2.2", "tilt", "tilt_most", "turned_short", "turned_long"),
    *("velocity", "velocity_least", "velocity_most", "drop", "drop_least", "drop_before"),
    *("unloaded_half", "unloaded_third", "peak_after_lightest"),
    *("speed", "speed_most", "speed_before", "lean_velocity", "lean_velocity_least", "lean_velocity_most", "push"),
    *("likeness", "walking"),
)
"""What the network that judges a possible stumble takes in; :meth:`StumbleContext.features` says what they are."""


class StumbleContext:
    """Keeps the last 3.2 s of motion and describes them when asked. Yaw-free and causal."""

    def __init__(self) -> None:
        self._past = RowBuffer(round(LENGTH_S * RATE_HZ), len(_COLUMNS), np.float32)

    def reset(self) -> None:
        """Forget all motion."""
        self._past.reset()

    def push(self, sample: TrunkSample, channels: Sequence[float]) -> None:
        """Take the newest sample with its values of :data:`~sternway.detect.fall_features.CHANNELS`."""
        self._past.push((*channels, *sample.up, 1.0 if sample.walking else 0.0))

    def features(self, jolt: Sequence[float], likeness: float) -> tuple[float, ...]:
        """Return the values of :data:`FEATURES`.

        ``jolt`` holds the logarithms of score, ratios and peaks of the alarm; ``likeness`` is how rhythmic the last
        0.8 s were at best. Between them stand: for three stretches the logarithmic spread of the motion and the mean
        vertical velocity; from 1.8 to 0.25 s ago the extremes of ``|a|`` and the cycles of vertical acceleration;
        postures; how the trunk dropped and flew in the last 0.7 s; and its horizontal velocity.
        """
        rows = self._past.rows.astype(np.float64)
        return (
            *jolt,
            *_liveliness(rows),
            *_rhythm(rows),
            *_postures(rows),
            *_drop(rows),
            *_carried(rows),
            likeness,
            float(_span(rows, 2.0, 0.0, "walking").mean()),
        )


def _span(rows: Floats, from_s: float, to_s: float, name: str) -> Floats:
    """Return one column between two times before now."""
    count = len(rows)
    return rows[count - round(from_s * RATE_HZ) : count - round(to_s * RATE_HZ), _AT[name]]


def _liveliness(rows: Floats) -> list[float]:
    numbers: list[float] = []
    for from_s, to_s in _SPANS_S:
        vertical = _span(rows, from_s, to_s, "vertical")
        numbers.append(math.log(float(vertical.std()) + 0.01))
        for name in _SPREADS[1:]:
            values = _span(rows, from_s, to_s, name)
            numbers.append(math.log(math.sqrt(float(values @ values) / len(values)) + 0.01))
        numbers.append(float(_span(rows, from_s, to_s, "vertical_velocity").mean()))
    return numbers


def _rhythm(rows: Floats) -> list[float]:
    load = _span(rows, 1.8, 0.25, "loading") + _span(rows, 1.8, 0.25, "unloading")
    total = np.concatenate(([0.0], _span(rows, 1.9, 0.25, "vertical").cumsum()))
    smooth = (total[10:] - total[:-10]) / 10.0
    numbers = [float(load.max()), float(load.min())]
    for least_g in _CYCLES_G:
        numbers += _cycles(smooth, least_g)
    return numbers


def _cycles(smooth: Floats, least_g: float) -> tuple[float, float]:
    """Return how often ``smooth`` swings from below ``-least_g`` to above it, and the mean interval in seconds."""
    passed = np.flatnonzero(np.abs(smooth) > least_g)
    above = smooth[passed] > 0.0
    rising = passed[1:][above[1:] & ~above[:-1]]
    interval_s = float(rising[-1] - rising[0]) / (len(rising) - 1) / RATE_HZ if len(rising) > 1 else 0.0
    return float(len(rising)), interval_s


def _postures(rows: Floats) -> list[float]:
    ups = rows[:, _AT["up_x"] : _AT["up_z"] + 1]
    count = len(rows)
    now = ups[count - 35 : count - 15].mean(axis=0)
    numbers = []
    for ago_s in _POSTURES_S:
        at = count - round(ago_s * RATE_HZ)
        numbers.append(_angle(now, ups[at - 5 : at + 5].mean(axis=0)))
    tilt = _span(rows, 3.0, 0.0, "tilt")
    newest = rows[-1]
    return [*numbers, float(tilt[-1]), float(tilt.max()), *newest[[_AT["turned_short"], _AT["turned_long"]]].tolist()]


def _angle(a: Floats, b: Floats) -> float:
    length = math.sqrt(float(a @ a) * float(b @ b))
    return math.acos(min(1.0, max(-1.0, float(a @ b) / length))) if length > 0.0 else 0.0


def _drop(rows: Floats) -> list[float]:
    velocity, drop = _span(rows, 0.7, 0.0, "vertical_velocity"), _span(rows, 0.7, 0.0, "drop")
    load = _span(rows, 0.7, 0.0, "loading") + _span(rows, 0.7, 0.0, "unloading")
    return [
        float(velocity[-1]),
        float(velocity.min()),
        float(velocity.max()),
        float(drop[-1]),
        float(drop.min()),
        float(_span(rows, 1.8, 0.7, "drop").min()),
        float((load < -0.5).mean()),
        float((load < -0.7).mean()),
        float(int(load.argmax()) - int(load.argmin())) / RATE_HZ,
    ]


def _carried(rows: Floats) -> list[float]:
    speed, lean = _span(rows, 0.7, 0.0, "horizontal_speed"), _span(rows, 0.7, 0.0, "lean_velocity")
    return [
        float(speed[-1]),
        float(speed.max()),
        float(_span(rows, 1.2, 0.7, "horizontal_speed").mean()),
        float(lean[-1]),
        float(lean.min()),
        float(lean.max()),
        float(_span(rows, 0.3, 0.0, "lean_push").mean()),
    ]
