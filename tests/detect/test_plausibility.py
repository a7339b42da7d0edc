"""Broken data in the middle of a simulated walk: a few of the shapes in docs/validation/reliability.md."""

import pytest

from sternway.evaluate.data_faults import Bench, shapes
from sternway.events import Kind

SHAPES = {shape.name: shape for shape in shapes()}
TRIED = (
    "accelerometer, upright axis dead at 0",
    "accelerometer, upright axis flipped",
    "accelerometer, upright and sideways swapped",
    "accelerometer, sideways axis flipped",
    "a tenth of the samples spikes, accelerometer",
    "accelerometer in g, not m/s2",
    "gyroscope in deg/s, not rad/s",
    "half rate, every sample twice",
)


@pytest.fixture(scope="module")
def walk():
    return Bench()


@pytest.mark.parametrize("name", TRIED)
def test_broken_data_are_a_fault_in_time_and_never_a_fall(walk, name):
    result = walk.try_shape(SHAPES[name])
    assert result.holds, result
    assert Kind.FALL not in dict(result.alarms)


def test_the_table_has_every_shape_once():
    assert len(SHAPES) == len(shapes()) >= 37
    assert all(shape.why for shape in shapes() if shape.most_s is None)
