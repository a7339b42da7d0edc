"""A clip on an emulated bus, in virtual time."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest

from sternway.device.clip import Clip, ClipState
from sternway.device.emulated import (
    EmulatedBus,
    EmulatedBusRecovery,
    EmulatedChip,
    EmulatedLsm6dsox,
    EmulatedMpu6050,
    VirtualClock,
)
from sternway.samples import Block


class Bobbing:
    """A body that bobs at 2 Hz and sways at 1 Hz, all of it known in closed form."""

    def at(self, times_s):
        accel = np.column_stack(
            (0.5 * np.sin(6.28 * times_s), 0.2 * np.cos(6.28 * times_s), 9.8 + 2.0 * np.sin(12.57 * times_s))
        )
        gyro = np.column_stack((np.sin(6.28 * times_s), 0.5 * np.cos(6.28 * times_s), 0.1 + 0.0 * times_s))
        return accel, gyro


@dataclass
class Rig:
    clock: VirtualClock
    chip: EmulatedChip
    bus: EmulatedBus
    bus_recovery: EmulatedBusRecovery
    clip: Clip
    blocks: list[Block] = field(default_factory=list)
    walked: list[ClipState] = field(default_factory=list)

    def run(self, duration_s: float, until: Callable[[], bool] = lambda: False) -> list[Block]:
        """Let the clip run for a while and return what it gave meanwhile."""
        end_s = self.clock() + duration_s
        fresh: list[Block] = []
        for block in self.clip:
            if not self.walked or self.walked[-1] is not self.clip.state:
                self.walked.append(self.clip.state)
            fresh.append(block)
            if self.clock() >= end_s or until():
                break
        self.blocks += fresh
        return fresh

    def seconds_until(self, condition: Callable[[], bool], most_s: float = 10.0) -> float:
        """Return how long it took until ``condition`` held."""
        start_s = self.clock()
        self.run(most_s, until=condition)
        assert condition(), f"not within {most_s} s: {self.clip.state}, {self.clip.cause}, {self.clip.failures}"
        return self.clock() - start_s


def rig_of(kind=EmulatedLsm6dsox, address=0x6A, **options) -> Rig:
    clock = VirtualClock(50.0)
    chip = kind(Bobbing(), clock, **options)
    bus = EmulatedBus({address: chip}, clock, clock.sleep)
    bus_recovery = EmulatedBusRecovery(bus)
    return Rig(clock, chip, bus, bus_recovery, Clip(bus, clock=clock, sleep=clock.sleep, bus_recovery=bus_recovery))


CHIPS = {
    "LSM6DSOX": lambda **options: rig_of(EmulatedLsm6dsox, 0x6A, **options),
    "MPU-6050": lambda **options: rig_of(EmulatedMpu6050, 0x68, **options),
    "MPU-9250": lambda **options: rig_of(EmulatedMpu6050, 0x69, identity=0x71, **options),
}


@pytest.fixture(params=CHIPS)
def rig(request) -> Rig:
    """A clip before its first step, once with each kind of chip."""
    return CHIPS[request.param]()


@pytest.fixture
def lsm() -> Rig:
    return CHIPS["LSM6DSOX"]()


@pytest.fixture
def mpu() -> Rig:
    return CHIPS["MPU-6050"]()


@pytest.fixture
def streaming(rig: Rig) -> Rig:
    """A clip that has streamed for two seconds without trouble."""
    rig.run(2.0)
    assert rig.clip.state is ClipState.STREAM
    assert not rig.clip.failures
    return rig


def samples(blocks: list[Block]) -> tuple[np.ndarray, np.ndarray]:
    """Return time (n,) and accelerometer-then-gyroscope (n, 6) of all blocks."""
    full = [block for block in blocks if len(block)]
    rows = [np.hstack((block.accel_mps2, block.gyro_radps)) for block in full]
    return np.concatenate([block.time_s for block in full]), np.concatenate(rows)
