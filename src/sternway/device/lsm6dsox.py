"""Driver for ST's LSM6DSOX (and LSM6DSO, its twin without the learning core)."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sternway.device.bus import Bus
from sternway.device.chips import MDPS, MG, Frames, Pending, no_frames
from sternway.device.registers import Register, Setting, Table, apply, mismatches

FIFO_CTRL1 = Register("FIFO_CTRL1", 0x07)
FIFO_CTRL2 = Register("FIFO_CTRL2", 0x08)
FIFO_CTRL3 = Register("FIFO_CTRL3", 0x09)
FIFO_CTRL4 = Register("FIFO_CTRL4", 0x0A)
WHO_AM_I = Register("WHO_AM_I", 0x0F)
CTRL1_XL = Register("CTRL1_XL", 0x10)
CTRL2_G = Register("CTRL2_G", 0x11)
CTRL3_C = Register("CTRL3_C", 0x12)
CTRL4_C = Register("CTRL4_C", 0x13)
CTRL6_C = Register("CTRL6_C", 0x15)
CTRL8_XL = Register("CTRL8_XL", 0x17)
FIFO_STATUS1 = Register("FIFO_STATUS1", 0x3A)
INTERNAL_FREQ_FINE = Register("INTERNAL_FREQ_FINE", 0x63)
FIFO_DATA_OUT_TAG = Register("FIFO_DATA_OUT_TAG", 0x78)

IDENTITY = 0x6C
ADDRESSES = (0x6A, 0x6B)

CONFIGURATION: Table = (
    Setting(CTRL3_C, 0x44, "block data update, addresses count up"),
    Setting(
        CTRL8_XL, 0x00, "accelerometer low-pass at a quarter of the rate: 52 Hz; the next one, 21 Hz, blunts steps"
    ),
    Setting(CTRL6_C, 0x05, "gyroscope low-pass at 43 Hz"),
    Setting(CTRL4_C, 0x02, "gyroscope low-pass on"),
    Setting(FIFO_CTRL1, 0x08, "watermark at 8 words: four frames, 19 ms"),
    Setting(FIFO_CTRL2, 0x00, "watermark, high bit"),
    Setting(FIFO_CTRL3, 0x55, "both sensors into the FIFO at 208 Hz"),
    Setting(CTRL1_XL, 0x56, "accelerometer 208 Hz, 16 g, low-pass on"),
    Setting(CTRL2_G, 0x5C, "gyroscope 208 Hz, 2000 deg/s"),
    Setting(FIFO_CTRL4, 0x06, "FIFO runs on and drops the oldest"),
)
# The motor self-test must feel 150 to 250 Hz, which the walking configuration filters away.
FAST = {
    CTRL4_C: Setting(CTRL4_C, 0x00, "gyroscope low-pass off"),
    FIFO_CTRL3: Setting(FIFO_CTRL3, 0x77, "both sensors into the FIFO at 833 Hz"),
    CTRL1_XL: Setting(CTRL1_XL, 0x74, "accelerometer 833 Hz, 16 g, low-pass at half the rate"),
    CTRL2_G: Setting(CTRL2_G, 0x7C, "gyroscope 833 Hz, 2000 deg/s"),
}
FAST_CONFIGURATION: Table = tuple(FAST.get(setting.register, setting) for setting in CONFIGURATION)

_SOFT_RESET = Setting(CTRL3_C, 0x45, "software reset", mask=0x00)
_BYPASS = Setting(FIFO_CTRL4, 0x00, "FIFO emptied and off")
_WORD = np.dtype([("tag", "u1"), ("xyz", "<i2", (3,))])
_GYRO, _ACCEL = 1, 2
# What a tag byte can be: a sensor that may be in this FIFO (3 to 5 are temperature, time and a change of settings),
# and an even number of ones (ST's own FIFO driver, has_even_parity).
_IS_TAG = np.array([1 <= tag >> 3 <= 5 and tag.bit_count() % 2 == 0 for tag in range(256)])
# 72 words are 504 bytes, 13 ms of wire: no single transfer holds the bus for longer.
_BURST_WORDS = 72

Words = NDArray[np.void]


class Lsm6dsox:
    """The chip: 512 FIFO words, each a tag and three numbers; words of both sensors pair by the tag's counter."""

    name = "LSM6DSOX"
    accel_scale_mps2 = 0.488 * MG
    gyro_scale_radps = 70.0 * MDPS
    reset_s = 0.05
    settle_s = 0.1

    def __init__(self, bus: Bus, address: int) -> None:
        self.address = address
        self._bus = bus
        self._table = CONFIGURATION
        self._rate_hz = 208.0
        self._forget()

    @property
    def rate_hz(self) -> float:
        """Return the rate that the chip's own trimming says (read in ``configure``)."""
        return self._rate_hz

    def reset(self) -> None:
        """Ask the chip to forget all settings."""
        apply(self._bus, self.address, (_BYPASS, _SOFT_RESET))

    def configure(self, fast: bool = False) -> list[str]:
        """Write the configuration, start the FIFO and return what did not read back."""
        self._table = FAST_CONFIGURATION if fast else CONFIGURATION
        apply(self._bus, self.address, self._table)
        trim = self._bus.read(self.address, INTERNAL_FREQ_FINE.address, 1)
        # Each step is 0.15 % (Linux st_lsm6dsx, ts_gain); 6667 Hz is divided by 32 for 208 Hz and by 8 for 833 Hz.
        exact_hz = 6667.0 * (1.0 + 0.0015 * int.from_bytes(trim, signed=True))
        self._rate_hz = exact_hz / (8 if fast else 32)
        self.restart_fifo()
        return self.mismatches()

    def mismatches(self) -> list[str]:
        """Return a line for every register that no longer holds its configuration."""
        return mismatches(self._bus, self.address, self._table)

    def restart_fifo(self) -> None:
        """Empty the FIFO and start it anew."""
        apply(self._bus, self.address, (_BYPASS, self._table[-1]))
        self._forget()

    def pending(self) -> Pending:
        """Return what waits in the FIFO: FIFO_STATUS1 and 2, count in ten bits, overrun in two flags."""
        low, high = self._bus.read(self.address, FIFO_STATUS1.address, 2)
        return Pending(((high & 0x03) << 8 | low) // 2, bool(high & 0x48))

    def take(self, frames: int) -> Frames:
        """Read up to ``frames`` frames; a word whose partner is still to come waits for the next call.

        None where a tag is not one: a byte was lost or added on the way, or the count said too much. The bytes before
        it are then in doubt too, and the FIFO begins anew.
        """
        left = 2 * frames
        bursts = [self._unpaired]
        while left > 0:
            count = min(left, _BURST_WORDS)
            bursts.append(self._bus.read(self.address, FIFO_DATA_OUT_TAG.address, 7 * count))
            left -= count
        words = np.frombuffer(b"".join(bursts), _WORD)
        if not _IS_TAG[words["tag"]].all():
            self.restart_fifo()
            return no_frames(lost=True)
        aligned = self._aligned(words)
        return self._continued(self._sorted(words) if aligned is None else aligned)

    def _forget(self) -> None:
        self._unpaired = b""
        self._counter: int | None = None
        self._span: tuple[int, int] | None = None

    def _aligned(self, words: Words) -> Frames | None:
        """Return the frames where every gyroscope word is followed by its own accelerometer word, as is usual."""
        tags = words["tag"]
        first, second = tags[0::2], tags[1::2]
        if len(tags) % 2 or (first >> 3 != _GYRO).any() or ((first ^ second) & 0xFE != 0x18).any():
            return None
        self._unpaired = b""
        self._span = (int(first[0]) >> 1 & 3, int(first[-1]) >> 1 & 3) if len(first) else None
        return Frames(words["xyz"][1::2], words["xyz"][0::2])

    def _sorted(self, words: Words) -> Frames:
        """Pair words in any order by their counter; what finds no partner, but the last, is lost."""
        pairs: list[tuple[Words, Words]] = []
        waiting: dict[int, Words] = {}
        counters: list[int] = []
        lost = False
        for word in words:
            sensor, counter = int(word["tag"]) >> 3, int(word["tag"]) >> 1 & 3
            if sensor not in (_GYRO, _ACCEL):
                continue
            partner = next((w for s, w in waiting.items() if s != sensor and int(w["tag"]) >> 1 & 3 == counter), None)
            if partner is None:
                lost = lost or bool(waiting)
                waiting = {sensor: word}
                continue
            pairs.append((partner, word) if sensor == _ACCEL else (word, partner))
            counters.append(counter)
            waiting = {}
        self._unpaired = b"".join(word.tobytes() for word in waiting.values())
        self._span = (counters[0], counters[-1]) if counters else None
        if not pairs:
            return no_frames(lost)
        accel = np.array([a["xyz"] for _, a in pairs])
        return Frames(accel, np.array([g["xyz"] for g, _ in pairs]), lost)

    def _continued(self, frames: Frames) -> Frames:
        """Mark ``frames`` as lost-before when the two-bit counter did not go on by one."""
        if self._span is None:
            return frames
        first, last = self._span
        broken = self._counter is not None and first != (self._counter + 1) & 3
        self._counter = last
        return replace(frames, lost=True) if broken else frames
