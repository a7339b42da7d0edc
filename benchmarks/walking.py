"""The walks that every benchmark uses: from the simulated walker, one after the other, for as long as is asked."""

from collections.abc import Iterator
from functools import cache

import numpy as np

from sternway.events import Press
from sternway.monitor import Monitor
from sternway.records import Phase
from sternway.samples import Block, Floats
from sternway.simulate.script import BACKWARD, FORWARD, Stand, Walk
from sternway.simulate.walker import Walker
from sternway.wire.plan import WalkPlan

RATE_HZ = 208.0
BLOCK_COUNT = 4
"""Samples a block: what the chip's FIFO holds after 20 ms."""

START_S = 100.0
_ONE_WALK = (Stand(13.0), Walk(30.0, FORWARD), Walk(560.0, BACKWARD), Stand(2.0))


@cache
def samples(rate_hz: float = RATE_HZ) -> tuple[Floats, Floats]:
    """Return specific force and angular rate (n, 3) of one walk: stand, forward, nine minutes backward, stand."""
    walker = Walker(_ONE_WALK, seed=1)
    return walker.at(np.arange(0.0, walker.truth.duration_s, 1.0 / rate_hz))


def blocks(seconds: float, rate_hz: float = RATE_HZ, count: int = BLOCK_COUNT) -> Iterator[Block]:
    """Yield ``seconds`` of the walk, over and over, in blocks of ``count`` samples; its ends meet in standing."""
    accel, gyro = samples(rate_hz)
    for start in range(0, round(seconds * rate_hz) - count + 1, count):
        index = np.arange(start, start + count)
        rows = index % len(accel)
        time_s = START_S + index / rate_hz
        yield Block(time_s, accel[rows], gyro[rows], float(time_s[-1]))


class Wearer:
    """Presses the button whenever no walk is under way, so that each is led from the standing check to its end."""

    def __init__(self) -> None:
        self.monitor = Monitor(
            plan=WalkPlan(stretches=1, stretch_min=9.0, rest_s=0.0, warm_up_min=0.4, cool_down_min=0.2)
        )

    def walk(self, block: Block) -> None:
        """Let the monitor see one block."""
        if self.monitor.session.phase is Phase.READY:
            self.monitor.press(Press.SHORT, block.read_at_s)
        self.monitor.update(block)
