"""Walks as the network for small stumbles sees them, perturbed or not, by the production code itself."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sternway.detect.analogue_forecast import ForecastSettings
from sternway.detect.error_features import INPUT_COUNT
from sternway.detect.small_stumble import SmallStumbleSettings, UnforeseenMotion
from sternway.detect.stumble import StumbleDetector
from sternway.evaluate.datasets import dataset
from sternway.evaluate.perturbation import Shape, reverse
from sternway.evaluate.perturbation_bench import Gait, Probe, Spacing, gait_of, joined, plan_of, with_probes
from sternway.evaluate.perturbation_families import FAMILIES, cut_from
from sternway.evaluate.perturbation_score import kinds_of, walks_of
from sternway.evaluate.trial import Trial, TrialFile
from sternway.motion.trunk_tracker import TrunkTracker
from sternway.samples import Floats
from sternway.training.augment import Augmentation, augmented

WALKS = ("D01", "D02")
QUIET = ("D03", "D04", "D05", "D06")
"""Jogging and stairs: the clip should be silent there, too."""

STRANGERS = ("ipol", "mobgap")
"""Data sets that never teach: false alarms are counted on them."""

TAUGHT = Spacing(every_s=5.5, apart_s=4.0, known_s=12.0, parts=("steady",))
"""Perturbations that teach come more often than those that are scored."""

TRIED = Spacing(every_s=8.0, parts=("steady",))
LEARNED_S = 8.0
"""So much of a walk must be known where it teaches; on the clip it is more, but short recordings have lessons too."""


@dataclass(frozen=True, slots=True)
class Source:
    """Trials of one person, and what becomes of them.

    ``seed`` 0 leaves the samples as they are, ``backward`` reverses time; ``families`` are put into them, none for
    quiet walking. ``teaches`` says that this walk is for fitting, not for scoring.
    """

    dataset: str
    files: tuple[TrialFile, ...]
    families: tuple[str, ...] = ()
    backward: bool = False
    seed: int = 0
    teaches: bool = False

    @property
    def person(self) -> str:
        """Return the person, with the data set before the name."""
        return f"{self.dataset}/{self.files[0].subject}"


def may_teach(source: Source) -> bool:
    """Return whether a network may learn from this walk."""
    return source.dataset not in STRANGERS and (source.teaches or not source.families)


@dataclass(frozen=True, slots=True)
class Walk:
    """A source after the production code: ``inputs`` (n, d) at ``times_s`` (n,), and what is known about it.

    ``gross_s`` are the jolts that pass the threshold of the other channel; ``seconds`` those of each kind of walking,
    and ``kind_at`` (n,) the kind at each look.
    """

    source: Source
    times_s: Floats
    inputs: NDArray[np.float16]
    probes: tuple[Probe, ...]
    gross_s: tuple[float, ...]
    seconds: dict[str, float]
    kind_at: NDArray[np.str_]


def read_walks(sources: Sequence[Source], cut: Sequence[Shape], jobs: int) -> list[Walk]:
    """Return the walk of each source, in order; the work is spread over processes."""
    with get_context("spawn").Pool(jobs) as pool:
        return pool.map(partial(read_walk, cut=tuple(cut)), sources, chunksize=8)


def read_walk(source: Source, cut: Sequence[Shape]) -> Walk:
    """Return one walk; the same source gives the same walk."""
    trial = _recorded(source.dataset, source.files, source.backward)
    if source.seed:
        rng = np.random.default_rng((source.seed, zlib.crc32(trial.name.encode())))
        trial = augmented(trial, rng, replace(Augmentation(), longest_s=np.inf))
    probes: list[Probe] = []
    if source.families:
        gait = gait_of(trial) if source.seed else _gait(source.dataset, source.files, source.backward)
        draw = source.seed + 100 * source.teaches
        spacing = TAUGHT if source.teaches else TRIED
        probes = plan_of(trial, gait, source.families, spacing, draw)
        trial = with_probes(trial, probes, cut, draw)
    return _streamed(source, trial, probes)


@lru_cache(4)
def _recorded(name: str, files: tuple[TrialFile, ...], backward: bool) -> Trial:
    reader = dataset(name)
    trial = joined([reader.read(file) for file in files])
    return reverse(trial) if backward else trial


@lru_cache(4)
def _gait(name: str, files: tuple[TrialFile, ...], backward: bool) -> Gait:
    return gait_of(_recorded(name, files, backward))


def _streamed(source: Source, trial: Trial, probes: Sequence[Probe]) -> Walk:
    forecast = replace(ForecastSettings(), learned_s=LEARNED_S) if source.teaches else ForecastSettings()
    motion, gross = UnforeseenMotion(SmallStumbleSettings(forecast=forecast)), StumbleDetector()
    times_s, inputs, gross_s = [], [], []
    for trunk in TrunkTracker().update(trial.block()):
        if trunk.after_gap:
            motion.reset()
        if not source.teaches:
            gross_s += [event.decided_at_s for event in gross.update(trunk)]
        for sample in trunk.samples:
            numbers = motion.push(sample)
            if numbers is not None:
                times_s.append(sample.time_s)
                inputs.append(numbers)
    kinds = kinds_of(trial)
    rows = np.minimum(np.searchsorted(trial.time_s, times_s), len(kinds) - 1)
    period_s = trial.duration_s / len(kinds)
    return Walk(
        source=source,
        times_s=np.array(times_s),
        inputs=np.array(inputs, dtype=np.float16).reshape(-1, INPUT_COUNT),
        probes=tuple(probes),
        gross_s=tuple(gross_s),
        seconds={
            str(kind): period_s * int(count)
            for kind, count in zip(*np.unique(kinds, return_counts=True), strict=True)
        },
        kind_at=kinds[rows],
    )


def cut_shapes(folder: Path) -> list[Shape]:
    """Return the real stumbles of SisFall that can be cut out of their walks."""
    reader = dataset("sisfall")
    files = [file for file in _files(folder, "sisfall") if reader.activities[file.activity].is_stumble]
    return [shape for file in files if (shape := cut_from(reader.read(file))) is not None]


def sources_of(folder: Path) -> list[Source]:
    """Return all walks to teach and to score on, from the data sets that ``folder`` holds, like ones together."""
    sources: list[Source] = []
    for number, files in enumerate(_walks(folder, "sisfall")):
        quick = Source("sisfall", files)
        sources.append(quick)
        if files[0].activity not in WALKS:
            continue
        back = replace(quick, backward=True)
        sources.append(back)
        for family_number, family in enumerate(FAMILIES):
            sources.append(replace((quick, back)[(number + family_number) % 2], families=(family,)))
        for seed, way in ((0, quick), (1, quick), (2, back)):
            sources.append(replace(way, families=FAMILIES, seed=seed, teaches=True))
    for number, files in enumerate(_walks(folder, "hapt")):
        sources.append(Source("hapt", files))
        if number % 6 == 0:
            sources.append(Source("hapt", files, FAMILIES, backward=True, seed=3, teaches=True))
    for name in STRANGERS:
        sources += [Source(name, files) for files in _walks(folder, name)]
    return sorted(sources, key=lambda source: (source.dataset, source.files[0].name, source.backward))


def _walks(folder: Path, name: str) -> list[tuple[TrialFile, ...]]:
    groups = walks_of(dataset(name), _files(folder, name))
    if name == "hapt":
        return [(file,) for group in groups for file in group]
    return [tuple(group) for group in groups]


def _files(folder: Path, name: str) -> list[TrialFile]:
    if not (folder / name).is_dir():
        return []
    files = dataset(name).find(folder / name)
    return files if name != "sisfall" else [f for f in files if f.activity in {*WALKS, *QUIET, "D18"}]
