"""From recordings to what the networks see, by the production code itself: training and inference cannot differ."""

import itertools
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sternway.detect.fall import FallSettings, turned_rad
from sternway.detect.fall_features import CHANNELS, FallFeatureTracker
from sternway.detect.gate import WalkingGate
from sternway.detect.impact import Impact, ImpactFinder
from sternway.detect.lying_still import LyingStillTracker
from sternway.detect.pre_impact import BOX_EDGES_S
from sternway.evaluate.datasets import dataset
from sternway.evaluate.trial import Activity, Trial, TrialFile
from sternway.motion.resample import RATE_HZ
from sternway.motion.trunk import TrunkMotion
from sternway.motion.trunk_tracker import TrunkTracker
from sternway.samples import Vector
from sternway.training.augment import augmented, reversed_walk, softened

Numbers = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Clip:
    """One trial as the networks see it: ``channels`` (n, c) at 100 Hz from ``start_s`` on, and its impacts.

    ``walking`` (n,) marks level walking, ``gait`` (n,) where the walking gate is open. ``settlings`` hold for each
    impact when the wearer lay still after it, turned further than at any time before, and how far. ``group`` is the
    person with the data set before it, so that people are split and never windows.
    """

    name: str
    group: str
    activity: Activity
    start_s: float
    channels: Numbers
    impacts: tuple[Impact, ...]
    settlings: tuple[tuple[tuple[float, float], ...], ...]
    impact_s: float | None
    walking: NDArray[np.bool_]
    gait: NDArray[np.bool_]

    @property
    def impact_row(self) -> int | None:
        """Return the row of the labelled impact, ``None`` for anything but a fall."""
        return None if self.impact_s is None else round((self.impact_s - self.start_s) * RATE_HZ)


@dataclass(frozen=True, slots=True)
class Source:
    """A trial file, and how it is to be changed.

    ``seed`` 0 leaves it as it is, ``backward`` reverses time; ``cut`` from 1 on is a way of cutting it short;
    ``soft`` spreads the impact of a fall.
    """

    dataset: str
    file: TrialFile
    seed: int = 0
    backward: bool = False
    cut: int = 0
    soft: bool = False


def read_clips(sources: Sequence[Source], jobs: int) -> list[Clip]:
    """Return the longest unbroken stretch of each source as a clip, in order; the work is spread over processes."""
    with get_context("spawn").Pool(jobs) as pool:
        return pool.map(read_clip, sources, chunksize=16)


def read_clip(source: Source) -> Clip:
    """Return one source as a clip."""
    trial = dataset(source.dataset).read(source.file)
    if source.backward:
        trial = reversed_walk(trial)
    rng = np.random.default_rng((source.seed, zlib.crc32(trial.name.encode())))
    if source.soft:
        trial = softened(trial, rng)
    if source.seed:
        trial = augmented(trial, rng)
    return clip_of(trial, f"{source.dataset}/{trial.subject}")


def clip_of(trial: Trial, group: str) -> Clip:
    """Return ``trial`` as a clip."""
    trunks = [trunk for trunk in TrunkTracker().update(trial.block()) if len(trunk)]
    trunk = max(trunks, key=len)
    impacts = [impact for impact in ImpactFinder().update(trunk) if impact is not None]
    return Clip(
        name=trial.name,
        group=group,
        activity=trial.activity,
        start_s=float(trunk.time_s[0]),
        channels=np.array(FallFeatureTracker().update(trunk), dtype=np.float32).reshape(-1, len(CHANNELS)),
        impacts=tuple(impacts),
        settlings=_settlings(impacts, trunk),
        impact_s=trial.impact_s,
        walking=np.interp(trunk.time_s, trial.time_s, trial.walking) > 0.5,
        gait=np.array(WalkingGate().update(trunk), dtype=np.bool_),
    )


def _settlings(impacts: Sequence[Impact], trunk: TrunkMotion) -> tuple[tuple[tuple[float, float], ...], ...]:
    """Return when, and turned how far, each impact would be called a fall if the network were sure of it."""
    settings = FallSettings()
    times = trunk.time_s.tolist()
    rests = [
        (time_s, up) for time_s, up in zip(times, LyingStillTracker(settings.rest).update(trunk), strict=True) if up
    ]
    return tuple(_settling(impact, rests, settings) for impact in impacts)


def _settling(
    impact: Impact, rests: Sequence[tuple[float, Vector]], settings: FallSettings
) -> tuple[tuple[float, float], ...]:
    farther: list[tuple[float, float]] = []
    for time_s, up in rests:
        turned = turned_rad(impact, time_s, up, settings)
        if turned is not None and (not farther or turned > farther[-1][1]):
            farther.append((time_s, turned))
    return tuple(farther)


def settled_s(settling: Sequence[tuple[float, float]], turned_rad: float) -> float | None:
    """Return when an impact would be called a fall that asks for this much turning; ``None`` where never.

    >>> settled_s(((3.0, 0.5), (3.5, 0.9)), 0.7)
    3.5
    """
    return next((time_s for time_s, turned in settling if turned > turned_rad), None)


def sources_of(name: str, folder: Path, labels: Path | None = None) -> list[Source]:
    """Return every trial of a data set, as it is."""
    return [Source(name, file) for file in dataset(name).find(folder, labels)]


def boxed(channels: Numbers, stride: int = 1) -> Numbers:
    """Return what the pre-impact network takes in (n, boxes * channels) at every ``stride``-th row of a clip.

    The same means as :func:`sternway.detect.pre_impact.box_matrix` takes, for many rows at once.
    """
    edges = [round(edge_s * RATE_HZ) for edge_s in BOX_EDGES_S]
    padded = np.concatenate((np.repeat(channels[:1], edges[-1], axis=0), channels)).astype(np.float64)
    total = np.concatenate((np.zeros((1, channels.shape[1])), np.cumsum(padded, axis=0)))
    ends = np.arange(0, len(channels), stride) + edges[-1] + 1
    means = [(total[ends - near] - total[ends - far]) / (far - near) for near, far in itertools.pairwise(edges)]
    return np.concatenate(means, axis=1).astype(np.float32)
