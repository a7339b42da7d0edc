"""Any sample rate in, exactly 100 Hz out."""

import math
from dataclasses import dataclass

import numpy as np

from sternway.samples import Block, Floats

RATE_HZ = 100
PERIOD_S = 1.0 / RATE_HZ

# No belt-worn inertial sensor measures more than 400 g or 100 rad/s on any axis: the root of the sum of all squares
# stays below 6,800.
_LARGEST_SQUARE = 7000.0**2
_LATEST_S = 1e10  # three centuries

_Row = list[float]
_ZEROS: _Row = [0.0] * 6


@dataclass(frozen=True, slots=True)
class ResampleSettings:
    """When the stream is no longer one stream.

    ``gap_s``: a longer silence than this is a gap and restarts filters (20 Hz sources step by 0.05 s).
    ``late_count``: this many samples in a row older than the newest one mean that the clock was set back.
    """

    gap_s: float = 0.2
    late_count: int = 100


class Resampler:
    """Averages the straight line between samples over each 10 ms cell of the 100 Hz grid.

    The mean over a cell is a box filter in continuous time: it needs no sample rate, bears jitter and dropped
    samples, keeps averages exact, and damps what a faster sensor has above 50 Hz. Output times are the cells'
    centres, ``(k + 1/2) / 100``. Samples that are not finite, beyond any sensor's range, repeated or older than the
    last one are skipped. Plain floats: a block of two samples costs NumPy ten times as much.
    """

    def __init__(self, settings: ResampleSettings | None = None) -> None:
        self._settings = settings or ResampleSettings()
        self.reset()

    def reset(self) -> None:
        """Forget the past, as after a gap."""
        self._last_s: float | None = None
        self._last: _Row = []
        self._mean: _Row = []
        self._cell = 0
        self._whole = False
        self._late_count = 0
        self._repeat_count = 0

    def update(self, block: Block) -> list[Block]:
        """Return the blocks at exactly 100 Hz that ``block`` completes; a gap inside begins a new one."""
        return [_block(rows, block.read_at_s, after_gap) for rows, after_gap in self.stretches(block)]

    def stretches(self, block: Block) -> list[tuple[list[_Row], bool]]:
        """Return the same as plain rows, and whether a gap is before them.

        A row is time, specific force, angular rate, and how many samples of its cell repeated the one before them or
        were 0 on all axes, as no working sensor is.
        """
        if block.after_gap:
            self.reset()
        rows: list[_Row] = []
        found = [(rows, block.after_gap)]
        samples = zip(block.time_s.tolist(), block.accel_mps2.tolist(), block.gyro_radps.tolist(), strict=True)
        for time_s, accel, gyro in samples:
            row = accel + gyro
            if not _is_possible(time_s, row):
                continue
            if self._last_s is None:
                self._begin(time_s, row)
                continue
            interval_s = time_s - self._last_s
            if 0.0 < interval_s <= self._settings.gap_s:
                self._late_count = 0
                self._add(self._last_s, time_s, row, rows)
            elif self._is_gap(interval_s):
                self.reset()
                rows = []
                found.append((rows, True))
                self._begin(time_s, row)
        return [stretch for stretch in found if stretch[0] or stretch[1]]

    def _is_gap(self, interval_s: float) -> bool:
        self._late_count += interval_s < -self._settings.gap_s
        return interval_s > self._settings.gap_s or self._late_count >= self._settings.late_count

    def _add(self, last_s: float, time_s: float, row: _Row, out: list[_Row]) -> None:
        """Integrate the line from the last sample to this one, and give every cell that it completes."""
        last = self._last
        if row in (last, _ZEROS):
            self._repeat_count += 1
        per_s = 1.0 / (time_s - last_s)
        start_s = last_s
        while (edge_s := (self._cell + 1) / RATE_HZ) <= time_s:
            at = (0.5 * (start_s + edge_s) - last_s) * per_s
            mean = _add_area(self._mean, last, row, at, (edge_s - start_s) * RATE_HZ)
            if self._whole:
                out.append([(self._cell + 0.5) / RATE_HZ, *mean, self._repeat_count])
                self._repeat_count = 0
            self._cell, self._whole, self._mean = self._cell + 1, True, _ZEROS
            start_s = edge_s
        if start_s < time_s:
            at = (0.5 * (start_s + time_s) - last_s) * per_s
            self._mean = _add_area(self._mean, last, row, at, (time_s - start_s) * RATE_HZ)
        self._last_s, self._last = time_s, row

    def _begin(self, time_s: float, row: _Row) -> None:
        self._last_s, self._last = time_s, row
        self._cell, self._whole, self._mean = math.floor(time_s * RATE_HZ), False, _ZEROS


def _add_area(means: _Row, first: _Row, second: _Row, at: float, width: float) -> _Row:
    """Return ``means`` grown by ``width`` cells of the value at the fraction ``at`` between two samples."""
    m0, m1, m2, m3, m4, m5 = means
    a0, a1, a2, a3, a4, a5 = first
    b0, b1, b2, b3, b4, b5 = second
    of_second = width * at
    of_first = width - of_second
    return [
        m0 + of_first * a0 + of_second * b0,
        m1 + of_first * a1 + of_second * b1,
        m2 + of_first * a2 + of_second * b2,
        m3 + of_first * a3 + of_second * b3,
        m4 + of_first * a4 + of_second * b4,
        m5 + of_first * a5 + of_second * b5,
    ]


def _is_possible(time_s: float, row: _Row) -> bool:
    a, b, c, d, e, f = row
    return -_LATEST_S < time_s < _LATEST_S and a * a + b * b + c * c + d * d + e * e + f * f < _LARGEST_SQUARE


def _block(rows: list[_Row], read_at_s: float, after_gap: bool) -> Block:
    table: Floats = np.array(rows, dtype=np.float64).reshape(-1, 8)
    return Block(table[:, 0], table[:, 1:4], table[:, 4:7], read_at_s, after_gap)
