"""A fall: an impact, another posture after it, and stillness."""

import math
from dataclasses import dataclass, field

from sternway.detect.impact import Impact, ImpactFinder, ImpactSettings
from sternway.events import Event, Kind
from sternway.motion.resample import PERIOD_S
from sternway.motion.trunk import TrunkMotion
from sternway.samples import GRAVITY_MPS2


@dataclass(frozen=True, slots=True)
class FallSettings:
    """What makes a fall, from the development half of SisFall (975 acted falls, 13 people).

    ``impact_g``: three quarters of the lie-downs and rolls peak below. ``turned_rad`` (45 deg): 99 % of the falls end
    more than 62 deg from how the trunk was held before. ``still_s`` of stillness must gather; a twitch costs twice
    its length. ``still_radps`` is ten times what a lying trunk turns with and leaves room for a gyro's bias;
    ``still_mps2`` for an accelerometer's offset (SisFall's reads 8.2 lying). ``wait_s``: nobody in the data lies
    still later than 7 s after it. ``refractory_s``: the countdown that a fall begins lasts longer.
    """

    impact: ImpactSettings = field(default_factory=ImpactSettings)
    impact_g: float = 2.25
    turned_rad: float = math.radians(45.0)
    still_s: float = 2.0
    still_radps: float = 0.5
    still_mps2: float = 3.0
    wait_s: float = 10.0
    refractory_s: float = 10.0


class FallDetector:
    """Waits after each impact for two seconds of stillness in a posture far from the one before.

    Impacts follow each other (a stumble, the knees, the hip): up to four wait at once. Samples that repeat to the
    last digit are a frozen sensor, not stillness. Source of the phases: Bourke, O'Brien and Lyons 2007, Kangas 2008.
    """

    def __init__(self, settings: FallSettings | None = None) -> None:
        self._settings = settings or FallSettings()
        self._impacts = ImpactFinder(self._settings.impact)
        self._quiet_until_s = -math.inf
        self.reset()

    def reset(self) -> None:
        """Forget all motion; the time of the last alarm stays."""
        self._impacts.reset()
        self._restart()

    def _restart(self) -> None:
        self._waiting: list[Impact] = []
        self._still_s = 0.0
        self._up: tuple[float, float, float] | None = None
        self._last: list[float] | None = None

    def update(self, trunk: TrunkMotion) -> list[Event]:
        """Return a fall at the sample that settles it; its ``time_s`` is the impact."""
        if trunk.after_gap:
            self._restart()
        rows = zip(
            trunk.time_s.tolist(),
            self._impacts.update(trunk),
            trunk.accel_mps2.tolist(),
            trunk.accel_norm_mps2.tolist(),
            trunk.gyro_norm_radps.tolist(),
            trunk.up.tolist(),
            strict=True,
        )
        events: list[Event] = []
        for time_s, impact, accel, norm, rate, up in rows:
            self._rest(accel, norm, rate, up)
            if impact is not None and self._is_hard(impact):
                self._waiting = [*self._waiting, impact][-4:]
                self._still_s = min(self._still_s, time_s - impact.time_s)
            if self._waiting:
                events += self._decide(time_s)
        return events

    def _is_hard(self, impact: Impact) -> bool:
        return impact.peak_mps2 >= self._settings.impact_g * GRAVITY_MPS2

    def _rest(self, accel: list[float], norm: float, rate: float, up: list[float]) -> None:
        """Gather stillness, and the slow mean of upward within it."""
        settings = self._settings
        frozen = self._last is not None and max(map(abs, map(float.__sub__, accel, self._last))) < 1e-9
        still = rate < settings.still_radps and abs(norm - GRAVITY_MPS2) < settings.still_mps2 and not frozen
        self._last = accel
        self._still_s = min(settings.still_s, self._still_s + PERIOD_S) if still else self._still_s - 2.0 * PERIOD_S
        self._still_s = max(0.0, self._still_s)
        x, y, z = self._up or up
        self._up = (x + 0.02 * (up[0] - x), y + 0.02 * (up[1] - y), z + 0.02 * (up[2] - z))

    def _decide(self, time_s: float) -> list[Event]:
        settings = self._settings
        self._waiting = [impact for impact in self._waiting if time_s - impact.time_s <= settings.wait_s]
        if self._still_s < settings.still_s - 0.5 * PERIOD_S or time_s < self._quiet_until_s:
            return []
        for impact in self._waiting:
            turned = self._turned(impact)
            if turned > settings.turned_rad:
                self._waiting = []
                self._quiet_until_s = time_s + settings.refractory_s
                return [_event(impact, turned, time_s)]
        return []

    def _turned(self, impact: Impact) -> float:
        x, y, z = self._up or impact.up_before
        a, b, c = impact.up_before
        length = math.sqrt(x * x + y * y + z * z) or 1.0
        return math.acos(max(-1.0, min(1.0, (a * x + b * y + c * z) / length)))


def _event(impact: Impact, turned_rad: float, decided_at_s: float) -> Event:
    evidence = {
        "impact_mps2": impact.peak_mps2,
        "turned_rad": turned_rad,
        "still_after_s": decided_at_s - impact.time_s,
    }
    return Event(Kind.FALL, impact.time_s, decided_at_s, 1.0, evidence)
