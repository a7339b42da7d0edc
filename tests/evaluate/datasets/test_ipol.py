import json

import numpy as np
import pytest

from sternway.errors import RecordingError
from sternway.evaluate.datasets import dataset

HEAD = "Acquisition frequency: 100 Hz\nPacketCounter\tAcc_X\tAcc_Y\tAcc_Z\tGyr_X\tGyr_Y\tGyr_Z\tMag_X\tMag_Y\tMag_Z\n"


def write(folder, counters, events=None):
    rows = [[float(counter), 9.8, 0.0, 0.0, 0.1, 0.0, 0.0, 0.0, 0.0, 0.0] for counter in counters]
    (folder / "3-2_lb.txt").write_text(HEAD + "\n".join("\t".join(map(str, row)) for row in rows) + "\n")
    plain = {
        "TrialBoundaries": [10, 190],
        "UTurnBoundaries": [90, 110],
        "LeftFootEvents": [[10, 40], [120, 150]],
        "RightFootEvents": [[60, 85]],
    }
    (folder / "3-2.json").write_text(json.dumps(plain if events is None else events))


def read(folder):
    reader = dataset("ipol")
    return reader.read(reader.find(folder)[0])


def test_the_packet_counter_is_the_clock_for_packets_were_dropped(tmp_path):
    write(tmp_path, [*range(50), *range(58, 200)])
    trial = read(tmp_path)
    assert len(trial.time_s) == 192
    assert trial.time_s[50] == pytest.approx(0.58)
    assert trial.gait.contacts_s[1] == pytest.approx(0.85)


def test_a_packet_that_came_twice_counts_once(tmp_path):
    write(tmp_path, [0, 1, 2, 2, 3])
    assert read(tmp_path).time_s.tolist() == [0.0, 0.01, 0.02, 0.03]


def test_the_second_index_of_a_foot_event_is_the_contact_and_the_first_the_foot_off(tmp_path):
    write(tmp_path, range(200))
    gait = read(tmp_path).gait
    assert gait.contacts_s.tolist() == [0.4, 0.85, 1.5]
    assert gait.sides == ("left", "right", "left")
    assert gait.foot_offs_s.tolist() == [0.1, 0.6, 1.2]


def test_straight_walking_is_the_trial_less_the_turn(tmp_path):
    write(tmp_path, range(200))
    trial = read(tmp_path)
    assert trial.gait.bouts_s == ((0.1, 0.9), (1.1, 1.9))
    assert trial.walking_s == pytest.approx(1.6, abs=0.02)
    assert not trial.walking[(trial.time_s > 0.95) & (trial.time_s < 1.05)].any()
    assert np.all(trial.accel_mps2 == [9.8, 0.0, 0.0])


def test_what_is_no_trial_is_named(tmp_path):
    with pytest.raises(RecordingError, match=r"1-1_lb\.txt"):
        dataset("ipol").find(tmp_path)
    write(tmp_path, range(200), events={"TrialBoundaries": [1, 2]})
    with pytest.raises(RecordingError, match=r"3-2\.json: lacks LeftFootEvents"):
        read(tmp_path)
    (tmp_path / "3-2_lb.txt").write_text(HEAD + "1\tx\n")
    with pytest.raises(RecordingError, match="not a table of numbers"):
        read(tmp_path)
