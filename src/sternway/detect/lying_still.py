"""Lying still: how long, and which way is up then."""

from dataclasses import dataclass

from sternway.motion.resample import PERIOD_S
from sternway.motion.trunk import TrunkMotion, TrunkSample
from sternway.samples import GRAVITY_MPS2, Vector


@dataclass(frozen=True, slots=True)
class LyingStillSettings:
    """``still_s`` of stillness must gather; a twitch costs twice its length. ``max_gyro_radps`` is ten times what a
    lying trunk turns with and leaves room for a gyro's bias; ``max_accel_off_mps2`` for an accelerometer's offset
    (SisFall's reads 8.2 lying). ``up_s``: upward is averaged over about this long.
    """

    still_s: float = 2.0
    max_gyro_radps: float = 0.5
    max_accel_off_mps2: float = 3.0
    up_s: float = 0.5


class LyingStillTracker:
    """Gathers stillness. Samples that repeat to the last digit are a frozen sensor, not stillness."""

    def __init__(self, settings: LyingStillSettings | None = None) -> None:
        self._settings = settings or LyingStillSettings()
        self.reset()

    def reset(self) -> None:
        """Forget all motion."""
        self._still_s = 0.0
        self._up: Vector | None = None
        self._last: Vector | None = None

    def update(self, trunk: TrunkMotion) -> list[Vector | None]:
        """Return for each sample which way is up (not of unit length) where stillness has gathered, else ``None``."""
        if trunk.after_gap:
            self.reset()
        return [self._step(sample) for sample in trunk.samples]

    def _step(self, sample: TrunkSample) -> Vector | None:
        settings, accel, up = self._settings, sample.accel_mps2, sample.up
        off_mps2 = abs(sample.accel_norm_mps2 - GRAVITY_MPS2)
        still = (
            sample.gyro_norm_radps < settings.max_gyro_radps
            and off_mps2 < settings.max_accel_off_mps2
            and not self._is_frozen(accel)
        )
        still_s = self._still_s + (PERIOD_S if still else -2.0 * PERIOD_S)
        self._still_s = still_s if 0.0 < still_s < settings.still_s else settings.still_s if still_s > 0.0 else 0.0
        self._last = accel
        ux, uy, uz = up
        x, y, z = self._up or up
        gain = PERIOD_S / settings.up_s
        self._up = (x + gain * (ux - x), y + gain * (uy - y), z + gain * (uz - z))
        return self._up if self._still_s > settings.still_s - 0.5 * PERIOD_S else None

    def _is_frozen(self, accel: Vector) -> bool:
        last = self._last
        return last is not None and (
            abs(accel[0] - last[0]) < 1e-9 and abs(accel[1] - last[1]) < 1e-9 and abs(accel[2] - last[2]) < 1e-9
        )
