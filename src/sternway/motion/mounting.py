"""How the clip sits on the belt: from chip axes to body axes."""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
from numpy import fft  # not np.fft, which loads at its first use: in a walk
from numpy.typing import NDArray

from sternway.motion.angle import unit
from sternway.motion.direction import DirectionSettings
from sternway.motion.filters import LowPass
from sternway.motion.resample import PERIOD_S, RATE_HZ
from sternway.motion.trunk import TrunkMotion, TrunkSample
from sternway.motion.window import RowBuffer
from sternway.samples import GRAVITY_MPS2, Floats, Vector

PERIODIC_AXIS_RAD = math.radians(12.0)
"""In the middle of the back the direction that repeats most purely is the better axis (SisFall: 7 instead of 9
degrees at the 90th percentile); on the hip the pelvis' turning spoils it, and the two part by 15 and more (HAPT)."""


@dataclass(frozen=True, slots=True)
class Mounting:
    """Body axes written in chip axes.

    ``up`` and ``forward`` are unit vectors, perpendicular to each other; ``confidence`` is 0 to 1. The third axis,
    ``left``, is ``up x forward``.
    """

    up: Vector
    forward: Vector
    confidence: float

    @property
    def left(self) -> Vector:
        """Return the unit vector to the wearer's left.

        >>> Mounting((0.0, 0.0, 1.0), (1.0, 0.0, 0.0), 1.0).left
        (0.0, 1.0, 0.0)
        """
        (ux, uy, uz), (fx, fy, fz) = self.up, self.forward
        return (uy * fz - uz * fy, uz * fx - ux * fz, ux * fy - uy * fx)

    def body(self) -> dict[str, Any]:
        """Return plain data that JSON can keep."""
        return {"up": list(self.up), "forward": list(self.forward), "confidence": self.confidence}


def mounting_from(body: Mapping[str, Any]) -> Mounting:
    """Return the mounting that :meth:`Mounting.body` wrote; raise ``ValueError`` when it is none.

    >>> mounting_from({"up": [0, 0, 1], "forward": [1, 0, 0], "confidence": 0.9}).forward
    (1.0, 0.0, 0.0)
    """
    try:
        up, forward = (np.array([float(part) for part in body[name]]) for name in ("up", "forward"))
        confidence = float(body["confidence"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"not a mounting: {error}") from error
    numbers = np.array([*up, *forward, confidence])
    if len(numbers) != 7 or not np.all(np.isfinite(numbers)):
        raise ValueError("not a mounting: up and forward must be three finite numbers each")
    if abs(_angle(up, forward) - 0.5 * math.pi) > 0.1:
        raise ValueError("not a mounting: forward is not perpendicular to up")
    return Mounting(unit(up.tolist()), unit(forward.tolist()), confidence)


@dataclass(frozen=True, slots=True)
class MountingShift:
    """How far the clip has moved from where it was: ``up_rad`` tilted, ``forward_rad`` turned about the vertical."""

    up_rad: float
    forward_rad: float

    @property
    def moved(self) -> bool:
        """Return whether the stored mounting no longer holds.

        30 degrees of turn cost direction nothing (IPOL and SisFall stay above 99.8 % at 45), and a tilt of 20 degrees
        is more than clothing and posture make (IPOL: repeated trials of one person are within 6).
        """
        return self.up_rad > math.radians(20.0) or self.forward_rad > math.radians(30.0)


def shift(stored: Mounting, seen: Mounting, *, walked_forward: bool) -> MountingShift:
    """Compare a ``stored`` mounting with one ``seen`` now.

    Unless it is known that the wearer ``walked_forward``, only the line that forward lies on is compared: a person
    who walks backward looks like one whose clip is turned round.
    """
    up = np.array(seen.up)
    turned = _angle(_level(np.array(stored.forward), up), np.array(seen.forward))
    return MountingShift(
        up_rad=_angle(np.array(stored.up), up),
        forward_rad=turned if walked_forward else min(turned, math.pi - turned),
    )


@dataclass(frozen=True, slots=True)
class MountingSettings:
    """When a mounting is accepted; set on IPOL, SisFall and HAPT.

    At least ``min_straight_s`` of straight walking within the last ``window_s``, looked at every ``every_s``; of
    these whole seconds, since a Fourier transform of some other lengths takes three times as long. Three estimates of
    the forward axis must agree within ``max_spread_rad``. Confidence falls by half over that angle and with a
    direction score below ``full_score`` (the median of walking); a wrong polarity was seen at 0.34, none above
    ``min_confidence``. ``turn_radps`` of yaw below ``yaw_hz`` is not straight. Standing is quiet below
    ``quiet_radps`` and within ``quiet_mps2`` of 1 g for ``quiet_s``.
    """

    min_straight_s: float = 6.0
    window_s: float = 20.0
    every_s: float = 1.0
    max_spread_rad: float = math.radians(20.0)
    full_score: float = 6.0
    min_confidence: float = 0.38
    low_hz: float = 0.6
    high_hz: float = 5.0
    jerk_hz: float = 10.0
    turn_radps: float = 0.6
    yaw_hz: float = 0.3
    quiet_radps: float = 0.2
    quiet_mps2: float = 0.4
    quiet_s: float = 1.5
    same_up_rad: float = math.radians(25.0)


class MountingEstimator:
    """Finds out from a few forward steps how the clip sits, any way up and on any side of the belt.

    Up is the mean of quiet standing, or of walking where nobody stood still. Forward and vertical motion repeat
    every step, sideways motion changes sign: the forward axis is where horizontal acceleration is most like itself
    one step later (idea: Moe-Nilssen and Helbostad 2004). Two more axes, what is coherent with the vertical motion
    and what is left after averaging over two steps, must agree. Its sign is the one that makes the walk forward.
    """

    def __init__(self, settings: MountingSettings | None = None) -> None:
        self._settings = settings or MountingSettings()
        self._window = round(self._settings.window_s * RATE_HZ)
        self._rows = RowBuffer(self._window, 7)
        self.reset()

    def reset(self) -> None:
        """Forget all motion."""
        self._rows.reset()
        self._count = 0
        self._intervals: deque[float] = deque(maxlen=20)
        self._walked = 0
        self._yaw = LowPass(self._settings.yaw_hz)
        self._quiet_sum, self._quiet_count = (0.0, 0.0, 0.0), 0
        self._standing_up: Vector | None = None

    def update(self, trunk: TrunkMotion) -> Mounting | None:
        """Return the mounting once it is known, from walking that is known to be *forward*; ``None`` until then."""
        if trunk.after_gap:
            self.reset()
        found = None
        steps = deque(trunk.steps)
        every = round(self._settings.every_s * RATE_HZ)
        for sample in trunk.samples:
            while steps and steps[0].decided_at_s <= sample.time_s:
                self._intervals.extend(filter(None, [steps.popleft().step_time_s]))
            self._follow_standing(sample)
            straight = self._straight(sample.yaw_rate_radps) and sample.walking
            self._rows.push((*sample.accel_mps2, *sample.up, float(straight)))
            self._count += 1
            self._walked += straight
            if straight and self._walked % every == 0:
                found = self._estimate() or found
        return found

    def _straight(self, yaw_radps: float) -> bool:
        return abs(self._yaw.update(yaw_radps)) < self._settings.turn_radps

    def _follow_standing(self, sample: TrunkSample) -> None:
        """Take the mean of up while the wearer stands still."""
        settings, up = self._settings, sample.up
        off_mps2 = abs(sample.accel_norm_mps2 - GRAVITY_MPS2)
        if sample.walking or sample.gyro_norm_radps > settings.quiet_radps or off_mps2 > settings.quiet_mps2:
            self._quiet_sum, self._quiet_count = (0.0, 0.0, 0.0), 0
            return
        sx, sy, sz = self._quiet_sum
        self._quiet_sum = (sx + up[0], sy + up[1], sz + up[2])
        self._quiet_count += 1
        if self._quiet_count >= settings.quiet_s * RATE_HZ:
            self._standing_up = unit(self._quiet_sum)

    def _estimate(self) -> Mounting | None:
        settings = self._settings
        if len(self._intervals) < 5:
            return None
        second = round(RATE_HZ)
        rows = self._rows.rows[-(min(self._count, self._window) // second * second) :]
        straight = rows[:, 6] > 0.0
        if np.count_nonzero(straight) < settings.min_straight_s * RATE_HZ:
            return None
        up = np.array(self._upright(rows[straight, 3:6].mean(axis=0)))
        walk = _WalkWindow.seen(rows, up, straight, settings)
        lag = round(median(self._intervals) * RATE_HZ)
        axis, spread_rad = walk.axis(lag)
        score = walk.score(axis)
        confidence = (1.0 - 0.5 * spread_rad / settings.max_spread_rad) * min(1.0, abs(score) / settings.full_score)
        if spread_rad > settings.max_spread_rad or confidence < settings.min_confidence:
            return None
        forward = math.copysign(1.0, score) * (axis @ walk.basis)
        return Mounting(unit(up.tolist()), unit(forward.tolist()), confidence)

    def _upright(self, walking_up: Floats) -> Vector:
        """Return up in quiet standing unless the clip has been moved since, then ``walking_up``."""
        standing = self._standing_up
        if standing is None or _angle(np.array(standing), walking_up) > self._settings.same_up_rad:
            return unit(walking_up.tolist())
        return standing


@dataclass(frozen=True, slots=True)
class _WalkWindow:
    """The last seconds in the two axes of ``basis`` (2, 3), which are perpendicular to up.

    ``horizontal`` (2, n), vertical velocity and ``rise`` (n,) keep the band of gait only; ``jerk`` (2, n) is
    horizontal jerk below 10 Hz. ``straight`` (n,) marks the samples that count.
    """

    basis: Floats
    horizontal: Floats
    velocity: Floats
    rise: Floats
    jerk: Floats
    straight: NDArray[np.bool_]

    @classmethod
    def seen(cls, rows: Floats, up: Floats, straight: NDArray[np.bool_], settings: MountingSettings) -> "_WalkWindow":
        """Return the walk in ``rows`` (n, 7) of specific force (3), the upward direction (3) and one column more."""
        basis, count = _basis(up), len(rows)
        force, ups = np.split(rows[:, :6].T.copy(), 2)
        vertical = (force * ups).sum(axis=0)
        level = basis @ (force - vertical * ups)
        waves = fft.rfft(np.vstack((level, vertical - vertical.mean())))
        hz = fft.rfftfreq(count, PERIOD_S)
        turn = 2.0j * np.pi * np.maximum(hz, 0.1)
        gait = waves * ((hz > settings.low_hz) & (hz < settings.high_hz))
        jerk = waves[:2] * (turn * (hz < settings.jerk_hz))
        back = fft.irfft(np.vstack((gait[:2], gait[2] / turn, gait[2] * turn, jerk)), count)
        return cls(basis, back[:2], back[2], back[3], back[4:], straight)

    def axis(self, lag: int) -> tuple[Floats, float]:
        """Return the forward axis (2,), sign not known, and how far three ways to find it differ, in radians."""
        both = np.flatnonzero(self.straight[:-lag] & self.straight[lag:])
        before, after = self.horizontal.take(both, axis=1), self.horizontal.take(both + lag, axis=1)
        repeated = before @ after.T
        repeated, power = repeated + repeated.T, before @ before.T + after @ after.T
        causes = np.vstack((self.velocity, self.rise)).compress(self.straight, axis=1)
        coherent = (causes / causes.std(axis=1, keepdims=True)) @ self.horizontal.compress(self.straight, axis=1).T
        axes = [_principal(square) for square in (repeated, repeated + power, coherent.T @ coherent)]
        spread_rad = max(_line_angle(one, other) for one in axes for other in axes)
        most_periodic = _most_periodic(repeated, power)
        if _line_angle(axes[0], most_periodic) < PERIODIC_AXIS_RAD:
            return _midway(axes[0], most_periodic), spread_rad
        return axes[0], spread_rad

    def score(self, axis: Floats) -> float:
        """Return the direction score of the walk if ``axis`` (2,) is forward: above 0 forward, below backward."""
        settings, straight = DirectionSettings(), self.straight
        ahead, jerk = (axis @ self.horizontal)[straight], (axis @ self.jerk)[straight]
        if not np.any(ahead) or not np.any(jerk):
            return 0.0
        squares = jerk * jerk
        return (
            settings.velocity_weight * _cosine(self.velocity[straight], ahead)
            + settings.jerk_weight * _cosine(self.rise[straight], ahead)
            + settings.skew_weight * float((squares * jerk).mean() / squares.mean() ** 1.5)
        )


def _basis(up: Floats) -> Floats:
    """Return two unit vectors (2, 3) perpendicular to ``up`` and to each other."""
    least = np.eye(3)[int(np.argmin(np.abs(up)))]
    first = np.array(unit(np.cross(up, least).tolist()))
    return np.array([first, np.cross(up, first)])


def _principal(square: Floats) -> Floats:
    """Return the eigenvector of the largest eigenvalue of a symmetric matrix."""
    return np.asarray(np.linalg.eigh(square)[1][:, -1])


def _most_periodic(square: Floats, power: Floats) -> Floats:
    """Return the direction (2,) with the largest share of ``square`` in ``power``: the generalised eigenvector."""
    whiten = np.linalg.inv(np.linalg.cholesky(power + 1e-9 * np.trace(power) * np.eye(2)))
    vector = whiten.T @ _principal(whiten @ square @ whiten.T)
    return np.asarray(vector / np.linalg.norm(vector))


def _midway(one: Floats, other: Floats) -> Floats:
    """Return the unit vector halfway between two lines."""
    both = one + math.copysign(1.0, float(one @ other)) * other
    return np.asarray(both / np.linalg.norm(both))


def _cosine(one: Floats, other: Floats) -> float:
    power = float((one @ one) * (other @ other))
    return float(one @ other) / math.sqrt(power) if power > 0.0 else 0.0


def _line_angle(one: Floats, other: Floats) -> float:
    """Return the angle between two lines given by unit vectors, 0 to a right angle."""
    return math.acos(min(1.0, abs(float(one @ other))))


def _angle(one: Floats, other: Floats) -> float:
    across, along = np.linalg.norm(np.cross(one, other)), float(one @ other)
    return math.atan2(float(across), along)


def _level(vector: Floats, up: Floats) -> Floats:
    return vector - (vector @ up) * up
