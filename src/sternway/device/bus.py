"""The I2C bus as the drivers see it, and the Linux one."""

import contextlib
import errno
import fcntl
import os
from pathlib import Path
from typing import Protocol

from smbus2 import SMBus, i2c_msg

from sternway.errors import BusError

NACK_ERRNOS = frozenset({errno.EREMOTEIO, errno.ENXIO, errno.EIO})
STUCK_ERRNOS = frozenset({errno.ETIMEDOUT, errno.EAGAIN, errno.EBUSY})

_I2C_RETRIES = 0x0701
_I2C_TIMEOUT = 0x0702
_TIMEOUT_10MS = 10

_ADAPTERS = Path("/sys/bus/i2c/devices")


class Bus(Protocol):
    """Carries bytes to and from the registers of chips; every call is one transfer on the wire."""

    def read(self, address: int, register: int, count: int) -> bytes:
        """Return ``count`` bytes from ``register`` on; raise :class:`BusError` where the transfer failed."""
        ...

    def write(self, address: int, register: int, data: bytes) -> None:
        """Write ``data`` from ``register`` on; raise :class:`BusError` where the transfer failed."""
        ...


class LinuxBus:
    """``/dev/i2c-N`` through ``I2C_RDWR``, which has no limit of 32 bytes a burst.

    The device is opened when first needed and again after a failure, so that the adapter may go away and come back.
    A transfer may take 0.1 s, not the kernel's 1 s: a stuck line must not hold the loop. The device is locked, since
    two readers of one FIFO would each get half of it.
    """

    def __init__(self, number: int) -> None:
        self.path = f"/dev/i2c-{number}"
        self._number = number
        self._device: SMBus | None = None

    def read(self, address: int, register: int, count: int) -> bytes:
        """Return ``count`` bytes from ``register`` on, with a repeated start in between."""
        answer = i2c_msg.read(address, count)
        self._transfer(address, i2c_msg.write(address, (register,)), answer)
        return bytes(answer)

    def write(self, address: int, register: int, data: bytes) -> None:
        """Write ``data`` from ``register`` on."""
        self._transfer(address, i2c_msg.write(address, (register, *data)))

    def close(self) -> None:
        """Let go of the device; it is opened anew when needed."""
        device, self._device = self._device, None
        if device is not None:
            with contextlib.suppress(OSError):
                device.close()

    def _transfer(self, address: int, *messages: i2c_msg) -> None:
        try:
            self._opened().i2c_rdwr(*messages)
        except OSError as error:
            self.close()
            raise bus_error(error.errno, self.path, address) from error

    def _opened(self) -> SMBus:
        if self._device is None:
            device = SMBus(self._number)
            _lock(device)
            for request, value in ((_I2C_TIMEOUT, _TIMEOUT_10MS), (_I2C_RETRIES, 0)):
                with contextlib.suppress(OSError):  # an adapter may not know them
                    fcntl.ioctl(device.fd or -1, request, value)
            self._device = device
        return self._device


def _lock(device: SMBus) -> None:
    try:
        fcntl.flock(device.fd or -1, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        device.close()
        raise OSError(errno.EALREADY, "in use") from error


def bus_error(number: int | None, path: str, address: int) -> BusError:
    """Return a :class:`BusError` that carries ``number`` as ``errno`` and says what to check.

    >>> print(bus_error(errno.ENOENT, "/dev/i2c-1", 0x6A))
    /dev/i2c-1 does not exist: switch I2C on (dtparam=i2c_arm=on in config.txt) and restart
    """
    if number in (errno.ENOENT, errno.ENODEV):
        words = f"{path} does not exist: {_missing_bus_advice(path)}"
    elif number in (errno.EACCES, errno.EPERM):
        words = f"{path} may not be opened: add this user to the group i2c (sudo usermod -aG i2c $USER)"
    elif number == errno.EALREADY:
        words = f"{path} is read by another Sternway: stop that first (sudo systemctl stop sternway)"
    elif number in STUCK_ERRNOS:
        words = f"{path} is stuck: a chip holds SDA or SCL low; check the wires, then power the sensor off and on"
    elif number in NACK_ERRNOS:
        words = f"{path}: nothing answers at 0x{address:02x}; check VCC, GND, SDA and SCL of the sensor"
    else:
        words = f"{path}: {os.strerror(number) if number else 'transfer failed'} at 0x{address:02x}"
    error = BusError(words)
    error.errno = number
    return error


def _missing_bus_advice(path: str, adapters: Path = _ADAPTERS) -> str:
    """Tell a bus that the kernel does not have from one that it has and shows to no program."""
    if (adapters / Path(path).name).exists():
        return "the kernel has this bus, but not its door to programs; load it (sudo modprobe i2c-dev)"
    return "switch I2C on (dtparam=i2c_arm=on in config.txt) and restart"
