"""The part of ``docs/validation/detection.md`` on how small a stumble is still heard, and its plot."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sternway.evaluate.datasets import dataset
from sternway.evaluate.intervals import wilson
from sternway.evaluate.perturbation_bench import SIZES_G
from sternway.evaluate.perturbation_families import FAMILIES
from sternway.evaluate.perturbation_score import evaluate

SETS = ("sisfall", "hapt", "ipol", "mobgap", "kfall", "umafall")
"""Data sets in which people walk, turn and climb stairs."""

PLOT = "perturbation.png"
_HEAD = f"""## How small a stumble is still heard

Perturbations of a known size put into real walking by calculation; the size is the largest horizontal
acceleration, as a mean over 50 ms. **No real small stumble has ever been tested**: no recording of one exists. The
families are kept apart by where they come from: three are made up after published trips and slips, one is cut
from acted stumbles and scaled, and random pulses mean nothing (`sternway/evaluate/perturbation_families.py`).
Each cell gives what the gross channel heard alone, then what either channel heard, of those tried. Sizes are not
those of earlier versions of this page, whose slips had half the size they were called.

![Share of perturbations heard against their size]({PLOT})
"""


def part_of_page(data: Path, out: Path, jobs: int) -> str:
    """Return the part of the page for every data set under ``data`` in which people walk, and draw the plot."""
    parts = [_HEAD]
    for name in (name for name in SETS if (data / name).is_dir()):
        print(f"{name}: perturbations", file=sys.stderr)
        reader = dataset(name)
        figures, words = evaluate(reader, reader.find(data / name), jobs)
        parts.append(f"```text\n{words}```\n")
        if name == "sisfall":
            plot(figures["perturbation"]["steady"], out / PLOT)
    return "\n".join(parts)


def plot(steady: Mapping[str, Any], path: Path) -> None:
    """Draw the share heard against size, a colour a family: solid by either channel, dashed by the gross one."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, panels = plt.subplots(1, 2, figsize=(9.0, 4.2), layout="constrained", sharey=True)
    for axes, (way, counts) in zip(panels, steady.items(), strict=True):
        for number, family in enumerate(FAMILIES):
            cells = list(counts[family].values())
            if not all(tried for tried, _, _ in cells):
                continue
            limits = [wilson(either, tried) or (0.0, 1.0) for tried, _, either in cells]
            axes.plot(SIZES_G, _shares(cells, 2), color=f"C{number}", marker="o", markersize=3, label=family)
            axes.plot(SIZES_G, _shares(cells, 1), color=f"C{number}", linestyle="--", linewidth=1)
            low, high = ([100 * limit[side] for limit in limits] for side in (0, 1))
            axes.fill_between(SIZES_G, low, high, color=f"C{number}", alpha=0.08)
        axes.set(xlabel="size (g)", ylim=(-2, 102), xscale="log", title=f"walking {way}")
        axes.set_xticks(SIZES_G, [f"{size_g:g}" for size_g in SIZES_G])
        axes.minorticks_off()
        axes.grid(alpha=0.3)
    panels[0].set_ylabel("heard (%)")
    panels[1].legend(frameon=False, loc="lower right", fontsize=8)
    figure.suptitle(
        "Perturbations heard in steady walking: by either channel, and dashed by the gross one", fontsize=11
    )
    figure.savefig(path, dpi=130)
    plt.close(figure)


def _shares(cells: Sequence[Sequence[int]], which: int) -> list[float]:
    return [100 * cell[which] / cell[0] for cell in cells]
