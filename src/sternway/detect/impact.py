"""Something hit: the largest acceleration within a second, and how the trunk came to it."""

from collections import deque
from dataclasses import dataclass

import numpy as np

from sternway.detect.fall_features import CHANNELS, FallFeatureTracker
from sternway.motion.angle import unit
from sternway.motion.resample import RATE_HZ
from sternway.motion.trunk import TrunkMotion, TrunkSample
from sternway.samples import GRAVITY_MPS2, Floats, Vector


@dataclass(frozen=True, slots=True)
class ImpactSettings:
    """``min_g``: the softest of 975 acted falls on the belt peaks at 1.77 g. The peak is the largest sample from
    ``before_s`` before it to ``after_s`` after it: a stride may be as hard as the fall that follows it.
    """

    min_g: float = 1.5
    before_s: float = 0.6
    after_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Impact:
    """A local maximum of ``|a|``.

    ``up_before`` is upward in chip axes from 3 s to 1 s before it. ``features`` describe the way down, the blow and
    what followed within a second, in the order of :data:`FEATURES`.
    """

    time_s: float
    peak_mps2: float
    up_before: Vector
    features: tuple[float, ...]


_DESCENT = tuple(f"{name}_{how}" for name in CHANNELS for how in ("mean", "most", "least"))
_AFTER = ("loading_after", "tilt_rate_after", "tilt_after", "turned_at", "turned_after")
FEATURES = (*_DESCENT, *_AFTER)
"""Mean, largest and smallest of each channel from 1 s before the peak to 0.1 s after it, then what followed."""

_HISTORY_S = 4.2
_BEFORE_S, _UP_TO_S = 3.0, 1.0
_DESCENT_S, _CONTACT_S = 1.0, 0.1


class ImpactFinder:
    """Finds local maxima of ``|a|``, each known ``after_s`` later."""

    def __init__(
        self, settings: ImpactSettings | None = None, fall_features: FallFeatureTracker | None = None
    ) -> None:
        self._settings = settings or ImpactSettings()
        self._before = round(self._settings.before_s * RATE_HZ)
        self._after = round(self._settings.after_s * RATE_HZ)
        self._fall_features = fall_features or FallFeatureTracker()
        self.reset()

    def reset(self) -> None:
        """Forget all motion."""
        count = round(_HISTORY_S * RATE_HZ)
        self._fall_features.reset()
        self._norms: deque[float] = deque(maxlen=count)
        self._ups: deque[Vector] = deque(maxlen=count)
        self._channels: deque[list[float]] = deque(maxlen=count)

    def update(self, trunk: TrunkMotion) -> list[Impact | None]:
        """Return for each sample the impact that it makes known, or ``None``."""
        if trunk.after_gap:
            self.reset()
        return list(map(self._step, trunk.samples, self._fall_features.update(trunk)))

    def _step(self, sample: TrunkSample, channels: list[float]) -> Impact | None:
        self._norms.append(sample.accel_norm_mps2)
        self._ups.append(sample.up)
        self._channels.append(channels)
        if len(self._norms) <= self._after:
            return None
        peak = self._norms[-1 - self._after]
        if peak < self._settings.min_g * GRAVITY_MPS2:
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
        turned_rad = np.arccos(np.clip(ups @ np.array(up_before), -1.0, 1.0))
        return Impact(time_s, peak_mps2, up_before, self._describe(np.array(self._channels), turned_rad, at))

    def _describe(self, channels: Floats, turned_rad: Floats, at: int) -> tuple[float, ...]:
        descent = channels[max(0, at - round(_DESCENT_S * RATE_HZ)) : at + round(_CONTACT_S * RATE_HZ) + 1]
        after = channels[at + 1 :]
        shape = np.stack((descent.mean(axis=0), descent.max(axis=0), descent.min(axis=0)), axis=1).ravel()
        loading, tilt_rate, tilt = (after[:, CHANNELS.index(name)] for name in ("loading", "tilt_rate", "tilt"))
        following = (loading.mean(), tilt_rate.mean(), tilt[-20:].mean(), turned_rad[at], turned_rad[-20:].mean())
        return tuple(float(x) for x in (*shape, *following))
