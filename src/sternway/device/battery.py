"""How much power is left, where the hardware can tell; ``None`` is *unknown*."""

from pathlib import Path

from sternway.device.bus import Bus
from sternway.errors import BusError

_HWMON = Path("/sys/class/hwmon")
_UNDER_VOLTAGE_FILE = "in0_lcrit_alarm"
_GAUGE_ADDRESS = 0x36
_GAUGE_SOC, _GAUGE_VERSION = 0x04, 0x08


class FuelGauge:
    """A MAX17048 on the sensor's bus; its absence is not an error. Register map: the MAX17048 data sheet's table."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._present: bool | None = None

    def percent(self) -> float | None:
        """Return what is left in percent, or ``None`` where no gauge has ever answered."""
        try:
            if self._present is None:
                version = self._bus.read(_GAUGE_ADDRESS, _GAUGE_VERSION, 2)
                self._present = version[0] == 0x00 and version[1] & 0xF0 == 0x10
            if not self._present:
                return None
            high, low = self._bus.read(_GAUGE_ADDRESS, _GAUGE_SOC, 2)
        except BusError:
            self._present = self._present or False
            return None
        return min(100.0, high + low / 256.0)


def under_voltage(hwmon: Path = _HWMON) -> bool | None:
    """Return whether the Pi's supply has sagged, or ``None`` on a board that cannot tell (a Zero has no monitor)."""
    for alarm in sorted(hwmon.glob(f"*/{_UNDER_VOLTAGE_FILE}")):
        try:
            return alarm.read_text(encoding="ascii").strip() == "1"
        except (OSError, UnicodeDecodeError):
            continue
    return None
