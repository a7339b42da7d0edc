import errno
import os

import numpy as np
import pytest

from sternway.config import RecordingSettings
from sternway.recording import recorder as module
from sternway.recording.files import Recording
from sternway.recording.recorder import Recorder
from sternway.samples import Block


def block(start_s):
    time_s = start_s + np.arange(4) / 208
    return Block(time_s, np.ones((4, 3)), np.zeros((4, 3)), read_at_s=start_s + 0.02)


@pytest.fixture
def recorder(tmp_path):
    return Recorder(RecordingSettings(enabled=True, directory=str(tmp_path / "walks"), max_bytes=2000))


def test_a_walk_is_on_disk_after_its_end(recorder, tmp_path):
    recorder.begin("walk-1", {"clip_id": "c"})
    for k in range(10):
        recorder.offer(block(k * 0.02))
    recorder.note({"kind": "stumble"})
    recorder.end()
    recorder.offer(block(5.0))
    recorder.chore()
    recording = Recording(tmp_path / "walks" / "walk-1.swrec")
    assert sum(len(b) for b in recording) == 40
    assert recording.notes == [{"kind": "stumble"}]


def test_nothing_is_recorded_unless_asked_for(tmp_path):
    recorder = Recorder(RecordingSettings(enabled=False, directory=str(tmp_path / "walks")))
    recorder.begin("walk-1", {})
    recorder.offer(block(0.0))
    recorder.chore()
    assert not (tmp_path / "walks").exists()


def test_a_disk_that_sleeps_costs_samples_but_not_memory(recorder, monkeypatch):
    monkeypatch.setattr(module, "WAITING_BLOCKS", 5)
    recorder.begin("walk-1", {})
    for k in range(10):
        recorder.offer(block(k * 0.02))
    assert recorder.dropped_count == 6


def test_a_full_disk_ends_the_recording_and_says_so(recorder, monkeypatch, caplog):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    recorder.begin("walk-1", {})
    recorder.offer(block(0.0))
    recorder.chore()
    monkeypatch.setattr(module.RecordingWriter, "add", full)
    for k in range(3):
        recorder.offer(block(1.0 + k))
    recorder.end()
    recorder.chore()
    assert caplog.text.count("No space left on device") == 1


def test_the_oldest_recordings_make_room(recorder, tmp_path):
    folder = tmp_path / "walks"
    folder.mkdir()
    for age, name in enumerate(["new", "middle", "old"]):
        path = folder / f"{name}.swrec"
        path.write_bytes(bytes(900))
        os.utime(path, (10_000 - age, 10_000 - age))
    recorder.begin("walk-1", {})
    recorder.end()
    recorder.chore()
    assert sorted(p.stem for p in folder.iterdir()) == ["middle", "new", "walk-1"]
