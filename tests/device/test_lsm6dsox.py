import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sternway.device.lsm6dsox import Lsm6dsox

GYRO, ACCEL = 1, 2


def tag(sensor, slot):
    bare = sensor << 3 | (slot & 3) << 1
    return bytes((bare | bare.bit_count() & 1,))


def word(sensor, slot):
    return tag(sensor, slot) + np.array([slot, -slot, sensor], "<i2").tobytes()


class FifoBus:
    """Gives out a FIFO word by word, as many as asked for; nothing left reads as zeros."""

    def __init__(self, words):
        self._data = b"".join(words)

    def read(self, address, register, count):
        head, self._data = self._data[:count], self._data[count:]
        return head.ljust(count, b"\0")

    def write(self, address, register, data):
        pass


def taken(words, counts):
    chip = Lsm6dsox(FifoBus(words), 0x6A)
    return [chip.take(count) for count in counts]


def slots_of(frames):
    for frame in frames:
        assert frame.accel[:, 0].tolist() == frame.gyro[:, 0].tolist()
        assert (frame.accel[:, 2] == ACCEL).all()
        assert (frame.gyro[:, 2] == GYRO).all()
    return [slot for frame in frames for slot in frame.accel[:, 0].tolist()]


def test_pairs_gyroscope_and_accelerometer_words():
    frames = taken([word(sensor, slot) for slot in range(300) for sensor in (GYRO, ACCEL)], [300])
    assert slots_of(frames) == list(range(300))
    assert not frames[0].lost


@given(
    swaps=st.lists(st.booleans(), min_size=40, max_size=40),
    cuts=st.lists(st.integers(0, 7), min_size=1, max_size=12),
    half=st.booleans(),
)
def test_pairs_words_in_either_order_however_the_reads_are_cut(swaps, cuts, half):
    words = []
    for slot, swap in enumerate(swaps):
        pair = [word(GYRO, slot), word(ACCEL, slot)]
        words += pair[::-1] if swap else pair
    chip = Lsm6dsox(FifoBus(words), 0x6A)
    if half:  # begin in the middle of a pair, as after an overflow
        chip._bus.read(0, 0, 7)
    cuts = [cut for cut in cuts if cut] or [1]
    frames = [chip.take(count) for count in cuts if sum(cuts) <= 38]
    expected = list(range(int(half), int(half) + len(slots_of(frames))))
    assert slots_of(frames) == expected
    assert len(expected) >= sum(cuts[: len(frames)]) - 1
    assert not any(frame.lost for frame in frames[1:])


def test_a_missing_slot_is_marked_as_lost():
    words = [word(sensor, slot) for slot in (0, 1, 3, 4) for sensor in (GYRO, ACCEL)]
    frames = taken(words, [2, 2])
    assert [frame.lost for frame in frames] == [False, True]


def test_an_empty_fifo_read_by_mistake_gives_nothing_and_says_so():
    (frame,) = taken([], [3])
    assert len(frame) == 0
    assert frame.lost


def test_words_of_other_sensors_are_passed_over():
    temperature = tag(3, 0) + bytes(6)
    frames = taken([word(GYRO, 0), temperature, word(ACCEL, 0), temperature, word(GYRO, 1), word(ACCEL, 1)], [2, 1])
    assert slots_of(frames) == [0, 1]
    assert not any(frame.lost for frame in frames)
