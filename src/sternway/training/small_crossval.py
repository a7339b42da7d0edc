"""What the network for small stumbles hears of people, and of families of perturbations, it was not fitted on."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from sternway.detect.small_stumble import SmallStumbleSettings
from sternway.evaluate.perturbation_bench import HEARD_S, SIZES_G
from sternway.evaluate.perturbation_families import FAMILIES
from sternway.evaluate.perturbation_table import Counts
from sternway.samples import Floats
from sternway.training.crossval import folds_of
from sternway.training.fit import Numbers, log_odds_of
from sternway.training.small_stumble import fit_small_stumble, lesson_of
from sternway.training.small_walks import Source, Walk, may_teach

REFRACTORY_S = SmallStumbleSettings().refractory_s


@dataclass(frozen=True, slots=True)
class Heard:
    """What a network says at each look at a walk; it learned without the person, and without family ``left_out``."""

    walk: Walk
    log_odds: Numbers
    left_out: str = ""


def cross_validated(walks: Sequence[Walk], count: int, seed: int, say: Callable[[str], None]) -> list[Heard]:
    """Return what was heard of every walk that does not teach.

    Walks with perturbations are heard by networks that never saw their family; quiet ones by networks that saw all
    families, as the one that ships. Nobody is heard by a network that saw them.
    """
    taught = [walk for walk in walks if may_teach(walk.source)]
    scored = [walk for walk in walks if not walk.source.teaches]
    folds = folds_of(sorted({walk.source.person for walk in taught}), count, seed)
    lessons = [(folds[walk.source.person], lesson_of(walk)) for walk in taught]
    heard: list[Heard] = []
    for left_out in ("", *FAMILIES):
        say(f"without {left_out or 'any person heard'} ...")
        for fold in range(count):
            network = fit_small_stumble([one for at, one in lessons if at != fold], seed, "fold", without=left_out)
            heard += [
                Heard(walk, log_odds_of(network, walk.inputs), left_out)
                for walk in scored
                if folds.get(walk.source.person, 0) == fold and _hears(walk.source, left_out)
            ]
    return heard


def _hears(source: Source, left_out: str) -> bool:
    return source.families == ((left_out,) if left_out else ())


def counts_of(heard: Sequence[Heard], threshold: float) -> Counts:
    """Return, of each family and size, how many were tried, heard by the gross channel, and heard by either."""
    counts: Counts = {family: {f"{size_g:g}": [0, 0, 0] for size_g in SIZES_G} for family in FAMILIES}
    for one in heard:
        sure_s = one.walk.times_s[one.log_odds >= threshold]
        for probe in one.walk.probes:
            cell = counts[probe.family][f"{probe.size_g:g}"]
            gross = _after_s(one.walk.gross_s, probe.begin_s) is not None
            cell[0] += 1
            cell[1] += gross
            cell[2] += gross or _after_s(sure_s, probe.begin_s) is not None
    return counts


def latencies_s(heard: Sequence[Heard], threshold: float) -> list[float]:
    """Return how long after its begin each perturbation was heard by this channel, of those that were."""
    found = (
        _after_s(one.walk.times_s[one.log_odds >= threshold], probe.begin_s)
        for one in heard
        for probe in one.walk.probes
    )
    return [after_s for after_s in found if after_s is not None]


def _after_s(decided_s: Sequence[float] | Floats | Numbers, begin_s: float) -> float | None:
    return next((float(s) - begin_s for s in decided_s if 0.0 <= s - begin_s <= HEARD_S), None)


def false_alarms(heard: Sequence[Heard], threshold: float) -> tuple[Counter[str], dict[str, float]]:
    """Return the alarms of this channel in quiet walking and the hours, each by kind; reversed walking is a kind."""
    alarms: Counter[str] = Counter()
    seconds: dict[str, float] = {}
    for one in heard:
        if one.walk.probes:
            continue
        way = ", reversed" if one.walk.source.backward else ""
        for kind, kind_s in one.walk.seconds.items():
            seconds[kind + way] = seconds.get(kind + way, 0.0) + kind_s
        quiet_until_s = -np.inf
        for at in np.flatnonzero(one.log_odds >= threshold).tolist():
            if one.walk.times_s[at] >= quiet_until_s:
                quiet_until_s = one.walk.times_s[at] + REFRACTORY_S
                alarms[str(one.walk.kind_at[at]) + way] += 1
    return alarms, {kind: total / 3600.0 for kind, total in seconds.items()}
