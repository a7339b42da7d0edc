"""How often real recordings are called a FAULT: as they are, turned, resampled and clipped.

``python -m sternway.evaluate.false_faults DIR [--variation as-is] [--every 1]`` prints hours and FAULTs a data set.
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from sternway.detect.sensor_fault import SHOWN_BY_SAMPLES, SensorFaultDetector
from sternway.errors import RecordingError, SternwayError
from sternway.evaluate.datasets import DATASETS, dataset
from sternway.evaluate.progress import progress
from sternway.evaluate.trial import Trial
from sternway.evaluate.variation import VARIATIONS, vary
from sternway.events import Event
from sternway.monitor import PIECE_S, pieces
from sternway.motion.trunk_tracker import TrunkTracker
from sternway.samples import GRAVITY_MPS2

AT_8_G = "clipped-at-8-g"
_LOOK_S = 1.0


def varied(trial: Trial, variation: str) -> Trial:
    """Return ``trial`` changed as :func:`~sternway.evaluate.variation.vary` does it, or clipped at 8 g."""
    if variation != AT_8_G:
        return vary(trial, variation)
    limit = 8.0 * GRAVITY_MPS2
    return replace(trial, accel_mps2=np.clip(trial.accel_mps2, -limit, limit))


def faults_of(trial: Trial) -> list[Event]:
    """Return the FAULTs that the samples of ``trial`` lead to."""
    tracker, detector = TrunkTracker(), SensorFaultDetector()
    events: list[Event] = []
    for piece in pieces(trial.block(), _LOOK_S):
        for trunk in tracker.update(piece):
            before_s = detector.up_lost_at_s
            events += detector.update(trunk)
            if detector.up_lost_at_s > before_s:
                tracker.restart_attitude(detector.up_lost_at_s + PIECE_S)
    return [event for event in events if event.severity and event.cause in SHOWN_BY_SAMPLES]


def lines(folder: Path, variation: str, every: int) -> Iterator[str]:
    """Yield a line for each data set in ``folder``, and one for each trial with a FAULT."""
    for name in DATASETS:
        try:
            reader = dataset(name)
            files = reader.find(folder / name)[::every]
        except SternwayError:
            continue
        hours, found = 0.0, []
        for file in progress(files, len(files)):
            try:
                trial = varied(reader.read(file), variation)
            except RecordingError:
                continue
            hours += trial.duration_s / 3600.0
            found += [(file.name, event) for event in faults_of(trial)]
        yield f"{name}, {variation}: {hours:.2f} h of {len(files)} trials, {len(found)} FAULTs"
        for trial_name, event in found:
            yield f"  {trial_name} at {event.time_s:.1f} s: {event.cause} {dict(event.evidence)}"


def main() -> None:
    """Print the lines."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--variation", choices=(*VARIATIONS, AT_8_G), default="as-is")
    parser.add_argument("--every", type=int, default=1, help="take only every so-many-th trial")
    arguments = parser.parse_args()
    for line in lines(arguments.folder, arguments.variation, arguments.every):
        print(line, flush=True)


if __name__ == "__main__":
    main()
