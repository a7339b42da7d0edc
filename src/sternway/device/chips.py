"""What every inertial chip offers the clip, and how the chip on the bus is recognised."""

import errno
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sternway.device.bus import NACK_ERRNOS, Bus
from sternway.errors import BusError, WrongChipError
from sternway.samples import GRAVITY_MPS2

Counts = NDArray[np.int16]

MG = GRAVITY_MPS2 / 1000.0
MDPS = math.pi / 180_000.0


@dataclass(frozen=True, slots=True)
class Pending:
    """How many frames wait in the FIFO, and whether it ran over since it was last asked.

    ``lost``: its count was not to be believed, and it was emptied.
    """

    frames: int
    overflow: bool
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Frames:
    """Raw counts from the FIFO: ``accel`` and ``gyro`` (n, 3). ``lost`` says that frames before these are missing."""

    accel: Counts
    gyro: Counts
    lost: bool = False

    def __len__(self) -> int:
        return len(self.accel)


def no_frames(lost: bool = False) -> Frames:
    """Return frames without any."""
    return Frames(np.empty((0, 3), np.int16), np.empty((0, 3), np.int16), lost)


class Chip(Protocol):
    """An inertial chip at one address of a bus. Every method but the properties is traffic on the wire."""

    name: str
    address: int
    accel_scale_mps2: float
    gyro_scale_radps: float
    reset_s: float
    settle_s: float

    @property
    def rate_hz(self) -> float:
        """Return the chip's own idea of its sample rate."""
        ...

    def reset(self) -> None:
        """Ask the chip to reset itself; it is ready ``reset_s`` later."""
        ...

    def configure(self, fast: bool = False) -> list[str]:
        """Write the configuration, start the FIFO and return what did not read back (see ``mismatches``).

        ``fast`` is for the motor self-test alone: a rate that can feel a 250 Hz vibration, low-pass open.
        """
        ...

    def mismatches(self) -> list[str]:
        """Return a line for every register that no longer holds its configuration."""
        ...

    def pending(self) -> Pending:
        """Return what waits in the FIFO."""
        ...

    def take(self, frames: int) -> Frames:
        """Read up to ``frames`` frames out of the FIFO."""
        ...

    def restart_fifo(self) -> None:
        """Empty the FIFO and start it anew."""
        ...


@dataclass(frozen=True, slots=True)
class Candidate:
    """A kind of chip: where it may sit, which register tells its identity, and what drives each identity."""

    addresses: tuple[int, ...]
    who_am_i: int
    drivers: dict[int, Callable[[Bus, int], Chip]]


# Identities of chips people buy by mistake (Linux st_lsm6dsx and inv_mpu6050; Bosch BMI and TDK ICM data sheets).
UNSUPPORTED_CHIPS = {
    0x12: "an ICM-20602",
    0x24: "a BMI270",
    0x68: "an MPU-6050 at an address it cannot have",
    0x69: "an LSM6DS3",
    0x6A: "an LSM6DSL or LSM6DS3TR-C",
    0x6B: "an LSM6DSR or ISM330DHCX",
    0x6D: "an LSM6DST",
    0x72: "an unlicensed copy of an MPU-6050",
    0x98: "an ICM-20689 or a copy of an MPU-6050",
    0xAF: "an ICM-20608",
    0xD1: "a BMI160",
    0xEA: "an ICM-20948",
}


def find_chip(bus: Bus, candidates: Sequence[Candidate], address: int = 0) -> Chip:
    """Return the driver of the first known chip that answers at ``address`` (0: wherever one may sit).

    Raises :class:`WrongChipError` when only unsupported chips answer and :class:`BusError` when none does.
    """
    silent: list[int] = []
    unsupported: list[str] = []
    for candidate in candidates:
        for place in candidate.addresses:
            if address not in (0, place):
                continue
            try:
                identity = bus.read(place, candidate.who_am_i, 1)[0]
                if identity in candidate.drivers:
                    return candidate.drivers[identity](bus, place)
                unsupported.append(describe_unsupported(bus, place, identity))
            except BusError as error:
                if error.errno not in NACK_ERRNOS:
                    raise  # the other addresses would fail in the same way, and a stuck bus would take its time
                silent.append(place)
    if unsupported:
        raise WrongChipError("; ".join(unsupported) + "; Sternway reads an LSM6DSOX, MPU-6050, MPU-6500 or MPU-9250")
    if not silent:
        raise WrongChipError(f"no known chip can sit at 0x{address:02x}; set sensor.address to 0 to look at all")
    raise no_answer_error(silent)


def no_answer_error(addresses: Sequence[int]) -> BusError:
    """Return the error of a bus on which no sensor is heard.

    >>> print(no_answer_error([0x6A, 0x6B]))
    no sensor answers at 0x6a or 0x6b; check VCC, GND, SDA and SCL of the sensor
    """
    places = " or ".join(f"0x{address:02x}" for address in addresses)
    error = BusError(f"no sensor answers at {places}; check VCC, GND, SDA and SCL of the sensor")
    error.errno = errno.EREMOTEIO
    return error


def describe_unsupported(bus: Bus, address: int, identity: int) -> str:
    """Return who answers at ``address``, as well as that can be known from its ``identity`` byte."""
    if address == 0x68 and _is_clock_chip(bus.read(address, 0x00, 7)):
        return "0x68 is a real-time clock (DS1307 or DS3231), not a motion sensor"
    name = UNSUPPORTED_CHIPS.get(identity, "an unknown chip")
    return f"0x{address:02x} is {name} (identity 0x{identity:02x})"


def _is_clock_chip(registers: bytes) -> bool:
    """Return whether seven bytes read like the calendar that DS1307 and DS3231 keep: binary-coded decimals."""
    second, minute, hour, weekday, day, month, year = registers
    fields = ((second & 0x7F, 0x59), (minute, 0x59), (hour & 0x3F, 0x23), (year, 0x99))
    decimal = all(value <= most and value & 0x0F <= 9 for value, most in fields)
    return decimal and 1 <= weekday <= 7 and 0x01 <= day <= 0x31 and 0x01 <= month & 0x1F <= 0x12
