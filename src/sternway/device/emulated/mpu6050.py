"""The MPU-6050 family without silicon."""

import math
from collections.abc import Callable

import numpy as np

from sternway.device.emulated.chip import Counts, EmulatedChip, Motion
from sternway.device.emulated.motor import Shaker
from sternway.samples import GRAVITY_MPS2


class EmulatedMpu6050(EmulatedChip):
    """InvenSense's MPU-6050 family: a FIFO of bare bytes that overwrites its oldest, one byte at a time.

    The thermometer reads ``temperature_c`` and 0.05 degrees of noise.

    ``identity`` chooses the kind: 0x68 (1024 bytes of FIFO), 0x70 or 0x71 (512 bytes, low-pass of its own).
    """

    identity_register = 0x75
    _ACCEL_LSB_G = (16384.0, 8192.0, 4096.0, 2048.0)
    _GYRO_LSB_DPS = (131.0, 65.5, 32.8, 16.4)
    _CORNER_HZ = (260.0, 184.0, 94.0, 44.0, 21.0, 10.0, 5.0, 260.0)

    def __init__(
        self,
        motion: Motion,
        clock: Callable[[], float],
        *,
        identity: int = 0x68,
        rate_error: float = 0.0,
        seed: int = 0,
        motor: Shaker | None = None,
        start_s: float | None = None,
    ) -> None:
        self._fifo_bytes = 1024 if identity == 0x68 else 512
        self.temperature_c = 29.0
        super().__init__(
            motion,
            clock,
            identity=identity,
            rate_error=rate_error,
            seed=seed,
            motor=motor,
            start_s=start_s,
        )

    def _power_on(self) -> None:
        self.registers[0x6B] = 0x40 if self.identity == 0x68 else 0x01

    def _rate_hz(self) -> float:
        if self.registers[0x6B] & 0x40:
            return 0.0
        internal_hz = 1000.0 if 1 <= self.registers[0x1A] & 7 <= 6 else 8000.0
        return internal_hz / (1 + self.registers[0x19])

    def _scales(self) -> tuple[float, float, float]:
        own = self.identity != 0x68
        corner = self.registers[0x1D if own else 0x1A] & 7
        accel = GRAVITY_MPS2 / self._ACCEL_LSB_G[self.registers[0x1C] >> 3 & 3]
        return accel, math.radians(1.0 / self._GYRO_LSB_DPS[self.registers[0x1B] >> 3 & 3]), self._CORNER_HZ[corner]

    def _keep(self, counts: Counts, skipped: int) -> None:
        self.registers[0x3B:0x41] = counts[-1, :3].astype(">i2").tobytes()
        self.registers[0x43:0x49] = counts[-1, 3:].astype(">i2").tobytes()
        self.registers[0x3A] |= 0x01
        if not self.registers[0x6A] & 0x40:
            return
        enabled = self.registers[0x23]
        kept = [column for column, bit in enumerate((8, 8, 8, 0x80, 0x40, 0x20, 0x10)) if enabled & bit]
        words = np.insert(counts, 3, self._temperatures(len(counts)), axis=1)
        self.fifo += words[:, kept].astype(">i2").tobytes()
        if len(self.fifo) > self._fifo_bytes or (skipped and kept):
            del self.fifo[: len(self.fifo) - self._fifo_bytes]
            self.registers[0x3A] |= 0x10

    def _temperatures(self, count: int) -> Counts:
        """Return the thermometer's counts (n,): 340 a degree on the MPU-6050, 333.87 from the MPU-6500 on."""
        a_degree, zero_c = (340.0, 36.53) if self.identity == 0x68 else (333.87, 21.0)
        shown_c = self.temperature_c + self._random.normal(0.0, 0.05, count)
        return np.rint((shown_c - zero_c) * a_degree).astype(np.int16)

    def _answer(self, register: int, count: int) -> bytes:
        if register == 0x74:
            data = bytes(self.fifo[:count])
            del self.fifo[:count]
            return data.ljust(count, b"\xff")
        return bytes(self._byte(place & 0x7F) for place in range(register, register + count))

    def _byte(self, place: int) -> int:
        if place == 0x75:
            return self.identity
        if place in (0x72, 0x73):
            held = max(0, len(self.fifo) + self.count_error)
            return held >> 8 if place == 0x72 else held & 0xFF
        if place == 0x3A:
            held, self.registers[0x3A] = self.registers[0x3A], 0
            return held
        return self.registers[place]

    def _take(self, register: int, value: int) -> None:
        if register == 0x6B and value & 0x80:
            self.brown_out()
            return
        if register in (0x3A, 0x72, 0x73, 0x75):
            return
        if register == 0x6A and value & 0x04:
            self.fifo.clear()
            value &= ~0x04
        if self.registers[0x6B] & 0x40 and register not in (0x6B, 0x6C):
            return  # asleep: a driver must wake it first
        self.registers[register] = value
