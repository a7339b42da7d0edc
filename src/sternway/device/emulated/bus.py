"""The wire between the host and emulated chips, and what can be wrong with it."""

import errno
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from sternway.device.bus import bus_error

# 400 kHz, nine clocks a byte, and a little for starts: about 40 bytes a millisecond.
_BYTE_S = 1.0 / 40_000.0
# FIFO_R_W of the MPU-6050 family, FIFO_DATA_OUT_TAG of the LSM6DSOX.
_FIFO_REGISTERS = frozenset({0x74, 0x78})
# How long the host waits for a line that does not move.
_TIMEOUT_S = 0.1


class EmulatedDevice(Protocol):
    """Anything that answers at an address."""

    unplugged: bool

    def read(self, register: int, count: int, /) -> bytes:
        """Answer a burst read."""
        ...

    def write(self, register: int, data: bytes, /) -> None:
        """Take a burst write."""
        ...


@dataclass(frozen=True, slots=True)
class BrokenBurst:
    """A burst read that breaks off: ``after_bytes`` have left the chip when the host gets ``number`` as errno."""

    after_bytes: int
    number: int = errno.EREMOTEIO


@dataclass(frozen=True, slots=True)
class ShiftedBurst:
    """A burst read in which the host loses the byte at ``place``, or sees ``added`` before it; the length stays."""

    place: int
    added: bytes = b""


class EmulatedBus:
    """Carries transfers to emulated chips, takes wire time for them, and fails on request.

    Faults: ``nack_count`` transfers to come are not acknowledged; ``stuck_clocks`` > 0 means a chip holds SDA low
    until it has seen that many clocks; ``adapter_hung``: the host's own side hangs; ``slowness`` multiplies the wire
    time; the host pauses for ``stall_s`` after the next read. ``burst_fault`` spoils the next read of the FIFO
    that is long enough for it.
    """

    def __init__(
        self, chips: dict[int, EmulatedDevice], clock: Callable[[], float], sleep: Callable[[float], None]
    ) -> None:
        self.chips = chips
        self.nack_count = 0
        self.stuck_clocks = 0
        self.adapter_hung = False
        self.slowness = 1.0
        self.stall_s = 0.0
        self.burst_fault: BrokenBurst | ShiftedBurst | None = None
        self.transfer_count = 0
        self._clock = clock
        self._sleep = sleep

    def read(self, address: int, register: int, count: int) -> bytes:
        """Return ``count`` bytes from ``register`` on."""
        chip = self._reach(address)
        answer = self._burst(chip, address, register, count)
        self._sleep(self.slowness * _BYTE_S * (3 + count) + self.stall_s)
        self.stall_s = 0.0
        return answer

    def write(self, address: int, register: int, data: bytes) -> None:
        """Write ``data`` from ``register`` on."""
        chip = self._reach(address)
        self._sleep(self.slowness * _BYTE_S * (2 + len(data)))
        chip.write(register, data)

    def clock_out(self, clocks: int) -> bool:
        """Send bare clocks, as a bus clear does; return whether SDA is free."""
        self._sleep(clocks * 1e-5)
        self.stuck_clocks = max(0, self.stuck_clocks - clocks)
        return self.stuck_clocks == 0

    def _burst(self, chip: EmulatedDevice, address: int, register: int, count: int) -> bytes:
        fault = self.burst_fault
        if fault is None or register not in _FIFO_REGISTERS:
            return chip.read(register, count)
        if isinstance(fault, BrokenBurst):
            if fault.after_bytes > count:
                return chip.read(register, count)
            self.burst_fault = None
            chip.read(register, fault.after_bytes)
            self._sleep(self.slowness * _BYTE_S * (3 + fault.after_bytes))
            raise bus_error(fault.number, "emulated bus", address)
        if fault.place >= count:
            return chip.read(register, count)
        self.burst_fault = None
        if fault.added:
            sent = chip.read(register, count)
            return (sent[: fault.place] + fault.added + sent[fault.place :])[:count]
        sent = chip.read(register, count) + b"\xff"
        return sent[: fault.place] + sent[fault.place + 1 :]

    def _reach(self, address: int) -> EmulatedDevice:
        self.transfer_count += 1
        if self.stuck_clocks or self.adapter_hung:
            self._sleep(_TIMEOUT_S)
            raise bus_error(errno.ETIMEDOUT, "emulated bus", address)
        chip = self.chips.get(address)
        if self.nack_count or chip is None or chip.unplugged:
            self.nack_count = max(0, self.nack_count - 1)
            self._sleep(_BYTE_S)
            raise bus_error(errno.EREMOTEIO, "emulated bus", address)
        return chip


class EmulatedBusRecovery:
    """Clears and rebinds an emulated bus, and counts how often."""

    def __init__(self, bus: EmulatedBus) -> None:
        self.clear_count = 0
        self.rebind_count = 0
        self._bus = bus

    def clear(self) -> bool:
        """Send nine clocks."""
        self.clear_count += 1
        return self._bus.clock_out(9)

    def rebind(self) -> bool:
        """Start the adapter anew, which frees it where it hung itself."""
        self.rebind_count += 1
        self._bus.adapter_hung = False
        return True


class EmulatedClockChip:
    """A DS3231 real-time clock at 0x68, the chip most often found where an MPU-6050 was meant."""

    unplugged = False

    def read(self, register: int, count: int) -> bytes:
        """Answer with a calendar: 09:41:30 on Sunday, 22 November 2026."""
        calendar = bytes((0x30, 0x41, 0x09, 0x07, 0x22, 0x11, 0x26)).ljust(19, b"\0")
        return bytes(calendar[(register + offset) % 19] for offset in range(count))

    def write(self, register: int, data: bytes) -> None:
        """Take nothing."""
