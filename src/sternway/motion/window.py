"""The last so many rows of a stream, in one piece, and the largest of its last so many values."""

import struct
from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sternway.samples import Floats


class RowBuffer:
    """Keeps the last ``count`` rows of ``width`` numbers; before there are so many, the first one stands in.

    Rows are written one after the other and slid back to the front when the store is full, so that :attr:`rows` is
    always one contiguous piece of the same shape.
    """

    def __init__(self, count: int, width: int, dtype: type[np.floating[Any]] = np.float64) -> None:
        self._count = count
        self._store = np.zeros((2 * count, width), dtype)
        self._format = f"{width}{self._store.dtype.char}"
        self.reset()

    def reset(self) -> None:
        """Forget every row."""
        self._end = self._count
        self._empty = True

    def push(self, row: Sequence[float] | Floats) -> None:
        """Take the newest row."""
        if self._empty:
            self._store[: self._count] = row
            self._empty = False
            return
        if self._end == 2 * self._count:
            self._end = self._count - 1
            self._store[: self._end] = self._store[self._count + 1 :]
        # Twice as quick as an assignment; what is too large for the native format becomes infinite, as there.
        at = self._end * self._store.strides[0]
        struct.pack_into(self._format, self._store, at, *row)  # type: ignore[arg-type]
        self._end += 1

    @property
    def rows(self) -> NDArray[Any]:
        """Return the rows (count, width), oldest first; a view that the next ``push`` changes."""
        return self._store[self._end - self._count : self._end]


class SlidingMax:
    """The largest of the last ``count`` values, which are 0 before the first; searched for only when it leaves."""

    def __init__(self, count: int) -> None:
        self._values = deque([0.0] * count, maxlen=count)
        self._largest = 0.0

    @property
    def largest(self) -> float:
        """Return the largest of them."""
        return self._largest

    def push(self, value: float) -> float:
        """Take the newest value and return the largest."""
        leaving = self._values[0]
        self._values.append(value)
        if value >= self._largest:
            self._largest = value
        elif leaving == self._largest:
            self._largest = max(self._values)
        return self._largest
