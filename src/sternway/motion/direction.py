"""Which way the wearer walks, told from how the trunk goes up and down against how it speeds up and brakes."""

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from operator import add
from typing import TypeAlias

from sternway.motion.filters import BandPass, LowPass
from sternway.motion.gait import Direction
from sternway.motion.resample import PERIOD_S

_CELL = 10
_CELLS = 20
_SETTLED_CELLS = 10
_RECENT_CELLS = 10
_ZEROS = (0.0,) * 12
_Sums: TypeAlias = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class DirectionSettings:
    """How direction is decided over two seconds, every tenth of one.

    The weights are of a logistic regression on IPOL and SisFall, forward and time-reversed, that needs no bias and no
    step frequency. ``unknown_score`` is what a decision takes. In flat gait (vertical below ``flat_mps2`` rms) it is
    ``flat_score``, and below ``very_flat_mps2`` the more the flatter. Below ``still_mps2``, or when forward motion
    is less than ``min_forward_ratio`` times the vertical one (marching in place) or ``min_sideways_ratio`` times the
    sideways one, nothing is decided. Where the gait looks backward and its vertical acceleration, times the square
    of its angular frequency, is above ``running_mps4``, it is running or hopping: that is so in 99 % of
    SisFall's slow jogging, and in 1 % of its quick walking. ``turn_radps`` of yaw, below ``yaw_hz`` so that the swing
    of the hips is none, is a turn, and nothing in it is evidence. A turn by ``reset_rad`` and a stop reset the answer
    and what it was told from (the filter misses the first 40 degrees or so); so does a second
    whose own score is ``flip_score`` for the other way. A new answer from less than two seconds of evidence (after
    such a reset, or a start in motion) takes a score that grows with the power ``missing_power`` of what is missing:
    2.8 times as much from one second, 8 times from ``min_straight_s``. IPOL, SisFall, HAPT and the mocap each have no
    more wrong windows than without it, for any power from 1 to 2.
    """

    low_hz: float = 0.7
    high_hz: float = 4.0
    jerk_hz: float = 10.0
    velocity_leak_s: float = 0.6
    velocity_weight: float = -3.9
    jerk_weight: float = 5.3
    skew_weight: float = -1.2
    unknown_score: float = 1.0
    flat_score: float = 1.5
    flip_score: float = 2.0
    flat_mps2: float = 1.0
    very_flat_mps2: float = 0.4
    running_mps4: float = 950.0
    still_mps2: float = 0.2
    min_forward_ratio: float = 0.18
    min_sideways_ratio: float = 0.5
    yaw_hz: float = 0.3
    turn_radps: float = 0.6
    reset_rad: float = 1.0
    settled_s: float = 1.0
    min_straight_s: float = 0.5
    missing_power: float = 1.5


class DirectionEstimator:
    """Streaming direction of gait from vertical, forward and sideways acceleration at 100 Hz.

    An inverted pendulum is fastest where it is lowest: walking forward, the trunk speeds up while it sinks and brakes
    while it rises, so vertical velocity and forward acceleration are in opposition; walking backward they agree
    (Cavagna and Margaria 1966). Contact brakes abruptly, push-off is smooth: the skew of forward jerk tells the two
    where the phase alone does not. Unknown instead of a guess.
    """

    def __init__(self, settings: DirectionSettings | None = None) -> None:
        self._settings = settings or DirectionSettings()
        bands = self._settings.low_hz, self._settings.high_hz
        self._vertical_band, self._forward_band, self._left_band = (BandPass(*bands) for _ in range(3))
        self._jerk_pass = LowPass(self._settings.jerk_hz)
        self._yaw_pass = LowPass(self._settings.yaw_hz)
        self.reset()

    def reset(self) -> None:
        """Forget all motion."""
        self._yaw_pass.reset()
        self._turned_rad, self._walking = 0.0, False
        self._begin(1)

    def _begin(self, slowness: int) -> None:
        """Begin anew with gait that is ``slowness`` times slower than usual."""
        for each in (self._vertical_band, self._forward_band, self._left_band, self._jerk_pass):
            each.reset()
        self._slowness = slowness
        self._waiting = (0.0, 0.0, 0.0, 0)
        self._velocity_mps = 0.0
        self._last_vertical = 0.0
        self._last_forward: float | None = None
        self._forget_evidence()

    def _forget_evidence(self) -> None:
        self._direction = Direction.UNKNOWN
        self._certainty = 0.0
        self._cells: deque[_Sums] = deque(maxlen=_CELLS)
        self._sums: _Sums = _ZEROS
        self._in_cell = 0

    @property
    def direction(self) -> Direction:
        """Return the present answer."""
        return self._direction

    @property
    def confidence(self) -> float:
        """Return the probability, 0.5 to 1, that the sign of the present evidence is right: lower in flat gait."""
        return 1.0 / (1.0 + math.exp(-self._certainty))

    def update(
        self,
        vertical_mps2: float,
        forward_mps2: float,
        left_mps2: float,
        yaw_radps: float,
        walking: bool,
        *,
        slowness: int = 1,
    ) -> Direction:
        """Return the direction after one more sample.

        ``walking`` says whether steps follow each other. Gait that is ``slowness`` times slower than usual is seen in
        quick motion: the mean of so many samples counts as one.
        """
        turning = abs(self._yaw_pass.update(yaw_radps)) > self._settings.turn_radps
        if slowness != self._slowness:
            self._begin(slowness)
        before_rad, reset_rad = self._turned_rad, self._settings.reset_rad
        self._turned_rad = before_rad + yaw_radps * PERIOD_S if turning else 0.0
        if abs(before_rad) <= reset_rad < abs(self._turned_rad) or (self._walking and not walking):
            self._forget_evidence()
        self._walking = walking
        if slowness > 1:
            vertical, forward, left, count = self._waiting
            self._waiting = (vertical + vertical_mps2, forward + forward_mps2, left + left_mps2, count + 1)
            if count + 1 < slowness:
                return self._direction
            vertical_mps2, forward_mps2, left_mps2 = (total / slowness for total in self._waiting[:3])
            self._waiting = (0.0, 0.0, 0.0, 0)
        products = self._products(vertical_mps2, forward_mps2, left_mps2)
        self._sums = tuple(map(add, self._sums, _ZEROS if turning else products))
        self._in_cell += 1
        if self._in_cell == _CELL:
            self._cells.append(self._sums)
            self._sums, self._in_cell = _ZEROS, 0
            if walking and not turning and len(self._cells) >= _SETTLED_CELLS:
                self._decide()
        return self._direction

    def _products(self, vertical_mps2: float, forward_mps2: float, left_mps2: float) -> tuple[float, ...]:
        vertical = self._vertical_band.update(vertical_mps2)
        forward = self._forward_band.update(forward_mps2)
        left = self._left_band.update(left_mps2)
        self._velocity_mps += PERIOD_S * (vertical - self._velocity_mps / self._settings.velocity_leak_s)
        velocity = self._velocity_mps
        rise = vertical - self._last_vertical
        self._last_vertical = vertical
        smooth = self._jerk_pass.update(forward_mps2)
        jerk = 0.0 if self._last_forward is None else smooth - self._last_forward
        self._last_forward = smooth
        return (
            velocity * velocity,
            rise * rise,
            forward * forward,
            velocity * forward,
            rise * forward,
            jerk * jerk,
            jerk * jerk * jerk,
            vertical * vertical,
            left * left,
            velocity * left,
            rise * left,
            1.0,
        )

    def _decide(self) -> None:
        settings = self._settings
        sums = _total(self._cells)
        seconds = sums[-1] * PERIOD_S
        if seconds < settings.min_straight_s:
            return
        if self._direction is not Direction.UNKNOWN and len(self._cells) == _CELLS:
            recent = _total(islice(self._cells, _CELLS - _RECENT_CELLS, None))
            if self._score(recent) * self._direction < -settings.flip_score:
                self._direction = Direction.UNKNOWN
                self._cells = deque(islice(self._cells, _CELLS - _RECENT_CELLS, None), _CELLS)
                return
        score, vertical_mps2 = self._score(sums), self._slowness * math.sqrt(sums[7] / sums[-1])
        flatness = max(1.0, settings.very_flat_mps2 / max(vertical_mps2, 1e-3))
        least = settings.unknown_score if vertical_mps2 > settings.flat_mps2 else settings.flat_score * flatness
        found = Direction.FORWARD if score > 0.0 else Direction.BACKWARD
        if found is not self._direction or seconds < settings.settled_s:
            least *= math.pow(_CELLS * _CELL * PERIOD_S / seconds, settings.missing_power)
        self._certainty = abs(score) / flatness
        if abs(score) > least:
            self._direction = found
        elif seconds >= settings.settled_s:
            self._direction = Direction.UNKNOWN

    def _score(self, sums: _Sums) -> float:
        """Return how much says forward (above 0) or backward; 0 where the motion is too small, or not walking."""
        settings = self._settings
        vv, rr, ff, vf, rf, j2, j3, aa, ll, _, _, count = sums
        vertical_mps2 = self._slowness * math.sqrt(aa / count) if count else 0.0
        if vertical_mps2 < settings.still_mps2 or min(vv, rr, ff, j2) <= 0.0:
            return 0.0
        if ff < settings.min_forward_ratio**2 * aa or ff < settings.min_sideways_ratio**2 * ll:
            return 0.0
        velocity_part = settings.velocity_weight * vf / math.sqrt(vv * ff)
        jerk_part = settings.jerk_weight * rf / math.sqrt(rr * ff)
        skew_part = settings.skew_weight * math.sqrt(count) * j3 / (j2 * math.sqrt(j2))
        score = velocity_part + jerk_part + skew_part
        return 0.0 if score < 0.0 and vertical_mps2 * aa > settings.running_mps4 * vv else score


def _total(cells: Iterable[_Sums]) -> _Sums:
    return tuple(map(sum, zip(*cells, strict=True)))
