import numpy as np
import pytest

from sternway.errors import RecordingError
from sternway.evaluate.datasets import dataset
from sternway.evaluate.gait_score import evaluate
from sternway.samples import GRAVITY_MPS2

SIX = "CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation"
HEAD = f"HIERARCHY\nROOT joint_Root\n{{\n{SIX}\nJOINT Hips\n{{\n{SIX}\n}}\n}}\nMOTION\n"


def write(folder, hips, name="dataset-1_walk-back_old_001.bvh", head=HEAD):
    rows = "\n".join(" ".join(f"{value:.6f}" for value in [0.0] * 6 + list(row)) for row in hips)
    (folder / name).write_text(f"{head}Frames: {len(hips)}\nFrame Time: 0.0333333\n{rows}\n")


def hips(seconds=4.0, height_cm=3.0, hz=2.0, drift_cm=-80.0, turn_deg=90.0):
    at = np.arange(0.0, seconds, 1.0 / 30.0)
    up = 90.0 + height_cm * np.cos(2 * np.pi * hz * at)
    zeros = np.zeros_like(at)
    return np.column_stack((zeros, up, drift_cm * at, zeros + turn_deg, zeros, zeros))


def read(folder):
    reader = dataset("bandai")
    return reader.read(reader.find(folder)[0])


def test_bouncing_hips_feel_gravity_and_their_own_acceleration(tmp_path):
    write(tmp_path, hips())
    trial = read(tmp_path)
    inner = (trial.time_s > 0.7) & (trial.time_s < 3.2)
    peak = 0.03 * (2 * np.pi * 2.0) ** 2
    upward = trial.accel_mps2[inner, 0] - GRAVITY_MPS2
    assert upward.max() == pytest.approx(peak, rel=0.05)
    assert np.abs(trial.accel_mps2[inner, 1:]).max() < 0.05
    assert np.abs(trial.gyro_radps[inner]).max() < 1e-6


def test_the_name_says_which_way_and_the_hips_how_fast(tmp_path):
    write(tmp_path, hips())
    gait = read(tmp_path).gait
    assert gait.direction == -1
    assert gait.speed_mps == pytest.approx(0.8, rel=0.01)
    assert gait.usable


def test_styles_are_not_printed_as_people(tmp_path):
    for style in ("normal", "old"):
        write(tmp_path, hips(), f"dataset-1_walk-back_{style}_001.bvh")
    reader = dataset("bandai")
    _, table = evaluate(reader, reader.find(tmp_path), jobs=1)
    assert table.startswith("bandai: 2 trials, 2 styles (three actors), as recorded")


def test_a_one_second_loop_is_too_short_to_judge(tmp_path):
    write(tmp_path, hips(1.03), "dataset-1_walk_normal_002.bvh")
    gait = read(tmp_path).gait
    assert gait.direction == 1
    assert not gait.usable


def test_turning_hips_have_an_angular_rate(tmp_path):
    frames = hips()
    frames[:, 5] = 30.0 * np.arange(len(frames)) / 30.0
    write(tmp_path, frames)
    trial = read(tmp_path)
    middle = trial.gyro_radps[(trial.time_s > 1.5) & (trial.time_s < 2.5)]
    assert np.linalg.norm(middle, axis=1) == pytest.approx(np.radians(30.0), rel=0.02)


def test_what_is_no_clip_is_named(tmp_path):
    with pytest.raises(RecordingError, match="walk-back_old"):
        dataset("bandai").find(tmp_path)
    write(tmp_path, hips(), head=HEAD.replace("Hips", "Pelvis"))
    with pytest.raises(RecordingError, match="no joint named Hips"):
        read(tmp_path)
    write(tmp_path, hips(), head=HEAD.replace("Zrotation Xrotation Yrotation\n}", "Xrotation Yrotation Zrotation\n}"))
    with pytest.raises(RecordingError, match="position and Z X Y"):
        read(tmp_path)
    (tmp_path / "dataset-1_walk-back_old_001.bvh").write_text("HIERARCHY")
    with pytest.raises(RecordingError, match="is not a BVH file"):
        read(tmp_path)
