"""Regenerates ``docs/validation/detection.md`` (``make validation``).

Runs what the data folder holds (``DATA/<name>`` for each data set): the tables, the same with the clip turned,
resampled or damaged, and the perturbation curves. Needs the extra ``[train]`` for the plot.
"""

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from sternway import __version__
from sternway.errors import SternwayError
from sternway.evaluate import report
from sternway.evaluate.datasets import dataset
from sternway.evaluate.intervals import poisson_rate, wilson
from sternway.evaluate.perturbation import (
    ALLOWED_PER_HOUR,
    FORMS,
    SHIPPED,
    SIZES_G,
    THRESHOLDS,
    Probe,
    at_fixed_rate,
    curve,
    probe,
)
from sternway.evaluate.pipeline import TrialResult
from sternway.evaluate.progress import progress
from sternway.evaluate.run_file import run_one
from sternway.evaluate.score import scores
from sternway.evaluate.trial import Dataset, TrialFile
from sternway.evaluate.variation import VARIATIONS

SETS = ("sisfall", "hapt", "kfall", "umafall")
STRANGERS = ("kfall", "umafall")
DAMAGES = ("clipped", "dropped", "repeated", "reordered", "3-s-gap", "unplugged")

_HEAD = """# How well stumbles and falls are heard

Made by `make validation` with Sternway {version}; do not edit. Each table is what
`sternway evaluate` prints: every trial streamed through the monitor that runs on the clip, cold (nothing
learned about the person), causal, with default settings. *In gait* counts only what happens while the walking gate is
open, as on a walk. Intervals are 95 %: Wilson's for shares, the exact Poisson for rates.

**What the data cannot show.** All falls and stumbles are acted, nearly all by young adults, on mats, after an
announcement. Nobody stumbles or falls *while walking backward* in any public data set; time reversal of forward
walking stands in for it below, and only there. False-alarm rates rest on the hours printed beside them: no alarm in
one hour of walking bounds the rate below about 3.7 an hour, no lower. SisFall's subjects SA01-SA13 and SE01-SE05 and
HAPT's users 1-20 were used in development: weights and thresholds were set on them. **The weights printed here have
seen these people**, so the tables look better than the truth; the figures of people left out stand on the cards of
[falls](../detectors/fall.md) and of [falls about to happen](../detectors/pre-impact.md). {strangers}

**Published numbers.** Stumbles: Iluz et al. 2014, low back, 93.1 % and 98.6 % specificity. Pre-impact: Jung et al.
2020, SisFall, 96.1/90.5 % at 280 ms; Yu et al. 2021, trained on KFall itself, 99.3/99.0 %. Falls: Alves et al. 2019,
waist, 89.5 % without a false alarm; Palmerini et al. 2020, 143 *real* falls, above 80 % at 0.56 false alarms an hour.
"""


def main(words: Sequence[str] | None = None) -> int:
    """Run everything that the data folder holds and write the page and its plot."""
    arguments, present = asked("detection.md", SETS, words)
    parts = [_HEAD.format(version=__version__, strangers=strangers_words(present))]
    outcomes = {name: heard_in(dataset(name), arguments.data / name, arguments.jobs) for name in present}
    parts += [_table(dataset(name), outcomes[name]) for name in present]
    if "sisfall" in present:
        parts.append(_varied(arguments.data / "sisfall", arguments.jobs, outcomes["sisfall"]))
        parts.append(_curves(arguments.data / "sisfall", arguments.out, arguments.jobs))
    (arguments.out / "detection.md").write_text("\n".join(parts), encoding="utf-8")
    return 0


def strangers_words(present: Sequence[str]) -> str:
    """Say which tables are of people who had no part in development."""
    shown = [name for name in STRANGERS if name in present]
    if shown:
        return f"Nothing was set on the people of\n{' and '.join(shown)}."
    return (
        "No table here is of people\nwithout a part in development: KFall and UMAFall can be scored by "
        "`sternway evaluate`, and no run of them is shown."
    )


def asked(page: str, sets: Iterable[str], words: Sequence[str] | None = None) -> tuple[argparse.Namespace, list[str]]:
    """Return the words of the command that writes ``page``, and those of ``sets`` that its data folder holds.

    Raises ``SternwayError`` where it holds none.
    """
    names = ", ".join(sets)
    parser = argparse.ArgumentParser(description=f"Regenerate docs/validation/{page}.")
    parser.add_argument("data", type=Path, help=f"the folder that holds {names}")
    parser.add_argument("out", type=Path, help="docs/validation")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args(words)
    present = [name for name in sets if (arguments.data / name).is_dir()]
    if not present:
        raise SternwayError(f"{arguments.data}: none of {names} in it; docs/validation stays as it is")
    return arguments, present


def outcomes_of(
    reader: Dataset, files: Sequence[TrialFile], jobs: int, variation: str = "as-is"
) -> Iterator[TrialResult]:
    """Yield the outcome of each readable file."""
    with ProcessPoolExecutor(jobs) as pool:
        results = pool.map(partial(run_one, reader, variation=variation), files, chunksize=4)
        for result in progress(results, len(files)):
            if isinstance(result, TrialResult):
                yield result


def heard_in(reader: Dataset, folder: Path, jobs: int) -> list[TrialResult]:
    """Return the outcome of every readable trial under ``folder``."""
    print(reader.name, file=sys.stderr)
    return list(outcomes_of(reader, reader.find(folder), jobs))


def _table(reader: Dataset, outcomes: Sequence[TrialResult]) -> str:
    ungated, gated = (scores(reader.name, gate, outcomes) for gate in ("none", "walking"))
    return f"## {reader.name}\n\n```text\n{report.table(ungated, gated, reader.activities)}```\n"


def sample(files: Sequence[TrialFile]) -> list[TrialFile]:
    """Return what variations are run on: every stumble, some walking, quick sits and lying down, some falls."""
    some = {"D01": 9, "D02": 9, "D10": 9, "D11": 9, "D13": 9, "D14": 9, "D18": 1}
    some |= {f"F{number:02d}": 13 for number in range(1, 16)}
    return [file for code, step in some.items() for file in [f for f in files if f.activity == code][::step]]


def _varied(folder: Path, jobs: int, as_is: Sequence[TrialResult]) -> str:
    """Return the page's part on what changes when the samples do; ``as_is`` holds the outcomes without change."""
    reader = dataset("sisfall")
    files = sample(reader.find(folder))
    names = {file.name for file in files}
    lines = [
        "## Turned, resampled, damaged\n",
        "On all SisFall stumbles (D18), some level walking, quick sits and lying down, and every thirteenth fall; "
        "each trial is turned its own way, as its name draws. *Unplugged* loses the sensor 0.1 s before the impact, "
        "so that nothing after it can be known and no fall may be reported. Nothing here may raise: this page would "
        "not exist.\n",
        "| samples | stumbles heard | foreseen | falls heard | daily trials with stumble / pre-impact / fall alarm |",
        "|---|---|---|---|---|",
    ]
    for variation in VARIATIONS:
        print(variation, file=sys.stderr)
        changed = outcomes_of(reader, files, jobs, variation)
        same = [outcome for outcome in as_is if outcome.name in names]
        figures = scores("sisfall", "none", same if variation == "as-is" else list(changed))
        heard = [
            f"{figures[kind]['detected']}/{figures[kind]['trials']}" for kind in ("stumble", "pre_impact", "fall")
        ]
        loud = " / ".join(str(figures[kind]["adl_trials_with_alarm"]) for kind in ("stumble", "pre_impact", "fall"))
        lines.append(f"| {variation} | {' | '.join(heard)} | {loud} |")
    return "\n".join(lines) + "\n"


def _probe_file(file: TrialFile, backwards: bool) -> tuple[list[Probe], dict[float, int], float]:
    trial = dataset("sisfall").read(file)
    return *probe(trial, backwards), trial.duration_s


def _curves(folder: Path, out: Path, jobs: int) -> str:
    """Return the page's part on graded perturbations, and draw the plot."""
    walks = [file for file in dataset("sisfall").find(folder) if file.activity in {"D01", "D02"}]
    probes: list[Probe] = []
    false_alarms: Counter[float] = Counter(dict.fromkeys(THRESHOLDS, 0))
    hours = 0.0
    with ProcessPoolExecutor(jobs) as pool:
        for backwards in (False, True):
            work = pool.map(partial(_probe_file, backwards=backwards), walks)
            for found, alarms, duration_s in progress(work, len(walks)):
                probes += found
                false_alarms.update(alarms)
                hours += duration_s / 3600
    fixed = at_fixed_rate(false_alarms, hours)
    plot(probes, out / "perturbation.png", fixed)
    return "\n".join(
        [
            "## How small a stumble is still heard\n",
            "Graded perturbations in real walking (SisFall D01 and D02, forward and reversed in time). A size is the "
            "first horizontal jolt in g; the forms are described in `sternway/evaluate/perturbation.py`. Sizes are "
            f"compared at a fixed rate of false alarms: the same {hours:.1f} h of walking without perturbations give "
            f"{false_alarms[SHIPPED]} alarms at the shipped threshold ({SHIPPED:g}), and {false_alarms[fixed]} at "
            f"{fixed:g}, the lowest that stays within {ALLOWED_PER_HOUR:g} an hour.\n",
            "![Share of perturbations heard against their size](perturbation.png)\n",
            *_curve_table(probes, SHIPPED, false_alarms[SHIPPED], hours),
            *(_curve_table(probes, fixed, false_alarms[fixed], hours) if fixed != SHIPPED else []),
        ]
    )


def _curve_table(probes: Sequence[Probe], threshold: float, false_alarms: int, hours: float) -> list[str]:
    low, high = poisson_rate(false_alarms, hours) or (0.0, 0.0)
    latencies_s = [p.latency_s for p in probes if p.latency_s is not None and p.threshold == threshold]
    median_ms = 1000 * np.median(latencies_s) if latencies_s else float("nan")
    lines = [
        f"Threshold {threshold:g}: {false_alarms} false alarms in {hours:.1f} h of walking ({low:.1f} to {high:.1f} "
        f"an hour); those heard are heard {median_ms:.0f} ms (median) after the jolt begins.\n",
        "| form | walking | " + " | ".join(f"{size_g:g} g" for size_g in SIZES_G) + " |",
        "|---|---|" + "---|" * len(SIZES_G),
    ]
    for form in FORMS:
        for backwards, words in ((False, "forward"), (True, "reversed")):
            cells = [f"{heard}/{tried}" for _, heard, tried in curve(probes, form, backwards, threshold)]
            lines.append(f"| {form} | {words} | {' | '.join(cells)} |")
    return [*lines, ""]


def plot(probes: Sequence[Probe], path: Path, fixed: float) -> None:
    """Draw the share heard against size with Wilson's interval: a colour a form, dashed at the ``fixed`` rate."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, panels = plt.subplots(1, 2, figsize=(9.0, 4.0), layout="constrained", sharey=True)
    for axes, backwards, words in zip(panels, (False, True), ("forward", "reversed in time"), strict=True):
        for form, marker, colour in zip(FORMS, "os^", ("C0", "C1", "C2"), strict=True):
            points = [point for point in curve(probes, form, backwards) if point[2]]
            sizes = [size_g for size_g, _, _ in points]
            limits = [wilson(heard, tried) or (0.0, 1.0) for _, heard, tried in points]
            axes.plot(sizes, _shares(points), marker=marker, color=colour, label=form)
            axes.fill_between(
                sizes, [100 * low for low, _ in limits], [100 * high for _, high in limits], color=colour, alpha=0.12
            )
            easier = [point for point in curve(probes, form, backwards, fixed) if point[2]]
            axes.plot([size_g for size_g, _, _ in easier], _shares(easier), color=colour, linestyle="--", linewidth=1)
        axes.set(xlabel="size of the first jolt (g)", ylim=(-2, 102), xscale="log", title=f"walking {words}")
        axes.set_xticks([0.1, 0.2, 0.5, 1.0, 2.0], ["0.1", "0.2", "0.5", "1", "2"])
        axes.minorticks_off()
        axes.grid(alpha=0.3)
    panels[0].set_ylabel("heard (%)")
    panels[1].legend(frameon=False, loc="lower right")
    figure.suptitle(
        f"Perturbations heard: as shipped (shaded: 95 %), and dashed at {ALLOWED_PER_HOUR:g} false alarm an hour",
        fontsize=11,
    )
    figure.savefig(path, dpi=130)
    plt.close(figure)


def _shares(points: Sequence[tuple[float, int, int]]) -> list[float]:
    return [100 * heard / tried for _, heard, tried in points]


if __name__ == "__main__":
    raise SystemExit(main())
