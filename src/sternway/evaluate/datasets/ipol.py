"""IPOL: healthy people walking 10 m, turning and walking back, with every foot contact labelled.

C. Voisard, N. de l'Escalopier, D. Ricard, L. Oudre, "Automatic Gait Events Detection with Inertial Measurement
Units", Image Processing On Line, 2023, and "A Dataset for the Study of Human Locomotion with Inertial Measurements
Units", IPOL 9, 2019, doi:10.5201/ipol.2019.265.

Layout ``<subject>-<trial>_lb.txt`` (lower back, L5: packet counter, m/s2, rad/s, magnetometer; 100 Hz) and
``<subject>-<trial>.json``. **Rows are not time**: packets were dropped, and every index in the JSON counts the packet
counter, so time is the counter over 100. A foot event is [foot-off, initial contact]. Trial 2-3 has implausible
labels. The sensor's x points up and z backward.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sternway.errors import RecordingError
from sternway.evaluate.datasets.text import text_of
from sternway.evaluate.trial import Activity, GaitReference, Trial, TrialFile
from sternway.samples import Floats

RATE_HZ = 100.0
_NAME = re.compile(r"(\d+)-(\d+)_lb\.txt")
_WALK = Activity("walk", "walking 10 m, turning and walking back", is_walking=True)


class Ipol:
    """Reads the lower-back recordings."""

    name = "ipol"
    purpose = "gait"
    licence = "CC BY-NC-SA 4.0; no sample is part of Sternway"
    activities: Mapping[str, Activity] = {_WALK.code: _WALK}

    def find(self, folder: Path, labels: Path | None = None) -> list[TrialFile]:
        """Return the trials; ``labels`` is the folder of the JSON files, by default the same."""
        matches = [(path, _NAME.fullmatch(path.name)) for path in folder.rglob("*_lb.txt")]
        found = sorted((int(m[1]), int(m[2]), path) for path, m in matches if m)
        if not found:
            raise RecordingError(f"{folder}: no recording named like 1-1_lb.txt in it")
        return [
            TrialFile(path, f"{subject}-{trial}", str(subject), _WALK.code, _labels_of(path, labels))
            for subject, trial, path in found
        ]

    def read(self, file: TrialFile) -> Trial:
        """Return one trial; its clock is the packet counter."""
        table = _table(file.path)
        events = _events(file.labels or _labels_of(file.path, None))
        time_s = table[:, 0] / RATE_HZ
        gait = _reference(events)
        walking = np.zeros(len(time_s), dtype=np.bool_)
        for start_s, end_s in gait.bouts_s:
            walking |= (time_s >= start_s) & (time_s < end_s)
        return Trial(
            name=file.name,
            subject=file.subject,
            activity=_WALK,
            rate_hz=RATE_HZ,
            time_s=time_s,
            accel_mps2=table[:, 1:4],
            gyro_radps=table[:, 4:7],
            walking=walking,
            gait=gait,
        )


def _labels_of(path: Path, folder: Path | None) -> Path:
    return (folder or path.parent) / path.name.replace("_lb.txt", ".json")


def _table(path: Path) -> Floats:
    """Return packet counter, acceleration and angular rate, each packet once."""
    try:
        lines = text_of(path).replace(",", ".").splitlines()[2:]
        table = np.loadtxt(lines, usecols=range(7), ndmin=2)
    except ValueError as error:
        raise RecordingError(f"{path}: is not a table of numbers ({error})") from error
    if len(table) < 2:
        raise RecordingError(f"{path}: holds fewer than two samples")
    fresh = np.concatenate(([True], np.diff(np.maximum.accumulate(table[:, 0])) > 0))
    return np.asarray(table[fresh])


def _events(path: Path) -> Mapping[str, Any]:
    try:
        events: Mapping[str, Any] = json.loads(text_of(path))
        missing = {"TrialBoundaries", "UTurnBoundaries", "LeftFootEvents", "RightFootEvents"} - set(events)
    except (TypeError, ValueError) as error:
        raise RecordingError(f"{path}: is not the JSON of a trial ({error})") from error
    if missing:
        raise RecordingError(f"{path}: lacks {', '.join(sorted(missing))}")
    return events


def _reference(events: Mapping[str, Any]) -> GaitReference:
    swings = [(off, on, side) for side in ("left", "right") for off, on in events[f"{side.title()}FootEvents"]]
    contacts = sorted((on / RATE_HZ, side) for _, on, side in swings)
    start_s, end_s = (index / RATE_HZ for index in events["TrialBoundaries"])
    turn_s, turned_s = (index / RATE_HZ for index in events["UTurnBoundaries"])
    return GaitReference(
        contacts_s=np.array([time_s for time_s, _ in contacts]),
        sides=tuple(side for _, side in contacts),
        bouts_s=((start_s, turn_s), (turned_s, end_s)),
        turns_s=((turn_s, turned_s),),
        foot_offs_s=np.sort([off / RATE_HZ for off, _, _ in swings]),
        up=(1.0, 0.0, 0.0),
        forward=(0.0, 0.0, -1.0),
    )
