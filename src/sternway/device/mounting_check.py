"""The doctor's look at how stiffly the sensor sits in its box: a hint, never a fault."""

from sternway.device.checks import CheckContext, CheckStatus, Finding, ready_chip
from sternway.device.haptics import wired_motor
from sternway.device.mounting_test import MountingTest
from sternway.errors import SternwayError

# The emulated box gives 1.9 with an LSM6DSOX that is screwed on and 1.2 with an MPU-6050, whose low-pass is lower;
# one that swings at 20 to 160 Hz gives 0.9 and less (tests/device/test_mounting.py).
LEAST_GROWTH = 0.95
# The emulated box gives 0.01 with a sensor that is screwed on and 0.4 and more with one that swings at 20 to 60 Hz.
MOST_RING = 0.15


def check_mounting(context: CheckContext, wait_s: float = 0.0) -> Finding:
    """Turn the motor at four speeds, and wait for a tap where somebody is there to tap."""
    try:
        growth, ring = _growth(context), _ring(context, wait_s)
    except SternwayError as error:
        return Finding("mounting", CheckStatus.UNKNOWN, f"cannot be judged without the sensor ({error})")
    except Exception as error:  # gpiozero and the pin libraries raise many kinds; the check of the motor names them
        return Finding("mounting", CheckStatus.UNKNOWN, f"cannot be judged without the motor ({error})")
    return _judge(growth, ring, waited=bool(wait_s))


def _growth(context: CheckContext) -> float | None:
    pins, haptics = context.settings.pins, context.settings.haptics
    if not pins.motor or not haptics.enabled:
        return None
    motor = wired_motor(pins, haptics, context.pins)
    try:
        return MountingTest(ready_chip(context), context.clock, context.sleep).growth(motor)
    finally:
        motor.close()


def _ring(context: CheckContext, wait_s: float) -> float | None:
    if not wait_s:
        return None
    test = MountingTest(ready_chip(context), context.clock, context.sleep)
    context.ask("Tap the closed box once with a fingertip, now.")
    return test.ring(wait_s)


def _judge(growth: float | None, ring: float | None, waited: bool) -> Finding:
    measured = {"shake_growth": growth, "tap_ring": ring}
    figures = {name: round(value, 3) for name, value in measured.items() if value is not None}
    if (growth is not None and growth < LEAST_GROWTH) or (ring is not None and ring > MOST_RING):
        words = "the sensor may sit softly; screw it to the box itself, without foam, and glue the motor hard"
        return Finding("mounting", CheckStatus.UNKNOWN, words, figures)
    if waited and ring is None:
        return Finding("mounting", CheckStatus.UNKNOWN, "no tap was felt; tap the box once, as on a door", figures)
    if not figures:
        return Finding("mounting", CheckStatus.UNKNOWN, "the motor is felt too little to judge by it", figures)
    return Finding("mounting", CheckStatus.OK, "stiff: the sensor feels the box as if it were screwed on", figures)
