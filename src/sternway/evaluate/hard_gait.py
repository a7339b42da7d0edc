"""Scores steps and direction on walking made harder, on running, and on rides; nothing is fitted here.

    python -m sternway.evaluate.hard_gait DATA [--every N]

``DATA/ipol``, ``DATA/sisfall`` and so on are used where they are there. The mounting is learned from the unchanged
walk. Simulated walks and rides need no data.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sternway.evaluate.datasets import dataset
from sternway.evaluate.gait_score import walked, window_answers
from sternway.evaluate.gait_trial import CHUNK_S, known_gait, learn, run_gait
from sternway.evaluate.gait_variation import CHANGES, slowed_down, there_and_back
from sternway.evaluate.trial import Dataset, Trial, TrialFile
from sternway.monitor import pieces
from sternway.motion.mounting import Mounting
from sternway.motion.trunk import TrunkMotion
from sternway.motion.trunk_tracker import TrunkTracker, merge_steps
from sternway.samples import Block, Floats
from sternway.simulate.script import BACKWARD, FORWARD, Ride, Stand, Walk
from sternway.simulate.walker import BELT, Walker

WALKS = ("ipol", "sisfall")
AIRBORNE = {"sisfall": ("D03", "D04", "D19")}
"""Jogging, slow and quick, and jumping."""

CADENCES_SPM = (60.0, 45.0, 30.0)
LEVELS_MPS2 = (0.3, 0.6, 1.0, 1.6)
SIMULATED_S = 300.0


def main(words: Sequence[str] | None = None) -> int:
    """Print every figure that the data folder allows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder that holds the data sets")
    parser.add_argument("--every", type=int, default=1, help="use each so-manieth trial only")
    arguments = parser.parse_args(words)
    for name in WALKS:
        if (arguments.data / name).is_dir():
            reader = dataset(name)
            files = reader.find(arguments.data / name)
            for line in _lines(reader, walked(reader, files)[:: arguments.every], files[:: arguments.every]):
                print(f"{name}: {line}", flush=True)
    for line in simulated_lines(SIMULATED_S):
        print(f"simulated: {line}", flush=True)
    return 0


def _lines(reader: Dataset, walks: Sequence[TrialFile], files: Sequence[TrialFile]) -> Iterator[str]:
    known = [(trial, found) for trial, found in map(_with_mounting, map(reader.read, walks)) if found is not None]
    yield from changed_lines(known)
    if any(len(known_gait(trial).contacts_s) for trial, _ in known):
        yield from slow_lines(known)
        yield splice_line(known)
    codes = AIRBORNE.get(reader.name, ())
    jumps = [file for file in files if file.activity in codes]
    if jumps:
        mounting = {trial.subject: found for trial, found in known}
        yield airborne_line([reader.read(file) for file in jumps if file.subject in mounting], mounting)


def changed_lines(known: Sequence[tuple[Trial, Mounting]]) -> Iterator[str]:
    """Yield, for each change and both ways, how much was decided and how much of that was right."""
    for words, change in CHANGES.items():
        for way in (1, -1):
            answers = [
                answer for trial, found in known for answer in _answers(change(trial, found.forward), found, way)
            ]
            decided = len(answers) - answers.count(0)
            right = 100.0 * answers.count(1) / max(decided, 1)
            share = 100.0 * decided / max(len(answers), 1)
            way_words = "forward" if way > 0 else "reversed"
            yield f"{words}, {way_words}: {right:.2f} % right, {share:.1f} % of {len(answers)} windows decided"


def slow_lines(known: Sequence[tuple[Trial, Mounting]]) -> Iterator[str]:
    """Yield the steps counted in walks slowed to some cadences, against those labelled."""
    for power in (1.0, 2.0):
        for cadence_spm in CADENCES_SPM:
            counted = labelled = 0
            for trial, found in known:
                own_spm = 60.0 / float(np.median(np.diff(known_gait(trial).contacts_s)))
                slow, reference = slowed_down(trial, own_spm / cadence_spm, power)
                counted += len(run_gait(slow, mounting=found).steps)
                labelled += len(reference.contacts_s)
            yield f"slowed to {cadence_spm:g} steps/min, a/k^{power:g}: {counted} steps of {labelled}"


def splice_line(known: Sequence[tuple[Trial, Mounting]]) -> str:
    """Return how long backward is still told after walking backward became walking forward in mid-stride."""
    late_s = []
    for trial, found in known:
        spliced, change_s = there_and_back(trial)
        time_s, direction = _direction(spliced, found)
        late_s.append(float(np.sum((time_s > change_s) & (direction < 0))) / 100.0)
    return f"backward told after a change without a turn: median {np.median(late_s):.2f} s, most {max(late_s):.2f} s"


def airborne_line(trials: Sequence[Trial], mounting: dict[str, Mounting]) -> str:
    """Return how much of running and jumping is told as walking backward."""
    told = [_direction(trial, mounting[trial.subject])[1] for trial in trials]
    share = 100.0 * sum(int(np.sum(each < 0)) for each in told) / max(1, sum(map(len, told)))
    return f"jogging and jumping: backward in {share:.2f} % of {sum(map(len, told)) / 6000.0:.1f} min"


def simulated_lines(seconds: float) -> Iterator[str]:
    """Yield the steps counted in slow walks and in rides."""
    for way in (FORWARD, BACKWARD):
        for cadence_spm in CADENCES_SPM:
            walk = Walk(seconds, way, 0.005 * cadence_spm, cadence_spm)
            walker, motions = _simulated((Stand(5.0), walk, Stand(3.0)))
            counted, true = len(merge_steps(motions)), len(walker.truth.contacts)
            yield f"{way.word} at {cadence_spm:g} steps/min: {counted} steps of {true}"
    for vehicle in ("car", "bus", "train"):
        steps = [len(merge_steps(_simulated((Stand(3.0), Ride(seconds, vehicle, mps2)))[1])) for mps2 in LEVELS_MPS2]
        yield f"{vehicle}, {seconds / 60.0:g} min at each of {LEVELS_MPS2} m/s2: {steps} steps"


def _simulated(script: Sequence[Stand | Walk | Ride]) -> tuple[Walker, list[TrunkMotion]]:
    walker = Walker(script, seed=3)
    time_s = np.arange(0.0, walker.truth.duration_s, 0.01)
    accel, gyro = walker.at(time_s)
    return walker, _tracked(Block(time_s, accel, gyro, float(time_s[-1])), BELT)


def _with_mounting(trial: Trial) -> tuple[Trial, Mounting | None]:
    return trial, learn(trial, known_gait(trial), np.eye(3)).mounting


def _answers(trial: Trial, mounting: Mounting, way: int) -> list[int]:
    """Return 1 for each window told rightly, -1 for each told wrongly, 0 for each unknown."""
    return window_answers(run_gait(trial, reverse=way < 0, mounting=mounting))


def _direction(trial: Trial, mounting: Mounting) -> tuple[Floats, NDArray[np.int8]]:
    motions = _tracked(trial.block(), mounting)
    time_s = np.concatenate([motion.time_s for motion in motions])
    return time_s, np.concatenate([motion.direction for motion in motions])


def _tracked(block: Block, mounting: Mounting) -> list[TrunkMotion]:
    tracker = TrunkTracker(mounting=mounting)
    return [motion for piece in pieces(block, CHUNK_S) for motion in tracker.update(piece)]


if __name__ == "__main__":
    raise SystemExit(main())
