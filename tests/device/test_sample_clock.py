import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sternway.device.sample_clock import SampleClock


def stream(true_hz, polls_s, clock, late_s=0.0, from_s=1000.0):
    """Poll a perfect FIFO; return given and true sample times. ``late_s`` is how long after the count we look."""
    made = 0
    given_s, true_s = [], []
    jumps = 0
    for poll_s in polls_s:
        count = int(poll_s * true_hz) - made
        times, jumped = clock.advance(count, from_s + poll_s, from_s + poll_s + late_s)
        jumps += jumped
        given_s += times.tolist()
        true_s += [from_s + (made + k + 1) / true_hz for k in range(count)]
        made += count
    return np.array(given_s), np.array(true_s), jumps


@given(
    rate_error=st.floats(-0.05, 0.05),
    waits_s=st.lists(st.floats(0.005, 0.3), min_size=50, max_size=200),
)
def test_times_rise_evenly_and_stay_with_the_truth_however_the_host_polls(rate_error, waits_s):
    clock = SampleClock(208.0)
    given_s, true_s, jumps = stream(208.0 * (1 + rate_error), np.cumsum(waits_s), clock)
    assert jumps == 0
    assert np.diff(given_s).min() > 0.004
    assert np.diff(given_s).max() < 0.0056
    assert np.abs(given_s - true_s).max() < 0.03


def test_learns_the_chips_true_rate():
    clock = SampleClock(208.0)
    stream(213.7, np.arange(1, 3000) * 0.0201, clock)
    assert clock.rate_hz == pytest.approx(213.7, rel=2e-4)


def test_settles_to_less_than_a_millisecond():
    rng = np.random.default_rng(3)
    given_s, true_s, _ = stream(213.7, np.cumsum(rng.uniform(0.015, 0.025, 3000)), SampleClock(208.0))
    assert np.abs(given_s - true_s)[4000:].max() < 0.001


def test_a_pause_of_the_host_between_count_and_clock_teaches_nothing():
    clock = SampleClock(208.0)
    stream(208.0, np.arange(1, 500) * 0.02, clock)
    before_hz = clock.rate_hz
    clock.advance(4, 1010.0, 1010.4)
    assert clock.rate_hz == before_hz


def test_samples_lost_without_a_word_are_found_as_a_jump():
    clock = SampleClock(208.0)
    given_s, _, _ = stream(208.0, np.arange(1, 500) * 0.02, clock)
    later_s, true_s, jumps = stream(208.0, np.arange(1, 100) * 0.02, clock, from_s=1000.0 + 10.5)
    assert jumps == 1
    assert later_s[0] > given_s[-1]
    assert np.diff(later_s).min() > 0.0
    assert np.abs(later_s - true_s)[50:].max() < 0.01


def test_begun_anew_it_keeps_the_rate_and_never_goes_back():
    clock = SampleClock(208.0)
    given_s, _, _ = stream(213.7, np.arange(1, 500) * 0.02, clock)
    learned_hz = clock.rate_hz
    clock.restart()
    times, _ = clock.advance(40, given_s[-1] + 0.01, given_s[-1] + 0.01)  # more than could have come since
    assert clock.rate_hz == pytest.approx(learned_hz)
    assert times[0] > given_s[-1]
    assert np.diff(times).min() > 0.0
