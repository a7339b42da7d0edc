"""The optional light on the clip: for the family member who looks, never the only way to say anything."""

from gpiozero import LED
from gpiozero.pins import Factory

_BLINK_S = 0.25


class Light:
    """Steady while the clip watches, blinking while it cannot; dark where no light is wired (pin 0) or closed."""

    def __init__(self, pin: int, factory: Factory | None = None) -> None:
        self._device = LED(pin, pin_factory=factory) if pin else None
        self._watching: bool | None = None

    def show(self, watching: bool) -> None:
        """Say whether the clip watches; cheap to call every turn of the loop."""
        if self._device is None or watching is self._watching:
            return
        self._watching = watching
        if watching:
            self._device.on()
        else:
            self._device.blink(on_time=_BLINK_S, off_time=_BLINK_S)

    def close(self) -> None:
        """Go dark and let go of the pin."""
        if self._device is not None:
            self._device.close()
            self._device = None
