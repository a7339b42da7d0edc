"""A real /dev/i2c-1 whose chip is Sternway's own model: CUSE in the kernel, the FUSE protocol spoken in plain Python.

i2c-dev's ioctls carry pointers, which CUSE follows by asking twice: the answer RETRY says which of the caller's
memory to bring along (linux/fuse.h). The motion comes from an array made beforehand, so that emulated processors have
little to do; the chip feels the motor by the kernel's trace of its pin. Runs on the clip's own Python.

SIGUSR1: from now on transfers never end, until who asked is killed; again: they do. SIGUSR2: the chip loses its power
for a moment.
"""

import errno
import os
import re
import signal
import struct
import sys
import time

import numpy as np

from sternway.device.emulated import EmulatedLsm6dsox, EmulatedMotor
from sternway.errors import BusError

CUSE_INIT, OPEN, READ, WRITE, RELEASE, FLUSH, INTERRUPT, IOCTL = 4096, 14, 15, 16, 18, 25, 36, 39
RETRY = 4
I2C_RETRIES, I2C_TIMEOUT, I2C_SLAVE, I2C_FUNCS, I2C_SLAVE_FORCE, I2C_RDWR = 0x701, 0x702, 0x703, 0x705, 0x706, 0x707
FUNCTIONALITY = 0x0EFF0009
READ_FLAG = 0x0001
MOTOR, LINES = 5, 8


class Recorded:
    """Motion from an array of (accel, gyro) rows at ``rate_hz``, again and again."""

    def __init__(self, rows, rate_hz):
        self._rows, self._rate_hz = rows, rate_hz

    def at(self, times_s):
        rows = self._rows[(times_s * self._rate_hz).astype(int) % len(self._rows)]
        return rows[:, :3], rows[:, 3:]


class FeltMotor:
    """The motor on the board's pin, turning as the kernel's trace says that the pin was driven."""

    def __init__(self, trace):
        self._trace = os.open(trace, os.O_RDONLY | os.O_NONBLOCK)
        self._rest, self._edge_s = "", 0.0
        self._motor = EmulatedMotor(lambda: self._edge_s)

    def shake_mps2(self, times_s):
        for at, line, level in re.findall(r" (\d+\.\d+): gpio_value: (\d+) set (\d)\n", self._news()):
            if int(line) % LINES == MOTOR:
                self._edge_s = float(at)
                self._motor.set_level(float(level))
        return self._motor.shake_mps2(times_s)

    def _news(self):
        try:
            text = self._rest + os.read(self._trace, 1 << 16).decode()
        except BlockingIOError:
            return ""
        whole, _, self._rest = text.rpartition("\n")
        return whole + "\n"


class Adapter:
    """Answers the kernel until it goes away. ``chips`` are by address."""

    def __init__(self, name, chips):
        self._name, self._chips = name, chips
        self._kernel = os.open("/dev/cuse", os.O_RDWR)
        self._hung = self._browned_out = False
        signal.signal(signal.SIGUSR1, self._hang)
        signal.signal(signal.SIGUSR2, self._brown_out)

    def _hang(self, _number, _frame):
        self._hung = not self._hung

    def _brown_out(self, _number, _frame):
        self._browned_out = True  # not here: the chip may be in the middle of an answer

    def serve(self):
        while True:
            message = os.read(self._kernel, 1 << 17)
            length, kind, unique = struct.unpack_from("<IIQ", message)
            body = message[40:length]
            if kind == CUSE_INIT:
                minor = struct.unpack_from("<II", body)[1]
                shape = struct.pack("<IIIIIIII40x", 7, min(minor, 31), 0, 1, 1 << 16, 1 << 16, 0, 0)
                self._reply(unique, shape + f"DEVNAME={self._name}\0".encode())
            elif kind == OPEN:
                self._reply(unique, struct.pack("<QII", 1, 1, 0))
            elif kind in (RELEASE, FLUSH):
                self._reply(unique)
            elif kind == INTERRUPT:  # who waits for that answer is being killed
                self._reply(struct.unpack_from("<Q", body)[0], trouble=errno.EINTR)
            elif kind != IOCTL:
                self._reply(unique, trouble=errno.ENOSYS)
            elif not self._hung:
                self._ioctl(unique, body)

    def _ioctl(self, unique, body):
        _, _, request, argument, _, out_size = struct.unpack_from("<QIIQII", body)
        given = body[32:]
        if request in (I2C_RETRIES, I2C_TIMEOUT, I2C_SLAVE, I2C_SLAVE_FORCE):
            self._done(unique, 0)
        elif request == I2C_FUNCS and out_size < 8:
            self._retry(unique, [], [(argument, 8)])
        elif request == I2C_FUNCS:
            self._done(unique, 0, struct.pack("<Q", FUNCTIONALITY))
        elif request == I2C_RDWR:
            self._transfer(unique, argument, given, out_size)
        else:
            self._reply(unique, trouble=errno.ENOTTY)

    def _transfer(self, unique, argument, given, out_size):
        """Ask for the head, then for the table of messages, then for what is written; then do it."""
        head = [(argument, 16)]
        if len(given) < 16:
            return self._retry(unique, head)
        table, count = struct.unpack_from("<QI", given)
        head.append((table, 16 * count))
        if len(given) < 16 + 16 * count:
            return self._retry(unique, head)
        rows = [struct.unpack_from("<HHHxxQ", given, 16 + 16 * row) for row in range(count)]
        written = [(place, length) for _, flags, length, place in rows if not flags & READ_FLAG]
        read = [(place, length) for _, flags, length, place in rows if flags & READ_FLAG]
        if len(given) < 16 + 16 * count + sum(length for _, length in written) or out_size < sum(n for _, n in read):
            return self._retry(unique, head + written, read)
        try:
            return self._done(unique, count, self._carry(rows, given[16 + 16 * count :]))
        except BusError as error:
            return self._reply(unique, trouble=error.errno)

    def _carry(self, rows, data):
        answer, register = b"", 0
        if self._browned_out:
            self._browned_out = False
            for chip in self._chips.values():
                chip.brown_out()
        for address, flags, length, _ in rows:
            chip = self._chips.get(address)
            if chip is None:
                error = BusError("nothing answers")
                error.errno = errno.EREMOTEIO
                raise error
            if flags & READ_FLAG:
                answer += chip.read(register, length)
                continue
            register, values, data = data[0], data[1:length], data[length:]
            if values:
                chip.write(register, values)
        return answer

    def _reply(self, unique, data=b"", trouble=0):
        try:
            os.write(self._kernel, struct.pack("<IiQ", 16 + len(data), -trouble, unique) + data)
        except FileNotFoundError:  # who asked is gone, or has its answer
            return

    def _retry(self, unique, bring, take=()):
        places = b"".join(struct.pack("<QQ", *place) for place in (*bring, *take))
        self._reply(unique, struct.pack("<iIII", 0, RETRY, len(bring), len(take)) + places)

    def _done(self, unique, result, data=b""):
        self._reply(unique, struct.pack("<iIII", result, 0, 0, 0) + data)


if __name__ == "__main__":
    motion = Recorded(np.load(sys.argv[1]).astype(float), 416.0)
    chip = EmulatedLsm6dsox(motion, time.monotonic, rate_error=0.012, motor=FeltMotor(sys.argv[2]))
    Adapter("i2c-1", {0x6A: chip}).serve()
