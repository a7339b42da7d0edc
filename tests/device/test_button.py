import queue

import pytest

from sternway.device.button import Button
from sternway.device.emulated import emulated_pins
from sternway.events import Press


@pytest.fixture
def pins():
    return emulated_pins()


@pytest.fixture
def button(pins):
    button = Button(17, pins, clock=lambda: 12.0, long_s=0.01)
    yield button
    button.close()


def press(pins):
    pins.pin("GPIO17").drive_low()


def release(pins):
    pins.pin("GPIO17").drive_high()


def test_a_short_press_is_one_word(pins):
    button = Button(17, pins, clock=lambda: 12.0)
    press(pins)
    release(pins)
    assert button.presses.get(timeout=5.0) == (Press.SHORT, 12.0)
    with pytest.raises(queue.Empty):
        button.presses.get_nowait()
    button.close()


def test_a_long_press_is_said_while_it_is_held_and_only_once(button, pins):
    press(pins)
    assert button.presses.get(timeout=5.0) == (Press.LONG, 12.0)
    release(pins)
    with pytest.raises(queue.Empty):
        button.presses.get_nowait()


def test_after_a_long_press_comes_a_short_one(button, pins):
    press(pins)
    button.presses.get(timeout=5.0)
    release(pins)
    button._device.hold_time = 1.0
    press(pins)
    release(pins)
    assert button.presses.get(timeout=5.0) == (Press.SHORT, 12.0)


def test_nothing_is_said_while_nobody_presses(button):
    with pytest.raises(queue.Empty):
        button.presses.get_nowait()


def test_contacts_are_debounced(button, pins):
    assert pins.pin("GPIO17").bounce == 0.02
