"""The model card: what a network is, what it learned from, how it does on people it never saw, what is not known."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sternway.detect.fall import FallSettings
from sternway.detect.pre_impact import PreImpactSettings
from sternway.training.augment import Augmentation
from sternway.training.curriculum import MADE_UP, Material

LIMITS = """\
- Every fall here is acted, most of them by young adults onto a mat, and none begins in backward walking: no public
  recording of that exists. Real falls of older people are slower and less alike; lab figures drop on them
  (Bagala et al. 2012; Palmerini et al. 2020).
- The people who gave falls are 19 to 30 years old; those over 60 gave daily activities only.
- One sensor position (belt buckle). Other places are imitated by moving it in the computer, not measured.
- A rate of alarms in walking means no more than the hours behind it, which the table gives."""


@dataclass(frozen=True, slots=True)
class CurveRow:
    """One threshold of an operating curve; ``figures`` are the scores of evaluate for it."""

    threshold: float
    figures: Mapping[str, Any]


def pre_impact_table(rows: Sequence[CurveRow], chosen: float) -> str:
    """Return the operating curve of the pre-impact network as a Markdown table."""
    head = (
        "| threshold | falls foreseen | mean lead | 150 ms or more | ADL trials quiet | alarms in walking | in wear |"
    )
    lines = [head, "|---|---|---|---|---|---|---|"]
    for row in rows:
        f = row.figures["pre_impact"]
        lead_ms = 1000 * (f["lead_s"]["mean"] or 0.0)
        lines.append(
            f"| {_marked(row.threshold, chosen)} | {_share(f['sensitivity'])} of {f['trials']} | {lead_ms:.0f} ms "
            f"| {_share(f['sensitivity_150_ms_before'])} | {_share(f['specificity'])} of {f['adl_trials']} "
            f"| {f['false_alarms_walking']} in {f['walking_hours']:.1f} h | {_wear(row, 'pre_impact')} |"
        )
    return "\n".join(lines)


def fall_table(rows: Sequence[CurveRow], chosen: float) -> str:
    """Return the operating curve of the fall network as a Markdown table."""
    head = "| threshold | falls found | delay, median | ADL trials with an alarm | alarms in walking | in wear |"
    lines = [head, "|---|---|---|---|---|---|"]
    for row in rows:
        f = row.figures["fall"]
        lines.append(
            f"| {_marked(row.threshold, chosen)} | {_share(f['sensitivity'])} of {f['trials']} "
            f"| {f['delay_s']['p50'] or 0.0:.1f} s | {f['adl_trials_with_alarm']} of {f['adl_trials']} "
            f"| {f['false_alarms_walking']} in {f['walking_hours']:.1f} h | {_wear(row, 'fall')} |"
        )
    return "\n".join(lines)


def softest_words(found: tuple[int, int, float]) -> str:
    """Return in words how many of the falls with the softest impacts are found."""
    heard, falls, up_to_g = found
    return (
        f"Of the third of the falls with the softest impacts (up to {up_to_g:.1f} g), {heard} of {falls} are found."
    )


def joint_table(rows: Sequence[tuple[float, float, Mapping[str, Any]]]) -> str:
    """Return the joint curve of posture and network as a Markdown table."""
    settings = FallSettings()
    chosen = (math.degrees(settings.slight_turn_rad), settings.slight_turn_threshold)
    lines = [
        "A turn of 45 degrees is enough at the threshold in force; a smaller one where the log odds reach more:",
        "",
        "| a turn of | at log odds of | falls found | ADL trials with an alarm | in wear |",
        "|---|---|---|---|---|",
    ]
    for degrees, threshold, figures in rows:
        f = figures["fall"]
        is_chosen = math.isclose(degrees, chosen[0]) and math.isclose(threshold, chosen[1])
        mark = "**" if is_chosen else ""
        lines.append(
            f"| {mark}{degrees:.0f} deg{mark} | {mark}{threshold:g}{mark} "
            f"| {_share(f['sensitivity'])} of {f['trials']} | {f['adl_trials_with_alarm']} of {f['adl_trials']} "
            f"| {_wear(CurveRow(threshold, figures), 'fall')} |"
        )
    return "\n".join(lines)


def in_force(lines: Sequence[str]) -> str:
    """Return the decisive figures in words (:func:`sternway.training.crossval.line`), one for each gate."""
    settings = PreImpactSettings()
    return (
        f"The log odds must pass the threshold for {settings.consecutive} samples in a row, in gait for "
        f"{settings.consecutive_in_gait}.\nWith the thresholds in force, from the same folds:\n\n"
        + "\n".join(f"- {line}" for line in lines)
    )


def card(words: tuple[str, str], version: str, material: Material, *, seed: int, curve: str, folds: int) -> str:
    """Return the model card as Markdown; ``words`` are its title and what the network is for."""
    title, purpose = words
    softened = (
        f"{len(material.softened)} copies of falls have their impact softened, spread over up to "
        f"{Augmentation().soft_s[1]:g} s; they teach the fall network only.\n"
        if material.softened
        else ""
    )
    made_up_count = sum(clip.group == MADE_UP for clip in material.changed)
    return f"""\
# {title}

{purpose}

**Weights `{version}`**, fitted with seed {seed} on all development people at once, with NumPy {np.__version__}.
Licence of the weights: that of Sternway. No sample of a recording is in them or beside them.

## What it learned from
{_people(material)}
and {len(material.changed)} more clips that teach but are never scored.
{made_up_count} of them are bends, squats, sits and lie-downs made up from minimum-jerk paths.
The others are trials of SisFall changed:
{changes(Augmentation())}
The first changed copy of a walk runs backwards in time, the accepted stand-in for backward walking.
{softened}
## How it does on people it never saw
{folds} folds split by person (never by window): each person is scored by a network fitted without them and without
their changed copies. Scored as `sternway evaluate` does, without the walking gate. The shipped weights have seen
everybody, so what `sternway evaluate` prints with them on these same people is better than the truth: believe this
table, or other people. The threshold in force is in bold; it was chosen on this curve, so its row is a little kind.
"Wear" is HAPT, worn without a break through sitting, lying, standing, walking and stairs. The least useful lead is
that of a hip airbag, 150 ms.

{curve}

## What is not known
{LIMITS}

Made by `sternway train`; see `sternway train --help` to make it again.
"""


def _people(material: Material) -> str:
    lines = ["| data | people | trials | hours | falls |", "|---|---|---|---|---|"]
    for name in sorted({source.dataset for source in material.sources}):
        clips = [clip for clip in material.recorded if clip.group.startswith(f"{name}/")]
        hours = sum(len(clip.channels) for clip in clips) / 360_000
        falls = sum(clip.impact_s is not None for clip in clips)
        people = len({clip.group for clip in clips})
        lines.append(f"| {name} | {people} | {len(clips)} | {hours:.1f} | {falls} |")
    return "\n".join(lines) + "\n"


def changes(a: Augmentation) -> str:
    """Return in words how trials are changed."""
    return (
        f"the clip moved by {a.lever_m} m (standard deviation) and turned any way up, slipping by up to "
        f"{np.degrees(a.slip_rad):.0f} degrees, played at {a.pace[0]} to {a.pace[1]} of its pace, sampled at "
        f"{a.rate_hz[0]:.0f} to {a.rate_hz[1]:.0f} Hz, with {100 * a.scale:.0f} % scale error, "
        f"{a.accel_bias_mps2} m/s2 and {np.degrees(a.gyro_bias_radps):.1f} deg/s bias, noise, and bursts of motor."
    )


def _wear(row: CurveRow, kind: str) -> str:
    wear = row.figures["unbroken_wear"]
    return f"{wear['alarms'].get(kind, 0)} in {wear['hours']:.1f} h"


def _marked(threshold: float, chosen: float) -> str:
    return f"**{threshold:.1f}**" if abs(threshold - chosen) < 1e-9 else f"{threshold:.1f}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f} %"
