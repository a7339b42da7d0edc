"""Bus recovery: clock pulses for a chip that holds SDA low, or unbinding and binding the adapter's driver."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from gpiozero import Device
from gpiozero.pins import Factory

# A chip in the middle of a byte lets go of SDA after nine clocks at most; twice that is what the kernel allows.
_MOST_CLOCKS = 18
_HALF_CLOCK_S = 5e-6
# The kernel needs a moment to take the adapter's pins back.
_SETTLE_S = 0.02


class BusRecovery(Protocol):
    """The recovery steps that need more than the bus itself."""

    def clear(self) -> bool:
        """Clock the bus until SDA is free; return whether that was permitted and helped."""
        ...

    def rebind(self) -> bool:
        """Unbind and bind the adapter's driver; return whether that was permitted."""
        ...


class NoBusRecovery:
    """Nothing is permitted."""

    def clear(self) -> bool:
        """Do nothing."""
        return False

    def rebind(self) -> bool:
        """Do nothing."""
        return False


class AdapterRecovery:
    """Frees the adapter of ``/dev/i2c-N`` through sysfs and GPIO, where this user may write there; never raises.

    ``sda`` and ``scl`` are GPIO numbers. The driver is unbound while the pins are clocked, since binding it is what
    gives the pins back to the adapter; where unbinding is not permitted, the pins are left alone.
    """

    def __init__(
        self,
        number: int,
        *,
        sda: int = 2,
        scl: int = 3,
        sysfs: Path = Path("/sys"),
        factory: Factory | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._adapter = sysfs / "bus" / "i2c" / "devices" / f"i2c-{number}"
        self._sda, self._scl = sda, scl
        self._factory = factory
        self._sleep = sleep
        self._driver: Path | None = None
        self._device = ""
        self._bound = True

    @property
    def is_permitted(self) -> bool:
        """Return whether this user may unbind and bind the adapter's driver."""
        return self._find() and _may_write(self._driver, "unbind") and _may_write(self._driver, "bind")

    def clear(self) -> bool:
        """Clock the bus until SDA is free; return whether that was permitted and helped."""
        if not self._unbind():
            return False
        try:
            freed = self._clock_out()
        except Exception:  # gpiozero raises many kinds; whatever happens, the adapter must come back
            freed = False
        return self._bind() and freed

    def rebind(self) -> bool:
        """Unbind and bind the adapter's driver; return whether that was permitted."""
        return self._unbind() and self._bind()

    def _find(self) -> bool:
        """Learn the platform device behind the adapter and its driver, while both are there to be asked."""
        if self._driver is None and self._adapter.exists():
            platform_device = self._adapter.resolve().parent
            if (platform_device / "driver").exists():
                self._device = platform_device.name
                self._driver = (platform_device / "driver").resolve()
        return self._driver is not None

    def _unbind(self) -> bool:
        if not self.is_permitted:
            return False
        if self._bound:
            self._bound = not self._write("unbind")
        return not self._bound

    def _bind(self) -> bool:
        self._bound = self._write("bind")
        self._sleep(_SETTLE_S)
        return self._bound

    def _write(self, what: str) -> bool:
        assert self._driver is not None
        try:
            (self._driver / what).write_text(self._device, encoding="ascii")
        except OSError:
            return False
        return True

    def _clock_out(self) -> bool:
        """Let a chip finish its byte, then end with a stop, as the I2C specification (UM10204, 3.1.16) has it."""
        factory = self._factory or Device._default_pin_factory()
        sda, scl = factory.pin(f"GPIO{self._sda}"), factory.pin(f"GPIO{self._scl}")
        self._let_go(sda)
        self._let_go(scl)
        clocks = 0
        while not sda.state and clocks < _MOST_CLOCKS:
            self._pull_low(scl)
            self._let_go(scl)
            clocks += 1
        freed = bool(sda.state)
        self._pull_low(scl)
        self._pull_low(sda)
        self._let_go(scl)
        self._let_go(sda)
        return freed

    def _pull_low(self, pin: Any) -> None:
        pin.function = "output"
        pin.state = 0
        self._sleep(_HALF_CLOCK_S)

    def _let_go(self, pin: Any) -> None:
        """Leave the line to its pull-up: an I2C line is never driven high."""
        pin.function = "input"
        self._sleep(_HALF_CLOCK_S)


def _may_write(driver: Path | None, what: str) -> bool:
    if driver is None:
        return False
    try:
        with (driver / what).open("a"):
            return True
    except OSError:
        return False
