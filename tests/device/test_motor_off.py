from gpiozero.pins.mock import MockFactory, MockPWMPin

from sternway.config import PinSettings
from sternway.device.motor_off import motor_off


def test_every_wired_pin_of_the_motor_goes_low():
    factory = MockFactory(pin_class=MockPWMPin)
    for number in (18, 19):
        pin = factory.pin(f"GPIO{number}")
        pin.function = "output"
        pin.state = 1
        pin.clear_states()
    assert motor_off(PinSettings(motor=18, motor_reverse=19), factory) == [18, 19]
    for number in (18, 19):
        assert factory.pin(f"GPIO{number}").states[-1].state == 0


def test_a_clip_without_a_motor_has_nothing_to_switch_off():
    assert motor_off(PinSettings(motor=0), MockFactory(pin_class=MockPWMPin)) == []
