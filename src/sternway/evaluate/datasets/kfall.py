"""KFall: falls and daily activities of 32 young men, a sensor on the low back.

X. Yu, J. Jang, S. Xiong, "A Large-Scale Open Motion Dataset (KFall) and Benchmark Algorithms for Detecting Pre-impact
Fall of the Elderly Using Wearable Inertial Sensors", Frontiers in Aging Neuroscience 13:692865, 2021,
doi:10.3389/fnagi.2021.692865, on request from https://sites.google.com/view/kfalldataset.

Layout ``SA06/S06T01R01.csv``: 100 Hz, a header row, then TimeStamp(s), FrameCounter, AccX..Z in g, GyrX..Z in
deg/s, EulerX..Z in deg. Labels ``SA06_label.xlsx``: Task Code (Task ID) such as "F01 (20)" and Description on the
first row of a task only, then Trial ID, Fall_onset_frame, Fall_impact_frame, which count FrameCounter. Low back;
standing reads about (0, -1, 0) g. Folders and files are found wherever they lie under the folder given. Where the
labels are silent about a fall, its largest acceleration counts as its impact. Stumbles (task 10) have no labels: the
largest acceleration of the trial places them.
"""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from sternway.errors import RecordingError, SternwayError
from sternway.evaluate.datasets.text import MOST_OFF, number, text_of
from sternway.evaluate.trial import Activity, Trial, TrialFile, impact_time_s
from sternway.samples import GRAVITY_MPS2, Floats

RATE_HZ = 100.0
_NAME = re.compile(r"SA?0*(\d+)T0*(\d+)R0*(\d+)\.csv", re.IGNORECASE)
_LABEL_NAME = re.compile(r"SA?0*(\d+)_label\.xlsx", re.IGNORECASE)
_DAILY = {
    1: "standing for 30 s",
    2: "bending to tie a shoelace",
    3: "picking up an object",
    4: "jumping gently",
    5: "sitting on the ground",
    6: "walking with a turn",
    7: "walking quickly with a turn",
    8: "jogging with a turn",
    9: "jogging quickly with a turn",
    10: "stumbling while walking",
    11: "sitting for 30 s",
    15: "collapsing back into a chair",
    17: "lying for 30 s",
    18: "lying down",
    19: "lying down quickly",
}
_FALLS = {
    20: "forward, when sitting down",
    21: "backward, when sitting down",
    22: "lateral, when sitting down",
    23: "forward, when getting up",
    24: "lateral, when getting up",
    25: "forward, fainting while sitting",
    26: "lateral, fainting while sitting",
    27: "backward, fainting while sitting",
    28: "vertical, fainting while walking",
    29: "fainting while walking, hands dampen",
    30: "forward, trip while walking",
    31: "forward, trip while jogging",
    32: "forward, slip while walking",
    33: "lateral, slip while walking",
    34: "backward, slip while walking",
}
_WALKING, _STUMBLE, _FIRST_FROM_GAIT, _LAST = (6, 7), 10, 28, 36


def _activity(task: int) -> Activity:
    return Activity(
        code=f"T{task:02d}",
        words=_DAILY.get(task) or _FALLS.get(task) or "another daily activity",
        is_fall=task in _FALLS,
        is_stumble=task == _STUMBLE,
        is_walking=task in _WALKING,
        from_gait=task in _FALLS and task >= _FIRST_FROM_GAIT,
    )


class KFall:
    """Reads KFall: the sensor files and, where given, the label workbooks (extra ``[train]`` for openpyxl)."""

    name = "kfall"
    licence = "free for research on request to its authors; no sample is part of Sternway"
    activities: Mapping[str, Activity] = {f"T{task:02d}": _activity(task) for task in range(1, _LAST + 1)}

    def find(self, folder: Path, labels: Path | None = None) -> list[TrialFile]:
        """Return the trials; ``labels`` is the folder of the workbooks, by default anywhere under ``folder``."""
        books = _books(labels or folder)
        files = []
        for path in sorted(folder.rglob("*.csv")):
            match = _NAME.fullmatch(path.name)
            code = f"T{int(match[2]):02d}" if match else ""
            if match and code in self.activities:
                person = int(match[1])
                name = f"S{person:02d}{code}R{int(match[3]):02d}"
                files.append(TrialFile(path, name, f"SA{person:02d}", code, books.get(person), str(int(match[3]))))
        if not files:
            raise RecordingError(f"{folder}: no KFall files such as SA06/S06T01R01.csv in it")
        if labels is not None and not books:
            raise RecordingError(f"{labels}: no KFall labels such as SA06_label.xlsx in it")
        return sorted(files, key=lambda file: file.name)

    def read(self, file: TrialFile) -> Trial:
        """Return one trial; onset and impact come from the workbook where it names them."""
        time_s, frames, table, remarks = _table(file.path)
        activity = self.activities[file.activity]
        accel_mps2 = table[:, :3] * GRAVITY_MPS2
        onset = impact = None
        if file.labels and activity.is_fall:
            onset, impact = falls_in(file.labels).get((int(file.activity[1:]), int(file.member)), (None, None))
        onset_s, impact_s = (_time_of(frame, frames, time_s, file) for frame in (onset, impact))
        if activity.is_fall and impact_s is None:
            impact_s = impact_time_s(time_s, accel_mps2)
        return Trial(
            name=file.name,
            subject=file.subject,
            activity=activity,
            rate_hz=RATE_HZ,
            time_s=time_s,
            accel_mps2=accel_mps2,
            gyro_radps=np.deg2rad(table[:, 3:]),
            walking=np.full(len(time_s), activity.is_walking),
            onset_s=onset_s,
            impact_s=impact_s,
            peak_s=impact_time_s(time_s, accel_mps2) if activity.is_stumble else None,
            remarks=remarks,
        )


@lru_cache(maxsize=64)
def falls_in(path: Path) -> dict[tuple[int, int], tuple[float | None, float | None]]:
    """Return the onset and impact frames in a label workbook, by task and trial number."""
    rows = _workbook(path)
    heading, columns = _heading(rows, path)
    found: dict[tuple[int, int], tuple[float | None, float | None]] = {}
    task: int | None = None
    for row in rows[heading + 1 :]:
        cells = {name: row[column] if column < len(row) else None for name, column in columns.items()}
        task = _task(cells["task"], task, path)
        trial = re.search(r"\d+", str(cells["trial"]))
        if task is not None and trial:
            found[task, int(trial[0])] = (_number(cells["onset"]), _number(cells["impact"]))
    return found


def _books(folder: Path) -> dict[int, Path]:
    matches = [(_LABEL_NAME.fullmatch(path.name), path) for path in sorted(folder.rglob("*.xlsx"))]
    return {int(match[1]): path for match, path in matches if match}


def _workbook(path: Path) -> list[Sequence[Any]]:
    try:
        import openpyxl  # noqa: PLC0415
    except ImportError as error:
        raise SternwayError(
            "reading KFall's labels needs openpyxl: pip install '.[train]' in a copy of the repository"
        ) from error
    try:
        book = openpyxl.load_workbook(path, read_only=False, data_only=True)
    except Exception as error:
        raise RecordingError(f"{path}: not a readable .xlsx workbook ({error})") from error
    return list(book.worksheets[0].iter_rows(values_only=True)) if book.worksheets else []


def _heading(rows: Sequence[Sequence[Any]], path: Path) -> tuple[int, dict[str, int]]:
    """Return the row of the column titles and where each wanted column is, whatever its case and spacing."""
    wanted = {"task": "taskcode", "trial": "trialid", "onset": "onset", "impact": "impact"}
    for place, row in enumerate(rows[:10]):
        titles = [_plain(cell) for cell in row]
        columns = {
            name: next((column for column, title in enumerate(titles) if part in title), -1)
            for name, part in wanted.items()
        }
        if -1 not in columns.values():
            return place, columns
    raise RecordingError(
        f"{path}: no row of titles with Task Code (Task ID), Trial ID, Fall_onset_frame and Fall_impact_frame"
    )


def _task(cell: object, before: int | None, path: Path) -> int | None:
    """Return the task number: the one in brackets, the row above's where the cell is empty."""
    if cell is None or not str(cell).strip():
        return before
    match = re.search(r"\(\s*T?0*(\d+)\s*\)", str(cell)) or re.fullmatch(r"\s*T?0*(\d+)(?:\.0)?\s*", str(cell))
    if not match:
        raise RecordingError(f"{path}: {cell!r} names no task such as F01 (20)")
    return int(match[1])


def _number(cell: object) -> float | None:
    try:
        value = float(str(cell))
    except ValueError:
        return None
    return value if np.isfinite(value) else None


def _plain(cell: object) -> str:
    return re.sub(r"[^a-z0-9]", "", str(cell).lower())


def _time_of(frame: float | None, frames: Floats, time_s: Floats, file: TrialFile) -> float | None:
    """Return the time at a frame; frames are values of FrameCounter, or row numbers where it does not reach them."""
    if frame is None:
        return None
    if frames[0] <= frame <= frames[-1]:
        return float(np.interp(frame, frames, time_s))
    if frames[-1] < frame <= frames[-1] + MOST_OFF:
        return float(time_s[-1])
    if 0 <= frame < len(time_s):
        return float(time_s[int(frame)])
    raise RecordingError(f"{file.path}: the labels name frame {frame:g}, but it ends at {frames[-1]:g}")


def _table(path: Path) -> tuple[Floats, Floats, Floats, tuple[str, ...]]:
    """Return time (n,) from 0, frames (n,), acceleration with angular rate (n, 6) as written, and what is odd."""
    rows = _cells(path)
    columns = _columns(rows[0] if rows else (), path)
    try:
        table = np.array([[number(row[column]) for column in columns] for row in rows[1:]], dtype=np.float64)
    except (ValueError, IndexError) as error:
        raise RecordingError(f"{path}: a row is short or holds something other than numbers ({error})") from error
    if len(table) < 2:
        raise RecordingError(f"{path}: {len(table)} samples; is the file cut off?")
    frames = table[:, 1]
    if not np.all(np.diff(frames) > 0):
        frames = np.arange(len(table), dtype=np.float64)
    stamps = table[:, 0] - table[0, 0]
    period_s = float(np.median(np.diff(stamps)))
    if np.all(np.diff(stamps) > 0) and np.isclose(period_s, 1 / RATE_HZ, rtol=0.2):
        return stamps, frames, table[:, 2:], ()
    remark = f"{path}: its time stamps are {period_s:g} apart, not {1 / RATE_HZ:g} s; the frames are counted instead"
    return (frames - frames[0]) / RATE_HZ, frames, table[:, 2:], (remark,)


def _cells(path: Path) -> list[list[str]]:
    """Return the rows of cells, parted by what the first row is parted by; decimals may have a comma."""
    lines = [line for line in text_of(path).splitlines() if line.strip(" ,;\t")]
    part = next((mark for mark in ";\t" if lines and mark in lines[0]), ",")
    rows = list(csv.reader(lines, delimiter=part))
    if any(len(row) > len(rows[0]) + 1 for row in rows):
        raise RecordingError(
            f"{path}: a row has more cells than titles; are its decimals parted by the same comma as its cells?"
        )
    return rows


def _columns(titles: Iterable[str], path: Path) -> list[int]:
    """Return where time, frame, acceleration xyz and angular rate xyz are, whatever the case and spacing."""
    plain = [_plain(title) for title in titles]
    wanted = ("timestamp", "framecounter", "accx", "accy", "accz", "gyrx", "gyry", "gyrz")
    found = [next((column for column, title in enumerate(plain) if title.startswith(name)), -1) for name in wanted]
    if -1 in found:
        missing = ", ".join(name for name, column in zip(wanted, found, strict=True) if column < 0)
        raise RecordingError(f"{path}: its first row does not name {missing}")
    return found
