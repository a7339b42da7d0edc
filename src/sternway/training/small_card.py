"""The model card of the network for small stumbles: what it learned from, and what it hears of what it never saw."""

from collections.abc import Sequence

import numpy as np

from sternway.detect.small_stumble import SmallStumbleSettings
from sternway.evaluate.intervals import poisson_rate, wilson
from sternway.evaluate.perturbation_bench import SIZES_G
from sternway.evaluate.perturbation_families import DECISIVE
from sternway.evaluate.perturbation_table import Counts, mean_share
from sternway.training.small_crossval import Heard, counts_of, false_alarms, latencies_s
from sternway.training.small_walks import STRANGERS, Walk

THRESHOLDS = (1.0, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0)
SIZES = [f"{size_g:g}" for size_g in SIZES_G]


def card(version: str, walks: Sequence[Walk], table: str, *, seed: int, folds: int) -> str:
    """Return the model card as Markdown."""
    teach = [walk for walk in walks if walk.source.teaches]
    probes = sum(len(walk.probes) for walk in teach)
    people = len({walk.source.person for walk in walks if walk.source.dataset not in STRANGERS})
    return f"""\
# Small stumble

The second channel of stumbles: says from the error of a personal forecast that this walk went otherwise.

**Weights `{version}`**, fitted with seed {seed} on all development people at once, with NumPy {np.__version__}.
Licence of the weights: that of Sternway. No sample of a recording is in them or beside them.

## What it learned from
{probes} perturbations of five families (`sternway/evaluate/perturbation_families.py`), of 0.3 to 2 g, in {len(teach)}
walks of {people} people (SisFall D01 and D02, HAPT), as recorded, reversed in time, and changed (another place on the
belt, pace, rate of 50 to 208 Hz, noise, bursts of motor); and quiet walking, stairs and jogging of the same people.

## How it does on people and families it never saw
{folds} folds split by person. Each family of perturbations is heard by networks that learned neither from that
person nor from that family; quiet walking by networks that learned from all families but not from that person. The
gross channel alone -> with this one. Half of the walks are reversed in time.
{", ".join(STRANGERS)} never teach. Alarms are counted without the walking gate, which the clip has besides.
The threshold in force was chosen on these alarms, so its row is a little kind.

{table}

## What is not known
- **No real small stumble has ever been tested.** No recording of one exists; all perturbations are put into walking
  by calculation, and a network that hears five families may still miss the sixth.
- It hears the recovery, some tenths of a second late. It says nothing in the first 20 s of a walk.
- No perturbation is in real backward walking; walking reversed in time stands in for it.
- A rate of alarms means no more than the hours behind it.

Made by `sternway train`; see `sternway train --help` to make it again.
"""


def tables(heard: Sequence[Heard]) -> str:
    """Return the table with one family left out, the alarms in quiet walking, and the operating curve."""
    threshold = SmallStumbleSettings().threshold
    return "\n\n".join((_by_family(heard, threshold), _alarms(heard, threshold), _curve(heard, threshold)))


def _by_family(heard: Sequence[Heard], threshold: float) -> str:
    counts = counts_of(heard, threshold)
    lines = ["| left out of training | " + " | ".join(f"{size} g" for size in SIZES) + " |"]
    lines.append("|---|" + "---|" * len(SIZES))
    lines += [f"| {family} | {' | '.join(map(_cell, row.values()))} |" for family, row in counts.items()]
    means = [f"{_percent(counts, size, 1)} -> **{_percent(counts, size, 2)}**" for size in SIZES]
    lines.append(f"| **mean without random pulses** | {' | '.join(means)} |")
    after_s = latencies_s(heard, threshold)
    if after_s:
        median_ms, late_ms = (1000.0 * float(q) for q in np.percentile(after_s, (50, 90)))
        lines.append(
            f"\nHeard by this channel {median_ms:.0f} ms (median; nine in ten within {late_ms:.0f} ms) after"
        )
        lines.append("the perturbation begins. Counts of those tried; 95 % intervals by Wilson.")
    return "\n".join(lines)


def _cell(cell: Sequence[int]) -> str:
    tried, gross, either = cell
    low, high = wilson(either, tried) or (0.0, 1.0)
    return f"{gross} -> {either}/{tried} ({100 * low:.0f}-{100 * high:.0f} %)"


def _percent(counts: Counts, size: str, which: int) -> str:
    share = mean_share(counts, size, which, DECISIVE)
    return "-" if share is None else f"{100 * share:.0f} %"


def _alarms(heard: Sequence[Heard], threshold: float) -> str:
    alarms, hours = false_alarms(heard, threshold)
    lines = ["| walking without perturbations | hours | alarms | an hour (95 %) |", "|---|---|---|---|"]
    for kind in sorted(hours):
        low, high = poisson_rate(alarms[kind], hours[kind]) or (0.0, 0.0)
        lines.append(f"| {kind} | {hours[kind]:.2f} | {alarms[kind]} | {low:.1f} to {high:.1f} |")
    return "\n".join(lines)


def _curve(heard: Sequence[Heard], threshold: float) -> str:
    lines = ["| threshold | " + " | ".join(f"{size} g" for size in SIZES) + " | alarms | reversed |"]
    lines.append("|---|" + "---|" * (len(SIZES) + 2))
    for one in sorted({*THRESHOLDS, threshold}):
        counts = counts_of(heard, one)
        alarms, _ = false_alarms(heard, one)
        back = sum(count for kind, count in alarms.items() if kind.endswith("reversed"))
        name = f"**{one:g}**" if one == threshold else f"{one:g}"
        shares = " | ".join(_percent(counts, size, 2) for size in SIZES)
        lines.append(f"| {name} | {shares} | {alarms.total() - back} | {back} |")
    return "\n".join(lines)
