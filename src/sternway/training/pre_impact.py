"""Fitting the pre-impact network: what is positive, which negatives count, and the search for the hard ones."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sternway.detect.network import Network
from sternway.motion.resample import RATE_HZ
from sternway.training.features import Clip, boxed
from sternway.training.fit import Examples, FitSettings, Fitter, joined


@dataclass(frozen=True, slots=True)
class PreImpactTraining:
    """How the last second before an impact is taught.

    The label "fall" of SisFall begins 0.15 s before the peak, too late to learn from: the last ``falling_s`` are
    positive, the ``unsure_s`` before them teach nothing, everything earlier and every daily activity is negative.
    ``stride`` rows are kept one in so many, quiet clips one in ``quiet_stride``.
    ``early_s``: rows with at least this much lead weigh ``early_weight`` times as much. Each of ``rounds`` adds the
    ``mined_count`` rows of every quiet clip that the network is surest about (hard negatives, each clip alike).
    """

    falling_s: float = 0.45
    unsure_s: float = 0.35
    early_s: float = 0.15
    early_weight: float = 2.0
    stride: int = 2
    quiet_stride: int = 4
    spread_count: int = 60
    rounds: int = 6
    epochs: int = 2
    mined_count: int = 10
    mined_weight: float = 1.0
    spread_weight: float = 0.2
    positive_share: float = 0.5
    fit: FitSettings = field(default_factory=FitSettings)


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one clip teaches: ``quiet`` (n, d) inputs at which an alarm is false, and the ``falling`` examples."""

    group: str
    quiet: NDArray[np.float16]
    falling: Examples


def lesson_of(clip: Clip, settings: PreImpactTraining | None = None) -> Lesson:
    """Return what ``clip`` teaches; halves of precision keep hours of it in memory."""
    settings = settings or PreImpactTraining()
    impact = clip.impact_row
    if impact is None:
        quiet = boxed(clip.channels, settings.quiet_stride).astype(np.float16)
        return Lesson(clip.group, quiet, _examples(quiet[:0], 1.0, 1.0))
    inputs = boxed(clip.channels, settings.stride).astype(np.float16)
    lead_s = (impact - settings.stride * np.arange(len(inputs))) / RATE_HZ
    falling = (lead_s > 0.0) & (lead_s <= settings.falling_s)
    early = np.where(lead_s[falling] >= settings.early_s, settings.early_weight, 1.0)
    quiet = inputs[lead_s > settings.falling_s + settings.unsure_s]
    return Lesson(clip.group, quiet, _examples(inputs[falling], 1.0, early))


def fit_pre_impact(
    lessons: Sequence[Lesson], seed: int, version: str, settings: PreImpactTraining | None = None
) -> Network:
    """Return a network fitted on ``lessons``."""
    settings = settings or PreImpactTraining()
    rng = np.random.default_rng(seed)
    falling = joined([lesson.falling for lesson in lessons])
    quiet = [lesson.quiet for lesson in lessons if len(lesson.quiet)]
    pool = [_spread(inputs, rng, settings) for inputs in quiet]
    fitter = Fitter(joined([falling, *pool]).inputs, seed, settings.fit)
    for _ in range(settings.rounds):
        fitter.run(_balanced(falling, joined(pool), settings), settings.epochs)
        pool += [_mined(inputs, fitter, settings) for inputs in quiet]
    fitter.run(_balanced(falling, joined(pool), settings), settings.epochs, rate_scale=0.2)
    return fitter.network(version)


def _spread(inputs: NDArray[np.float16], rng: np.random.Generator, settings: PreImpactTraining) -> Examples:
    chosen = rng.choice(len(inputs), min(settings.spread_count, len(inputs)), replace=False)
    return _examples(inputs[chosen], 0.0, settings.spread_weight)


def _mined(inputs: NDArray[np.float16], fitter: Fitter, settings: PreImpactTraining) -> Examples:
    count = min(settings.mined_count, len(inputs))
    hardest = np.argpartition(fitter.log_odds(inputs), len(inputs) - count)[len(inputs) - count :]
    return _examples(inputs[hardest], 0.0, settings.mined_weight)


def _examples(inputs: NDArray[np.float16], target: float, weights: float | NDArray[np.float64]) -> Examples:
    count = len(inputs)
    return Examples(inputs, np.full(count, target, np.float32), np.full(count, weights, np.float32))


def _balanced(falling: Examples, quiet: Examples, settings: PreImpactTraining) -> Examples:
    """Return both with the falling rows weighing ``positive_share`` of the whole."""
    share = settings.positive_share
    return joined(
        [
            Examples(falling.inputs, falling.targets, falling.weights * (share / float(falling.weights.sum()))),
            Examples(quiet.inputs, quiet.targets, quiet.weights * ((1.0 - share) / float(quiet.weights.sum()))),
        ]
    )
