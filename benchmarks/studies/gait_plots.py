"""``python benchmarks/studies/gait_plots.py DATA OUT``: the plots of the pages on steps, direction and mounting.

``DATA`` holds ``ipol`` and ``bandai`` in their original layouts (and ``sisfall``, if there).
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np

from sternway.evaluate.datasets import dataset
from sternway.evaluate.gait_score import walked
from sternway.evaluate.gait_trial import known_gait, learn, reversed_in_time
from sternway.evaluate.trial import Trial
from sternway.motion.filters import BandPass
from sternway.motion.mounting import Mounting
from sternway.motion.steps import StepSettings
from sternway.motion.trunk import TrunkMotion
from sternway.motion.trunk_tracker import TrunkTracker, merge_steps

STEPS_TRIAL = "5-1"
FROM_S, UNTIL_S = 5.5, 13.0
FORWARD_CLIP, BACKWARD_CLIP = "walk_old_001", "walk-back_old_001"
BLUE, ORANGE, GREY = "#1f5f8b", "#c8641e", "#8a8a8a"


def main(words: Sequence[str]) -> int:
    """Write ``steps.png``, ``direction.png`` and ``mounting.png``."""
    data, out = Path(words[0]), Path(words[1])
    mpl.use("Agg")
    plt.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
    for name, draw in (("steps", draw_steps), ("direction", draw_direction), ("mounting", draw_mounting)):
        figure = draw(data)
        figure.savefig(out / f"{name}.png", dpi=130, bbox_inches="tight")
        plt.close(figure)
    return 0


def draw_steps(data: Path) -> Any:
    """Draw a few seconds of walking with its labelled and its told contacts."""
    trial = _trial(data, "ipol", STEPS_TRIAL)
    motions = TrunkTracker(mounting=_true_mounting(trial)).update(trial.block())
    time_s = np.concatenate([motion.time_s for motion in motions])
    vertical = np.concatenate([motion.vertical_mps2 for motion in motions])
    settings = StepSettings()
    band = BandPass(settings.low_hz, settings.high_hz)
    filtered = np.array([band.update(value) for value in vertical.tolist()])
    figure, axes = plt.subplots(figsize=(8.0, 2.8))
    axes.plot(time_s, vertical, color=GREY, lw=0.8, label="vertical acceleration")
    axes.plot(time_s, filtered, color=BLUE, lw=1.8, label="its band of walking (causal, so late)")
    known = [each for each in known_gait(trial).contacts_s if FROM_S < each < UNTIL_S]
    told = [step.time_s for step in merge_steps(motions) if FROM_S < step.time_s < UNTIL_S]
    axes.vlines(known, -4, 6, color="black", lw=0.8, ls=":", label="contact, from sensors on the feet")
    axes.plot(told, np.full(len(told), 6.3), "v", color=ORANGE, label="contact told by the clip")
    axes.set(xlim=(FROM_S, UNTIL_S), ylim=(-4, 8), xlabel="time (s)", ylabel="m/s²")
    axes.legend(ncols=2, loc="upper center", bbox_to_anchor=(0.5, 1.3), frameon=False)
    return figure


def draw_direction(data: Path) -> Any:
    """Draw vertical velocity against forward acceleration: forward, backward, and forward run in reverse."""
    figure, panels = plt.subplots(1, 3, figsize=(8.0, 2.9), sharex=True, sharey=True)
    walk = _trial(data, "ipol", STEPS_TRIAL)
    shown = (
        ("walking forward\n(motion capture)", _trial(data, "bandai", FORWARD_CLIP), BLUE),
        ("walking backward\n(motion capture)", _trial(data, "bandai", BACKWARD_CLIP), ORANGE),
        ("forward, run in reverse\n(sensor on the back)", reversed_in_time(walk), ORANGE),
    )
    for panel, (title, trial, colour) in zip(panels, shown, strict=True):
        mounting = _true_mounting(trial if trial.name != walk.name else walk)
        motions = TrunkTracker(mounting=mounting).update(trial.block())
        velocity, forward = _rhythm(motions)
        panel.plot(velocity, forward, color=colour, lw=0.6, alpha=0.8)
        lean = np.polyfit(velocity, forward, 1)
        panel.plot(np.array([-2, 2]), np.polyval(lean, np.array([-2, 2])), color="black", lw=1.5)
        panel.set_title(title, fontsize=9)
        panel.set(xlim=(-2.6, 2.6), ylim=(-3.2, 3.2), xlabel="vertical velocity (scaled)")
    panels[0].set_ylabel("forward acceleration (scaled)")
    return figure


def draw_mounting(data: Path) -> Any:
    """Draw how far off the forward axis is after ten seconds of walking, trial by trial."""
    figure, axes = plt.subplots(figsize=(6.0, 2.6))
    for name, colour in (("ipol", BLUE), ("sisfall", ORANGE)):
        if not (data / name).is_dir():
            continue
        reader = dataset(name)
        trials = [reader.read(file) for file in walked(reader, reader.find(data / name))]
        learned = [learn(trial, known_gait(trial), np.eye(3)).mounting for trial in trials]
        ahead = {"ipol": np.array([0.0, 0.0, -1.0]), "sisfall": np.array([0.0, 0.0, 1.0])}[name]
        errors = [_off_deg(each, ahead) for each in learned if each is not None]
        label = f"{name}: {len(errors)} of {len(trials)} accepted"
        axes.hist(errors, bins=np.arange(-32, 33, 2).tolist(), color=colour, alpha=0.6, label=label)
    axes.set(xlabel="forward axis off by (degrees, to the left)", ylabel="trials")
    axes.legend(frameon=False)
    return figure


def _trial(data: Path, name: str, trial: str) -> Trial:
    reader = dataset(name)
    return reader.read(next(file for file in reader.find(data / name) if file.name == trial))


def _true_mounting(trial: Trial) -> Mounting:
    """Return how the sensor sits as the data set says, level with its mean specific force."""
    gait = known_gait(trial)
    up = np.mean(trial.accel_mps2, axis=0)
    up /= np.linalg.norm(up)
    forward = np.array(gait.forward) - (np.array(gait.forward) @ up) * up
    forward /= np.linalg.norm(forward)
    (ux, uy, uz), (fx, fy, fz) = up.tolist(), forward.tolist()
    return Mounting((ux, uy, uz), (fx, fy, fz), 1.0)


def _rhythm(motions: Sequence[TrunkMotion]) -> tuple[Any, Any]:
    """Return vertical velocity and forward acceleration while walking, each in units of its own deviation."""
    columns = []
    for name in ("vertical_velocity_mps", "anteroposterior_mps2"):
        band = BandPass(0.7, 4.0)
        values = np.concatenate([getattr(motion, name) for motion in motions])
        columns.append(np.array([band.update(value) for value in values.tolist()]))
    walking = np.concatenate([motion.walking for motion in motions])
    return tuple(column[walking] / column[walking].std() for column in columns)


def _off_deg(mounting: Mounting, ahead: Any) -> float:
    up, forward = np.array(mounting.up), np.array(mounting.forward)
    level = ahead - (ahead @ up) * up
    return float(np.degrees(np.arctan2(np.cross(level, forward) @ up, level @ forward)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
