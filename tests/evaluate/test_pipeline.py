import json

import numpy as np
import pytest
from detection_page import DAMAGES

from sternway.cli import main
from sternway.evaluate import pipeline
from sternway.evaluate.datasets import dataset
from sternway.evaluate.trial import Activity, Segment, Trial
from sternway.evaluate.variation import vary
from sternway.events import Kind
from sternway.recording.files import RecordingWriter
from sternway.simulate.walker import Walker

FALL = Activity("fall", "a fall", is_fall=True)
RATE_HZ = 104.0


def falling(before_s=9.0, after_s=7.0) -> Trial:
    walker = Walker("fall", seed=1)
    impact_s = walker.truth.happenings[0].time_s
    time_s = np.arange(round((before_s + after_s) * RATE_HZ)) / RATE_HZ
    accel, gyro = walker.at(impact_s - before_s + time_s)
    return Trial("f", "A", FALL, RATE_HZ, time_s, accel, gyro, np.zeros(len(time_s), dtype=bool), impact_s=before_s)


def kinds(trial):
    return [alarm.kind for alarm in pipeline.run(trial).alarms]


def test_a_fall_is_foreseen_and_then_heard():
    outcome = pipeline.run(falling())
    foreseen = next(alarm for alarm in outcome.alarms if alarm.kind is Kind.PRE_IMPACT)
    heard = next(alarm for alarm in outcome.alarms if alarm.kind is Kind.FALL)
    assert 0.03 < 9.0 - foreseen.decided_at_s < 1.0
    assert heard.time_s == pytest.approx(9.0, abs=0.5)
    assert foreseen.sessions == {"always", "walk"}


@pytest.mark.parametrize("damage", DAMAGES)
def test_bad_input_in_walking_never_raises_and_never_makes_a_fall(damage):
    whole = falling(before_s=14.0, after_s=0.0)
    walk = Trial("w", "A", FALL, RATE_HZ, *(x[: round(12 * RATE_HZ)] for x in (whole.time_s, whole.accel_mps2)),
                 whole.gyro_radps[: round(12 * RATE_HZ)], whole.walking[: round(12 * RATE_HZ)])  # fmt: skip
    assert Kind.FALL not in kinds(vary(walk, damage))


def test_a_sensor_unplugged_in_mid_fall_makes_no_fall():
    assert Kind.FALL not in kinds(vary(falling(), "unplugged"))


def test_an_alarm_is_put_down_to_the_activity_of_its_moment():
    whole = falling()
    walking, after = Activity("A1", "walking", is_walking=True), Activity("A2", "after")
    segments = (Segment(0.0, 9.5, walking), Segment(9.5, 60.0, after))
    trial = Trial("f", "A", FALL, RATE_HZ, whole.time_s, whole.accel_mps2, whole.gyro_radps, whole.time_s < 9.5,
                  impact_s=9.0, segments=segments)  # fmt: skip
    outcome = pipeline.run(trial)
    assert {(alarm.kind, alarm.activity, alarm.walking) for alarm in outcome.alarms} >= {
        (Kind.PRE_IMPACT, "A1", True),
        (Kind.FALL, "A2", False),
    }
    assert outcome.seconds_of["A1"] == pytest.approx(9.5)


def test_the_command_scores_recordings_and_keeps_trials(tmp_path, capsys):
    trial = falling()
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    header = {"subject": "A", "activity": "fall", "rate_hz": RATE_HZ, "impact_s": 9.0}
    with RecordingWriter(folder / "one.swrec", header) as writer:
        writer.add(trial.block())
    (folder / "two.swrec").write_bytes((folder / "one.swrec").read_bytes())
    figures = tmp_path / "figures.json"
    words = ["evaluate", "own", str(folder), "--jobs", "1", "--json", str(figures), "--recording-dir", str(out)]
    assert main([*words, "--gate", "walking"]) == 0
    kept = json.loads(figures.read_text())
    assert (kept["gate"], kept["fall"]["detected"], kept["fall"]["trials"]) == ("walking", 2, 2)
    assert (kept["session"], set(kept["sessions"])) == ("always", {"always", "walk"})
    assert "2/2 = 100.0 %" in capsys.readouterr().out
    assert main([*words, "--session", "walk"]) == 0
    kept = json.loads(figures.read_text())
    assert (kept["gate"], kept["session"], set(kept["sessions"])) == ("walking", "walk", {"walk"})
    printed = capsys.readouterr().out
    assert "in a walk under way" in printed
    assert "always worn" not in printed
    again = dataset("own").read(dataset("own").find(out)[0])
    assert np.array_equal(again.accel_mps2, trial.accel_mps2)
    assert again.impact_s == 9.0


def test_a_file_that_cannot_be_read_is_left_out_and_named(tmp_path, capsys):
    (tmp_path / "SA01").mkdir()
    standing = "0,-256,-51,0,0,0,0,-1024,-200;\n" * 1000
    (tmp_path / "SA01" / "D01_SA01_R01.txt").write_text(standing)
    (tmp_path / "SA01" / "D02_SA01_R01.txt").write_text("broken")
    assert main(["evaluate", "sisfall", str(tmp_path), "--jobs", "1", "--json", str(tmp_path / "f.json")]) == 1
    assert "D02_SA01_R01" in capsys.readouterr().err
    assert json.loads((tmp_path / "f.json").read_text())["trials"] == 1


def test_nobody_of_that_name_says_who_there_is(tmp_path, capsys):
    (tmp_path / "SA01").mkdir()
    (tmp_path / "SA01" / "D01_SA01_R01.txt").write_text("0,-256,-51,0,0,0,0,-1024,-200;\n" * 100)
    assert main(["evaluate", "sisfall", str(tmp_path), "--subjects", "SA77"]) == 1
    assert "SA01" in capsys.readouterr().err
