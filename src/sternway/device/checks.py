"""The bring-up of a clip, step by step: each check says ok, or what to do."""

import queue
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from sternway.config import Settings
from sternway.device.battery import FuelGauge, under_voltage
from sternway.device.bus import NACK_ERRNOS, Bus
from sternway.device.button import Button
from sternway.device.chips import Chip, find_chip, no_answer_error
from sternway.device.clip import CANDIDATES, Clip
from sternway.device.haptics import Pins, wired_motor
from sternway.device.motor_test import MotorTest
from sternway.device.pins import pin_error_advice
from sternway.errors import BusError, SternwayError
from sternway.samples import GRAVITY_MPS2

# A chip that reads more than this away from 1 g at rest is damaged or badly soldered (data sheets: 40 to 80 mg).
_GRAVITY_TOLERANCE = 0.1
# More moves than a hand that tries to hold it still.
_STILL_MPS2 = 0.5


class CheckStatus(StrEnum):
    """How a check ended; only *wrong* needs somebody to act."""

    OK = "ok"
    WRONG = "wrong"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: ``words`` say what is well, or what to do; ``figures`` are for machines."""

    check: str
    verdict: CheckStatus
    words: str
    figures: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CheckContext:
    """What the checks may touch: real or emulated hardware, the time it lives in, and the person beside it.

    ``ask`` tells that person what to do now; nobody is there by default.
    """

    settings: Settings
    bus: Bus
    pins: Pins | None = None
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    ask: Callable[[str], None] = lambda _: None


def check_bus(context: CheckContext) -> Finding:
    """Look who answers at the addresses of known chips."""
    answering: list[int] = []
    for candidate in CANDIDATES:
        for address in candidate.addresses:
            try:
                context.bus.read(address, candidate.who_am_i, 1)
                answering.append(address)
            except BusError as error:
                if error.errno not in NACK_ERRNOS:
                    return Finding("bus", CheckStatus.WRONG, str(error))
    if answering:
        return Finding("bus", CheckStatus.OK, "answers at " + ", ".join(f"0x{place:02x}" for place in answering))
    return Finding("bus", CheckStatus.WRONG, f"{no_answer_error(_places())}; SDA and SCL may be swapped")


def check_chip(context: CheckContext) -> Finding:
    """Look which chip it is, and whether there is a second one."""
    try:
        chip = find_chip(context.bus, CANDIDATES, context.settings.sensor.address)
        others = [place for place in _places() if place != chip.address and _is_known(context.bus, place)]
    except SternwayError as error:
        return Finding("chip", CheckStatus.WRONG, str(error))
    words = f"{chip.name} at 0x{chip.address:02x}"
    if others and not context.settings.sensor.address:
        words += f"; another at 0x{others[0]:02x}: choose one with sensor.address in the settings"
        return Finding("chip", CheckStatus.WRONG, words)
    return Finding("chip", CheckStatus.OK, words, {"address": chip.address})


def check_samples(context: CheckContext, duration_s: float = 10.0) -> Finding:
    """Stream for a while, count what goes wrong on the wire, and see whether the numbers can be true."""
    clip = Clip(context.bus, address=context.settings.sensor.address, clock=context.clock, sleep=context.sleep)
    end_s = context.clock() + duration_s
    accel: list[np.ndarray] = []
    for block in clip:
        accel.append(block.accel_mps2)
        if context.clock() >= end_s:
            clip.close()
    rows = np.concatenate(accel)
    failures = {f"{failure.value}_count": float(count) for failure, count in clip.failures.items()}
    figures = {"sample_count": float(len(rows)), "rate_hz": round(clip.rate_hz, 2), **failures}
    if not len(rows):
        return Finding("samples", CheckStatus.WRONG, clip.explanation or "no samples", figures)
    if failures:
        told = ", ".join(f"{count} x {failure.value.replace('_', ' ')}" for failure, count in clip.failures.items())
        words = f"{told} in {duration_s:.0f} s; shorten the wires to 30 cm, check the solder joints"
        return Finding("samples", CheckStatus.WRONG, words, figures)
    return _judge_gravity(rows, clip.rate_hz, duration_s, figures)


def _judge_gravity(rows: np.ndarray, rate_hz: float, duration_s: float, figures: dict[str, float]) -> Finding:
    norm = np.sqrt((rows * rows).sum(axis=1))
    figures = {**figures, "gravity_g": round(float(norm.mean()) / GRAVITY_MPS2, 4)}
    told = f"{len(rows)} in {duration_s:.0f} s at {rate_hz:.1f} Hz without an error"
    if norm.std() > _STILL_MPS2:
        return Finding("samples", CheckStatus.OK, f"{told}; moving, so gravity is not judged", figures)
    if abs(norm.mean() / GRAVITY_MPS2 - 1.0) > _GRAVITY_TOLERANCE:
        words = (
            f"gravity reads {figures['gravity_g']:.2f} g; hold the clip still and try again, else replace the chip"
        )
        return Finding("samples", CheckStatus.WRONG, words, figures)
    return Finding("samples", CheckStatus.OK, f"{told}, gravity {figures['gravity_g']:.2f} g", figures)


def check_motor(context: CheckContext) -> Finding:
    """Buzz once: the chip must feel it."""
    pins = context.settings.pins
    if not pins.motor or not context.settings.haptics.enabled:
        return Finding("motor", CheckStatus.SKIPPED, "switched off in the settings: nothing will be felt")
    try:
        motor = wired_motor(pins, context.settings.haptics, context.pins)
    except Exception as error:  # gpiozero and the pin libraries raise many kinds
        return Finding("motor", CheckStatus.WRONG, pin_error_advice(pins.motor, error))
    try:
        chip = ready_chip(context)
        felt = MotorTest(chip, motor, clock=context.clock, sleep=context.sleep).run()
    except SternwayError as error:
        return Finding("motor", CheckStatus.UNKNOWN, f"cannot be felt without the sensor ({error})")
    finally:
        motor.close()
    figures = {"quiet_mps2": round(felt.quiet_mps2, 3), "buzz_mps2": round(felt.buzz_mps2, 3)}
    if felt.onset_s is None:
        words = f"not felt; check the transistor, the diode's direction and the wire to GPIO{pins.motor}"
        return Finding("motor", CheckStatus.WRONG, words, figures)
    figures["onset_s"] = round(felt.onset_s, 4)
    return Finding("motor", CheckStatus.OK, f"felt {1000 * felt.onset_s:.0f} ms after it was switched on", figures)


def check_button(context: CheckContext, wait_s: float = 0.0) -> Finding:
    """See that the button is released, and wait for a press where somebody is there to press."""
    number = context.settings.pins.button
    if not number:
        return Finding("button", CheckStatus.SKIPPED, "not wired")
    try:
        button = Button(number, context.pins, clock=context.clock)
    except Exception as error:  # as above
        return Finding("button", CheckStatus.WRONG, pin_error_advice(number, error))
    try:
        if button.is_pressed:
            words = f"reads as pressed; let go of it, or look for a short between GPIO{number} and ground"
            return Finding("button", CheckStatus.WRONG, words)
        if not wait_s:
            return Finding("button", CheckStatus.OK, "released (add --press to try it)")
        press, _ = button.presses.get(timeout=wait_s)
        return Finding("button", CheckStatus.OK, f"{press.value} press heard")
    except queue.Empty:
        return Finding(
            "button", CheckStatus.WRONG, f"no press in {wait_s:.0f} s; it belongs between GPIO{number} and ground"
        )
    finally:
        button.close()


def check_power(context: CheckContext) -> Finding:
    """Read the supply's alarm and the fuel gauge, where there are any."""
    sagged, percent = under_voltage(), FuelGauge(context.bus).percent()
    figures = {} if percent is None else {"battery_percent": round(percent, 1)}
    battery = "battery unknown (no fuel gauge)" if percent is None else f"battery {percent:.0f} %"
    if sagged:
        words = f"the supply has sagged below 4.63 V; use a shorter cable or a stronger power bank; {battery}"
        return Finding("power", CheckStatus.WRONG, words, figures)
    if sagged is None:
        return Finding("power", CheckStatus.UNKNOWN, f"this board cannot tell a weak supply; {battery}", figures)
    return Finding("power", CheckStatus.OK, f"supply steady; {battery}", figures)


def _places() -> list[int]:
    return [address for candidate in CANDIDATES for address in candidate.addresses]


def _is_known(bus: Bus, address: int) -> bool:
    try:
        find_chip(bus, CANDIDATES, address)
    except SternwayError:
        return False
    return True


def ready_chip(context: CheckContext) -> Chip:
    """Return the chip after a reset; raise :class:`~sternway.errors.SternwayError` where there is none."""
    chip = find_chip(context.bus, CANDIDATES, context.settings.sensor.address)
    chip.reset()
    context.sleep(chip.reset_s)
    return chip
