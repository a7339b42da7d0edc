"""Driver for InvenSense's MPU-6050 family: MPU-6050, MPU-6500 and MPU-9250 (whose magnetometer sleeps)."""

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sternway.device.bus import Bus
from sternway.device.chips import MDPS, MG, Chip, Counts, Frames, Pending, no_frames
from sternway.device.registers import Register, Setting, Table, apply, mismatches

SMPLRT_DIV = Register("SMPLRT_DIV", 0x19)
CONFIG = Register("CONFIG", 0x1A)
GYRO_CONFIG = Register("GYRO_CONFIG", 0x1B)
ACCEL_CONFIG = Register("ACCEL_CONFIG", 0x1C)
ACCEL_CONFIG2 = Register("ACCEL_CONFIG2", 0x1D)
FIFO_EN = Register("FIFO_EN", 0x23)
INT_ENABLE = Register("INT_ENABLE", 0x38)
INT_STATUS = Register("INT_STATUS", 0x3A)
USER_CTRL = Register("USER_CTRL", 0x6A)
PWR_MGMT_1 = Register("PWR_MGMT_1", 0x6B)
FIFO_COUNT = Register("FIFO_COUNTH", 0x72)
FIFO_R_W = Register("FIFO_R_W", 0x74)
WHO_AM_I = Register("WHO_AM_I", 0x75)

ADDRESSES = (0x68, 0x69)

CONFIGURATION: Table = (
    Setting(PWR_MGMT_1, 0x01, "awake, clocked by the gyroscope"),
    Setting(SMPLRT_DIV, 0x04, "1000 Hz divided by five: 200 Hz"),
    Setting(CONFIG, 0x03, "low-pass at 44 Hz"),
    Setting(GYRO_CONFIG, 0x18, "gyroscope 2000 deg/s"),
    Setting(ACCEL_CONFIG, 0x18, "accelerometer 16 g"),
    Setting(INT_ENABLE, 0x10, "notice when the FIFO runs over"),
    Setting(FIFO_EN, 0xF8, "both sensors and the thermometer, which marks each frame, into the FIFO"),
    Setting(USER_CTRL, 0x40, "FIFO on"),
)
# From the MPU-6500 on the accelerometer has a low-pass of its own (Linux inv_mpu6050, set_lpf_regs).
OWN_LOW_PASS = Setting(ACCEL_CONFIG2, 0x03, "accelerometer low-pass at 45 Hz")
# The motor self-test must feel 150 to 250 Hz.
FAST = {
    SMPLRT_DIV: Setting(SMPLRT_DIV, 0x00, "1000 Hz"),
    CONFIG: Setting(CONFIG, 0x01, "low-pass at 184 Hz"),
    ACCEL_CONFIG2: Setting(ACCEL_CONFIG2, 0x01, "accelerometer low-pass at 184 Hz"),
}

_SOFT_RESET = Setting(PWR_MGMT_1, 0x80, "reset", mask=0x00)
_FIFO_OFF = Setting(USER_CTRL, 0x00, "FIFO off")
_FIFO_RESET = Setting(USER_CTRL, 0x04, "FIFO emptied", mask=0x00)
_FIFO_OVERFLOW = 0x10
_FRAME_BYTES = 14
# 36 frames are 504 bytes, 13 ms of wire: no single transfer holds the bus for longer.
_BURST_FRAMES = 36
# Words of a frame: the accelerometer's three, the thermometer's, the gyroscope's three.
_ACCEL, _TEMPERATURE, _GYRO = slice(0, 3), 3, slice(4, 7)
# Half a degree at 340 counts a degree. The chip warms by less from one read to the next; of the values that a shifted
# frame shows here, one in two hundred is as near by chance.
_TEMPERATURE_TOLERANCE = 170
# Linux inv_mpu6050 resets a FIFO that has room for fewer than three more frames: it may run over while it is read.
_MARGIN_BYTES = 3 * _FRAME_BYTES


@dataclass(frozen=True, slots=True)
class Variant:
    """What differs inside the family."""

    name: str
    fifo_bytes: int
    own_low_pass: bool


# FIFO sizes and low-pass as in Linux inv_mpu6050, hw_info.
VARIANTS = {
    0x68: Variant("MPU-6050", 1024, own_low_pass=False),
    0x70: Variant("MPU-6500", 512, own_low_pass=True),
    0x71: Variant("MPU-9250", 512, own_low_pass=True),
    0x73: Variant("MPU-9255", 512, own_low_pass=True),
    0x74: Variant("MPU-6515", 512, own_low_pass=True),
}


class Mpu6050:
    """The chip: a FIFO of bare bytes without tags, in which nothing tells where a frame begins.

    So the thermometer's word is kept in the middle of each frame: it hardly changes, and marks a frame that is whole.
    After any doubt the FIFO is emptied, since its beginning is the one place that is known.
    """

    accel_scale_mps2 = 1000.0 / 2048.0 * MG
    gyro_scale_radps = 1000.0 / 16.4 * MDPS
    reset_s = 0.1
    settle_s = 0.1

    def __init__(self, bus: Bus, address: int, variant: Variant = VARIANTS[0x68]) -> None:
        self.name = variant.name
        self.address = address
        self._bus = bus
        self._fifo_bytes = variant.fifo_bytes
        self._walking_table = (*CONFIGURATION, OWN_LOW_PASS) if variant.own_low_pass else tuple(CONFIGURATION)
        self._table: Table = self._walking_table
        self._is_aligned = True
        self._temperature: int | None = None

    @property
    def rate_hz(self) -> float:
        """Return the nominal rate; the chip does not know its own error (about 1 % on the gyroscope's clock)."""
        divider = next(s.value for s in self._table if s.register == SMPLRT_DIV)
        return 1000.0 / (1 + divider)

    def reset(self) -> None:
        """Ask the chip to forget all settings; it falls asleep."""
        apply(self._bus, self.address, (_SOFT_RESET,))

    def configure(self, fast: bool = False) -> list[str]:
        """Write the configuration, start the FIFO and return what did not read back."""
        table = self._walking_table
        self._table = tuple(FAST.get(s.register, s) for s in table) if fast else table
        apply(self._bus, self.address, self._table)
        self.restart_fifo()
        return self.mismatches()

    def mismatches(self) -> list[str]:
        """Return a line for every register that no longer holds its configuration."""
        return mismatches(self._bus, self.address, self._table)

    def restart_fifo(self) -> None:
        """Empty the FIFO and start it anew; reading INT_STATUS clears the mark of an overflow."""
        self._is_aligned = False
        on = next(s for s in self._table if s.register == USER_CTRL)
        apply(self._bus, self.address, (_FIFO_OFF, _FIFO_RESET, on))
        self._bus.read(self.address, INT_STATUS.address, 1)
        self._is_aligned, self._temperature = True, None

    def pending(self) -> Pending:
        """Return what waits in the FIFO; one with room for fewer than three frames counts as run over.

        Where it is not certain that the next byte begins a frame, the FIFO is emptied and nothing waits.
        """
        if not self._is_aligned:
            self.restart_fifo()
            return Pending(0, overflow=False)
        held = self._held_bytes()
        if held % _FRAME_BYTES and held <= self._fifo_bytes - _MARGIN_BYTES:
            self.restart_fifo()
            return Pending(0, overflow=False, lost=True)
        return Pending(held // _FRAME_BYTES, held > self._fifo_bytes - _MARGIN_BYTES)

    def take(self, frames: int) -> Frames:
        """Read ``frames`` frames; none where any of them may be out of step, and then the FIFO begins anew.

        They are in step when the FIFO did not run over, holds whole frames afterwards, and every frame shows the
        temperature where it belongs.
        """
        if frames == 0:
            return no_frames()
        self._is_aligned = False  # until proven: a burst that breaks off leaves part of a frame behind
        words = np.frombuffer(self._read_bytes(_FRAME_BYTES * frames), ">i2").reshape(-1, 7)
        overflow = self._bus.read(self.address, INT_STATUS.address, 1)[0] & _FIFO_OVERFLOW
        if overflow or self._held_bytes() % _FRAME_BYTES or not self._shows_temperature(words):
            self.restart_fifo()
            return no_frames(lost=True)
        self._is_aligned, self._temperature = True, int(words[-1, _TEMPERATURE])
        counts: Counts = words.astype(np.int16)
        return Frames(counts[:, _ACCEL], counts[:, _GYRO])

    def _read_bytes(self, count: int) -> bytes:
        most = _BURST_FRAMES * _FRAME_BYTES
        starts = range(0, count, most)
        return b"".join(self._bus.read(self.address, FIFO_R_W.address, min(most, count - start)) for start in starts)

    def _held_bytes(self) -> int:
        """Return the FIFO's count, read once more where the chip may just have been writing a frame."""
        for _ in range(2):
            held = int.from_bytes(self._bus.read(self.address, FIFO_COUNT.address, 2), "big")
            if held % _FRAME_BYTES == 0:
                break
        return held

    def _shows_temperature(self, words: NDArray[np.int16]) -> bool:
        """Return whether every row of ``words`` (n, 7) shows nearly the last temperature, none one byte repeated."""
        shown = words[:, _TEMPERATURE].tolist()
        reference = shown[0] if self._temperature is None else self._temperature
        steady = all(abs(value - reference) <= _TEMPERATURE_TOLERANCE for value in shown)
        return steady and not (words[:, :1] == words).all(axis=1).any()


def drivers() -> dict[int, Callable[[Bus, int], Chip]]:
    """Return the driver of every identity of the family."""
    return {identity: functools.partial(Mpu6050, variant=variant) for identity, variant in VARIANTS.items()}
