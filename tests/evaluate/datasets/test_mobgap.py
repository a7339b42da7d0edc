import numpy as np
import pytest
from scipy.io import savemat

from sternway.errors import RecordingError
from sternway.evaluate.datasets import dataset


def bout(contacts, offs):
    return {"InitialContact_Event": np.array(contacts), "FinalContact_Event": np.array(offs)}


def write(folder, bouts, name="HA-001-data.mat"):
    sensor = {"Acc": np.tile([1.0, 0.0, 0.0], (500, 1)), "Gyr": np.tile([0.0, 180.0, 0.0], (500, 1))}
    trial = {"SU": {"LowerBack": sensor}, "Standards": {"INDIP": {"ContinuousWalkingPeriod": bouts}}}
    blind = {"SU": {"LowerBack": sensor}, "Standards": {"Stereophoto": {}}}
    tests = {"Test5": {"Trial1": trial, "Trial2": blind}, "Recreation": {}}
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    savemat(folder / name, {"data": {"TimeMeasure1": tests}})


def test_contacts_of_all_bouts_are_read_once_and_without_holes(tmp_path):
    write(tmp_path, [bout([1.0, 1.0, np.nan, 1.6], [1.2]), bout([3.0, 3.5, 4.1], [3.2])])
    reader = dataset("mobgap")
    files = reader.find(tmp_path)
    assert [file.name for file in files] == ["HA-001-Test5-Trial1"]
    trial = reader.read(files[0])
    assert trial.gait.contacts_s.tolist() == [1.0, 1.6, 3.0, 3.5, 4.1]
    assert trial.gait.bouts_s == ((1.0, 1.6), (3.0, 4.1))
    assert trial.gait.foot_offs_s.tolist() == [1.2, 3.2]
    assert trial.accel_mps2[0] == pytest.approx([9.80665, 0, 0])
    assert trial.gyro_radps[0] == pytest.approx([0, np.pi, 0])


def test_a_single_bout_is_a_bout_too(tmp_path):
    write(tmp_path, bout([1.0, 1.5], []))
    reader = dataset("mobgap")
    assert reader.read(reader.find(tmp_path)[0]).gait.bouts_s == ((1.0, 1.5),)


def test_what_is_no_data_file_is_named(tmp_path):
    with pytest.raises(RecordingError, match=r"HA-001-data\.mat"):
        dataset("mobgap").find(tmp_path)
    (tmp_path / "XX-data.mat").write_bytes(b"no")
    with pytest.raises(RecordingError, match=r"XX-data\.mat"):
        dataset("mobgap").find(tmp_path)


def test_the_folders_of_the_package_name_the_person(tmp_path):
    write(tmp_path, bout([1.0, 1.5], []), "lab/MS/001/data.mat")
    reader = dataset("mobgap")
    for folder in (tmp_path, tmp_path / "lab", tmp_path / "lab" / "MS" / "001"):
        (file,) = reader.find(folder)
        assert (file.name, file.subject) == ("MS-001-Test5-Trial1", "MS-001")
    assert reader.read(file).gait.bouts_s == ((1.0, 1.5),)
