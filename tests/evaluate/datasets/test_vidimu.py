import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from sternway.errors import RecordingError
from sternway.evaluate.datasets import dataset
from sternway.samples import GRAVITY_MPS2

HEAD = "DataRate=50\nDataType=Quaternion\nversion=3\nOpenSimVersion=4.3\nendheader\n"
SENSORS = ("pelvis_imu", "tibia_r_imu", "tibia_l_imu")
UPRIGHT = Rotation.from_euler("y", -90, degrees=True)  # the sensor's x points up
TIME_S = np.arange(0.0, 12.0, 0.02)


def swings(phase_s, stride_s=1.2):
    """A leg that swings: fast forward for a third of the stride, slowly back."""
    part = ((TIME_S - phase_s) / stride_s) % 1.0
    rate = np.where(part < 0.33, np.sin(np.pi * part / 0.33) * 4.0, -1.25)
    return Rotation.from_rotvec(np.outer(np.cumsum(rate - rate.mean()) * 0.02, [0.0, 0.0, 1.0]))


def write(folder, sensors=SENSORS, head=HEAD):
    pelvis = Rotation.from_rotvec(np.outer(0.1 * np.sin(2 * np.pi * TIME_S / 1.2), [0.0, 0.0, 1.0])) * UPRIGHT
    turns = {"pelvis_imu": pelvis, "tibia_r_imu": swings(0.0) * UPRIGHT, "tibia_l_imu": swings(0.6) * UPRIGHT}
    columns = [turns[name].as_quat()[:, [3, 0, 1, 2]] for name in sensors]
    lines = ["time\t" + "\t".join(sensors), "0.0\t" + "\t".join(["1,0,0,0"] * len(sensors))]
    for at, *cells in zip(TIME_S + 0.02, *columns, strict=True):
        lines.append(f"{at:.2f}\t" + "\t".join(",".join(f"{x:.9f}" for x in cell) for cell in cells))
    (folder / "S40_A02_T01.sto").write_text(head + "\n".join(lines) + "\n")


def read(folder):
    reader = dataset("vidimu")
    return reader.read(reader.find(folder)[0])


def test_gravity_stands_in_for_acceleration_and_the_neutral_pose_is_left_out(tmp_path):
    write(tmp_path)
    trial = read(tmp_path)
    assert len(trial.time_s) == len(TIME_S)
    assert trial.time_s[0] == 0.0
    assert np.allclose(trial.accel_mps2, [GRAVITY_MPS2, 0.0, 0.0], atol=1e-3)


def test_the_pelvis_turns_about_the_vertical(tmp_path):
    write(tmp_path)
    rate = read(tmp_path).gyro_radps[50:-50]
    assert np.abs(rate[:, 0]).max() == pytest.approx(0.1 * 2 * np.pi / 1.2, rel=0.02)
    assert np.abs(rate[:, 1:]).max() < 1e-3


def test_each_leg_swings_once_a_stride_in_turn_with_the_other(tmp_path):
    write(tmp_path)
    left, right = read(tmp_path).gait.swings_s
    assert np.median(np.diff(left)) == pytest.approx(1.2, abs=0.021)
    assert np.median(left - right[: len(left)]) == pytest.approx(0.6, abs=0.05)


def test_what_is_no_recording_is_named(tmp_path):
    with pytest.raises(RecordingError, match=r"S40_A02_T01\.sto"):
        dataset("vidimu").find(tmp_path)
    write(tmp_path, SENSORS[:2])
    with pytest.raises(RecordingError, match="tibia_l_imu"):
        read(tmp_path)
    write(tmp_path, head=HEAD.replace("Quaternion", "Euler"))
    with pytest.raises(RecordingError, match="not an OpenSim file of quaternions"):
        read(tmp_path)
