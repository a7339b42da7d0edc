"""Serves /dev/i2c-1 under umockdev and passes every transfer on to the test, which holds the chips.

Runs on whichever Python has umockdev's bindings, hence only what every Python 3 has. ``i2c_door.py SOCKET`` prints
the folder that UMOCKDEV_DIR must name, and ends when its standard input does.
"""

import contextlib
import errno
import os
import socket
import struct
import sys
from pathlib import Path

import gi

gi.require_version("UMockdev", "1.0")
from gi.repository import UMockdev  # noqa: E402

I2C_SLAVE, I2C_FUNCS, I2C_RDWR = 0x703, 0x705, 0x707
QUIETLY_TAKEN = {0x701: "I2C_RETRIES", 0x702: "I2C_TIMEOUT", 0x706: "I2C_SLAVE_FORCE", 0x708: "I2C_PEC"}
# What i2c-bcm2835 says it can: plain I2C and SMBus made of it.
FUNCTIONALITY = 0x0EFF0009
READ = 0x0001
ADAPTER = "/devices/platform/soc/3f804000.i2c"


class Door(UMockdev.IoctlBase):
    """Takes I2C_RDWR apart, as i2c-dev does, and asks the test for the answers."""

    def __init__(self, wire):
        super().__init__()
        self._wire = wire

    def do_handle_ioctl(self, client):
        request, argument = client.get_request(), client.get_arg()
        if request in QUIETLY_TAKEN or request == I2C_SLAVE:
            client.complete(0, 0)
        elif request == I2C_FUNCS:
            argument.resolve(0, 8).update(0, struct.pack("<Q", FUNCTIONALITY))
            client.complete(0, 0)
        elif request == I2C_RDWR:
            self._transfer(client, argument)
        else:
            client.complete(-1, errno.ENOTTY)
        return True

    def _transfer(self, client, argument):
        head = argument.resolve(0, 16)
        count = struct.unpack_from("<QI", bytes(head.retrieve()))[1]
        table = head.resolve(0, 16 * count)
        rows = [struct.unpack_from("<HHH", bytes(table.retrieve()), 16 * row) for row in range(count)]
        buffers = [table.resolve(16 * row + 8, length) for row, (_, _, length) in enumerate(rows)]
        trouble, answers = self._ask(rows, buffers)
        for buffer, answer in zip(buffers, answers, strict=False):
            if answer:
                buffer.update(0, answer)
        client.complete(-1 if trouble else count, trouble)

    def _ask(self, rows, buffers):
        """Send address, flags, length and what is written; get an errno and what is read."""
        question = bytes((len(rows),))
        for (address, flags, length), buffer in zip(rows, buffers, strict=True):
            question += struct.pack("<HHH", address, flags, length)
            question += b"" if flags & READ else bytes(buffer.retrieve())
        self._wire.sendall(struct.pack("<I", len(question)) + question)
        trouble = struct.unpack("<I", self._read(4))[0]
        if trouble:
            return trouble, []
        return 0, [self._read(length) if flags & READ else b"" for _, flags, length in rows]

    def _read(self, length):
        data = b""
        while len(data) < length:
            part = self._wire.recv(length - len(data))
            if not part:
                raise SystemExit("the test has gone")
            data += part
        return data


def add_adapter(bed):
    """Add the adapter with its driver, whose bind and unbind files only remember what was written."""
    bed.add_from_string(f"""P: {ADAPTER}
E: SUBSYSTEM=platform

P: {ADAPTER}/i2c-1
E: SUBSYSTEM=i2c

P: {ADAPTER}/i2c-1/i2c-dev/i2c-1
N: i2c-1
E: DEVNAME=/dev/i2c-1
E: MAJOR=89
E: MINOR=1
E: SUBSYSTEM=i2c-dev
A: dev=89:1
A: name=bcm2835 (i2c@7e804000)
""")
    driver = Path(bed.get_root_dir()) / "sys/bus/platform/drivers/i2c-bcm2835"
    driver.mkdir(parents=True)
    for name in ("bind", "unbind"):
        (driver / name).touch()
    link = Path(f"{bed.get_root_dir()}/sys{ADAPTER}/driver")
    link.symlink_to("../../../../bus/platform/drivers/i2c-bcm2835")


def main():
    """Serve until standard input ends."""
    wire = socket.socket(socket.AF_UNIX)
    wire.connect(sys.argv[1])
    with contextlib.suppress(PermissionError):  # no other work may delay what stands for hardware
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))
    bed = UMockdev.Testbed.new()
    add_adapter(bed)
    door = Door(wire)
    bed.attach_ioctl("/dev/i2c-1", door)
    print(bed.get_root_dir(), flush=True)
    sys.stdin.read()
    bed.detach_ioctl("/dev/i2c-1")


if __name__ == "__main__":
    main()
