"""VIDIMU: people walking forward and *backward* in a living room, as orientations of pelvis, thighs and shanks.

M. Martinez-Zarzuela et al., "Multimodal video and IMU kinematic dataset on daily life activities using affordable
devices", Scientific Data 10:648, 2023, doi:10.1038/s41597-023-02554-9, CC BY 4.0.

Layout ``S<nn>_A<nn>_T<nn>.sto`` (OpenSim): 50 Hz unit quaternions w,x,y,z, sensor to a world with z up; the first
sensor is on the pelvis, x up. The first row is the neutral pose. Repeated rows (sample and hold) need a low-pass of
8 Hz. There is **no acceleration**: the direction of gravity, at 1 g, stands in for it, so only what turns can be
scored, and a detector's silence here bounds only its parts that are driven by rotation. The reference is the peaks of
each shank's angular rate in swing.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from scipy.signal import butter, filtfilt, find_peaks
from scipy.spatial.transform import Rotation

from sternway.errors import RecordingError
from sternway.evaluate.datasets.text import text_of
from sternway.evaluate.trial import Activity, GaitReference, Trial, TrialFile
from sternway.samples import GRAVITY_MPS2, Floats

RATE_HZ = 50.0
LOW_PASS_HZ = 8.0
_NAME = re.compile(r"(S\d+)_(A0[123])_(T\d+)\.sto")
_ACTIVITIES = (
    Activity("A01", "walking forward", is_walking=True),
    Activity("A02", "walking backward", is_walking=True),
    Activity("A03", "walking along a line", is_walking=True),
)


class Vidimu:
    """Reads the three walking activities."""

    name = "vidimu"
    purpose = "gait"
    licence = "CC BY 4.0"
    activities: Mapping[str, Activity] = {activity.code: activity for activity in _ACTIVITIES}

    def find(self, folder: Path, labels: Path | None = None) -> list[TrialFile]:  # noqa: ARG002
        """Return the walking trials."""
        matches = [(path, _NAME.fullmatch(path.name)) for path in sorted(folder.rglob("*.sto"))]
        files = [TrialFile(path, path.stem, m[1], m[2]) for path, m in matches if m]
        if not files:
            raise RecordingError(f"{folder}: no file named like S40_A02_T01.sto in it")
        return files

    def read(self, file: TrialFile) -> Trial:
        """Return one trial: the pelvis' rotation, and gravity instead of acceleration."""
        time_s, turns = read_orientations(file.path)
        up, gyro_radps = turning(turns["pelvis_imu"])
        shanks = [turning(turns[f"tibia_{side}_imu"])[1] for side in ("l", "r")]
        return Trial(
            name=file.name,
            subject=file.subject,
            activity=self.activities[file.activity],
            rate_hz=RATE_HZ,
            time_s=time_s,
            accel_mps2=GRAVITY_MPS2 * up,
            gyro_radps=gyro_radps,
            walking=np.ones(len(time_s), dtype=np.bool_),
            gait=GaitReference(
                contacts_s=np.empty(0),
                direction=0,
                swings_s=(time_s[swing_peaks(shanks[0])], time_s[swing_peaks(shanks[1])]),
                up=(1.0, 0.0, 0.0),
                forward=(0.0, 0.0, 1.0),
                placed=True,
            ),
        )


def read_orientations(path: Path) -> tuple[Floats, dict[str, Floats]]:
    """Return times (n,) from 0 and the quaternions (n, 4; x y z w) of each sensor, without the neutral pose."""
    try:
        head, _, body = text_of(path).partition("endheader\n")
        names, *rows = [line.split("\t") for line in body.strip().splitlines()]
        numbers = [[float(part) for cell in row for part in cell.split(",")] for row in rows[1:]]
        table = np.array(numbers, dtype=np.float64)
    except ValueError as error:
        raise RecordingError(f"{path}: is not a table of quaternions ({error})") from error
    if "DataType=Quaternion" not in head or table.ndim != 2 or table.shape[1] != 1 + 4 * (len(names) - 1):
        raise RecordingError(f"{path}: is not an OpenSim file of quaternions, or is cut off")
    quaternions = {name: table[:, [4 * k + 2, 4 * k + 3, 4 * k + 4, 4 * k + 1]] for k, name in enumerate(names[1:])}
    missing = {"pelvis_imu", "tibia_l_imu", "tibia_r_imu"} - set(quaternions)
    if missing:
        raise RecordingError(f"{path}: has no {', '.join(sorted(missing))}")
    return table[:, 0] - table[0, 0], quaternions


def turning(quaternions: Floats) -> tuple[Floats, Floats]:
    """Return the upward direction and the angular rate, each (n, 3) in the sensor's axes."""
    flips = np.sum(quaternions[1:] * quaternions[:-1], axis=1) < 0.0
    steady = quaternions * np.concatenate(([1.0], np.cumprod(np.where(flips, -1.0, 1.0))))[:, None]
    b, a = butter(2, LOW_PASS_HZ * 2.0 / RATE_HZ)
    turns = Rotation.from_quat(filtfilt(b, a, steady, axis=0))
    rate = (turns[:-2].inv() * turns[2:]).as_rotvec() * RATE_HZ / 2.0
    return turns.inv().apply([0.0, 0.0, 1.0]), np.concatenate((rate[:1], rate, rate[-1:]))


def swing_peaks(rates_radps: Floats) -> Floats:
    """Return the samples at which a shank swings fastest, once a stride."""
    centred = rates_radps - rates_radps.mean(axis=0)
    along = centred @ np.linalg.svd(centred, full_matrices=False)[2][0]
    along *= np.sign(np.sum(along**3)) or 1.0
    return np.asarray(find_peaks(along, height=0.45 * np.percentile(along, 98), distance=RATE_HZ / 2)[0])
