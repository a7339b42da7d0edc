"""One file of a data set: read, changed where asked, kept as a recording where asked, and run."""

import re
from pathlib import Path

from sternway.errors import RecordingError
from sternway.evaluate import pipeline
from sternway.evaluate.cut_short import cut_shorts
from sternway.evaluate.pipeline import TrialResult
from sternway.evaluate.plausible import checked
from sternway.evaluate.trial import Dataset, Trial, TrialFile
from sternway.evaluate.variation import vary
from sternway.recording.files import SUFFIX, RecordingWriter


def run_one(
    reader: Dataset, file: TrialFile, *, variation: str = "as-is", keep_in: Path | None = None
) -> TrialResult | str:
    """Read one trial, keep it as a recording where asked, and run it; or say why it cannot be read."""
    try:
        trial = vary(checked(reader.read(file)), variation)
    except RecordingError as error:
        return str(error)
    if keep_in:
        keep(trial, reader, keep_in)
    return pipeline.run(trial)


def run_cut_short(reader: Dataset, file: TrialFile) -> list[TrialResult] | str:
    """Read one trial of a stumble and run what is made of it, a stumble so many seconds after setting off each."""
    try:
        trial = checked(reader.read(file))
    except RecordingError as error:
        return str(error)
    return [pipeline.run(short) for short in cut_shorts(trial)]


def keep(trial: Trial, reader: Dataset, folder: Path) -> Path:
    """Write ``trial`` as a Sternway recording with its labels in the header; return its path."""
    path = folder / (re.sub(r"[^\w.-]+", "_", trial.name) + SUFFIX)
    path.unlink(missing_ok=True)
    header = {
        "dataset": reader.name,
        "licence": reader.licence,
        "trial": trial.name,
        "subject": trial.subject,
        "activity": trial.activity.code,
        "rate_hz": trial.rate_hz,
        "onset_s": trial.onset_s,
        "impact_s": trial.impact_s,
        "alert_s": trial.alert_s,
    }
    with RecordingWriter(path, header) as writer:
        writer.add(trial.block())
    return path
