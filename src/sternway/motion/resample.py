"""Any sample rate in, exactly 100 Hz out."""

import math
from dataclasses import dataclass

import numpy as np

from sternway.samples import Block, Floats

RATE_HZ = 100
PERIOD_S = 1.0 / RATE_HZ
_NOTHING = (0.0,) * 6


@dataclass(frozen=True, slots=True)
class ResampleSettings:
    """``gap_s``: a longer silence than this is a gap and restarts filters (20 Hz sources step by 0.05 s)."""

    gap_s: float = 0.2


class Resampler:
    """Averages the straight line between samples over each 10 ms cell of the 100 Hz grid.

    The mean over a cell is a box filter in continuous time: it needs no sample rate, bears jitter and dropped
    samples, keeps averages exact, and damps what a faster sensor has above 50 Hz. Output times are the cells'
    centres, ``(k + 1/2) / 100``. Samples that are not finite, repeated or older than the last one are skipped.
    """

    def __init__(self, settings: ResampleSettings | None = None) -> None:
        self._settings = settings or ResampleSettings()
        self.reset()

    def reset(self) -> None:
        """Forget the past, as after a gap."""
        self._last: tuple[float, ...] | None = None
        self._cell = 0
        self._filled = False
        self._sums: tuple[float, ...] = _NOTHING

    def update(self, block: Block) -> list[Block]:
        """Return the blocks at exactly 100 Hz that ``block`` completes; a gap inside begins a new one."""
        segments: list[list[tuple[float, ...]]] = [[]]
        gaps = [block.after_gap]
        if block.after_gap:
            self.reset()
        rows = np.column_stack((block.time_s, block.accel_mps2, block.gyro_radps)).tolist()
        for row in rows:
            if not all(map(math.isfinite, row)):
                continue
            if self._last is not None and row[0] - self._last[0] > self._settings.gap_s:
                self.reset()
                segments.append([])
                gaps.append(True)
            self._add(row, segments[-1])
        return [
            _block(segment, block.read_at_s, gap)
            for segment, gap in zip(segments, gaps, strict=True)
            if segment or gap
        ]

    def _add(self, row: list[float], out: list[tuple[float, ...]]) -> None:
        last = self._last
        if last is None:
            self._last = tuple(row)
            self._cell = math.floor(row[0] * RATE_HZ)
            self._filled = False
            return
        if row[0] <= last[0]:
            return
        start = last
        while True:
            edge_s = (self._cell + 1) / RATE_HZ
            if row[0] < edge_s:
                self._accumulate(start, row)
                break
            weight = (edge_s - last[0]) / (row[0] - last[0])
            at_edge = tuple(a + weight * (b - a) for a, b in zip(last, row, strict=True))
            self._accumulate(start, at_edge)
            if self._filled:
                out.append(((self._cell + 0.5) / RATE_HZ, *(s * RATE_HZ for s in self._sums)))
            self._cell += 1
            self._filled = True
            self._sums = _NOTHING
            start = at_edge
        self._last = tuple(row)

    def _accumulate(self, start: tuple[float, ...], end: tuple[float, ...] | list[float]) -> None:
        half_s = 0.5 * (end[0] - start[0])
        self._sums = tuple(s + half_s * (a + b) for s, a, b in zip(self._sums, start[1:], end[1:], strict=True))


def _block(rows: list[tuple[float, ...]], read_at_s: float, after_gap: bool) -> Block:
    table: Floats = np.array(rows, dtype=np.float64).reshape(-1, 7)
    return Block(table[:, 0], table[:, 1:4], table[:, 4:7], read_at_s, after_gap)
