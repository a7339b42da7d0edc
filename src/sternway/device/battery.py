"""How much power is left, where the hardware can tell; ``None`` is *unknown*."""

from pathlib import Path

from sternway.device.bus import NACK_ERRNOS, Bus
from sternway.errors import BusError
from sternway.power import LOW_PERCENT, NO_LONGER_LOW_PERCENT

TOLERATED_MISS_COUNT = 6
"""So many questions in a row may go unanswered before the charge is unknown: a minute of the loop's ten seconds, in
which a cell of 2 Ah loses half a percent."""

_HWMON = Path("/sys/class/hwmon")
_UNDER_VOLTAGE_FILE = "in0_lcrit_alarm"
_GAUGE_ADDRESS = 0x36
_GAUGE_SOC, _GAUGE_VERSION = 0x04, 0x08
_COUNT_PERCENT = 1.0 / 256.0


class FuelGauge:
    """A MAX17048 on the sensor's bus; its absence is not an error. Register map: the MAX17048 data sheet's table.

    Once low, what is left stays just below :data:`LOW_PERCENT` until it has risen to :data:`NO_LONGER_LOW_PERCENT`:
    a charge that hovers there is one warning, not many.
    """

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._present: bool | None = None
        self._percent: float | None = None
        self._missed_count = 0

    def percent(self) -> float | None:
        """Return what is left in percent, or ``None`` where no gauge answers."""
        if self._present is not False:
            try:
                self._ask()
            except BusError as error:
                if self._present is None and error.errno in NACK_ERRNOS:
                    self._present = False
                self._missed_count += 1
        return self._percent if self._missed_count <= TOLERATED_MISS_COUNT else None

    def _ask(self) -> None:
        if self._present is None:
            version = self._bus.read(_GAUGE_ADDRESS, _GAUGE_VERSION, 2)
            self._present = version[0] == 0x00 and version[1] & 0xF0 == 0x10
        if self._present:
            high, low = self._bus.read(_GAUGE_ADDRESS, _GAUGE_SOC, 2)
            self._missed_count = 0
            self._percent = self._with_hysteresis(min(100.0, high + low * _COUNT_PERCENT))

    def _with_hysteresis(self, percent: float) -> float:
        was_low = self._percent is not None and self._percent < LOW_PERCENT
        return min(percent, LOW_PERCENT - _COUNT_PERCENT) if was_low and percent < NO_LONGER_LOW_PERCENT else percent


def under_voltage(hwmon: Path = _HWMON) -> bool | None:
    """Return whether the Pi's supply has sagged, or ``None`` on a board that cannot tell (a Zero has no monitor)."""
    for alarm in sorted(hwmon.glob(f"*/{_UNDER_VOLTAGE_FILE}")):
        try:
            return alarm.read_text(encoding="ascii").strip() == "1"
        except (OSError, UnicodeDecodeError):
            continue
    return None
