import gzip
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sternway.errors import RecordingError
from sternway.recording.files import Recording, RecordingWriter
from sternway.samples import Block, empty_block

SCALES = {"accel_mps2_per_count": 0.488e-3 * 9.80665, "gyro_radps_per_count": 0.07 * math.pi / 180}


def block(start_s=0.0, n=100, after_gap=False, seed=1):
    random = np.random.default_rng(seed)
    counts = random.integers(-32768, 32768, (n, 6))
    return Block(
        start_s + np.arange(n) / 208,
        counts[:, :3] * SCALES["accel_mps2_per_count"],
        counts[:, 3:] * SCALES["gyro_radps_per_count"],
        read_at_s=start_s + n / 208,
        after_gap=after_gap,
    )


def joined(blocks):
    blocks = list(blocks)
    return np.column_stack(
        [
            np.concatenate([b.time_s for b in blocks]),
            np.concatenate([b.accel_mps2 for b in blocks]),
            np.concatenate([b.gyro_radps for b in blocks]),
        ]
    )


@pytest.mark.parametrize("scales", [SCALES, {}], ids=["counts", "si"])
def test_what_was_written_reads_back_to_the_last_bit(tmp_path, scales):
    path = tmp_path / "walk.swrec"
    written = [block(0.0), empty_block(0.5), block(0.5, seed=2), block(3.0, after_gap=True, seed=3)]
    with RecordingWriter(path, {"clip_id": "c", **scales}) as writer:
        for part in written:
            writer.add(part)
    recording = Recording(path)
    read = list(recording)
    assert np.array_equal(joined(read), joined([b for b in written if len(b)]))
    assert [b.time_s[0] for b in read if b.after_gap] == [3.0]
    assert recording.header["clip_id"] == "c"
    assert not recording.truncated


def test_a_note_keeps_its_place(tmp_path):
    path = tmp_path / "walk.swrec"
    with RecordingWriter(path, {}) as writer:
        writer.add(block(0.0))
        writer.note({"kind": "stumble", "time_s": 0.4})
        writer.add(block(0.5))
    recording = Recording(path)
    assert joined(recording).shape == (200, 7)
    assert recording.notes == [{"kind": "stumble", "time_s": 0.4}]


def test_numpy_alone_reads_a_recording(tmp_path):
    path = tmp_path / "walk.swrec"
    with RecordingWriter(path, SCALES) as writer:
        writer.add(block(0.0))
    with gzip.open(path) as file:
        header = json.loads(np.load(file).tobytes())
        samples = np.load(file)
    assert np.array_equal(samples["accel"] * header["accel_mps2_per_count"], block(0.0).accel_mps2)


@given(cut=st.floats(0.0, 1.0))
@settings(max_examples=60, deadline=None)
def test_a_file_cut_anywhere_keeps_every_whole_member(tmp_path_factory, cut):
    path = tmp_path_factory.mktemp("cut") / "walk.swrec"
    ends = []
    with RecordingWriter(path, SCALES, member_s=0.1) as writer:
        ends.append(path.stat().st_size)
        for k in range(5):
            writer.add(block(k * 0.5))
            ends.append(path.stat().st_size)
    size = int(ends[0] + cut * (ends[-1] - ends[0]))
    path.write_bytes(path.read_bytes()[:size])
    recording = Recording(path)
    whole = sum(end <= size for end in ends[1:])
    assert sum(len(b) for b in recording) >= 100 * whole
    assert recording.truncated == (size not in ends)


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", gzip.compress(b"hello"), gzip.compress(b"")],
    ids=["empty", "text", "compressed text", "compressed nothing"],
)
def test_something_else_is_refused_by_name(tmp_path, content):
    path = tmp_path / "x.swrec"
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=r"x\.swrec: not a Sternway recording"):
        Recording(path)


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(RecordingError, match="no such file"):
        Recording(tmp_path / "none.swrec")


def test_a_later_version_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("sternway.recording.files.VERSION", 2)
    path = tmp_path / "x.swrec"
    RecordingWriter(path, {}).close()
    monkeypatch.undo()
    with pytest.raises(RecordingError, match="version 2"):
        Recording(path)


def test_an_existing_recording_is_never_overwritten(tmp_path):
    path = tmp_path / "x.swrec"
    RecordingWriter(path, {}).close()
    with pytest.raises(FileExistsError):
        RecordingWriter(path, {})
