"""Bandai-Namco motion capture: forward and *backward* walking with known facing, as a synthetic trunk sensor.

M. Kobayashi et al., "Motion Capture Dataset for Practical Use of AI-based Motion Editing and Stylization", 2023,
arXiv:2306.08861, from https://github.com/BandaiNamcoResearchInc/Bandai-Namco-Research-Motiondataset, CC BY-NC 4.0:
for scoring only, never for training.

Layout ``dataset-1_<walk|walk-back>_<style>_<n>.bvh``: 30 frames a second, hips with six channels (cm; degrees, order
Z X Y), Y up, the person faces +Z. The hips' position is low-passed at 5 Hz (fourth-order Butterworth, forward and
back: what differentiation twice would make of the noise above lies outside) and differentiated twice; orientation
gives gravity and angular rate. Chip axes are the hips' own: x up, z forward.

By the data set's own page three professional actors were recorded; it does not say who played which style, and all
were fitted to one skeleton. So what is counted are styles, not people.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.signal import butter, filtfilt
from scipy.spatial.transform import Rotation, RotationSpline

from sternway.errors import RecordingError
from sternway.evaluate.datasets.text import text_of
from sternway.evaluate.trial import Activity, GaitReference, Trial, TrialFile
from sternway.samples import GRAVITY_MPS2, Floats

RATE_HZ = 100.0
LOW_PASS_HZ = 5.0
SHORTEST_S = 2.5
"""A clip must hold the two seconds that a direction takes, and some to spare; the one-second loops do not."""
_NAME = re.compile(r"dataset-1_(walk|walk-back)_(.+)_(\d+)\.bvh")
_FORWARD = Activity("walk", "walking forward", is_walking=True)
_BACKWARD = Activity("walk-back", "walking backward", is_walking=True)


class Bandai:
    """Reads the ``walk`` and ``walk-back`` clips of dataset 1."""

    name = "bandai"
    purpose = "gait"
    subjects_are = "styles (three actors)"
    licence = "CC BY-NC 4.0: score on it, never train shipped weights on it"
    activities: Mapping[str, Activity] = {activity.code: activity for activity in (_FORWARD, _BACKWARD)}

    def find(self, folder: Path, labels: Path | None = None) -> list[TrialFile]:  # noqa: ARG002
        """Return the clips; each style counts as a subject, for who played it is not said."""
        matches = [(path, _NAME.fullmatch(path.name)) for path in sorted(folder.rglob("*.bvh"))]
        files = [TrialFile(path, f"{m[1]}_{m[2]}_{m[3]}", m[2], m[1]) for path, m in matches if m]
        if not files:
            raise RecordingError(f"{folder}: no clip named like dataset-1_walk-back_old_001.bvh in it")
        return files

    def read(self, file: TrialFile) -> Trial:
        """Return one clip as a sensor in the hips would have felt it, at 100 Hz."""
        frames, frame_s = read_hips(file.path)
        time_s, accel_mps2, gyro_radps = felt_motion(frames, frame_s)
        direction = -1 if file.activity == _BACKWARD.code else 1
        return Trial(
            name=file.name,
            subject=file.subject,
            activity=self.activities[file.activity],
            rate_hz=RATE_HZ,
            time_s=time_s,
            accel_mps2=accel_mps2,
            gyro_radps=gyro_radps,
            walking=np.ones(len(time_s), dtype=np.bool_),
            gait=GaitReference(
                contacts_s=np.empty(0),
                direction=direction,
                up=(1.0, 0.0, 0.0),
                forward=(0.0, 0.0, 1.0),
                placed=True,
                speed_mps=_speed_mps(frames, frame_s),
                usable=float(time_s[-1]) >= SHORTEST_S,
            ),
        )


def read_hips(path: Path) -> tuple[Floats, float]:
    """Return the hips' channels (n, 6) in cm and degrees (position xyz, rotation z x y) and the time of a frame."""
    try:
        head, _, motion = text_of(path).partition("MOTION")
        lines = motion.strip().splitlines()
        count, frame_s = int(lines[0].split(":")[1]), float(lines[1].split(":")[1])
        frames = np.array([line.split() for line in lines[2:]], dtype=np.float64)
    except (IndexError, ValueError) as error:
        raise RecordingError(f"{path}: is not a BVH file ({error})") from error
    first = _first_channel(head, path)
    if len(frames) != count or frames.shape[1] < first + 6:
        raise RecordingError(f"{path}: {frames.shape} numbers where {count} frames are announced; is it cut off?")
    return frames[:, first : first + 6], frame_s


def _speed_mps(frames: Floats, frame_s: float) -> float:
    """Return the mean horizontal speed from the first frame to the last."""
    way_m = (frames[-1, [0, 2]] - frames[0, [0, 2]]) / 100.0
    return float(np.sqrt(np.sum(way_m * way_m)) / (frame_s * (len(frames) - 1)))


def _first_channel(head: str, path: Path) -> int:
    first = 0
    for block in re.split(r"\b(?:ROOT|JOINT)\s+", head)[1:]:
        channels = re.search(r"CHANNELS\s+(\d+)\s+([^\n]*)", block)
        if block.split()[0] == "Hips" and channels:
            if channels[2].split() != ["Xposition", "Yposition", "Zposition", "Zrotation", "Xrotation", "Yrotation"]:
                raise RecordingError(f"{path}: hips' channels are {channels[2]!r}, not position and Z X Y rotation")
            return first
        first += int(channels[1]) if channels else 0
    raise RecordingError(f"{path}: has no joint named Hips")


def felt_motion(frames: Floats, frame_s: float) -> tuple[Floats, Floats, Floats]:
    """Return time (n,), specific force (n, 3) and angular rate (n, 3) in the hips' axes at 100 Hz."""
    b, a = butter(4, LOW_PASS_HZ * 2.0 * frame_s)
    at_s = np.arange(len(frames)) * frame_s
    position_m = filtfilt(b, a, frames[:, :3] / 100.0, axis=0)
    turned = Rotation.from_euler("ZXY", frames[:, 3:], degrees=True)
    smooth = Rotation.from_quat(_normalised(filtfilt(b, a, _continuous(turned.as_quat()), axis=0)))
    time_s = np.arange(int(at_s[-1] * RATE_HZ)) / RATE_HZ
    spline = RotationSpline(at_s, smooth)
    force = CubicSpline(at_s, position_m)(time_s, 2) + np.array([0.0, GRAVITY_MPS2, 0.0])
    return time_s, spline(time_s).inv().apply(force), np.asarray(spline(time_s, 1))


def _continuous(quaternions: Floats) -> Floats:
    """Return the same turns with no jumps of sign between neighbours."""
    flips = np.sum(quaternions[1:] * quaternions[:-1], axis=1) < 0.0
    signs = np.concatenate(([1.0], np.cumprod(np.where(flips, -1.0, 1.0))))
    return quaternions * signs[:, None]


def _normalised(quaternions: Floats) -> Floats:
    return np.asarray(quaternions / np.linalg.norm(quaternions, axis=1)[:, None])
