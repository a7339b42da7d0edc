"""Regenerates ``docs/validation/detection.md`` (``make validation``).

Runs what the data folder holds (``DATA/<name>`` for each data set): the tables, the same with the clip turned,
resampled or damaged, and the perturbation curves. Needs the extra ``[train]`` for the plot.
"""

import argparse
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from sternway import __version__
from sternway.commands.evaluate import run_one
from sternway.commands.progress import progress
from sternway.errors import SternwayError
from sternway.evaluate import report
from sternway.evaluate.datasets import dataset
from sternway.evaluate.intervals import wilson
from sternway.evaluate.perturbation import FORMS, Probe, curve, probe
from sternway.evaluate.pipeline import Outcome
from sternway.evaluate.score import scores
from sternway.evaluate.trial import Dataset, TrialFile
from sternway.evaluate.variation import VARIATIONS

SETS = ("sisfall", "hapt", "kfall", "umafall")
DAMAGES = ("clipped", "dropped", "repeated", "reordered", "3-s-gap", "unplugged")

_HEAD = """# How well stumbles and falls are heard

Made by `make validation` with Sternway {version}; do not edit. Each table is what
`sternway evaluate NAME DIR` prints: every trial streamed through the monitor that runs on the clip, cold (nothing
learned about the person), causal, with default settings. *In gait* counts only what happens while the walking gate is
open, as on a walk. Intervals are 95 %: Wilson's for shares, the exact Poisson for rates.

**What the data cannot show.** All falls and stumbles are acted, nearly all by young adults, on mats, after an
announcement. Nobody stumbles or falls *while walking backward* in any public data set; time reversal of forward
walking stands in for it below, and only there. False-alarm rates rest on the hours printed beside them: no alarm in
one hour of walking bounds the rate below about 3.7 an hour, no lower. SisFall's subjects SA01-SA13 and SE01-SE05 and
HAPT's users 1-20 were used in development: weights and thresholds were set on them, by cross-validation with whole
people left out; the figures of the shipped detectors on these same people are optimistic by what that differs. KFall,
UMAFall and all other people were never seen.

**Published numbers.** Stumbles: Iluz et al. 2014, low back, 93.1 % and 98.6 % specificity. Pre-impact: Jung et al.
2020, SisFall, 96.1/90.5 % at 280 ms; Yu et al. 2021, trained on KFall itself, 99.3/99.0 %. Falls: Alves et al. 2019,
waist, 89.5 % without a false alarm; Palmerini et al. 2020, 143 *real* falls, above 80 % at 0.56 false alarms an hour.
"""


def main(words: Sequence[str] | None = None) -> int:
    """Run everything that the data folder holds and write the page and its plot."""
    parser = argparse.ArgumentParser(description="Regenerate docs/validation/detection.md.")
    parser.add_argument("data", type=Path, help="the folder that holds sisfall, hapt, kfall, umafall")
    parser.add_argument("out", type=Path, help="docs/validation")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args(words)
    present = [name for name in SETS if (arguments.data / name).is_dir()]
    if not present:
        raise SternwayError(f"{arguments.data}: none of {', '.join(SETS)} in it; docs/validation stays as it is")
    parts = [_HEAD.format(version=__version__)]
    parts += [_table(dataset(name), arguments.data / name, arguments.jobs) for name in present]
    if "sisfall" in present:
        parts.append(_varied(arguments.data / "sisfall", arguments.jobs))
        parts.append(_curves(arguments.data / "sisfall", arguments.out, arguments.jobs))
    (arguments.out / "detection.md").write_text("\n".join(parts), encoding="utf-8")
    return 0


def outcomes_of(
    reader: Dataset, files: Sequence[TrialFile], jobs: int, variation: str = "as-is"
) -> Iterator[Outcome]:
    """Yield the outcome of each readable file."""
    with ProcessPoolExecutor(jobs) as pool:
        results = pool.map(partial(run_one, reader, variation=variation), files, chunksize=4)
        for result in progress(results, len(files)):
            if isinstance(result, Outcome):
                yield result


def _table(reader: Dataset, folder: Path, jobs: int) -> str:
    outcomes = list(outcomes_of(reader, reader.find(folder), jobs))
    ungated, gated = (scores(reader.name, gate, outcomes) for gate in ("none", "walking"))
    return f"## {reader.name}\n\n```text\n{report.table(ungated, gated, reader.activities)}```\n"


def sample(files: Sequence[TrialFile]) -> list[TrialFile]:
    """Return what variations are run on: every stumble, and some of the walking, the quick sits and the falls."""
    some = {"D01": 6, "D02": 6, "D10": 5, "D11": 5, "D18": 1} | {f"F{number:02d}": 10 for number in range(1, 16)}
    return [file for code, step in some.items() for file in [f for f in files if f.activity == code][::step]]


def _varied(folder: Path, jobs: int) -> str:
    reader = dataset("sisfall")
    files = sample(reader.find(folder))
    lines = [
        "## Turned, resampled, damaged\n",
        "On all SisFall stumbles (D18), some level walking and quick sits and every tenth fall; *unplugged* loses it "
        "0.1 s before the impact, so that nothing after it can be known and no fall may be reported.\n",
        "| samples | stumbles heard | foreseen | falls heard | daily trials with stumble / pre-impact / fall alarm |",
        "|---|---|---|---|---|",
    ]
    for variation in VARIATIONS:
        figures = scores("sisfall", "none", list(outcomes_of(reader, files, jobs, variation)))
        heard = [
            f"{figures[kind]['detected']}/{figures[kind]['trials']}" for kind in ("stumble", "pre_impact", "fall")
        ]
        loud = " / ".join(str(figures[kind]["adl_trials_with_alarm"]) for kind in ("stumble", "pre_impact", "fall"))
        lines.append(f"| {variation} | {' | '.join(heard)} | {loud} |")
    return "\n".join(lines) + "\n"


def _probe_file(file: TrialFile, backwards: bool) -> tuple[list[Probe], int]:
    return probe(dataset("sisfall").read(file), backwards)


def _curves(folder: Path, out: Path, jobs: int) -> str:
    """Return the page's part on graded perturbations, and draw the plot."""
    walks = [file for file in dataset("sisfall").find(folder) if file.activity in {"D01", "D02"}]
    probes: list[Probe] = []
    between = 0
    with ProcessPoolExecutor(jobs) as pool:
        for backwards in (False, True):
            for found, alarms in pool.map(partial(_probe_file, backwards=backwards), walks):
                probes += found
                between += alarms
    plot(probes, out / "perturbation.png")
    lines = [
        "## How small a stumble is still heard\n",
        "Graded perturbations in real walking (SisFall D01 and D02, forward and reversed in time), at the shipped "
        f"threshold; {between} alarms came in between, in {2 * len(walks)} walks of 100 s. A size is the first "
        "horizontal jolt in g; forms are described in `sternway/evaluate/perturbation.py`.\n",
        "![Share of perturbations heard against their size](perturbation.png)\n",
        "| form | walking | " + " | ".join(f"{size_g:g} g" for size_g, _, _ in curve(probes, "trip")) + " |",
        "|---|---|" + "---|" * len(curve(probes, "trip")),
    ]
    for form in FORMS:
        for backwards, words in ((False, "forward"), (True, "reversed")):
            cells = [f"{heard}/{tried}" for _, heard, tried in curve(probes, form, backwards)]
            lines.append(f"| {form} | {words} | {' | '.join(cells)} |")
    heard_s = [p.latency_s for p in probes if p.latency_s is not None]
    if heard_s:
        lines.append(
            f"\nLatency of those heard: median {1000 * np.median(heard_s):.0f} ms from the begin of the jolt."
        )
    return "\n".join(lines) + "\n"


def plot(probes: Sequence[Probe], path: Path) -> None:
    """Draw the share heard against size, one line a form, with Wilson's interval."""
    import matplotlib as mpl  # noqa: PLC0415

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    figure, axes = plt.subplots(figsize=(7.0, 4.2), layout="constrained")
    for form, marker in zip(FORMS, "os^", strict=True):
        points = [(size_g, heard, tried) for size_g, heard, tried in curve(probes, form) if tried]
        sizes = [size_g for size_g, _, _ in points]
        shares = [100 * heard / tried for _, heard, tried in points]
        limits = [wilson(heard, tried) or (0.0, 1.0) for _, heard, tried in points]
        axes.plot(sizes, shares, marker=marker, label=form)
        axes.fill_between(sizes, [100 * low for low, _ in limits], [100 * high for _, high in limits], alpha=0.15)
    axes.set(xlabel="size of the first jolt (g)", ylabel="heard (%)", ylim=(-2, 102), xscale="log")
    axes.set_xticks([0.1, 0.2, 0.5, 1.0, 2.0], ["0.1", "0.2", "0.5", "1", "2"])
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend(frameon=False, loc="lower right")
    axes.set_title("Perturbations heard while walking (shaded: 95 %)", fontsize=11)
    figure.savefig(path, dpi=130)
    plt.close(figure)


if __name__ == "__main__":
    raise SystemExit(main())
