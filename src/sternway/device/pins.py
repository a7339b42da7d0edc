"""Why a pin cannot be had, in words for the person who wired it."""

import warnings
from collections.abc import Callable
from typing import TypeVar

from gpiozero import BadPinFactory, PinFactoryFallback

from sternway.errors import PinError

T = TypeVar("T")


def open_pin(number: int, claim: Callable[[], T]) -> T:
    """Return what ``claim`` returns; raise :class:`PinError` with what to do where GPIO ``number`` cannot be had."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PinFactoryFallback)  # it lists the libraries tried; the error says enough
            return claim()
    except Exception as error:  # gpiozero and the pin libraries raise many kinds
        raise PinError(pin_error_advice(number, error)) from error


def pin_error_advice(number: int, error: Exception) -> str:
    """Return what to do about ``error``.

    >>> print(pin_error_advice(18, OSError("GPIO busy")))  # doctest: +ELLIPSIS
    GPIO18 cannot be had (GPIO busy); stop what else uses it (sudo systemctl stop sternway), ...
    """
    if isinstance(error, BadPinFactory):
        return "no GPIO here: on a Pi, sudo apt install python3-lgpio; elsewhere, add --emulated"
    words = (str(error) or type(error).__name__).splitlines()[0]
    return (
        f"GPIO{number} cannot be had ({words}); stop what else uses it (sudo systemctl stop sternway), "
        "or add this user to the group gpio (sudo usermod -aG gpio $USER)"
    )
