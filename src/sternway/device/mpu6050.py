"""Driver for InvenSense's MPU-6050 family: MPU-6050, MPU-6500 and MPU-9250 (whose magnetometer sleeps)."""

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

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
    Setting(FIFO_EN, 0x78, "both sensors into the FIFO"),
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
_FRAME_BYTES = 12
# 42 frames are 504 bytes, 13 ms of wire: no single transfer holds the bus for longer.
_BURST_FRAMES = 42
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
    """The chip: a FIFO of bare bytes without tags, so that one that ran over has lost its alignment."""

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
        on = next(s for s in self._table if s.register == USER_CTRL)
        apply(self._bus, self.address, (_FIFO_OFF, _FIFO_RESET, on))
        self._bus.read(self.address, INT_STATUS.address, 1)

    def pending(self) -> Pending:
        """Return what waits in the FIFO; one with room for fewer than three frames counts as run over."""
        held = int.from_bytes(self._bus.read(self.address, FIFO_COUNT.address, 2), "big")
        return Pending(held // _FRAME_BYTES, held > self._fifo_bytes - _MARGIN_BYTES)

    def take(self, frames: int) -> Frames:
        """Read ``frames`` frames; none where the FIFO ran over meanwhile, since then they are out of step."""
        bursts = []
        left = frames
        while left > 0:
            count = min(left, _BURST_FRAMES)
            bursts.append(self._bus.read(self.address, FIFO_R_W.address, _FRAME_BYTES * count))
            left -= count
        if self._bus.read(self.address, INT_STATUS.address, 1)[0] & _FIFO_OVERFLOW:
            self.restart_fifo()
            return no_frames(lost=True)
        table: Counts = np.frombuffer(b"".join(bursts), ">i2").reshape(-1, 6).astype(np.int16)
        return Frames(table[:, :3], table[:, 3:])


def drivers() -> dict[int, Callable[[Bus, int], Chip]]:
    """Return the driver of every identity of the family."""
    return {identity: functools.partial(Mpu6050, variant=variant) for identity, variant in VARIANTS.items()}
