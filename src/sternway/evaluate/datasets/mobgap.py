"""mobgap: the example data of Mobilise-D's technical validation, one healthy adult and one person with MS.

A. Kueper et al., "mobgap: the Mobilise-D algorithm toolbox", from https://github.com/mobilise-d/mobgap, Apache-2.0;
protocol: C. Mazza et al., BMJ Open 11:e050785, 2021. Lower back, 100 Hz, g and deg/s, x up, z forward (the sign is
inferred from the walking itself).

Layout ``lab/HA/001/data.mat`` as the package keeps it, or the same file as ``HA-001-data.mat``. In it
``data.TimeMeasure1.Test*.Trial*.SU.LowerBack``, and ``.Standards.INDIP`` with its walking bouts. The reference has
holes of up to 2.7 s inside bouts and disagrees with the optical one by 30 ms; it is read as it is labelled; a second
score cuts bouts where it is silent for more than 1.1 s.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from scipy.io import loadmat
from scipy.io.matlab import MatReadError

from sternway.errors import RecordingError
from sternway.evaluate.trial import Activity, GaitReference, Trial, TrialFile
from sternway.samples import GRAVITY_MPS2, Floats

RATE_HZ = 100.0
_LAB = Activity("lab", "walking and simulated daily life in the laboratory", is_walking=True)


class Mobgap:
    """Reads the laboratory trials with the INDIP reference."""

    name = "mobgap"
    purpose = "gait"
    licence = "Apache-2.0"
    activities: Mapping[str, Activity] = {_LAB.code: _LAB}

    def find(self, folder: Path, labels: Path | None = None) -> list[TrialFile]:  # noqa: ARG002
        """Return every trial that has a lower-back sensor and the INDIP reference."""
        files = []
        for path in sorted(folder.rglob("*data.mat")):
            person = _person(path)
            for member, _ in _trials(path):
                files.append(
                    TrialFile(path, f"{person}-{member.replace('/', '-')}", person, _LAB.code, member=member)
                )
        if not files:
            raise RecordingError(
                f"{folder}: no file named like HA-001-data.mat or lab/HA/001/data.mat with INDIP trials in it"
            )
        return files

    def read(self, file: TrialFile) -> Trial:
        """Return one trial."""
        recorded = dict(_trials(file.path)).get(file.member)
        if recorded is None:
            raise RecordingError(f"{file.path}: has no trial {file.member}")
        sensor = recorded["SU"]["LowerBack"]
        accel_mps2 = np.asarray(sensor["Acc"], dtype=np.float64) * GRAVITY_MPS2
        time_s = np.arange(len(accel_mps2)) / RATE_HZ
        gait = _reference(recorded["Standards"]["INDIP"])
        walking = np.zeros(len(time_s), dtype=np.bool_)
        for start_s, end_s in gait.bouts_s:
            walking |= (time_s >= start_s) & (time_s < end_s)
        return Trial(
            name=file.name,
            subject=file.subject,
            activity=_LAB,
            rate_hz=RATE_HZ,
            time_s=time_s,
            accel_mps2=accel_mps2,
            gyro_radps=np.deg2rad(np.asarray(sensor["Gyr"], dtype=np.float64)),
            walking=walking,
            gait=gait,
        )


def _person(path: Path) -> str:
    """Return the cohort and the number of a person, such as HA-001."""
    if path.name != "data.mat":
        return path.name.removesuffix("data.mat").rstrip("-_")
    return "-".join(path.absolute().parts[-3:-1])


def _trials(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the usable trials of one person as ``(member, contents)``."""
    try:
        tests = loadmat(path, simplify_cells=True)["data"]["TimeMeasure1"]
    except (OSError, ValueError, KeyError, NotImplementedError, MatReadError) as error:
        raise RecordingError(f"{path}: is not a data file of Mobilise-D ({error})") from error
    for test, trials in tests.items():
        for trial, contents in trials.items() if isinstance(trials, dict) else ():
            if not trial.startswith("Trial"):
                continue
            if "LowerBack" in contents.get("SU", {}) and "INDIP" in contents.get("Standards", {}):
                yield f"{test}/{trial}", contents


def _reference(indip: Mapping[str, Any]) -> GaitReference:
    bouts = indip["ContinuousWalkingPeriod"]
    bouts = [bouts] if isinstance(bouts, dict) else [bout for bout in bouts if isinstance(bout, dict)]
    contacts = [_times(bout["InitialContact_Event"]) for bout in bouts]
    return GaitReference(
        contacts_s=np.unique(np.concatenate([np.empty(0), *contacts])),
        bouts_s=tuple((float(times[0]), float(times[-1])) for times in contacts if len(times)),
        foot_offs_s=np.unique(np.concatenate([np.empty(0), *(_times(bout["FinalContact_Event"]) for bout in bouts)])),
        up=(1.0, 0.0, 0.0),
        forward=(0.0, 0.0, 1.0),
    )


def _times(values: Any) -> Floats:
    times = np.atleast_1d(np.asarray(values, dtype=np.float64))
    return np.unique(times[np.isfinite(times)])
