from sternway.device.emulated import emulated_pins
from sternway.device.light import Light


def test_is_steady_while_the_clip_watches():
    pins = emulated_pins()
    light = Light(27, pins)
    pins.pin("GPIO27").clear_states()
    for _ in range(100):
        light.show(watching=True)
    assert [state.state for state in pins.pin("GPIO27").states] == [0.0, 1.0]
    light.close()


def test_blinks_while_it_cannot():
    pins = emulated_pins()
    light = Light(27, pins)
    light.show(watching=False)
    assert light._device.is_active in (True, False)
    assert light._device._blink_thread is not None
    light.close()


def test_is_dark_at_first_and_after_the_end():
    pins = emulated_pins()
    light = Light(27, pins)
    assert pins.pin("GPIO27").state == 0.0
    light.show(watching=True)
    light.close()
    light.show(watching=True)
    assert pins.pin("GPIO27").function == "input"


def test_nothing_is_wired_at_pin_0():
    light = Light(0)
    light.show(watching=True)
    light.close()
