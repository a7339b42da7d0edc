"""Fitting the fall network: which impacts end a fall."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from sternway.detect.impact import FEATURES, Impact
from sternway.detect.network import Network
from sternway.training.features import Clip
from sternway.training.fit import Examples, FitSettings, Fitter, balanced, joined

_TURNED_AFTER = FEATURES.index("turned_after")


@dataclass(frozen=True, slots=True)
class FallTraining:
    """Which impacts teach what.

    An impact within ``near_s`` of the labelled one is a fall's; others within ``around_s`` of it, and all after it,
    teach nothing. Impacts that leave the trunk turned by ``turned_rad`` a second later weigh 1, the others
    ``passing_weight``: posture keeps them from being called a fall anyway.
    """

    near_s: float = 0.3
    around_s: float = 2.5
    turned_rad: float = 0.6
    passing_weight: float = 0.1
    positive_share: float = 0.5
    epochs: int = 60
    fit: FitSettings = field(default_factory=lambda: FitSettings(hidden=(8, 4), batch=512, decay=3e-2))


def fit_fall(clips: Sequence[Clip], seed: int, version: str, settings: FallTraining | None = None) -> Network:
    """Return a network fitted on the impacts of ``clips``, whose order matters only among those of one name."""
    settings = settings or FallTraining()
    clips = sorted(clips, key=lambda clip: (clip.group, clip.name))
    examples = joined([_lesson(clip, settings) for clip in clips])
    examples = balanced(examples, settings.positive_share)
    fitter = Fitter(examples.inputs, seed, settings.fit)
    fitter.run(examples, settings.epochs)
    fitter.run(examples, settings.epochs // 4, rate_scale=0.2)
    return fitter.network(version)


def is_fall(clip: Clip, impact: Impact, settings: FallTraining) -> bool | None:
    """Return whether ``impact`` is the one that ends the fall of ``clip``; ``None`` where nobody can say."""
    if clip.impact_s is None:
        return False
    after_s = impact.time_s - clip.impact_s
    if abs(after_s) <= settings.near_s:
        return True
    return False if after_s < -settings.around_s else None


def _lesson(clip: Clip, settings: FallTraining) -> Examples:
    inputs, targets, weights = [], [], []
    for impact in clip.impacts:
        target = is_fall(clip, impact, settings)
        if target is not None:
            inputs.append(impact.features)
            targets.append(float(target))
            is_turned = impact.features[_TURNED_AFTER] > settings.turned_rad
            weights.append(1.0 if target or is_turned else settings.passing_weight)
    return Examples(
        np.array(inputs, dtype=np.float32).reshape(-1, len(FEATURES)),
        np.array(targets, dtype=np.float32),
        np.array(weights, dtype=np.float32),
    )
