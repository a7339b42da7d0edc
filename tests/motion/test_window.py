import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sternway.motion.window import RowBuffer, SlidingMax


def test_it_keeps_the_newest_rows_in_order():
    window = RowBuffer(3, 2)
    for n in range(10):
        window.push([n, 10 * n])
    assert window.rows.tolist() == [[7, 70], [8, 80], [9, 90]]


def test_the_first_row_stands_in_for_the_past_that_was_not_seen():
    window = RowBuffer(3, 1)
    window.push([5])
    window.push([6])
    assert window.rows.ravel().tolist() == [5, 5, 6]


def test_after_a_reset_the_next_row_is_the_first():
    window = RowBuffer(3, 1)
    for n in range(4):
        window.push([n])
    window.reset()
    window.push([9])
    assert window.rows.ravel().tolist() == [9, 9, 9]


def test_the_rows_are_one_piece_of_memory_wherever_the_ring_is():
    window = RowBuffer(7, 3)
    for n in range(20):
        window.push([n, n, n])
        assert window.rows.flags.c_contiguous
        assert window.rows.shape == (7, 3)
        assert np.isfinite(window.rows).all()


@given(st.lists(st.integers(0, 5)), st.integers(1, 6))
def test_a_peak_is_the_largest_of_the_last_values(values, count):
    peak = SlidingMax(count)
    found = [peak.push(value) for value in values]
    assert found == [max(values[max(0, end - count) : end]) for end in range(1, len(values) + 1)]
