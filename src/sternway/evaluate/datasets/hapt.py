"""HAPT: people going through postures, walking and stairs without a break, a phone on the waist.

J.-L. Reyes-Ortiz, L. Oneto, A. Sama, X. Parra, D. Anguita, "Transition-Aware Human Activity Recognition Using
Smartphones", Neurocomputing 171:754-767, 2016, doi:10.1016/j.neucom.2015.07.085, from the UCI repository,
"Smartphone-Based Recognition of Human Activities and Postural Transitions", doi:10.24432/C54G7M.

Layouts: UCI's ``RawData`` (``acc_exp01_user01.txt`` in g, ``gyro_exp01_user01.txt`` in rad/s, ``labels.txt`` with
experiment, user, activity, first and last sample from 1), or one ``.npz`` with ``user<u>_rec<k>_accel_g``,
``_gyro_dps`` and ``_label``. 50 Hz; standing reads about (+1, 0, 0) g. Nobody falls and nobody stumbles here.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sternway.errors import RecordingError
from sternway.evaluate.datasets.text import fitted, number, text_of
from sternway.evaluate.trial import Activity, Segment, Trial, TrialFile
from sternway.samples import GRAVITY_MPS2, Floats

RATE_HZ = 50.0
WALKING = 1
_WORDS = (
    "not labelled",
    "walking",
    "walking upstairs",
    "walking downstairs",
    "sitting",
    "standing",
    "lying",
    "stand to sit",
    "sit to stand",
    "sit to lie",
    "lie to sit",
    "stand to lie",
    "lie to stand",
)
_ACTIVITIES = tuple(Activity(f"A{n:02d}", words, is_walking=n == WALKING) for n, words in enumerate(_WORDS))
_PROTOCOL = Activity("all", "the whole protocol without a break")
_RAW = re.compile(r"acc_exp(\d+)_user(\d+)\.txt", re.IGNORECASE)
_MEMBER = re.compile(r"user(\d+)_rec(\d+)_accel_g")


class Hapt:
    """Reads HAPT, from UCI's raw files or from one ``.npz``."""

    name = "hapt"
    licence = "CC BY 4.0 (UCI)"
    activities: Mapping[str, Activity] = {activity.code: activity for activity in (*_ACTIVITIES, _PROTOCOL)}

    def find(self, folder: Path, labels: Path | None = None) -> list[TrialFile]:
        """Return the recordings; ``labels`` may name another ``labels.txt``."""
        files = [file for path in sorted(folder.glob("*.npz")) for file in _members(path)]
        for path in sorted(folder.rglob("acc_exp*_user*.txt")):
            match = _RAW.fullmatch(path.name)
            if match:
                name = f"user{int(match[2])}_exp{int(match[1])}"
                files.append(TrialFile(path, name, f"user{int(match[2])}", _PROTOCOL.code, labels, match[1]))
        if not files:
            raise RecordingError(f"{folder}: neither acc_exp01_user01.txt nor an .npz of HAPT in it")
        return files

    def read(self, file: TrialFile) -> Trial:
        """Return one recording with its activities as segments."""
        accel_g, gyro_radps, labels = _from_npz(file) if file.path.suffix == ".npz" else _from_text(file)
        if not len(accel_g) or accel_g.shape != gyro_radps.shape:
            raise RecordingError(
                f"{file.path}: {accel_g.shape} accelerations, {gyro_radps.shape} angular rates; they must be as many"
            )
        fitting, remarks = fitted(labels.astype(np.float64), len(accel_g), file.path)
        labels = fitting.astype(np.int64)
        time_s = np.arange(len(accel_g)) / RATE_HZ
        return Trial(
            name=file.name,
            subject=file.subject,
            activity=_PROTOCOL,
            rate_hz=RATE_HZ,
            time_s=time_s,
            accel_mps2=accel_g * GRAVITY_MPS2,
            gyro_radps=gyro_radps,
            walking=labels == WALKING,
            segments=_segments(labels),
            remarks=remarks,
        )


def _members(path: Path) -> list[TrialFile]:
    """Return the recordings in an ``.npz`` in the order of users."""
    with np.load(path) as store:
        found = [match for match in map(_MEMBER.fullmatch, store.files) if match]
    found.sort(key=lambda match: (int(match[1]), int(match[2])))
    return [
        TrialFile(path, f"user{m[1]}_rec{m[2]}", f"user{m[1]}", _PROTOCOL.code, member=f"user{m[1]}_rec{m[2]}")
        for m in found
    ]


def _from_npz(file: TrialFile) -> tuple[Floats, Floats, NDArray[np.int64]]:
    with np.load(file.path) as store:
        try:
            accel, gyro, label = (store[f"{file.member}_{part}"] for part in ("accel_g", "gyro_dps", "label"))
        except KeyError as error:
            raise RecordingError(f"{file.path}: {error.args[0]}") from error
    return accel.astype(np.float64), np.deg2rad(gyro.astype(np.float64)), label.astype(np.int64)


def _from_text(file: TrialFile) -> tuple[Floats, Floats, NDArray[np.int64]]:
    gyro_path = file.path.with_name(file.path.name.replace("acc_", "gyro_"))
    label_path = file.labels or file.path.with_name("labels.txt")
    accel, gyro = _numbers(file.path, 3), _numbers(gyro_path, 3)
    labels = np.zeros(len(accel), dtype=np.int64)
    for experiment, _, activity, first, last in _numbers(label_path, 5).astype(int).tolist():
        if experiment == int(file.member):
            labels[first - 1 : last] = activity
    return accel, gyro, labels


def _numbers(path: Path, columns: int) -> Floats:
    try:
        values = np.array([number(cell) for cell in text_of(path).split()], dtype=np.float64)
    except ValueError as error:
        raise RecordingError(f"{path}: holds something other than numbers ({error})") from error
    if len(values) % columns:
        raise RecordingError(f"{path}: {len(values)} numbers are not whole rows of {columns}; is the file cut off?")
    return values.reshape(-1, columns)


def _segments(labels: NDArray[np.int64]) -> tuple[Segment, ...]:
    """Return the runs of equal labels; what is not a known label is *not labelled*."""
    known = np.where((labels > 0) & (labels < len(_ACTIVITIES)), labels, 0)
    starts = np.concatenate(([0], np.flatnonzero(np.diff(known)) + 1, [len(known)]))
    return tuple(
        Segment(start / RATE_HZ, end / RATE_HZ, _ACTIVITIES[int(known[start])])
        for start, end in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True)
    )
