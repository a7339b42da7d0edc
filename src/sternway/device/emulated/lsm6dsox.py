"""An LSM6DSOX without silicon."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sternway.device.emulated.chip import Counts, EmulatedChip, Motion
from sternway.device.emulated.motor import Shaker
from sternway.samples import GRAVITY_MPS2


class EmulatedLsm6dsox(EmulatedChip):
    """ST's LSM6DSOX: 512 tagged words of FIFO, rate and range from CTRL1_XL and CTRL2_G, trimming in 0x63."""

    _ODR_HZ = (0.0, 12.5, 26.0, 52.0, 104.0, 208.0, 416.0, 833.0, 1667.0, 3333.0, 6667.0)
    _ACCEL_MG = (0.061, 0.488, 0.122, 0.244)
    _GYRO_MDPS = (8.75, 17.5, 35.0, 70.0)
    _FIFO_WORDS = 512

    def __init__(
        self,
        motion: Motion,
        clock: Callable[[], float],
        *,
        identity: int = 0x6C,
        rate_error: float = 0.0,
        seed: int = 0,
        motor: Shaker | None = None,
        start_s: float | None = None,
    ) -> None:
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
        self.registers[0x12] = 0x04
        self.registers[0x18] = 0xE0
        self._slot = 0
        self._overrun = False
        self._overrun_latched = False

    def _rate_hz(self) -> float:
        """Return the faster of the two output rates (6667 Hz divided down, hence 208.3 for "208")."""
        fastest = max(self.registers[0x10] >> 4, self.registers[0x11] >> 4)
        if fastest == 0 or fastest >= len(self._ODR_HZ):
            return 0.0
        return 6667.0 / 2 ** (10 - fastest) if fastest > 1 else 13.0

    def _scales(self) -> tuple[float, float, float]:
        control = self.registers[0x10]
        low_passed = control & 0x02
        corner_hz = self._rate_hz() / (4 if low_passed else 2)
        accel = self._ACCEL_MG[control >> 2 & 3] * GRAVITY_MPS2 / 1000.0
        return accel, math.radians(self._GYRO_MDPS[self.registers[0x11] >> 2 & 3] / 1000.0), max(corner_hz, 1.0)

    def _keep(self, counts: Counts, skipped: int) -> None:
        self.registers[0x22:0x28] = counts[-1, 3:].astype("<i2").tobytes()
        self.registers[0x28:0x2E] = counts[-1, :3].astype("<i2").tobytes()
        self._slot += skipped
        slots = self._slot + np.arange(len(counts))
        self._slot += len(counts)
        if self.registers[0x0A] & 0x07 not in (0x01, 0x06):
            return
        self.fifo += self._words(counts, slots)
        self._bound(skipped)

    def _words(self, counts: Counts, slots: NDArray[np.int64]) -> bytes:
        """Return the FIFO words of each time slot: gyroscope, then accelerometer, where they are batched."""
        batch = self.registers[0x09]
        columns = [(tag, part) for tag, part, on in ((1, 3, batch >> 4), (2, 0, batch & 0x0F)) if on]
        words = np.zeros((len(counts), len(columns), 7), np.uint8)
        for column, (tag, part) in enumerate(columns):
            bare = (tag << 3 | (slots & 3) << 1).astype(np.uint8)
            words[:, column, 0] = bare | np.bitwise_xor.reduce(np.unpackbits(bare[:, None], axis=1), axis=1)
            words[:, column, 1:] = np.ascontiguousarray(counts[:, part : part + 3], "<i2").view(np.uint8)
        return words.tobytes()

    def _bound(self, skipped: int) -> None:
        excess = len(self.fifo) - 7 * self._FIFO_WORDS
        if excess <= 0 and not skipped:
            return
        self._overrun = self._overrun_latched = True
        if self.registers[0x0A] & 0x07 == 0x06:
            del self.fifo[: max(0, excess)]
        else:
            del self.fifo[7 * self._FIFO_WORDS :]

    def _answer(self, register: int, count: int) -> bytes:
        if 0x78 <= register <= 0x7E:
            return self._pop(register, count)
        out = bytearray()
        for place in range(register, register + count):
            out.append(self._byte(place & 0x7F))
        return bytes(out)

    def _pop(self, register: int, count: int) -> bytes:
        """Read words; the address runs round from 0x7E to 0x78, and reading 0x7E takes the word out."""
        first = register - 0x78
        words = (first + count) // 7
        padded = bytes(self.fifo[: first + count]).ljust(first + count, b"\0")
        del self.fifo[: 7 * words]
        if words:
            self._overrun = False
        return padded[first:]

    def _byte(self, place: int) -> int:
        waiting = min(max(0, len(self.fifo) // 7 + self.count_error), 1023)
        if place == 0x0F:
            return self.identity
        if place == 0x3A:
            return waiting & 0xFF
        if place == 0x3B:
            watermark = self.registers[0x07] | (self.registers[0x08] & 1) << 8
            flags = (0 < watermark <= waiting) << 7 | self._overrun << 6 | self._overrun_latched << 3
            self._overrun_latched = False
            return flags | waiting >> 8
        if place == 0x63:
            return round(self.rate_error / 0.0015) & 0xFF
        return self.registers[place]

    def _take(self, register: int, value: int) -> None:
        if register in (0x0F, 0x3A, 0x3B, 0x63) or register >= 0x78:
            return
        if register == 0x12 and value & 0x01:
            self.brown_out()
            return
        self.registers[register] = value
        if register == 0x0A and value & 0x07 == 0:
            self.fifo.clear()
            self._overrun = self._overrun_latched = False
