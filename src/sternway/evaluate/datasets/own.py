"""Sternway's own recordings, with what their header says about them.

A recording kept by ``sternway evaluate --recording-dir`` or made by a clip (extension ``.swrec``): SI units, chip
axes, any rate. The header may say ``subject``, ``activity`` (a code of the data set it came from, or one of
``walking``, ``stumble``, ``fall`` and ``other``), ``onset_s``, ``impact_s`` and ``alert_s``; what it does not say is
unknown.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sternway.errors import RecordingError
from sternway.evaluate.datasets.sisfall import SisFall
from sternway.evaluate.trial import Activity, Trial, TrialFile
from sternway.recording.files import SUFFIX, Recording

_PLAIN = {
    "walking": Activity("walking", "walking", is_walking=True),
    "stumble": Activity("stumble", "stumbling while walking", is_stumble=True),
    "fall": Activity("fall", "a fall", is_fall=True, from_gait=True),
    "other": Activity("other", "anything else"),
}


class OwnRecordings:
    """Reads a folder of ``.swrec`` recordings."""

    name = "sternway"
    licence = "the wearer's own"
    activities: Mapping[str, Activity] = {**SisFall.activities, **_PLAIN}

    def find(self, folder: Path, labels: Path | None = None) -> list[TrialFile]:  # noqa: ARG002 (headers hold them)
        """Return every recording under ``folder``."""
        files = [_file(path) for path in sorted(folder.rglob(f"*{SUFFIX}"))]
        if not files:
            raise RecordingError(f"{folder}: no recordings ({SUFFIX}) in it")
        return files

    def read(self, file: TrialFile) -> Trial:
        """Return one recording as a trial."""
        recording = Recording(file.path)
        blocks = list(recording)
        if sum(map(len, blocks)) < 2:
            raise RecordingError(f"{file.path}: holds no samples")
        header = recording.header
        time_s = np.concatenate([block.time_s for block in blocks])
        activity = self.activities[file.activity]
        alert = header.get("alert_s")
        return Trial(
            name=file.name,
            subject=file.subject,
            activity=activity,
            rate_hz=float(header.get("rate_hz") or 1.0 / np.median(np.diff(time_s))),
            time_s=time_s,
            accel_mps2=np.concatenate([block.accel_mps2 for block in blocks]),
            gyro_radps=np.concatenate([block.gyro_radps for block in blocks]),
            walking=np.full(len(time_s), activity.is_walking),
            onset_s=_time(header, "onset_s"),
            impact_s=_time(header, "impact_s"),
            alert_s=(float(alert[0]), float(alert[1])) if alert else None,
        )


def _file(path: Path) -> TrialFile:
    header = Recording(path).header
    activity = str(header.get("activity", "other"))
    known = activity if activity in OwnRecordings.activities else "other"
    return TrialFile(path, path.stem, str(header.get("subject", "unknown")), known)


def _time(header: Mapping[str, Any], name: str) -> float | None:
    value = header.get(name)
    return None if value is None else float(value)
