from pathlib import Path

import numpy as np
import openpyxl
import pytest

from sternway.errors import RecordingError
from sternway.evaluate.datasets import dataset

TITLES = "TimeStamp(s),FrameCounter,AccX,AccY,AccZ,GyrX,GyrY,GyrZ,EulerX,EulerY,EulerZ"


def sensor_text(count=300, titles=TITLES, first_frame=1, newline="\n", peak_row=200):
    rows = [titles]
    for row in range(count):
        accel = "0.0,-3.0,0.0" if row == peak_row else "0.0,-1.0,0.0"
        rows.append(f"{0.01 * (row + 1):.2f},{first_frame + row},{accel},90.0,0.0,0.0,1,2,3")
    return newline.join(rows) + newline


def write_trial(folder: Path, name="S06T20R01", **how):
    (folder / "SA06").mkdir(exist_ok=True)
    path = folder / "SA06" / f"{name}.csv"
    path.write_bytes(sensor_text(**how).encode("utf-8-sig" if how.get("newline") else "utf-8"))
    return path


def write_labels(path: Path, rows, titles=None):
    book = openpyxl.Workbook()
    book.active.append(
        titles or ["Task Code (Task ID)", "Description", "Trial ID", "Fall_onset_frame", "Fall_impact_frame"]
    )
    for row in rows:
        book.active.append(row)
    book.save(path)


def read_one(folder, labels=None):
    reader = dataset("kfall")
    return reader.read(reader.find(folder, labels)[0])


def test_units_are_si_and_time_begins_at_zero(tmp_path):
    write_trial(tmp_path)
    trial = read_one(tmp_path)
    assert trial.accel_mps2[0] == pytest.approx([0.0, -9.80665, 0.0])
    assert trial.gyro_radps[0] == pytest.approx([np.pi / 2, 0.0, 0.0])
    assert trial.time_s[0] == 0.0
    assert trial.time_s[-1] == pytest.approx(2.99)
    assert trial.activity.is_fall
    assert trial.subject == "SA06"


def test_merged_first_column_is_carried_down_to_the_next_trials(tmp_path):
    write_trial(tmp_path, "S06T20R02", first_frame=0)
    write_trial(tmp_path, "S06T21R01", first_frame=0)
    write_labels(
        tmp_path / "SA06_label.xlsx",
        [
            ["F01 (20)", "Forward fall when trying to sit down", 1, 10, 50],
            [None, None, 2, 110.0, 150],
            ["F02 (21)", "Backward fall when trying to sit down", 1, 120, 160],
        ],
    )
    reader = dataset("kfall")
    first, second = map(reader.read, reader.find(tmp_path))
    assert (first.onset_s, first.impact_s) == pytest.approx((1.10, 1.50))
    assert (second.onset_s, second.impact_s) == pytest.approx((1.20, 1.60))


def test_frames_count_the_frame_counter_and_not_rows(tmp_path):
    write_trial(tmp_path, first_frame=1001)
    write_labels(tmp_path / "SA06_label.xlsx", [["F01 (20)", "x", 1, 1101, 1151]])
    trial = read_one(tmp_path)
    assert (trial.onset_s, trial.impact_s) == pytest.approx((1.0, 1.5))


def test_bom_crlf_other_case_and_spacing_are_borne(tmp_path):
    titles = " timestamp (S) , Frame Counter,ACC X,accY,AccZ,gyr_x,GyrY,GyrZ,EulerX,EulerY,EulerZ"
    write_trial(tmp_path, titles=titles, newline="\r\n")
    labels = tmp_path / "labels"
    labels.mkdir()
    write_labels(
        labels / "SA6_Label.xlsx",
        [["F01 ( 20 )", "x", "R01", 100, 150]],
        ["task code (task id) ", "DESCRIPTION", " Trial ID", "fall_onset_frame", "Fall impact frame"],
    )
    trial = read_one(tmp_path, labels)
    assert len(trial.time_s) == 300
    assert trial.impact_s == pytest.approx(1.49)


@pytest.mark.parametrize("folder", ["SA06", "S06", "sensor_data/SA06", "S6"])
@pytest.mark.parametrize("name", ["S06T10R01", "S6T10R1", "SA06T10R01"])
def test_folders_and_names_are_known_with_and_without_zeros(tmp_path, folder, name):
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / folder / f"{name}.csv").write_text(sensor_text())
    file = dataset("kfall").find(tmp_path)[0]
    assert (file.name, file.subject, file.activity) == ("S06T10R01", "SA06", "T10")
    assert dataset("kfall").activities["T10"].is_stumble


def test_without_labels_the_largest_acceleration_is_the_impact(tmp_path):
    write_trial(tmp_path)
    assert read_one(tmp_path).impact_s == pytest.approx(2.0)


def test_a_fall_the_labels_do_not_name_keeps_its_largest_acceleration(tmp_path):
    write_trial(tmp_path)
    write_labels(tmp_path / "SA06_label.xlsx", [["F02 (21)", "x", 1, 100, 150]])
    assert read_one(tmp_path).impact_s == pytest.approx(2.0)


def test_walking_tasks_are_walking_and_falls_from_gait_are_marked():
    activities = dataset("kfall").activities
    assert [code for code, a in activities.items() if a.is_walking] == ["T06", "T07"]
    assert sum(a.is_fall for a in activities.values()) == 15
    assert [code for code, a in activities.items() if a.from_gait] == [f"T{n}" for n in range(28, 35)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "first row does not name"),
        ("a,b,c\n1,2,3\n", "first row does not name"),
        (TITLES + "\n", "cut off"),
        (TITLES + "\n0,1,2\n", "short"),
        (TITLES + "\n0.01,1,x,0,0,0,0,0,0,0,0\n", "other than numbers"),
    ],
)
def test_a_malformed_file_is_named_with_what_is_wrong(tmp_path, text, words):
    path = write_trial(tmp_path)
    path.write_text(text)
    with pytest.raises(RecordingError, match=words) as caught:
        read_one(tmp_path)
    assert path.name in str(caught.value)


def test_a_workbook_that_is_none_and_titles_that_are_missing_are_named(tmp_path):
    write_trial(tmp_path)
    book = tmp_path / "SA06_label.xlsx"
    book.write_text("not a workbook")
    with pytest.raises(RecordingError, match="workbook"):
        read_one(tmp_path)
    other = tmp_path / "b" / "SA06_label.xlsx"
    other.parent.mkdir()
    write_labels(other, [[1, 2, 3]], ["what", "is", "this"])
    with pytest.raises(RecordingError, match="Task Code"):
        read_one(tmp_path, other.parent)


def test_a_frame_beyond_the_end_is_named(tmp_path):
    write_trial(tmp_path)
    write_labels(tmp_path / "SA06_label.xlsx", [["F01 (20)", "x", 1, 100, 9999]])
    with pytest.raises(RecordingError, match="9999"):
        read_one(tmp_path)


def test_an_empty_folder_says_what_was_looked_for(tmp_path):
    with pytest.raises(RecordingError, match=r"S06T01R01\.csv"):
        dataset("kfall").find(tmp_path)


def test_a_stumble_is_placed_by_its_peak(tmp_path):
    write_trial(tmp_path, "S06T10R01", peak_row=150)
    trial = read_one(tmp_path)
    assert trial.activity.is_stumble
    assert (trial.alert_s, trial.peak_s) == (None, pytest.approx(1.5))


def test_semicolons_and_decimal_commas_of_a_spreadsheet_are_borne(tmp_path):
    path = write_trial(tmp_path)
    path.write_text(sensor_text().replace(",", ";").replace(".", ","), encoding="utf-8-sig")
    trial = read_one(tmp_path)
    assert trial.accel_mps2[0] == pytest.approx([0.0, -9.80665, 0.0])
    assert trial.time_s[-1] == pytest.approx(2.99)


def test_decimal_commas_between_commas_are_named(tmp_path):
    path = write_trial(tmp_path)
    path.write_text(sensor_text().replace("0.0,-1.0,0.0", "0,0,-1,0,0,0"))
    with pytest.raises(RecordingError, match="decimals"):
        read_one(tmp_path)


def test_time_stamps_of_another_rate_are_remarked_upon(tmp_path):
    path = write_trial(tmp_path)
    rows = [
        row if not number else f"{0.02 * number:.2f},{row.split(',', 1)[1]}"
        for number, row in enumerate(sensor_text().splitlines())
    ]
    path.write_text("\n".join(rows))
    trial = read_one(tmp_path)
    assert trial.time_s[-1] == pytest.approx(2.99)
    assert "time stamps are 0.02 apart" in trial.remarks[0]


def test_a_frame_one_after_the_last_is_the_last(tmp_path):
    write_trial(tmp_path)
    write_labels(tmp_path / "SA06_label.xlsx", [["F01 (20)", "x", 1, 250, 301]])
    assert read_one(tmp_path).impact_s == pytest.approx(2.99)
