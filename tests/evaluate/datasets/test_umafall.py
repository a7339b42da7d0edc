import numpy as np
import pytest

from sternway.errors import RecordingError
from sternway.evaluate.datasets import dataset

HEADER = """% Universidad de Malaga - ETSI de Telecomunicacion (Spain)
%
% Type of Movement: FALL
%f8:95:c7:f3:ba:82; 0; RIGHTPOCKET; lge-LG-H815-5.1
%C4:BE:84:71:A5:02; 2; WAIST; SensorTag
%B0:B4:48:B8:77:03; 4; ANKLE; SensorTag
% TimeStamp; Sample No; X-Axis; Y-Axis; Z-Axis; Sensor Type; Sensor ID
"""
FALL = "UMAFall_Subject_01_Fall_backwardFall_1_2016-06-13_20-51-32.csv"
WALK = "UMAFall_Subject_01_ADL_Walking_2_2016-06-13_20-23-52.csv"


def rows(waist=2, count=100):
    lines = []
    for n in range(count):
        y = -3.0 if n == 60 else -1.0
        lines.append(f"{50 * n};{2 * n};0.0;{y};0.0;0;{waist}")
        lines.append(f"{50 * n + 25};{2 * n + 1};{n}.0;0.0;0.0;1;{waist}")
        lines.append(f"{50 * n + 3};{n};9.0;9.0;9.0;0;4")
        lines.append(f"{50 * n + 30};{n};9.0;9.0;9.0;2;{waist}")
    return "\n".join(lines) + "\n"


def read(folder):
    reader = dataset("umafall")
    return reader.read(reader.find(folder)[0])


def test_the_waist_named_by_the_header_is_read_in_si(tmp_path):
    (tmp_path / FALL).write_text(HEADER + rows())
    trial = read(tmp_path)
    assert len(trial.time_s) == 100
    assert np.diff(trial.time_s) == pytest.approx(0.05)
    assert trial.accel_mps2[0] == pytest.approx([0.0, -9.80665, 0.0])
    assert trial.impact_s == pytest.approx(3.0)
    assert trial.activity.is_fall


def test_another_id_for_the_waist_is_followed(tmp_path):
    (tmp_path / FALL).write_text(HEADER.replace("; 2; WAIST", "; 3; waist") + rows(waist=3))
    assert len(read(tmp_path).time_s) == 100


def test_angular_rates_are_read_between_their_own_times(tmp_path):
    (tmp_path / FALL).write_text(HEADER + rows())
    assert np.rad2deg(read(tmp_path).gyro_radps[10, 0]) == pytest.approx(9.5)


def test_walking_is_walking_and_crlf_and_bom_are_borne(tmp_path):
    (tmp_path / WALK).write_bytes((HEADER + rows()).replace("\n", "\r\n").encode("utf-8-sig"))
    trial = read(tmp_path)
    assert trial.walking.all()
    assert trial.impact_s is None
    assert trial.subject == "Subject_01"


def test_rows_out_of_order_and_repeated_are_put_in_order(tmp_path):
    lines = rows().splitlines()
    (tmp_path / FALL).write_text(HEADER + "\n".join([*lines[40:], *lines[:60]]) + "\n")
    assert np.all(np.diff(read(tmp_path).time_s) > 0)


def test_a_trial_without_a_waist_sensor_is_left_out(tmp_path):
    (tmp_path / FALL).write_text(HEADER.replace("WAIST", "WRIST") + rows())
    (tmp_path / WALK).write_text(HEADER + rows())
    assert [file.activity for file in dataset("umafall").find(tmp_path)] == ["Walking"]


@pytest.mark.parametrize(
    ("text", "words"),
    [(HEADER + "1;2;3\n", "seven"), (HEADER + "0;0;x;0;0;0;2\n", "numbers"), (HEADER + "0;0;0;1;0;0;2\n" * 3, "no")],
)
def test_a_malformed_file_is_named_with_what_is_wrong(tmp_path, text, words):
    (tmp_path / FALL).write_text(text)
    with pytest.raises(RecordingError, match=words) as caught:
        read(tmp_path)
    assert FALL in str(caught.value)


def test_decimal_commas_are_borne(tmp_path):
    (tmp_path / WALK).write_text(HEADER + rows().replace(".", ","), encoding="utf-8-sig")
    assert read(tmp_path).accel_mps2[0] == pytest.approx([0.0, -9.80665, 0.0])
