"""``python -m sternway.device.motor_off``: the motor's pins low, whatever happened before.

A kernel may keep a pin driven after the process that drove it has died (Raspberry Pi's does). systemd runs this after
every end of the clip's service; the pull-down on the transistor's gate holds while nobody drives the pin.
"""

from gpiozero import DigitalOutputDevice
from gpiozero.pins import Factory

from sternway.config import PinSettings, chosen_settings


def motor_off(pins: PinSettings, factory: Factory | None = None) -> list[int]:
    """Drive every wired pin of the motor low, let go of it, and return which they were."""
    wired = [pin for pin in (pins.motor, pins.motor_reverse) if pin]
    for pin in wired:
        DigitalOutputDevice(pin, initial_value=False, pin_factory=factory).close()
    return wired


if __name__ == "__main__":
    motor_off(chosen_settings(None).pins)
