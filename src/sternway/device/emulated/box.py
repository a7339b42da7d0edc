"""A box that carries motor and sensor: what of the motor and of a tap reaches the sensor."""

import math
from collections.abc import Callable

import numpy as np

from sternway.device.emulated.motor import EmulatedMotor
from sternway.samples import Floats

# A fingertip on hard plastic touches for 2 to 4 ms and leaves the box with some centimetres a second.
_TAP_S, _TAP_MPS = 0.003, 0.05
# The box on a belt or a folded towel: a heavy mass on a soft, well damped pad.
_PAD_RADPS, _PAD_DAMPING = 2.0 * math.pi * 15.0, 0.3
# After this long nothing is left of a tap; a longer silence of the chip starts the spring from rest.
_LAST_S = 0.5
_STEPS_PER_SWING = 60


class EmulatedBox:
    """Stands for ``motor`` where a chip wants one; the chip feels it and taps through the sensor's fixing.

    ``natural_hz`` is the rate at which the sensor would swing on its fixing (a spring with ``damping``, as a share of
    the critical one); ``None`` is a sensor that is screwed on.
    """

    def __init__(
        self,
        motor: EmulatedMotor,
        clock: Callable[[], float],
        natural_hz: float | None = None,
        damping: float = 0.1,
    ) -> None:
        self._motor = motor
        self._clock = clock
        self._natural_hz = natural_hz
        self._radps = 2.0 * math.pi * (natural_hz or 0.0)
        self._damping = damping
        self._tap_at_s = -math.inf
        self._last_s = -math.inf
        self._offset_m = 0.0
        self._speed_mps = 0.0

    def tap(self, after_s: float = 1.0) -> None:
        """Let a fingertip hit the box ``after_s`` from now."""
        self._tap_at_s = self._clock() + after_s

    def shake_mps2(self, times_s: Floats) -> tuple[Floats, float] | None:
        """Return the force (n,) at nondecreasing times and its mean frequency; ``None`` while all rests."""
        if self._natural_hz is None:
            return self._box_mps2(times_s)
        fine_s, kept = self._fine(times_s)
        box = self._box_mps2(fine_s)
        if box is None:
            self._offset_m = self._speed_mps = 0.0
            return None
        return self._through_spring(fine_s, box[0])[kept], box[1]

    def _box_mps2(self, times_s: Floats) -> tuple[Floats, float] | None:
        shake = self._motor.shake_mps2(times_s)
        since_s = times_s - self._tap_at_s
        if not len(since_s) or since_s[-1] < 0.0 or since_s[0] > _LAST_S:
            return shake
        force, turning_hz = shake or (np.zeros(len(times_s)), 1.0)
        return force + tap_mps2(since_s), turning_hz

    def _fine(self, times_s: Floats) -> tuple[Floats, list[int]]:
        """Return times close enough for the spring, and where in them ``times_s`` are."""
        parts, kept, before_s = [np.empty(0)], [], self._last_s
        for time_s in times_s.tolist():
            passed_s = time_s - before_s
            if passed_s > _LAST_S:
                passed_s, self._offset_m, self._speed_mps = 0.002, 0.0, 0.0
            count = max(1, math.ceil(passed_s * _STEPS_PER_SWING * (self._natural_hz or 0.0)))
            parts.append(time_s - passed_s + passed_s / count * np.arange(1, count + 1))
            kept.append(count)
            before_s = time_s
        return np.concatenate(parts), (np.cumsum(kept) - 1).tolist()

    def _through_spring(self, fine_s: Floats, box_mps2: Floats) -> Floats:
        """Return the sensor's acceleration (n,) while its box has ``box_mps2`` (n,)."""
        felt = np.empty(len(fine_s))
        for index, (time_s, force) in enumerate(zip(fine_s.tolist(), box_mps2.tolist(), strict=True)):
            passed_s = min(time_s - self._last_s, 0.002)
            pull = self._radps * (2.0 * self._damping * self._speed_mps + self._radps * self._offset_m)
            self._speed_mps -= (force + pull) * passed_s
            self._offset_m += self._speed_mps * passed_s
            self._last_s = time_s
            felt[index] = -self._radps * (2.0 * self._damping * self._speed_mps + self._radps * self._offset_m)
        return felt


def tap_mps2(since_s: Floats) -> Floats:
    """Return the acceleration (n,) of a box on its pad at times since a fingertip touched it.

    Half a sine while finger and box touch gives the box its speed; then it swings on the pad until that is spent.
    """
    push = _TAP_MPS * math.pi / (2.0 * _TAP_S) * np.sin(math.pi * since_s / _TAP_S)
    swing_radps = _PAD_RADPS * math.sqrt(1.0 - _PAD_DAMPING**2)
    rate = _PAD_DAMPING * _PAD_RADPS
    free_s = np.maximum(since_s - _TAP_S, 0.0)
    swing = (rate**2 - swing_radps**2) / swing_radps * np.sin(swing_radps * free_s)
    swing -= 2.0 * rate * np.cos(swing_radps * free_s)
    touching = (since_s >= 0.0) & (since_s < _TAP_S)
    return np.where(touching, push, np.where(since_s < 0.0, 0.0, _TAP_MPS * np.exp(-rate * free_s) * swing))
