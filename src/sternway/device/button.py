"""The button: a short or a long press becomes a word on a queue."""

import queue
import time
from collections.abc import Callable

from gpiozero import Button as ButtonDevice
from gpiozero.pins import Factory

from sternway.events import Press

# Contacts of small tactile switches bounce for 1 to 10 ms.
_BOUNCE_S = 0.02
_LONG_S = 1.0


class Button:
    """A button between a pin and ground. ``presses`` gets (word, host seconds): LONG while held, SHORT on release."""

    def __init__(
        self,
        pin: int,
        factory: Factory | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        long_s: float = _LONG_S,
    ) -> None:
        self.presses: queue.SimpleQueue[tuple[Press, float]] = queue.SimpleQueue()
        self._clock = clock
        self._was_long = False
        self._device = ButtonDevice(pin, pull_up=True, bounce_time=_BOUNCE_S, hold_time=long_s, pin_factory=factory)
        self._device.when_held = self._held
        self._device.when_released = self._released

    @property
    def is_pressed(self) -> bool:
        """Return whether it is down now."""
        return bool(self._device.is_pressed)

    def close(self) -> None:
        """Let go of the pin."""
        self._device.close()

    def _held(self) -> None:
        self._was_long = True
        self.presses.put((Press.LONG, self._clock()))

    def _released(self) -> None:
        was_long, self._was_long = self._was_long, False
        if not was_long:
            self.presses.put((Press.SHORT, self._clock()))
