"""Fitting the network for small stumbles: a perturbation teaches by its surest look, quiet walking by every look."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sternway.detect.error_features import mirrored
from sternway.detect.network import Network
from sternway.training.fit import Examples, FitSettings, Fitter, joined
from sternway.training.small_walks import Walk

Halves = NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class SmallStumbleTraining:
    """How perturbations and quiet walking teach.

    The looks up to ``heard_s`` after the begin of a perturbation are one bag, of which at least one shall be sure:
    the softmax of what the network says now shares its weight out. Looks until ``over_s`` teach nothing else. A bag
    weighs as its size over ``full_g``, at least ``least_weight``. Of each walk ``spread_count`` quiet looks teach
    from the start, and each of ``rounds`` adds the ``mined_count`` that the network is surest about.
    """

    heard_s: float = 1.2
    over_s: float = 3.0
    full_g: float = 0.7
    least_weight: float = 0.3
    rounds: int = 3
    epochs: int = 2
    last_epochs: int = 2
    spread_count: int = 100
    spread_weight: float = 0.3
    mined_count: int = 25
    positive_share: float = 0.5
    fit: FitSettings = field(default_factory=lambda: FitSettings(members=2, hidden=(32, 16), decay=1e-2))


@dataclass(frozen=True, slots=True)
class Bags:
    """Looks at perturbations: ``inputs`` (n, d), the ``bag`` (n,) that each is in, and ``weights`` of the bags."""

    inputs: Halves
    bag: NDArray[np.int64]
    weights: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one walk teaches: ``quiet`` (n, d) looks, and for each perturbation its looks, its family and size."""

    person: str
    quiet: Halves
    heard: tuple[tuple[Halves, str, float], ...]


def lesson_of(walk: Walk, settings: SmallStumbleTraining | None = None) -> Lesson:
    """Return what ``walk`` teaches."""
    settings = settings or SmallStumbleTraining()
    near = np.zeros(len(walk.times_s), dtype=np.bool_)
    heard = []
    for probe in walk.probes:
        since_s = walk.times_s - probe.begin_s
        near |= (since_s > 0.0) & (since_s < settings.over_s)
        looks = walk.inputs[(since_s > 0.05) & (since_s <= settings.heard_s)]
        if len(looks):
            heard.append((looks, probe.family, probe.size_g))
    return Lesson(walk.source.person, walk.inputs[~near], tuple(heard))


def fit_small_stumble(
    lessons: Sequence[Lesson],
    seed: int,
    version: str,
    *,
    without: str = "",
    settings: SmallStumbleTraining | None = None,
) -> Network:
    """Return a network fitted on ``lessons``; perturbations of the family ``without`` do not teach."""
    settings = settings or SmallStumbleTraining()
    rng = np.random.default_rng(seed)
    bags = _bags(lessons, without, settings)
    quiet = [lesson.quiet for lesson in lessons if len(lesson.quiet)]
    pool = [_some(looks, rng, settings) for looks in quiet]
    fitter = Fitter(joined([_even(bags), *pool]).inputs, seed, settings.fit)
    positives = _even(bags)
    for _ in range(settings.rounds):
        negatives = joined(pool)
        for _ in range(settings.epochs):
            fitter.run(_balanced(positives, negatives, settings), 1)
            positives = _surest(bags, fitter)
        pool += [_mined(looks, fitter, settings) for looks in quiet]
    negatives = joined(pool)
    for _ in range(settings.last_epochs):
        fitter.run(_balanced(positives, negatives, settings), 1, rate_scale=0.2)
        positives = _surest(bags, fitter)
    return fitter.network(version)


def _bags(lessons: Sequence[Lesson], without: str, settings: SmallStumbleTraining) -> Bags:
    """Return the looks of all perturbations, and the same as the other side of the body would have given them."""
    heard = [one for lesson in lessons for one in lesson.heard if one[1] != without]
    looks = np.concatenate([inputs for inputs, _, _ in heard])
    bag = np.repeat(np.arange(len(heard)), [len(inputs) for inputs, _, _ in heard])
    weights = np.clip([size_g / settings.full_g for _, _, size_g in heard], settings.least_weight, 1.0)
    return Bags(
        np.concatenate((looks, mirrored(looks))),
        np.concatenate((bag, bag + len(heard))),
        np.concatenate((weights, weights)),
    )


def _even(bags: Bags) -> Examples:
    """Return the looks of each bag with even weights."""
    return _positive(bags, 1.0 / np.bincount(bags.bag)[bags.bag])


def _surest(bags: Bags, fitter: Fitter) -> Examples:
    """Return the looks of each bag, weighing as the softmax of what the network says of them now."""
    odds = fitter.log_odds(bags.inputs).astype(np.float64)
    most = np.full(len(bags.weights), -np.inf)
    np.maximum.at(most, bags.bag, odds)
    shares = np.exp(odds - most[bags.bag])
    return _positive(bags, shares / np.bincount(bags.bag, shares)[bags.bag])


def _positive(bags: Bags, shares: NDArray[np.float64]) -> Examples:
    weights = (shares * bags.weights[bags.bag]).astype(np.float32)
    return Examples(bags.inputs, np.ones(len(weights), np.float32), weights)


def _some(looks: Halves, rng: np.random.Generator, settings: SmallStumbleTraining) -> Examples:
    chosen = rng.choice(len(looks), min(settings.spread_count, len(looks)), replace=False)
    return _negative(looks[chosen], settings.spread_weight)


def _mined(looks: Halves, fitter: Fitter, settings: SmallStumbleTraining) -> Examples:
    count = min(settings.mined_count, len(looks))
    return _negative(looks[np.argpartition(fitter.log_odds(looks), len(looks) - count)[len(looks) - count :]], 1.0)


def _negative(looks: Halves, weight: float) -> Examples:
    both = np.concatenate((looks, mirrored(looks)))
    return Examples(both, np.zeros(len(both), np.float32), np.full(len(both), weight, np.float32))


def _balanced(positives: Examples, negatives: Examples, settings: SmallStumbleTraining) -> Examples:
    """Return both, the positives weighing ``positive_share`` of the whole."""
    share = settings.positive_share
    weights = (
        positives.weights * (share / float(positives.weights.sum())),
        negatives.weights * ((1.0 - share) / float(negatives.weights.sum())),
    )
    return joined(
        [
            Examples(e.inputs, e.targets, w.astype(np.float32))
            for e, w in zip((positives, negatives), weights, strict=True)
        ]
    )
