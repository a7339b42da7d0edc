"""The last so many rows of a stream, in one piece."""

from collections.abc import Sequence

import numpy as np

from sternway.samples import Floats


class Lookback:
    """Keeps the last ``count`` rows of ``width`` numbers; before there are so many, the first one stands in.

    Each row is written twice, ``count`` apart, so that :attr:`rows` is always one contiguous piece of the same shape.
    """

    def __init__(self, count: int, width: int) -> None:
        self._count = count
        self._width = width
        self._store = np.zeros((2, count, width))
        self.reset()

    def reset(self) -> None:
        """Forget every row."""
        self._next = 0
        self._empty = True

    def push(self, row: Sequence[float]) -> None:
        """Take the newest row."""
        if self._empty:
            self._store[:] = row
            self._empty = False
        self._store[:, self._next] = row
        self._next = (self._next + 1) % self._count

    @property
    def rows(self) -> Floats:
        """Return the rows (count, width), oldest first; a view that the next ``push`` changes."""
        return self._store.reshape(-1, self._width)[self._next : self._next + self._count]
