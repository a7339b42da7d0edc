import errno
import os

from sternway import memory as module
from sternway.memory import Memory


def test_the_newest_snapshot_is_found_again(tmp_path):
    memory = Memory(tmp_path / "memory.json")
    memory.keep({"steps": 1})
    memory.keep({"steps": 2}, sync=True)
    memory.chore()
    memory.chore()
    assert Memory(tmp_path / "memory.json").load() == {"steps": 2}


def test_a_snapshot_is_what_it_was_when_it_was_handed_over(tmp_path):
    memory, snapshot = Memory(tmp_path / "memory.json"), {"events": [1]}
    memory.keep(snapshot)
    snapshot["events"].append(2)
    memory.chore()
    assert memory.load() == {"events": [1]}


def test_nothing_is_remembered_at_the_first_start(tmp_path):
    assert Memory(tmp_path / "memory.json").load() == {}


def test_a_damaged_file_is_set_aside_and_said(tmp_path, caplog):
    path = tmp_path / "memory.json"
    path.write_text('{"steps": ')
    assert Memory(path).load() == {}
    assert path.with_suffix(".damaged").read_text() == '{"steps": '
    assert "learns anew" in caplog.text


def test_a_full_disk_keeps_the_old_snapshot_and_is_said_once(tmp_path, caplog, monkeypatch):
    memory = Memory(tmp_path / "memory.json")
    memory.keep({"steps": 1})
    memory.chore()

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(module.os, "fsync", full)
    for _ in range(3):
        memory.keep({"steps": 2}, sync=True)
        memory.chore()
    assert memory.load() == {"steps": 1}
    assert caplog.text.count("No space left") == 1


def test_a_power_cut_while_writing_leaves_the_old_snapshot(tmp_path, monkeypatch):
    memory = Memory(tmp_path / "memory.json")
    memory.keep({"steps": 1})
    memory.chore()
    monkeypatch.setattr(module.Path, "replace", lambda *_: None)
    memory.keep({"steps": 2})
    memory.chore()
    assert memory.load() == {"steps": 1}
