"""UMAFall: falls and daily activities of 19 people with several sensors; the one on the waist is read.

E. Casilari, J.A. Santoyo-Ramon, J.M. Cano-Garcia, "UMAFall: A Multisensor Dataset for the Research on Automatic Fall
Detection", Procedia Computer Science 110:32-39, 2017, doi:10.1016/j.procs.2017.06.110, from
doi:10.6084/m9.figshare.4214283 (CC BY 4.0).

Layout, one file a trial, ``UMAFall_Subject_01_Fall_backwardFall_1_2016-06-13_20-51-32.csv``: header lines begin
with ``%`` and name the sensors (``%<address>; 2; WAIST; SensorTag``), then ``;``-separated rows: time in ms, sample
number, x, y, z, sensor type (0 acceleration in g, 1 angular rate in deg/s, 2 magnetic field), sensor id. The waist
sensor gives about 20 Hz, acceleration and angular rate at times of their own: the rates are read on the times of the
accelerations. Impacts are not labelled: the largest acceleration of a fall counts as its impact.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from sternway.errors import RecordingError
from sternway.evaluate.datasets.text import number, text_of
from sternway.evaluate.trial import Activity, Trial, TrialFile, impact_time_s
from sternway.samples import GRAVITY_MPS2, Floats

RATE_HZ = 20.0
_NAME = re.compile(r"UMAFall_Subject_0*(\d+)_(ADL|Fall)_(.+?)_(\d+)(?:_[\d_-]+)?\.csv", re.IGNORECASE)
_POSITION = "WAIST"
_ACCEL, _GYRO = 0, 1
_WORDS = {
    "Walking": "walking",
    "Jogging": "jogging",
    "Bending": "bending",
    "Hopping": "hopping",
    "GoUpstairs": "walking upstairs",
    "GoDownstairs": "walking downstairs",
    "LyingDown_OnABed": "lying down on a bed",
    "Sitting_GettingUpOnAChair": "sitting down and getting up",
    "Aplausing": "clapping",
    "HandsUp": "raising the hands",
    "MakingACall": "making a call",
    "OpeningDoor": "opening a door",
    "forwardFall": "forward",
    "backwardFall": "backward",
    "lateralFall": "lateral",
}


def _activity(code: str) -> Activity:
    return Activity(code, _WORDS[code], is_fall=code.endswith("Fall"), is_walking=code == "Walking")


class UmaFall:
    """Reads UMAFall, the waist sensor of every trial that has one."""

    name = "umafall"
    licence = "CC BY 4.0"
    activities: Mapping[str, Activity] = {code: _activity(code) for code in _WORDS}

    def find(self, folder: Path, labels: Path | None = None) -> list[TrialFile]:  # noqa: ARG002 (it has no labels)
        """Return the trials that have a sensor on the waist; the others are left out."""
        known = {code.lower(): code for code in self.activities}
        files = []
        for path in sorted(folder.rglob("*.csv")):
            match = _NAME.fullmatch(path.name)
            if match and match[3].lower() in known and waist_id(path) is not None:
                files.append(TrialFile(path, path.stem, f"Subject_{int(match[1]):02d}", known[match[3].lower()]))
        if not files:
            raise RecordingError(
                f"{folder}: no UMAFall files such as UMAFall_Subject_01_ADL_Walking_1_2016-06-13_20-23-52.csv with a "
                "WAIST sensor in it"
            )
        return files

    def read(self, file: TrialFile) -> Trial:
        """Return one trial, its angular rates interpolated to the times of its accelerations."""
        waist = waist_id(file.path)
        rows = _rows(file.path)
        accel, gyro = (_stream(rows, waist, kind, file.path) for kind in (_ACCEL, _GYRO))
        time_s = accel[:, 0] / 1000.0
        rates = np.column_stack([np.interp(accel[:, 0], gyro[:, 0], gyro[:, axis]) for axis in (1, 2, 3)])
        accel_mps2 = accel[:, 1:] * GRAVITY_MPS2
        activity = self.activities[file.activity]
        time_s = time_s - time_s[0]
        return Trial(
            name=file.name,
            subject=file.subject,
            activity=activity,
            rate_hz=RATE_HZ,
            time_s=time_s,
            accel_mps2=accel_mps2,
            gyro_radps=np.deg2rad(rates),
            walking=np.full(len(time_s), activity.is_walking),
            impact_s=impact_time_s(time_s, accel_mps2) if activity.is_fall else None,
        )


def waist_id(path: Path) -> int | None:
    """Return the id that the header gives the sensor on the waist; ``None`` when it names none."""
    with path.open(encoding="utf-8-sig", errors="replace") as stream:
        for line in stream:
            if not line.strip():
                continue
            if not line.lstrip().startswith("%"):
                return None
            cells = [cell.strip() for cell in re.split(r"[;,]", line.lstrip().lstrip("%"))]
            if _POSITION in (cell.upper() for cell in cells):
                return next((int(cell) for cell in cells if cell.isdigit()), None)
    return None


def _rows(path: Path) -> Floats:
    """Return the rows (n, 7) after the header."""
    lines = text_of(path).splitlines()
    words = [
        line.strip().rstrip(";").split(";") for line in lines if line.strip() and not line.lstrip().startswith("%")
    ]
    rows = [row for row in words if not row[0].strip()[:1].isalpha()]
    try:
        table = np.array([[number(cell) for cell in row] for row in rows], dtype=np.float64)
    except ValueError as error:
        raise RecordingError(f"{path}: a row is short or holds something other than numbers ({error})") from error
    if table.ndim != 2 or table.shape[1] != 7:
        raise RecordingError(f"{path}: its rows are not seven numbers each; is the file cut off?")
    return table


def _stream(rows: Floats, sensor: int | None, kind: int, path: Path) -> Floats:
    """Return time in ms and xyz (n, 4) of one sensor and kind, in time order, each time once."""
    chosen: Floats = rows[(rows[:, 6] == sensor) & (rows[:, 5] == kind)][:, [0, 2, 3, 4]]
    if len(chosen) < 2:
        what = "acceleration" if kind == _ACCEL else "angular rate"
        raise RecordingError(f"{path}: the sensor on the waist (id {sensor}) has no {what}")
    _, first = np.unique(chosen[:, 0], return_index=True)
    ordered: Floats = chosen[first]
    return ordered
