import errno
import os

import pytest

from sternway.device import bus as bus_module
from sternway.device.bus import LinuxBus, _missing_bus_advice
from sternway.errors import BusError


class Adapter:
    """What smbus2 opens: carries messages, or fails as the kernel would."""

    opened = 0
    fails_with: int | None = None

    def __init__(self, number):
        type(self).opened += 1
        self.fd = os.open(os.devnull, os.O_RDWR)

    def i2c_rdwr(self, *messages):
        if self.fails_with is not None:
            raise OSError(self.fails_with, os.strerror(self.fails_with))
        self.messages = [(m.addr, m.flags, m.len) for m in messages]
        type(self).last = self
        for message in messages:
            if message.flags & 1:
                for index in range(message.len):
                    message.buf[index] = bytes(((index * 7) & 0xFF,))

    def close(self):
        os.close(self.fd)


@pytest.fixture
def adapter(monkeypatch):
    kind = type("Adapter", (Adapter,), {"opened": 0})
    monkeypatch.setattr(bus_module, "SMBus", kind)
    return kind


def test_a_burst_longer_than_32_bytes_is_one_transfer(adapter):
    bus = LinuxBus(1)
    data = bus.read(0x6A, 0x78, 504)
    assert data == bytes((index * 7) & 0xFF for index in range(504))
    assert adapter.last.messages == [(0x6A, 0, 1), (0x6A, 1, 504)]
    bus.close()


def test_the_device_is_opened_anew_after_a_failure(adapter):
    bus = LinuxBus(1)
    adapter.fails_with = errno.EREMOTEIO
    with pytest.raises(BusError, match="/dev/i2c-1: nothing answers at 0x6a"):
        bus.read(0x6A, 0x0F, 1)
    adapter.fails_with = None
    bus.write(0x6A, 0x10, b"\x54")
    assert adapter.opened == 2
    bus.close()


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOENT, "dtparam=i2c_arm=on"),
        (errno.EACCES, "usermod -aG i2c"),
        (errno.ETIMEDOUT, "holds SDA or SCL low"),
        (errno.EREMOTEIO, "check VCC, GND, SDA and SCL"),
        (errno.EINVAL, "Invalid argument"),
    ],
)
def test_every_failure_says_what_to_do_and_keeps_its_number(adapter, number, words):
    adapter.fails_with = number
    with pytest.raises(BusError, match=words) as caught:
        LinuxBus(1).read(0x6A, 0x0F, 1)
    assert caught.value.errno == number
    assert isinstance(caught.value, OSError)


def test_two_readers_of_one_sensor_are_told_apart(adapter, monkeypatch, tmp_path):
    monkeypatch.setattr(os, "devnull", str(tmp_path / "i2c-1"))
    (tmp_path / "i2c-1").touch()
    first, second = LinuxBus(1), LinuxBus(1)
    first.read(0x6A, 0x0F, 1)
    with pytest.raises(BusError, match="read by another Sternway: stop that first"):
        second.read(0x6A, 0x0F, 1)
    first.close()
    second.read(0x6A, 0x0F, 1)
    second.close()


def test_a_bus_that_is_not_there_is_a_clear_error():
    with pytest.raises(BusError, match="does not exist: switch I2C on"):
        LinuxBus(4711).read(0x6A, 0x0F, 1)


def test_a_bus_that_the_kernel_hides_is_told_from_one_that_it_does_not_have(tmp_path):
    assert "dtparam=i2c_arm=on" in _missing_bus_advice("/dev/i2c-1", tmp_path)
    (tmp_path / "i2c-1").mkdir()
    assert "modprobe i2c-dev" in _missing_bus_advice("/dev/i2c-1", tmp_path)
