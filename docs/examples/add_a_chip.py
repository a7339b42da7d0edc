"""A driver for a chip of our own invention, the EX-200, and its emulated twin.

The EX-200 keeps frames of twelve bytes in a FIFO of 256 frames: acceleration, then angular rate, three numbers of
sixteen bits each, little-endian. It sleeps until told otherwise.
"""

import math

import numpy as np

from sternway.device.bus import Bus
from sternway.device.chips import MDPS, MG, Candidate, Counts, Frames, Pending
from sternway.device.emulated.chip import EmulatedChip
from sternway.device.registers import Register, Setting, apply, mismatches

# docs: registers
WHO_AM_I = Register("WHO_AM_I", 0x00)
MODE = Register("MODE", 0x10)
RANGE = Register("RANGE", 0x11)
FIFO_CTRL = Register("FIFO_CTRL", 0x12)
FIFO_COUNT = Register("FIFO_COUNT", 0x20)
FIFO_FLAGS = Register("FIFO_FLAGS", 0x22)
FIFO_DATA = Register("FIFO_DATA", 0x23)

IDENTITY = 0xE2
ADDRESSES = (0x30,)

CONFIGURATION = (
    Setting(MODE, 0x01, "awake at 200 Hz, low-pass at 50 Hz"),
    Setting(RANGE, 0x33, "16 g and 2000 deg/s"),
    Setting(FIFO_CTRL, 0x01, "FIFO on"),
)
FAST = (Setting(MODE, 0x02, "awake at 1000 Hz, low-pass open"), *CONFIGURATION[1:])

_RESET = Setting(MODE, 0x80, "reset", mask=0x00)
_FIFO_OFF = Setting(FIFO_CTRL, 0x00, "FIFO off, which empties it")
_FRAME_BYTES = 12
_RAN_OVER = 0x01


# docs: driver
class Ex200:
    """The chip. ``name`` to ``settle_s`` and every method are those of :class:`sternway.device.chips.Chip`."""

    name = "EX-200"
    accel_scale_mps2 = 0.5 * MG
    gyro_scale_radps = 70.0 * MDPS
    reset_s = 0.02
    settle_s = 0.05

    def __init__(self, bus: Bus, address: int) -> None:
        self.address = address
        self._bus = bus
        self._table = CONFIGURATION

    @property
    def rate_hz(self) -> float:
        return 1000.0 if self._table is FAST else 200.0

    def reset(self) -> None:
        apply(self._bus, self.address, (_RESET,))

    def configure(self, fast: bool = False) -> list[str]:
        self._table = FAST if fast else CONFIGURATION
        apply(self._bus, self.address, self._table)
        self.restart_fifo()
        return self.mismatches()

    def mismatches(self) -> list[str]:
        return mismatches(self._bus, self.address, self._table)

    def restart_fifo(self) -> None:
        apply(self._bus, self.address, (_FIFO_OFF, CONFIGURATION[-1]))

    def pending(self) -> Pending:
        low, high, flags = self._bus.read(self.address, FIFO_COUNT.address, 3)
        return Pending(high << 8 | low, bool(flags & _RAN_OVER))

    def take(self, frames: int) -> Frames:
        data = self._bus.read(self.address, FIFO_DATA.address, _FRAME_BYTES * frames) if frames else b""
        rows = np.frombuffer(data, "<i2").reshape(-1, 6).astype(np.int16)
        return Frames(rows[:, :3], rows[:, 3:])


# docs: candidate
CANDIDATE = Candidate(ADDRESSES, WHO_AM_I.address, {IDENTITY: Ex200})


# docs: twin
class EmulatedEx200(EmulatedChip):
    """The register map without silicon: what the driver is tested against, and what the demo could wear."""

    identity_register = WHO_AM_I.address
    fifo_frames = 256

    def _power_on(self) -> None:
        self.registers[WHO_AM_I.address] = self.identity

    def _rate_hz(self) -> float:
        return {1: 200.0, 2: 1000.0}.get(self.registers[MODE.address], 0.0)

    def _scales(self) -> tuple[float, float, float]:
        return Ex200.accel_scale_mps2, Ex200.gyro_scale_radps, 50.0 if self.registers[MODE.address] == 1 else math.inf

    def _keep(self, counts: Counts, skipped: int) -> None:
        if not self.registers[FIFO_CTRL.address]:
            return
        self.fifo += counts.astype("<i2").tobytes()
        most = _FRAME_BYTES * self.fifo_frames
        if skipped or len(self.fifo) > most:
            del self.fifo[: max(0, len(self.fifo) - most)]
            self.registers[FIFO_FLAGS.address] |= _RAN_OVER

    def _answer(self, register: int, count: int) -> bytes:
        if register == FIFO_DATA.address:
            data = bytes(self.fifo[:count])
            del self.fifo[:count]
            return data
        waiting = (len(self.fifo) // _FRAME_BYTES).to_bytes(2, "little")
        self.registers[FIFO_COUNT.address : FIFO_COUNT.address + 2] = waiting
        answer = bytes(self.registers[register : register + count])
        self.registers[FIFO_FLAGS.address] = 0
        return answer

    def _take(self, register: int, value: int) -> None:
        if register == MODE.address and value & 0x80:
            self.brown_out()
            return
        self.registers[register] = value
        if register == FIFO_CTRL.address and not value:
            self.fifo.clear()
