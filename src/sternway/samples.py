"""The first noun of the data flow: a block of inertial samples, and whatever can give them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

Vector = tuple[float, float, float]

GRAVITY_MPS2 = 9.80665


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive samples of one inertial sensor, in chip axes.

    ``time_s`` (n,) is monotonic seconds of the sample clock; ``accel_mps2`` (n, 3) is specific force (a clip lying
    flat reads +9.8 on its upward axis); ``gyro_radps`` (n, 3) is angular rate, right-handed. ``read_at_s`` is when
    the host had the block in hand. ``after_gap`` says that samples are missing before the first one.
    An empty block (n = 0) carries only the passing of time.
    """

    time_s: Floats
    accel_mps2: Floats
    gyro_radps: Floats
    read_at_s: float
    after_gap: bool = False

    def __len__(self) -> int:
        return len(self.time_s)


def empty_block(read_at_s: float) -> Block:
    """Return a block without samples, as a silent sensor gives.

    >>> len(empty_block(3.0))
    0
    """
    return Block(np.empty(0), np.empty((0, 3)), np.empty((0, 3)), read_at_s)


class Source(Protocol):
    """Gives blocks in time order: a clip, a recording or a simulated walker.

    A silent sensor gives *empty* blocks, so that the loop keeps ticking.
    """

    def __iter__(self) -> Iterator[Block]:
        """Yield blocks until the source ends."""
        ...
