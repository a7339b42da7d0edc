"""Something hit: the largest acceleration within a second, and how the trunk came to it."""

from collections import deque
from dataclasses import dataclass

import numpy as np

from sternway.detect.falling import CHANNELS, FallingTracker
from sternway.motion.angle import unit
from sternway.motion.resample import RATE_HZ
from sternway.motion.trunk import TrunkMotion, TrunkSample
from sternway.samples import GRAVITY_MPS2, Floats, Vector


@dataclass(frozen=True, slots=True)
class ImpactSettings:
    """``least_g``: the softest of 975 acted falls on the belt peaks at 1.77 g. The peak is the largest sample from
    ``before_s`` before it to ``after_s`` after it: a stride may be as hard as the fall that follows it.
    """

    least_g: float = 1.5
    before_s: float = 0.6
    after_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Impact:
    """A local maximum of ``|a|``.

    ``up_before`` is upward in chip axes from 3 s to 1 s before it. ``numbers`` describe the way down, the blow and
    what followed within a second, in the order of :data:`NUMBERS`.
    """

    time_s: float
    peak_mps2: float
    up_before: Vector
    numbers: tuple[float, ...]


_DOWN = tuple(f"{name}_{how}" for name in CHANNELS for how in ("mean", "most", "least"))
_AFTER = ("loading_after", "tilt_rate_after", "tilt_after", "turned_at", "turned_after")
NUMBERS = (*_DOWN, *_AFTER)
"""Mean, largest and smallest of each channel from 1 s before the peak to 0.1 s after it, then what followed."""

_HISTORY_S = 4.2
_BEFORE_S, _UP_TO_S = 3.0, 1.0
_DOWN_S, _BLOW_S = 1.0, 0.1


class ImpactFinder:
    """Finds local maxima of ``|a|``, each known ``after_s`` later."""

    def __init__(self, settings: ImpactSettings | None = None, falling: FallingTracker | None = None) -> None:
        self._settings = settings or ImpactSettings()
        self._before = round(self._settings.before_s * RATE_HZ)
        self._after = round(self._settings.after_s * RATE_HZ)
        self._falling = falling or FallingTracker()
        self.reset()

    def reset(self) -> None:
        """Forget all motion."""
        count = round(_HISTORY_S * RATE_HZ)
        self._falling.reset()
        self._norms: deque[float] = deque(maxlen=count)
        self._ups: deque[Vector] = deque(maxlen=count)
        self._channels: deque[list[float]] = deque(maxlen=count)

    def update(self, trunk: TrunkMotion) -> list[Impact | None]:
        """Return for each sample the impact that it makes known, or ``None``."""
        if trunk.after_gap:
            self.reset()
        return list(map(self._step, trunk.samples, self._falling.update(trunk)))

    def _step(self, sample: TrunkSample, channels: list[float]) -> Impact | None:
        self._norms.append(sample.accel_norm_mps2)
        self._ups.append(sample.up)
        self._channels.append(channels)
        if len(self._norms) <= self._after:
            return None
        peak = self._norms[-1 - self._after]
        if peak < self._settings.least_g * GRAVITY_MPS2:
            return None
        around = list(self._norms)[-1 - self._after - self._before :]
        if peak < max(around):
            return None
        return self._impact(sample.time_s - self._settings.after_s, peak)

    def _impact(self, time_s: float, peak_mps2: float) -> Impact:
        at = len(self._norms) - 1 - self._after
        ups = np.array(self._ups)
        start = max(0, at - round(_BEFORE_S * RATE_HZ))
        up_before = unit(ups[start : max(start + 1, at - round(_UP_TO_S * RATE_HZ))].mean(axis=0).tolist())
        turned = np.arccos(np.clip(ups @ np.array(up_before), -1.0, 1.0))
        return Impact(time_s, peak_mps2, up_before, self._describe(np.array(self._channels), turned, at))

    def _describe(self, channels: Floats, turned: Floats, at: int) -> tuple[float, ...]:
        down = channels[max(0, at - round(_DOWN_S * RATE_HZ)) : at + round(_BLOW_S * RATE_HZ) + 1]
        after = channels[at + 1 :]
        shape = np.stack((down.mean(axis=0), down.max(axis=0), down.min(axis=0)), axis=1).ravel()
        loading, tilt_rate, tilt = (after[:, CHANNELS.index(name)] for name in ("loading", "tilt_rate", "tilt"))
        since = (loading.mean(), tilt_rate.mean(), tilt[-20:].mean(), turned[at], turned[-20:].mean())
        return tuple(float(x) for x in (*shape, *since))
