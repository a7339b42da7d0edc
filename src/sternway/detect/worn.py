"""Is the clip on a person at all?"""

import math
from array import array
from dataclasses import dataclass

import numpy as np

from sternway.events import Event, Kind
from sternway.motion.resample import RATE_HZ
from sternway.motion.trunk import TrunkMotion, TrunkSample


@dataclass(frozen=True, slots=True)
class WornSettings:
    """When a clip counts as put away.

    A second is *dead still* below both thresholds. Nobody alive was in 4,265 s of sitting, standing and lying of
    HAPT's users 1-20 (waist phone, its own noise included): lowest angular rate 0.0047 rad/s, lowest acceleration
    0.0435 m/s². At rest our chips' noise gives 0.001 to 0.002 rad/s and 0.01 to 0.035 m/s².
    """

    still_gyro_radps: float = 0.0035
    still_accel_mps2: float = 0.040
    away_s: int = 20  # a held breath is shorter than this; a table is not
    away_after_handling_s: int = 10  # the clip was tipped over before: somebody took it off and laid it down
    handling_rad: float = math.radians(60.0)  # farther than a bow in walking
    handling_memory_s: int = 30
    back_s: int = 3  # a door that slams moves a table for a second or two
    forgiven_s: int = 5  # so much stillness one such second costs


class WornDetector:
    """Says *not worn* when the clip lies dead still, and *worn* (severity 0) when something living moves it again.

    Works in whole seconds counted from the last gap: the spread of angular rate and acceleration within each. A body
    at rest sways and breathes; a table does not. ``worn`` is ``None`` until it is known.
    """

    def __init__(self, settings: WornSettings | None = None) -> None:
        self._settings = settings or WornSettings()
        self.worn: bool | None = None
        self._start()

    def reset(self) -> None:
        """Forget all motion; whether it was worn is kept until motion says otherwise."""
        self._start()

    def update(self, trunk: TrunkMotion) -> list[Event]:
        """Return that the clip was put away, or that it is worn again."""
        if trunk.after_gap:
            self._start_second()
        events: list[Event] = []
        for sample in trunk.samples:
            self._add(sample)
            if len(self._rows) == 6 * RATE_HZ:
                events += self._second(sample.time_s)
                self._start_second()
        return events

    def _start(self) -> None:
        self._still_s = 0
        self._moving_s = 0
        self._handled_s = 0
        self._start_second()

    def _start_second(self) -> None:
        self._rows = array("d")
        self._tilt_rad = 0.0
        self._walked = False

    def _add(self, sample: TrunkSample) -> None:
        self._rows.extend(sample.gyro_radps + sample.accel_mps2)
        self._tilt_rad = max(self._tilt_rad, sample.tilt_rad)
        self._walked = self._walked or sample.walking

    def _second(self, time_s: float) -> list[Event]:
        settings = self._settings
        rows = np.frombuffer(self._rows).reshape(RATE_HZ, 6)
        off = rows - rows[0]
        means, squares = off.cumsum(axis=0)[-1] / RATE_HZ, (off * off).cumsum(axis=0)[-1] / RATE_HZ
        spreads = np.maximum(squares - means * means, 0.0).tolist()
        gyro_radps, accel_mps2 = math.sqrt(sum(spreads[:3])), math.sqrt(sum(spreads[3:]))
        still = gyro_radps < settings.still_gyro_radps and accel_mps2 < settings.still_accel_mps2 and not self._walked
        handled = self._tilt_rad > settings.handling_rad
        self._handled_s = settings.handling_memory_s if handled else max(0, self._handled_s - 1)
        self._moving_s = 0 if still else self._moving_s + 1
        self._still_s = self._still_s + 1 if still else max(0, self._still_s - settings.forgiven_s)
        evidence = {"still_s": float(self._still_s), "gyro_radps": gyro_radps, "accel_mps2": accel_mps2}
        needed_s = settings.away_after_handling_s if self._handled_s else settings.away_s
        if self._still_s >= needed_s and self.worn is not False:
            self.worn = False
            return [Event(Kind.NOT_WORN, time_s - self._still_s, time_s, 1.0, evidence)]
        if self._moving_s >= settings.back_s or self._walked:
            was, self.worn = self.worn, True
            self._still_s = 0 if was is False else self._still_s
            if was is False:
                return [Event(Kind.NOT_WORN, time_s - self._moving_s, time_s, 0.0, evidence)]
        return []
