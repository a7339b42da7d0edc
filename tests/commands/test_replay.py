import json
import math

import numpy as np
import pytest

from sternway.cli import main
from sternway.recording.files import RecordingWriter
from sternway.samples import Block
from sternway.simulate.script import Stand, Stumble, Walk
from sternway.simulate.walker import Walker

SISFALL_G, SISFALL_DPS = 8192 / 32, 65536 / 4000


WALK = (Stand(2.0), Walk(9.0), Stumble(), Walk(5.0))


def walked(script=WALK, rate_hz=208.0, seconds=17.0):
    time_s = np.arange(round(seconds * rate_hz)) / rate_hz
    accel, gyro = Walker(script, seed=2).at(time_s)
    return Block(time_s, accel, gyro, float(time_s[-1]))


@pytest.fixture
def recording(tmp_path):
    path = tmp_path / "walk.swrec"
    with RecordingWriter(path, {"clip_id": "c"}, member_s=2.0) as writer:
        block = walked()
        for start in range(0, len(block), 200):
            part = slice(start, start + 200)
            writer.add(Block(block.time_s[part], block.accel_mps2[part], block.gyro_radps[part], 0.0))
    return path


def test_a_recorded_stumble_is_found_again_and_said_in_words(recording, capsys):
    assert main(["replay", str(recording)]) == 0
    text = capsys.readouterr().out
    assert "walk.swrec: 0.3 min" in text
    assert "s  stumble  (" in text


def test_json_gives_the_same_to_machines(recording, capsys):
    assert main(["replay", "--json", str(recording)]) == 0
    played = json.loads(capsys.readouterr().out)
    kinds = [event["kind"] for event in played["events"]]
    assert kinds.count("stumble") == 1
    assert "attention" in played["buzzes"]
    assert played["steps"] > 10


def test_a_truncated_recording_is_played_to_its_cut_and_said(recording, capsys):
    recording.write_bytes(recording.read_bytes()[:-100])
    assert main(["replay", str(recording)]) == 0
    assert "its end is cut off; everything before was played" in capsys.readouterr().out


def test_samples_that_are_not_numbers_are_skipped_counted_and_said(tmp_path, capsys):
    block = walked((Stand(3.0),), seconds=3.0)
    accel = block.accel_mps2.copy()
    accel[100:105] = math.nan
    accel[200, 1] = math.inf
    path = tmp_path / "bad.swrec"
    with RecordingWriter(path, {}) as writer:
        writer.add(Block(block.time_s, accel, block.gyro_radps, 0.0))
    assert main(["replay", str(path)]) == 0
    text = capsys.readouterr().out
    assert "6 samples are not finite numbers and were skipped" in text
    assert "fall" not in text


def test_a_file_that_is_no_recording_is_named_and_the_others_are_played(recording, tmp_path, capsys):
    other = tmp_path / "notes.swrec"
    other.write_text("dear diary")
    assert main(["replay", "--jobs", "1", str(recording), str(other)]) == 1
    out, err = capsys.readouterr()
    assert "notes.swrec: not a Sternway recording" in err
    assert "1 recordings" in out


def test_sisfall_text_files_are_read_as_they_are(tmp_path, capsys):
    block = walked(rate_hz=200.0)
    table = np.column_stack(
        [
            np.rint(block.accel_mps2 / 9.80665 * SISFALL_G),
            np.rint(np.rad2deg(block.gyro_radps) * SISFALL_DPS),
            np.zeros((len(block), 3)),
        ]
    ).astype(int)
    folder = tmp_path / "SA01"
    folder.mkdir()
    path = folder / "D18_SA01_R01.txt"
    path.write_text("".join(",".join(map(str, row)) + ";\n\n" for row in table.tolist()))
    assert main(["replay", "--format", "sisfall", "--json", str(path)]) == 0
    kinds = [event["kind"] for event in json.loads(capsys.readouterr().out)["events"]]
    assert kinds.count("stumble") == 1
    assert main(["replay", "--format", "sisfall", "--jobs", "1", str(tmp_path)]) == 0
    assert "D18_SA01_R01.txt" in capsys.readouterr().out


def test_an_empty_folder_says_what_was_looked_for(tmp_path, capsys):
    assert main(["replay", str(tmp_path)]) == 1
    assert "no sternway recordings in" in capsys.readouterr().err
