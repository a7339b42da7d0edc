import copy
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sternway.motion.resample import PERIOD_S, RATE_HZ, Resampler
from sternway.samples import Block, empty_block


def block(time_s, values, after_gap=False):
    time_s, values = np.asarray(time_s, dtype=float), np.asarray(values, dtype=float).reshape(-1, 6)
    return Block(time_s, values[:, :3], values[:, 3:], float(time_s[-1]) if len(time_s) else 0.0, after_gap)


def resampled(*blocks):
    resampler = Resampler()
    return [even for piece in blocks for even in resampler.update(piece)]


def table(evens):
    parts = [np.column_stack((b.time_s, b.accel_mps2, b.gyro_radps)) for b in evens]
    return np.concatenate(parts) if parts else np.empty((0, 7))


def noise(count, seed=0):
    return np.random.default_rng(seed).normal(size=(count, 6))


@given(rate_hz=st.floats(20, 1000), jitter=st.floats(0, 0.4), seed=st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_any_rate_with_jitter_comes_out_at_exactly_100_hz_without_a_gap(rate_hz, jitter, seed):
    rng = np.random.default_rng(seed)
    time_s = (np.arange(int(2 * rate_hz)) + rng.uniform(0, jitter, int(2 * rate_hz))) / rate_hz + 12.3
    evens = resampled(block(time_s, noise(len(time_s), seed)))
    cells = np.concatenate([even.time_s for even in evens]) * RATE_HZ - 0.5
    assert len(evens) == 1
    assert np.allclose(cells, np.round(cells), atol=1e-6)
    assert (np.diff(np.round(cells)) == 1).all()
    assert len(cells) == pytest.approx(200, abs=8)


@given(rate_hz=st.floats(20, 1000), seed=st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_a_straight_line_stays_the_same_line(rate_hz, seed):
    rng = np.random.default_rng(seed)
    time_s = np.sort(rng.uniform(0, 2, int(2 * rate_hz)))
    time_s = time_s[np.concatenate(([True], np.diff(time_s) > 1e-6))]
    slopes, offsets = rng.normal(size=6), rng.normal(size=6)
    rows = table(resampled(block(time_s, time_s[:, None] * slopes + offsets)))
    assert np.allclose(rows[:, 1:], rows[:, :1] * slopes + offsets, atol=1e-9)


@given(rate_hz=st.sampled_from([20, 50, 99.7, 104, 208, 1000]), frequency_hz=st.floats(0.2, 3))
@settings(max_examples=30, deadline=None)
def test_the_motion_of_a_trunk_survives(rate_hz, frequency_hz):
    time_s = np.arange(0, 4, 1 / rate_hz)
    rows = table(resampled(block(time_s, np.sin(2 * np.pi * frequency_hz * time_s)[:, None].repeat(6, 1))))
    truth = np.sin(2 * np.pi * frequency_hz * rows[:, 0])
    assert np.abs(rows[:, 1] - truth).max() < (2 * np.pi * frequency_hz / rate_hz) ** 2 / 8 + 0.005


def test_shaking_above_the_new_rate_is_damped():
    time_s = np.arange(0, 2, 1 / 1000)
    rows = table(resampled(block(time_s, np.sin(2 * np.pi * 230 * time_s)[:, None].repeat(6, 1))))
    assert np.abs(rows[:, 1]).max() < 0.2


@given(data=st.data(), rate_hz=st.floats(20, 1000), seed=st.integers(0, 9))
@settings(max_examples=60, deadline=None)
def test_where_the_stream_is_cut_changes_nothing_to_the_last_bit(data, rate_hz, seed):
    count = 300
    rng = np.random.default_rng(seed)
    time_s = np.cumsum(rng.exponential(1 / rate_hz, count)) + rng.integers(0, 10**6)
    values = noise(count, seed)
    values[rng.random((count, 6)) < 0.005] = np.nan
    time_s[rng.random(count) < 0.02] -= 3 / rate_hz
    cuts = sorted(data.draw(st.lists(st.integers(0, count), max_size=6)))
    edges = [0, *cuts, count]
    pieces = [block(time_s[a:b], values[a:b]) for a, b in itertools.pairwise(edges)]
    assert np.array_equal(table(resampled(*pieces)), table(resampled(block(time_s, values))))


def test_samples_repeated_late_or_not_finite_are_as_if_they_had_not_been():
    time_s, values = np.arange(100) / 104, noise(100)
    clean = table(resampled(block(time_s, values)))
    bad_s = np.concatenate((time_s[:50], time_s[40:50], [np.nan, 0.481, 1e307], time_s[50:]))
    rubbish = np.array([np.full(6, 7.0), [np.nan] * 6, np.full(6, 7.0)])
    bad = np.concatenate((values[:50], 5 + values[40:50], rubbish, values[50:]))
    spoiled = block(bad_s, bad)
    assert np.array_equal(table(resampled(spoiled)), clean)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e5, -1e300])
@pytest.mark.parametrize("column", range(6))
def test_a_number_that_no_sensor_gives_never_comes_out(value, column):
    values = np.zeros((60, 6))
    values[30, column] = value
    rows = table(resampled(block(np.arange(60) / 100, values)))
    assert len(rows) >= 58
    assert (rows[:, 1:] == 0).all()


def test_a_silence_longer_than_a_fifth_of_a_second_begins_a_new_block_that_owes_nothing_to_the_old():
    time_s = np.concatenate((np.arange(50) / 100, 3 + np.arange(50) / 100))
    values = noise(100)
    before, after = resampled(block(time_s, values))
    (alone,) = resampled(block(time_s[50:], values[50:]))
    assert (before.after_gap, after.after_gap) == (False, True)
    assert np.array_equal(table([after]), table([alone]))


def test_a_few_dropped_samples_are_no_gap():
    keep = np.ones(100, dtype=bool)
    keep[40:55] = False
    evens = resampled(block(np.arange(100)[keep] / 100, noise(100)[keep]))
    assert len(evens) == 1
    assert np.allclose(np.diff(evens[0].time_s), PERIOD_S)


def test_a_gap_that_the_reader_saw_restarts_even_without_samples():
    resampler = Resampler()
    resampler.update(block(np.arange(50) / 100, noise(50)))
    (told,) = resampler.update(Block(np.empty(0), np.empty((0, 3)), np.empty((0, 3)), 0.5, after_gap=True))
    assert (len(told), told.after_gap) == (0, True)
    values = noise(50, 1)
    assert np.array_equal(
        table(resampler.update(block(0.51 + np.arange(50) / 100, values))),
        table(resampled(block(0.51 + np.arange(50) / 100, values))),
    )


def test_an_empty_block_changes_nothing():
    resampler = Resampler()
    resampler.update(block(np.arange(50) / 104, noise(50)))
    alike = copy.deepcopy(resampler)
    assert resampler.update(empty_block(1.0)) == []
    rest = block(np.arange(50, 90) / 104, noise(40))
    assert np.array_equal(table(resampler.update(rest)), table(alike.update(rest)))


def test_a_clock_set_back_for_good_is_followed_within_a_second_and_one_wild_time_stamp_is_survived():
    resampler = Resampler()
    resampler.update(block(1000 + np.arange(50) / 100, noise(50)))
    evens = resampler.update(block(np.arange(300) / 100, noise(300)))
    assert evens[-1].after_gap
    assert evens[-1].time_s[-1] > 2.9
    assert sum(map(len, evens)) > 190


def test_inputs_are_left_alone():
    values = noise(50)
    given_block = block(np.arange(50) / 100, values)
    given_block.accel_mps2.flags.writeable = False
    given_block.gyro_radps.flags.writeable = False
    Resampler().update(given_block)
