import numpy as np
import pytest

from sternway.errors import RecordingError
from sternway.evaluate.datasets import dataset

LABELS = np.array([0] * 50 + [1] * 100 + [5] * 50)


def write_npz(folder, labels=LABELS):
    accel = np.tile([1.0, 0.0, 0.0], (200, 1)).astype(np.float32)
    gyro = np.tile([0.0, 180.0, 0.0], (200, 1)).astype(np.float32)
    np.savez(
        folder / "users.npz",
        user1_rec0_accel_g=accel,
        user1_rec0_gyro_dps=gyro,
        user1_rec0_label=labels.astype(np.int8),
    )


def write_text(folder):
    np.savetxt(folder / "acc_exp01_user01.txt", np.tile([1.0, 0.0, 0.0], (200, 1)))
    np.savetxt(folder / "gyro_exp01_user01.txt", np.tile([0.0, np.pi, 0.0], (200, 1)))
    (folder / "labels.txt").write_text("1 1 1 51 150\n1 1 5 151 200\n2 1 3 1 200\n")


@pytest.mark.parametrize("write", [write_npz, write_text])
def test_both_layouts_give_the_same_trial(tmp_path, write):
    write(tmp_path)
    reader = dataset("hapt")
    trial = reader.read(reader.find(tmp_path)[0])
    assert trial.accel_mps2[0] == pytest.approx([9.80665, 0, 0])
    assert trial.gyro_radps[0] == pytest.approx([0, np.pi, 0])
    assert [(s.start_s, s.end_s, s.activity.words) for s in trial.segments] == [
        (0.0, 1.0, "not labelled"),
        (1.0, 3.0, "walking"),
        (3.0, 4.0, "standing"),
    ]
    assert trial.walking_s == pytest.approx(2.0)
    assert trial.subject == "user1"


def test_arrays_that_do_not_match_are_named(tmp_path):
    write_npz(tmp_path, LABELS[:-3])
    reader = dataset("hapt")
    with pytest.raises(RecordingError, match="as many"):
        reader.read(reader.find(tmp_path)[0])


def test_a_label_too_few_is_read_with_a_remark(tmp_path):
    write_npz(tmp_path, LABELS[:-1])
    reader = dataset("hapt")
    trial = reader.read(reader.find(tmp_path)[0])
    assert trial.segments[-1].end_s == pytest.approx(4.0)
    assert "199 labels for 200 samples" in trial.remarks[0]


def test_decimal_commas_and_a_byte_order_mark_are_borne(tmp_path):
    write_text(tmp_path)
    for name in ("acc_exp01_user01.txt", "gyro_exp01_user01.txt"):
        text = (tmp_path / name).read_text().replace(".", ",")
        (tmp_path / name).write_text(text, encoding="utf-8-sig")
    reader = dataset("hapt")
    trial = reader.read(reader.find(tmp_path)[0])
    assert trial.accel_mps2[0] == pytest.approx([9.80665, 0, 0])
    assert trial.gyro_radps[0] == pytest.approx([0, np.pi, 0])


def test_a_missing_angular_rate_is_named(tmp_path):
    write_text(tmp_path)
    (tmp_path / "gyro_exp01_user01.txt").unlink()
    reader = dataset("hapt")
    with pytest.raises(RecordingError, match="gyro_exp01_user01"):
        reader.read(reader.find(tmp_path)[0])
