"""Draws the plots of the steadiness pages: ``python benchmarks/studies/steadiness_plots.py DATA FIGURES OUT``.

DATA holds the folders ``sisfall`` and ``ipol``; FIGURES is what ``sternway evaluate sisfall ... --stability --json``
wrote; OUT gets the images.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sternway.evaluate.datasets import dataset
from sternway.evaluate.reliability import straight_spans
from sternway.motion.trunk_tracker import TrunkTracker
from sternway.walk.walk_test_bands import BANDS, CHANGES

INK, BLUE, ORANGE, GREY = "#1d2733", "#1f6fb2", "#c9631b", "#9aa5b1"


def main(words: Sequence[str] | None = None) -> int:
    """Draw every plot."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    for name in ("data", "figures", "out"):
        parser.add_argument(name, type=Path)
    arguments = parser.parse_args(words)
    mpl.use("svg")
    mpl.rcParams.update(
        {"svg.hashsalt": "sternway", "font.size": 11, "axes.spines.top": False, "axes.spines.right": False}
    )
    arguments.out.mkdir(parents=True, exist_ok=True)
    figures = json.loads(arguments.figures.read_text(encoding="utf-8"))["stability"]
    plots = {
        "stability.svg": power(figures),
        "softness.svg": softness(arguments.data / "sisfall"),
        "posture.svg": posture(arguments.data / "ipol"),
        "walk-test.svg": walk_test(),
    }
    for name, figure in plots.items():
        figure.savefig(arguments.out / name, bbox_inches="tight", metadata={"Date": None})
        plt.close(figure)
    return 0


def power(figures: Mapping[str, Any]) -> Figure:
    """Return how often added jitter was found, against its size: by the threshold of the others, and as shipped."""
    figure, axes = plt.subplots(figsize=(6.5, 3.8))
    styles = {"as_counted": ("of the steps as counted", BLUE), "as_it_is": ("of the strides as matched", ORANGE)}
    for reading, (words, colour) in styles.items():
        _curve(axes, figures["cross_validated"]["power"][reading], "o-", colour, f"times the spread {words}")
        _curve(axes, figures["power"][reading], "x:", colour, "the same, thresholds as shipped")
    false = figures["cross_validated"]["false_cues"]
    axes.set(xlabel="step-time spread, times the person's own", ylabel="found within a minute (%)", ylim=(0, 104))
    people = f"{figures['walks']} walks of {figures['subjects']} people"
    axes.set_title(f"{people}; false cues: {false['count']} in {60 * false['hours']:.0f} min", color=INK, fontsize=11)
    axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.18), ncols=1)
    return figure


def _curve(axes: Axes, rows: Mapping[str, Any], style: str, colour: str, label: str) -> None:
    """Draw shares found, with their intervals, against the factor."""
    x = np.array([float(factor) for factor in rows])
    y = 100.0 * np.array([row["share"] for row in rows.values()])
    limits = 100.0 * np.array([row["interval"] for row in rows.values()])
    bars = [y - limits[:, 0], limits[:, 1] - y]
    axes.errorbar(x, y, bars, fmt=style, color=colour, capsize=3, label=label)


def softness(folder: Path) -> Figure:
    """Return the rise of vertical acceleration at landing, for slow and quick walking of each person."""
    reader = dataset("sisfall")
    means: dict[str, dict[str, float]] = {}
    for file in reader.find(folder):
        if file.activity in ("D01", "D02"):
            trunks = TrunkTracker().update(reader.read(file).block())
            landings = [
                step.loading_mps3 for trunk in trunks for step in trunk.steps if step.loading_mps3 is not None
            ]
            means.setdefault(file.subject, {})[file.activity] = float(np.median(landings))
    figure, axes = plt.subplots(figsize=(6.5, 3.6))
    for own in means.values():
        axes.plot([0, 1], [own["D01"], own["D02"]], "o-", color=BLUE, alpha=0.6)
    axes.set(xticks=[0, 1], xticklabels=["walking slowly", "walking quickly"], xlim=(-0.3, 1.3), ylim=(0, None))
    axes.set_ylabel("rise at landing (m/s³)")
    axes.set_title(f"{len(means)} people: the same person lands harder at a quicker pace", color=INK, fontsize=11)
    return figure


def posture(folder: Path) -> Figure:
    """Return each person's sideways motion and lean in straight walking, trial by trial."""
    reader = dataset("ipol")
    rows: list[tuple[int, float, float]] = []
    for file in reader.find(folder):
        trial = reader.read(file)
        if trial.gait is None or not trial.gait.bouts_s:
            continue
        trunk = max(TrunkTracker().update(trial.block()), key=len)
        standing = trunk.up[trunk.time_s < trial.gait.bouts_s[0][0] - 0.5]
        for start_s, end_s in straight_spans(trial.gait):
            inside = (trunk.time_s >= start_s) & (trunk.time_s < end_s)
            if len(standing) > 100 and inside.any():
                upright = standing.mean(axis=0) / np.linalg.norm(standing.mean(axis=0))
                lean = np.degrees(np.arccos(np.clip(trunk.up[inside] @ upright, -1.0, 1.0))).mean()
                rows.append(
                    (int(trial.subject), float(lean), float(np.sqrt(np.mean(trunk.horizontal_mps2[inside] ** 2))))
                )
    table = np.array(rows)
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.5, 3.4))
    for axes, column, words in ((left, 1, "lean against own standing (degrees)"), (right, 2, "sway (m/s²)")):
        axes.plot(table[:, 0], table[:, column], "o", color=BLUE, alpha=0.6)
        axes.set(xlabel="person", ylabel=words, ylim=(0, None), xticks=sorted(set(table[:, 0].astype(int).tolist())))
    figure.tight_layout()
    return figure


def walk_test() -> Figure:
    """Return the published bands, one bar a study, and the detectable changes."""
    figure, axes = plt.subplots(figsize=(6.5, 2.6))
    for row, band in enumerate(BANDS):
        low_s = 0.0 if band.low_s is None else band.low_s
        axes.barh(row, low_s, color="#cfe3d4")
        axes.barh(row, band.high_s - low_s, left=low_s, color="#f2e6c4")
        axes.barh(row, 10.0 - band.high_s, left=band.high_s, color="#eccdc0")
        for edge_s in (low_s, band.high_s):
            axes.text(edge_s, row, f" {edge_s:.1f} s", va="center", color=INK, fontsize=10)
    for row, change in enumerate(CHANGES, start=len(BANDS)):
        axes.barh(row, change.change_s, left=5.0, color=GREY)
        axes.text(5.1 + change.change_s, row, f"{change.change_s:.1f} s", va="center", color=INK, fontsize=10)
    labels = [band.source for band in BANDS] + [f"detectable change:\n{change.people}" for change in CHANGES]
    axes.set(yticks=range(len(labels)), yticklabels=labels, xlim=(0, 10), xlabel="3 metres backward (s)")
    return figure


if __name__ == "__main__":
    raise SystemExit(main())
