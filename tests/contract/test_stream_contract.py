"""The stream contract (see :mod:`sternway.detect.detector`), for every stage and every detector.

A stage is registered by one line in ``STAGES``: a name and what makes it. Whatever it returns, and whatever it knows,
is compared as text of its every number, so "the same" means to the last bit.
"""

import copy
import itertools
import pickle
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sternway.detect.analogue_forecast import ForecastSettings
from sternway.detect.fall import FallDetector
from sternway.detect.gate import WalkingGate
from sternway.detect.pre_impact import PreImpactDetector
from sternway.detect.sensor_fault import SensorFaultDetector
from sternway.detect.small_stumble import SmallStumbleDetector, SmallStumbleSettings
from sternway.detect.stability import StabilityDetector
from sternway.detect.stumble import StumbleDetector
from sternway.detect.worn import WornDetector
from sternway.motion.cadence import RotationCadence
from sternway.motion.mounting import Mounting, MountingEstimator
from sternway.motion.resample import Resampler
from sternway.motion.speed import SpeedEstimator
from sternway.motion.trunk import TrunkMotion
from sternway.motion.trunk_tracker import TrunkTracker
from sternway.samples import Block, empty_block
from sternway.simulate.walker import Walker
from sternway.walk.walk_test import MovementTimer

RATE_HZ = 104.0
SOON = SmallStumbleSettings(
    threshold=-50.0, refractory_s=0.2, forecast=ForecastSettings(memory_s=5.0, learned_s=2.0, analogues=2)
)
MOUNTING = Mounting((0.0, 0.0, 1.0), (1.0, 0.0, 0.0), 1.0)


@dataclass
class OnTrunk:
    """Feeds what needs trunk motion."""

    stage: Any
    tracker: TrunkTracker

    def update(self, block: Block) -> list[Any]:
        return [self.stage.update(trunk) for trunk in self.tracker.update(block)]


@dataclass
class Gate:
    """Asks the gate what it would let pass."""

    gate: WalkingGate
    newest_s: float = 0.0

    def update(self, trunk) -> list[tuple[float, bool]]:
        self.gate.update(trunk)
        return [(float(t), self.gate.open_at(float(t))) for t in trunk.time_s if round(float(t) * 100) % 100 == 0]


@dataclass
class Speed:
    """Reads the speed after each stretch that ends on a whole second."""

    speed: SpeedEstimator

    def update(self, trunk) -> None:
        self.speed.update(trunk)


def on_trunk(stage: Any, mounting: Mounting | None = MOUNTING) -> OnTrunk:
    return OnTrunk(stage, TrunkTracker(mounting=mounting))


STAGES: dict[str, Callable[[], Any]] = {
    "resampler": Resampler,
    "trunk": TrunkTracker,
    "trunk, mounted": lambda: TrunkTracker(mounting=MOUNTING),
    "mounting": lambda: on_trunk(MountingEstimator(), None),
    "rotation cadence": lambda: on_trunk(RotationCadence()),
    "speed": lambda: on_trunk(Speed(SpeedEstimator({"flat": 1.0}))),
    "walk test": lambda: on_trunk(MovementTimer()),
    "gate": lambda: on_trunk(Gate(WalkingGate())),
    "stumble": lambda: on_trunk(StumbleDetector()),
    "small stumble": lambda: on_trunk(SmallStumbleDetector(SOON)),
    "pre-impact": lambda: on_trunk(PreImpactDetector()),
    "fall": lambda: on_trunk(FallDetector()),
    "stability": lambda: on_trunk(StabilityDetector()),
    "worn": lambda: on_trunk(WornDetector()),
    "sensor fault": lambda: on_trunk(SensorFaultDetector()),
}


@cache
def motion() -> Block:
    """Walking, a gap, a fall and lying after it, 13 s in all, with a sample that is no number."""
    walk, fall = Walker("stumble", seed=3), Walker("fall", seed=5)
    walked_s = 12.0 + np.arange(round(6.0 * RATE_HZ)) / RATE_HZ
    impact_s = fall.truth.happenings[0].time_s
    fell_s = impact_s - 2.5 + np.arange(round(7.0 * RATE_HZ)) / RATE_HZ
    parts = walk.at(walked_s), fall.at(fell_s)
    accel, gyro = (np.concatenate([part[sensor] for part in parts]) for sensor in (0, 1))
    accel[300] = np.nan
    time_s = np.concatenate((walked_s - 12.0, walked_s[-1] - 12.0 + 0.8 + fell_s - fell_s[0]))
    return Block(time_s, accel, gyro, float(time_s[-1]))


def cut(block: Block, places: list[int]) -> list[Block]:
    edges = sorted({0, len(block), *(place % len(block) for place in places)})
    return [
        Block(block.time_s[a:b], block.accel_mps2[a:b], block.gyro_radps[a:b], float(block.time_s[b - 1]))
        for a, b in itertools.pairwise(edges)
    ]


def said(stage: Any, blocks: list[Block]) -> list[str]:
    """Return all that comes out, number by number, however it was wrapped in blocks."""
    atoms: list[str] = []
    for block in blocks:
        for item in stage.update(block) or ():
            atoms += list(_atoms(item))
    return atoms


def _atoms(item: Any) -> list[str]:
    if item is None or (isinstance(item, list | tuple) and not item):
        return []
    if isinstance(item, list | tuple) and not all(isinstance(part, float | bool) for part in item):
        return [atom for part in item for atom in _atoms(part)]
    if isinstance(item, TrunkMotion):
        return [repr(part) for part in (*item.samples, *item.steps)]
    if isinstance(item, Block):
        rows = np.column_stack((item.time_s, item.accel_mps2, item.gyro_radps))
        return [row.tobytes().hex() for row in rows]
    return [repr(item)]


@cache
def whole(name: str) -> tuple[str, ...]:
    return tuple(sorted(said(STAGES[name](), [motion()])))


stage = pytest.mark.parametrize("name", STAGES)
few = settings(max_examples=2, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@stage
@few
@given(places=st.lists(st.integers(0, 10_000), max_size=40))
@example(places=list(range(2000)))
def test_where_the_stream_is_cut_does_not_change_the_answer(name, places):
    assert tuple(sorted(said(STAGES[name](), cut(motion(), places)))) == whole(name)


@stage
def test_an_empty_block_changes_nothing_but_time(name):
    blocks = cut(motion(), [300, 900])
    between = [
        part for block in blocks for part in (empty_block(block.read_at_s), block, empty_block(block.read_at_s))
    ]
    assert tuple(sorted(said(STAGES[name](), between))) == whole(name)


@stage
def test_what_goes_in_is_never_modified(name):
    block = motion()
    before = copy.deepcopy((block.time_s, block.accel_mps2, block.gyro_radps))
    STAGES[name]().update(block)
    for array, kept in zip((block.time_s, block.accel_mps2, block.gyro_radps), before, strict=True):
        assert np.array_equal(array, kept, equal_nan=True)


@pytest.mark.parametrize("name", [name for name, make in STAGES.items() if isinstance(make(), OnTrunk)])
def test_trunk_motion_is_never_modified(name):
    fed = STAGES[name]()
    for trunk in fed.tracker.update(motion()):
        before = copy.deepcopy(trunk)
        fed.stage.update(trunk)
        assert trunk == before


@stage
def test_a_copy_goes_on_the_same(name):
    first, second = cut(motion(), [800])
    one = STAGES[name]()
    said(one, [first])
    copied, stored = copy.deepcopy(one), pickle.loads(pickle.dumps(one))
    went_on = said(one, [second])
    assert said(copied, [second]) == went_on
    assert said(stored, [second]) == went_on


@stage
def test_samples_that_are_no_numbers_never_reach_state(name):
    clean = motion()
    rows = np.isfinite(clean.accel_mps2).all(axis=1)
    kept = Block(clean.time_s[rows], clean.accel_mps2[rows], clean.gyro_radps[rows], clean.read_at_s)
    assert tuple(sorted(said(STAGES[name](), [kept]))) == whole(name)


@stage
def test_after_a_gap_a_stage_is_as_good_as_new(name):
    """What comes long after a gap does not depend on the motion before it, but for what is learned for good."""
    if name in {"stability", "stumble", "speed", "mounting", "walk test", "trunk", "trunk, mounted"}:
        pytest.skip("learns about the person, or the gyro's bias, which lasts")
    block = motion()
    later = replace(block, time_s=block.time_s + 1000.0, after_gap=True)
    used, fresh = STAGES[name](), STAGES[name]()
    said(used, [cut(block, [900])[0]])
    if isinstance(used, OnTrunk):
        used.tracker = TrunkTracker(mounting=MOUNTING)
    assert said(used, [later]) == said(fresh, [later])


@stage
def test_memory_is_bounded(name):
    one = STAGES[name]()
    sizes = []
    for lap in range(4):
        block = motion()
        said(one, [replace(block, time_s=block.time_s + 60.0 * lap, after_gap=True)])
        sizes.append(len(pickle.dumps(one)))
    assert sizes[-1] < 1.2 * sizes[1] + 2000
