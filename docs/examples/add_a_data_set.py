"""A reader for a data set of plain CSV: ``<subject>_<activity>.csv`` with time, acceleration and angular rate."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from sternway.errors import RecordingError
from sternway.evaluate.trial import Activity, Trial, TrialFile
from sternway.samples import GRAVITY_MPS2

RATE_HZ = 50.0
COLUMNS = 7


# docs: reader
class PlainCsv:
    """Reads time (s), specific force (g) and angular rate (deg/s); the first line names the columns."""

    name = "plain_csv"
    licence = "the owner's"
    activities: Mapping[str, Activity] = {
        "walk": Activity("walk", "walking on the level", is_walking=True),
        "trip": Activity("trip", "stumbling while walking", is_stumble=True),
    }

    # docs: find
    def find(self, folder: Path, labels: Path | None = None) -> list[TrialFile]:
        """Return the trials, in the order of their names; nothing is read yet."""
        files = []
        for path in sorted(folder.glob("*.csv")):
            subject, _, activity = path.stem.partition("_")
            if activity in self.activities:
                files.append(TrialFile(path, path.stem, subject, activity))
        if not files:
            raise RecordingError(f"{folder}: no files such as p01_walk.csv in it")
        return files

    # docs: read
    def read(self, file: TrialFile) -> Trial:
        """Return one trial in SI units."""
        try:
            table = np.loadtxt(file.path, delimiter=",", skiprows=1, ndmin=2)
        except ValueError as error:
            raise RecordingError(f"{file.path}: holds something other than numbers ({error})") from error
        if table.shape[1:] != (COLUMNS,) or not len(table):
            raise RecordingError(f"{file.path}: {table.shape} numbers; a line must hold {COLUMNS}")
        activity = self.activities[file.activity]
        return Trial(
            name=file.name,
            subject=file.subject,
            activity=activity,
            rate_hz=RATE_HZ,
            time_s=table[:, 0],
            accel_mps2=table[:, 1:4] * GRAVITY_MPS2,
            gyro_radps=np.deg2rad(table[:, 4:7]),
            walking=np.full(len(table), activity.is_walking),
        )
