"""A person's normal walking: what is usual for each measure, and how sure one can be of it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sternway.motion.regularity import GaitQuality


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of steadiness, on a scale where its spread is even.

    ``unsteady_sign`` is +1 where more means less steady; ``weight`` is its share in the score of its axis.
    ``typical_spread`` is how much a 10 s epoch differs from the next within one walk of one person; ``slope`` and
    ``slope_spread`` say how the measure goes with the logarithm of cadence, and how much people differ in that.
    """

    name: str
    axis: str
    unsteady_sign: int
    weight: float
    typical_spread: float
    slope: float
    slope_spread: float


# Usual spread, slope and its spread: 18 people walking at two paces (SisFall SA01-SA13, SE01-SE05; D01 and D02). The
# spread of the slope is twice what was found there, for so few people cannot show the widest.
MEASURES = (
    Measure("step_time_spread_s", "timing", 1, 0.5, 0.26, -3.4, 2.3),
    Measure("step_regularity", "timing", -1, 0.25, 0.107, 1.1, 1.25),
    Measure("stride_regularity", "timing", -1, 0.25, 0.17, 1.4, 1.6),
    Measure("ml_ratio", "sway", 1, 0.34, 0.062, -1.2, 1.4),
    Measure("sway_radps", "sway", 1, 0.33, 0.069, 2.05, 1.1),
    Measure("harmonic_ratio", "sway", -1, 0.33, 0.165, 1.4, 1.8),
)


@dataclass(frozen=True, slots=True)
class BaselineSettings:
    """How a normal is learned.

    ``prior_epochs``: a person's own spread counts as much as everybody's after so many epochs. ``longest_epochs``
    forgets what is older than that many epochs of walking. ``walk_spread``: how far some minutes of walking lie
    from others of the same person, in usual spreads (the logarithm of step-time spread wanders by 0.26 to 0.30
    within a walk, half of which is the scatter of epochs). ``clamp_spreads``: an epoch further out moves the normal
    no more.
    """

    prior_epochs: float = 8.0
    longest_epochs: float = 180.0
    walk_spread: float = 0.6
    clamp_spreads: float = 3.0


@dataclass(frozen=True, slots=True)
class BaselineComparison:
    """How one epoch stands to the normal.

    ``z`` holds a two-sided score a measure, positive where less steady. ``standard_error`` (same names) is the
    standing error of the normal itself in the same units: it does not shrink however many epochs of this walk agree.
    """

    z: Mapping[str, float]
    standard_error: Mapping[str, float]


@dataclass(slots=True)
class Baseline:
    """The usual values of one person in one direction and variation; weights are in epochs of 10 s."""

    settings: BaselineSettings = field(default_factory=BaselineSettings)
    epochs: float = 0.0
    log_cadence: float = 0.0
    means: dict[str, float] = field(default_factory=dict)
    squares: dict[str, float] = field(default_factory=dict)

    def learn(self, quality: GaitQuality, weight: float) -> None:
        """Let one epoch count ``weight`` epochs towards the normal."""
        values, log_cadence = scaled(quality), math.log(quality.cadence_spm)
        if not self.means:
            self.means, self.squares = dict(values), dict.fromkeys(values, 0.0)
            self.log_cadence = log_cadence
        self.epochs = min(self.epochs + weight, self.settings.longest_epochs)
        share = weight / self.epochs
        change = share * (log_cadence - self.log_cadence)
        for measure in MEASURES:
            name, limit = measure.name, self.settings.clamp_spreads * measure.typical_spread
            step = max(-limit, min(limit, values[name] - self._expected(measure, log_cadence)))
            self.means[name] += share * step + measure.slope * change
            self.squares[name] = (1.0 - share) * (self.squares[name] + share * step * step)
        self.log_cadence += change

    def compare(self, quality: GaitQuality) -> BaselineComparison:
        """Return how ``quality`` stands to this normal."""
        values = scaled(quality)
        log_cadence = math.log(quality.cadence_spm)
        z, standard_error = {}, {}
        for measure in MEASURES:
            spread = self._spread(measure)
            deviation = values[measure.name] - self._expected(measure, log_cadence)
            z[measure.name] = measure.unsteady_sign * deviation / spread
            cadence_error = measure.slope_spread * (log_cadence - self.log_cadence) / spread
            standard_error[measure.name] = math.sqrt(
                1.0 / self.epochs + self.settings.walk_spread**2 + cadence_error * cadence_error
            )
        return BaselineComparison(z, standard_error)

    def _expected(self, measure: Measure, log_cadence: float) -> float:
        return self.means[measure.name] + measure.slope * (log_cadence - self.log_cadence)

    def _spread(self, measure: Measure) -> float:
        """Return the person's own spread, leaning on everybody's while it is little known."""
        prior = self.settings.prior_epochs
        own_square = self.epochs * self.squares[measure.name]
        return math.sqrt((prior * measure.typical_spread**2 + own_square) / (prior + self.epochs))

    def to_plain(self) -> dict[str, Any]:
        """Return the normal as plain data that JSON can carry."""
        return {
            "epochs": self.epochs,
            "log_cadence": self.log_cadence,
            "means": dict(self.means),
            "squares": dict(self.squares),
        }


def baseline_from_plain(plain: Mapping[str, Any], settings: BaselineSettings) -> Baseline:
    """Read a normal back; one that lacks a measure, or holds what is not a number, begins anew."""
    names = {measure.name for measure in MEASURES}
    try:
        means = {name: float(plain["means"][name]) for name in names}
        squares = {name: float(plain["squares"][name]) for name in names}
        epochs, log_cadence = float(plain["epochs"]), float(plain["log_cadence"])
    except (KeyError, TypeError, ValueError):
        return Baseline(settings)
    numbers = (*means.values(), *squares.values(), epochs, log_cadence)
    if not all(map(math.isfinite, numbers)) or epochs <= 0.0 or min(squares.values()) < 0.0:
        return Baseline(settings)
    return Baseline(settings, epochs, log_cadence, means, squares)


def scaled(quality: GaitQuality) -> dict[str, float]:
    """Return each measure on the scale where its spread is even: logarithms, and Fisher's z of correlations."""
    return {
        "step_time_spread_s": math.log(quality.step_time_spread_s),
        "step_regularity": _fisher(quality.step_regularity),
        "stride_regularity": _fisher(quality.stride_regularity),
        "ml_ratio": math.log(max(quality.ml_ratio, 1e-3)),
        "sway_radps": math.log(max(quality.sway_radps, 1e-4)),
        "harmonic_ratio": math.log(max(quality.harmonic_ratio, 1e-3)),
    }


def _fisher(correlation: float) -> float:
    return math.atanh(max(-0.5, min(0.98, correlation)))
