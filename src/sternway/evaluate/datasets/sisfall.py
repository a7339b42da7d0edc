"""SisFall: falls and daily activities of 38 people, a sensor on the belt buckle.

A. Sucerquia, J.D. Lopez, J.F. Vargas-Bonilla, "SisFall: A Fall and Movement Dataset", Sensors 17(1):198, 2017,
doi:10.3390/s17010198, from http://sistemic.udea.edu.co/en/research/projects/english-falls/. Labels a sample
(0 background, 1 alert, 2 fall): M. Musci et al., "Online Fall Detection Using Recurrent Neural Networks on Smart
Wearable Devices", IEEE Trans. Emerging Topics in Computing, 2021, doi:10.1109/TETC.2020.3027454.

Layout ``S?NN/<code>_<subject>_R<trial>.txt``: 200 Hz, nine integer columns: ADXL345 acceleration xyz
(g = n * 32 / 8192), ITG3200 angular rate xyz (deg/s = n * 4000 / 65536), MMA8451Q acceleration xyz, which is not used
(its range of 8 g clips falls). Standing reads about (0, -1, -0.2) g: y points down, z forward.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sternway.errors import RecordingError
from sternway.evaluate.datasets.text import fitted, text_of
from sternway.evaluate.trial import Activity, Trial, TrialFile, impact_time_s
from sternway.samples import GRAVITY_MPS2, Floats

RATE_HZ = 200.0
_NAME = re.compile(r"([DF]\d\d)_(S[AE]\d\d)_R(\d\d)\.txt", re.IGNORECASE)
_MPS2 = 32.0 / 8192.0 * GRAVITY_MPS2
_RADPS = np.deg2rad(4000.0 / 65536.0)
_DAILY = {
    "D01": "walking slowly",
    "D02": "walking quickly",
    "D03": "jogging slowly",
    "D04": "jogging quickly",
    "D05": "stairs up and down, slowly",
    "D06": "stairs up and down, quickly",
    "D07": "half-height chair, slowly",
    "D08": "half-height chair, quickly",
    "D09": "low chair, slowly",
    "D10": "low chair, quickly",
    "D11": "collapsing back into a chair",
    "D12": "lying down slowly",
    "D13": "lying down quickly",
    "D14": "rolling over while lying",
    "D15": "bending at the knees",
    "D16": "bending without the knees",
    "D17": "getting in and out of a car",
    "D18": "stumbling while walking",
    "D19": "jumping gently",
}
_FALLS = {
    "F01": "forward, slip while walking",
    "F02": "backward, slip while walking",
    "F03": "lateral, slip while walking",
    "F04": "forward, trip while walking",
    "F05": "forward, trip while jogging",
    "F06": "vertical, fainting while walking",
    "F07": "fainting while walking, hands on a table",
    "F08": "forward, when getting up",
    "F09": "lateral, when getting up",
    "F10": "forward, when sitting down",
    "F11": "backward, when sitting down",
    "F12": "lateral, when sitting down",
    "F13": "forward, fainting while sitting",
    "F14": "backward, fainting while sitting",
    "F15": "lateral, fainting while sitting",
}
_SECONDS = {"D01": 100.0, "D02": 100.0, "D03": 100.0, "D04": 100.0, "D05": 25.0, "D06": 25.0, "D17": 25.0}
"""What the authors give; 12 s for other daily activities, 15 s for falls."""

_FROM_GAIT = {f"F{number:02d}" for number in range(1, 8)}


class SisFall:
    """Reads SisFall version 1.0 and, where given, its labels a sample."""

    name = "sisfall"
    licence = "free for research, as its authors state; no sample is part of Sternway"
    activities: Mapping[str, Activity] = {
        code: Activity(code, words, is_stumble=code == "D18", is_walking=code in {"D01", "D02"})
        for code, words in _DAILY.items()
    } | {code: Activity(code, words, is_fall=True, from_gait=code in _FROM_GAIT) for code, words in _FALLS.items()}

    def find(self, folder: Path, labels: Path | None = None) -> list[TrialFile]:
        """Return the trials; ``labels`` is the folder of the label files, by default ``labels`` in ``folder``."""
        labels = labels or (folder / "labels" if (folder / "labels").is_dir() else None)
        files = []
        for path in sorted(folder.glob("S[AE]*/*.txt")):
            match = _NAME.fullmatch(path.name)
            if match and match[1].upper() in self.activities:
                label = _label_file(labels, path)
                files.append(TrialFile(path, path.stem, match[2].upper(), match[1].upper(), label))
        if not files:
            raise RecordingError(f"{folder}: no SisFall files such as SA01/D01_SA01_R01.txt in it")
        return files

    def read(self, file: TrialFile) -> Trial:
        """Return one trial; the span labelled *alert* is that of a stumble, *alert* and *fall* that of a fall."""
        table = _table(file.path)
        time_s = np.arange(len(table)) / RATE_HZ
        accel = table[:, 0:3] * _MPS2
        activity = self.activities[file.activity]
        labels, remarks = _labels(file.labels, len(table)) if file.labels else (None, ())
        alert_s = _span_s(labels > 0) if labels is not None and (activity.is_fall or activity.is_stumble) else None
        fall_s = _span_s(labels == 2) if labels is not None and activity.is_fall else None
        return Trial(
            name=file.name,
            subject=file.subject,
            activity=activity,
            rate_hz=RATE_HZ,
            time_s=time_s,
            accel_mps2=accel,
            gyro_radps=table[:, 3:6] * _RADPS,
            walking=np.full(len(table), activity.is_walking),
            impact_s=impact_time_s(time_s, accel, fall_s) if activity.is_fall else None,
            alert_s=alert_s,
            peak_s=impact_time_s(time_s, accel) if activity.is_stumble and alert_s is None else None,
            remarks=(*remarks, *_length_remarks(file, len(table))),
        )


def _label_file(labels: Path | None, path: Path) -> Path | None:
    """Return the label file of ``path`` where there is one."""
    file = labels / path.parent.name / path.name if labels else None
    return file if file and file.is_file() else None


def _table(path: Path) -> Floats:
    """Return the rows (n, 9) of whole numbers in ``path``."""
    words = text_of(path).replace(";", " ").replace(",", " ").split()
    try:
        values = np.array(words, dtype=np.float64)
    except ValueError as error:
        raise RecordingError(f"{path}: holds something other than numbers ({error})") from error
    if not len(values) or len(values) % 9:
        raise RecordingError(f"{path}: {len(values)} numbers are not whole rows of nine; is the file cut off?")
    return values.reshape(-1, 9)


def _labels(path: Path, count: int) -> tuple[Floats, tuple[str, ...]]:
    """Return the ``count`` labels in ``path``, and a remark where they had to be made as many."""
    try:
        labels = np.array(text_of(path).split(), dtype=np.float64)
    except ValueError as error:
        raise RecordingError(f"{path}: a label is not a number ({error})") from error
    return fitted(labels, count, path)


def _length_remarks(file: TrialFile, count: int) -> tuple[str, ...]:
    """Return a remark where a trial is far from as long as its activity lasts at 200 Hz."""
    seconds, expected_s = count / RATE_HZ, _SECONDS.get(file.activity, 15.0 if file.activity in _FALLS else 12.0)
    if 0.4 < seconds / expected_s < 2.5:
        return ()
    return (f"{file.path}: lasts {seconds:.1f} s at {RATE_HZ:g} Hz, its activity about {expected_s:g} s",)


def _span_s(marked: NDArray[np.bool_]) -> tuple[float, float] | None:
    """Return the span from the first to the last marked sample."""
    rows = np.flatnonzero(marked)
    return (float(rows[0]) / RATE_HZ, float(rows[-1] + 1) / RATE_HZ) if len(rows) else None
