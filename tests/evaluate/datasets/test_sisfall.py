import numpy as np
import pytest

from sternway.errors import RecordingError
from sternway.evaluate.datasets import dataset


def write(folder, name, rows, labels=None):
    person = name.split("_")[1]
    (folder / person).mkdir(exist_ok=True)
    text = "".join(", ".join(f"{value:4d}" for value in row) + ";\r\n" for row in rows)
    (folder / person / f"{name}.txt").write_text(text)
    if labels is not None:
        (folder / "labels" / person).mkdir(parents=True, exist_ok=True)
        (folder / "labels" / person / f"{name}.txt").write_text("\n".join(map(str, labels)) + "\n")


def standing(count=400):
    return [[0, -256, -51, 0, 0, 0, 0, -1024, -200]] * count


def read(folder):
    reader = dataset("sisfall")
    return reader.read(reader.find(folder)[0])


def test_counts_become_si(tmp_path):
    rows = standing()
    rows[7] = [256, 0, 0, 164, 0, 0, 0, 0, 0]
    write(tmp_path, "D01_SA01_R01", rows)
    trial = read(tmp_path)
    assert trial.accel_mps2[7] == pytest.approx([9.80665, 0, 0])
    assert np.rad2deg(trial.gyro_radps[7, 0]) == pytest.approx(10.01, abs=0.01)
    assert trial.duration_s == pytest.approx(2.0)
    assert trial.walking.all()


def test_the_alert_span_is_a_stumbles_and_the_peak_within_the_fall_span_is_an_impact(tmp_path):
    rows = standing()
    rows[100] = [0, -2000, 0, 0, 0, 0, 0, 0, 0]
    rows[300] = [0, -1000, 0, 0, 0, 0, 0, 0, 0]
    labels = [0] * 200 + [1] * 60 + [2] * 80 + [0] * 60
    write(tmp_path, "F01_SA01_R01", rows, labels)
    trial = read(tmp_path)
    assert trial.impact_s == pytest.approx(1.5)
    assert trial.alert_s == pytest.approx((1.0, 1.7))
    write(tmp_path, "D18_SA01_R01", rows, labels)
    assert read(tmp_path).alert_s == pytest.approx((1.0, 1.7))
    assert read(tmp_path).activity.is_stumble


def test_without_labels_a_stumble_has_no_span_and_a_fall_its_largest_peak(tmp_path):
    rows = standing()
    rows[100] = [0, -2000, 0, 0, 0, 0, 0, 0, 0]
    write(tmp_path, "F01_SA01_R01", rows)
    assert read(tmp_path).impact_s == pytest.approx(0.5)
    assert read(tmp_path).alert_s is None


@pytest.mark.parametrize("text", ["1,2,3;\n", "a,b,c,d,e,f,g,h,i;\n", ""])
def test_a_malformed_file_is_named(tmp_path, text):
    write(tmp_path, "D01_SA01_R01", standing())
    (tmp_path / "SA01" / "D01_SA01_R01.txt").write_text(text)
    with pytest.raises(RecordingError, match="D01_SA01_R01"):
        read(tmp_path)


def test_labels_of_another_length_are_named(tmp_path):
    write(tmp_path, "D18_SA01_R01", standing(), [0, 1])
    with pytest.raises(RecordingError, match="2 labels for 400"):
        read(tmp_path)


def test_an_empty_folder_says_what_was_looked_for(tmp_path):
    with pytest.raises(RecordingError, match="SA01/D01_SA01_R01"):
        dataset("sisfall").find(tmp_path)


@pytest.mark.parametrize("count", [399, 401])
def test_labels_off_by_a_sample_are_read_with_a_remark(tmp_path, count):
    write(tmp_path, "D18_SA01_R01", standing(), [0] * 300 + [1] * (count - 300))
    trial = read(tmp_path)
    assert trial.alert_s == pytest.approx((1.5, 2.0))
    assert f"{count} labels for 400 samples" in trial.remarks[0]


def test_a_stumble_without_labels_is_placed_by_its_peak(tmp_path):
    rows = standing()
    rows[100] = [0, -2000, 0, 0, 0, 0, 0, 0, 0]
    write(tmp_path, "D18_SA01_R01", rows)
    assert read(tmp_path).peak_s == pytest.approx(0.5)
    write(tmp_path, "D18_SA01_R01", rows, [0] * 90 + [1] * 310)
    assert read(tmp_path).peak_s is None


def test_a_byte_order_mark_is_no_number(tmp_path):
    write(tmp_path, "D01_SA01_R01", standing(2400))
    path = tmp_path / "SA01" / "D01_SA01_R01.txt"
    path.write_text(path.read_text(), encoding="utf-8-sig")
    assert len(read(tmp_path).time_s) == 2400


def test_a_trial_far_shorter_than_its_activity_is_remarked_upon(tmp_path):
    write(tmp_path, "D02_SA01_R01", standing(2000))
    assert "lasts 10.0 s at 200 Hz, its activity about 100 s" in read(tmp_path).remarks[0]
    write(tmp_path, "D02_SA01_R01", standing(20000))
    assert read(tmp_path).remarks == ()
