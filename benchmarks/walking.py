"""The walk that every benchmark uses: backward, from the simulated walker, for as long as is asked."""

from collections.abc import Iterator
from functools import cache

import numpy as np

from sternway.monitor import Monitor
from sternway.recording.script import BACKWARD, Stand, Walk
from sternway.recording.walker import Walker
from sternway.samples import Block, Floats
from sternway.session.outcome import Press
from sternway.session.plan import WalkPlan

RATE_HZ = 208.0
BLOCK_COUNT = 4
"""Samples a block: what the chip's FIFO holds after 20 ms."""

START_S = 100.0
_WARM_S, _LOOP_S = 43.0, 120.0


@cache
def samples(rate_hz: float = RATE_HZ) -> tuple[Floats, Floats]:
    """Return specific force and angular rate (n, 3): stand, walk forward, and two minutes backward."""
    walker = Walker((Stand(13.0), Walk(_WARM_S - 13.0), Walk(_LOOP_S + 1.0, BACKWARD)), seed=1)
    return walker.at(np.arange(0.0, _WARM_S + _LOOP_S, 1.0 / rate_hz))


def blocks(seconds: float, rate_hz: float = RATE_HZ, count: int = BLOCK_COUNT) -> Iterator[Block]:
    """Yield ``seconds`` of the walk in blocks of ``count`` samples; its backward part goes round and round."""
    accel, gyro = samples(rate_hz)
    first = round(_WARM_S * rate_hz)
    round_count = len(accel) - first
    for start in range(0, round(seconds * rate_hz) - count + 1, count):
        index = np.arange(start, start + count)
        rows = np.where(index < first, index, first + (index - first) % round_count)
        time_s = START_S + index / rate_hz
        yield Block(time_s, accel[rows], gyro[rows], float(time_s[-1]))


def monitor() -> Monitor:
    """Return a monitor in whose walk the warm-up is short and the backward stretch never ends."""
    plan = WalkPlan(stretches=1, stretch_min=60.0, rest_s=0.0, warm_up_min=0.4, cool_down_min=0.2)
    watching = Monitor(plan=plan)
    watching.press(Press.SHORT, START_S)
    return watching
