"""Fitting the network that judges a possible stumble: was somebody on their feet and under way?"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from sternway.detect.network import Network
from sternway.evaluate.score import EARLY_S, LATE_S
from sternway.training.fit import Examples, FitSettings, Fitter, balanced, joined
from sternway.training.moments import Moments, Numbers


@dataclass(frozen=True, slots=True)
class StumbleTraining:
    """Which moments teach what.

    Positive are those of a stumble as scored, and those in the ``before_s`` before the impact of a fall from gait;
    negative all of daily activities. Others in those trials, and all of falls from a chair, teach nothing. Soft ones
    weigh ``soft_weight``, and count as negatives only.
    """

    before_s: float = 1.5
    soft_weight: float = 0.5
    positive_share: float = 0.5
    epochs: int = 60
    fit: FitSettings = field(
        default_factory=lambda: FitSettings(members=4, hidden=(16, 8), batch=256, decay=0.1, noise=0.2)
    )


def targets_of(moments: Moments, settings: StumbleTraining) -> Numbers:
    """Return 1 for each moment of a stumble, 0 for those that are none, NaN for those that nobody can tell."""
    activity, times_s = moments.activity, moments.times_s
    if activity.is_stumble or activity.is_fall:
        first_s, last_s = np.inf, -np.inf
        if activity.is_stumble and moments.alert_s is not None:
            first_s, last_s = moments.alert_s[0] - EARLY_S, moments.alert_s[1] + LATE_S
        elif activity.from_gait and moments.impact_s is not None:
            first_s, last_s = moments.impact_s - settings.before_s, moments.impact_s
        return np.where((times_s >= first_s) & (times_s <= last_s), 1.0, np.nan).astype(np.float32)
    return np.zeros(len(times_s), dtype=np.float32)


def fit_stumble(
    moments: Sequence[Moments], seed: int, version: str, settings: StumbleTraining | None = None
) -> Network:
    """Return a network fitted on ``moments``, whatever order they are in."""
    settings = settings or StumbleTraining()
    moments = sorted(moments, key=lambda one: (one.group, one.name, one.made))
    examples = balanced(joined([_lesson(one, settings) for one in moments]), settings.positive_share)
    fitter = Fitter(examples.inputs, seed, settings.fit)
    fitter.run(examples, settings.epochs)
    fitter.run(examples, settings.epochs // 4, rate_scale=0.2)
    return fitter.network(version)


def _lesson(moments: Moments, settings: StumbleTraining) -> Examples:
    targets = targets_of(moments, settings)
    use = np.isfinite(targets) & ~(moments.soft & (targets > 0.5))
    weights = np.where(moments.soft, settings.soft_weight, 1.0).astype(np.float32)
    return Examples(moments.inputs[use], targets[use], weights[use])
