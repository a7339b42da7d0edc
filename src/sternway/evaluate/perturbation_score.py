"""What the clip hears of perturbations put into walking, and how often it is wrong in the same walking without any.

Every recording of walking counts once: the trials of one person and activity make one walk, streamed through the
monitor that runs on the clip. Walking reversed in time is scored apart and adds no hours.
"""

import itertools
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Any

import numpy as np

from sternway.evaluate import pipeline
from sternway.evaluate.perturbation import Shape, reverse
from sternway.evaluate.perturbation_bench import HEARD_S, Probe, gait_of, joined, plan_of, with_probes
from sternway.evaluate.perturbation_families import FAMILIES, SCALED, cut_from
from sternway.evaluate.perturbation_table import Heard, Quiet, figures_of, words_of
from sternway.evaluate.progress import progress
from sternway.evaluate.trial import Dataset, Trial, TrialFile
from sternway.events import Kind
from sternway.samples import Floats

CHANNELS = ("gross", "small")
LEVEL, STAIRS, TURNS, OTHER = "level walking", "stairs", "turns, starts and stops", "other"
KINDS = (LEVEL, STAIRS, TURNS, OTHER)


def evaluate(reader: Dataset, files: Sequence[TrialFile], jobs: int, draws: int = 1) -> tuple[dict[str, Any], str]:
    """Score perturbations in all walking of a data set; return the figures for JSON and tables for people."""
    heard, quiet = measured(reader, files, jobs, draws)
    figures = figures_of(heard, quiet)
    return {"perturbation": figures}, words_of(reader.name, figures)


def measured(
    reader: Dataset, files: Sequence[TrialFile], jobs: int, draws: int = 1
) -> tuple[list[Heard], list[Quiet]]:
    """Return every perturbation tried in the walks of a data set, and its walking without perturbations."""
    cut = [shape for file in files if reader.activities[file.activity].is_stumble if (shape := _cut(reader, file))]
    work = partial(_measure, reader, tuple(cut), draws)
    tasks = list(itertools.product(walks_of(reader, files), (False, True)))
    heard: list[Heard] = []
    quiet: list[Quiet] = []
    with ProcessPoolExecutor(jobs) as pool:
        for some, calm in progress(pool.map(work, tasks), len(tasks)):
            heard += some
            quiet.append(calm)
    return heard, quiet


def walks_of(reader: Dataset, files: Sequence[TrialFile]) -> list[list[TrialFile]]:
    """Return the files of walking and stairs, those of one person and activity together."""
    chosen = [file for file in files if is_walk(reader, file.activity)]
    chosen.sort(key=lambda file: (file.subject, file.activity, file.name))
    return [list(group) for _, group in itertools.groupby(chosen, lambda file: (file.subject, file.activity))]


def is_walk(reader: Dataset, code: str) -> bool:
    """Return whether an activity is walking, jogging or stairs, or a protocol with some in it."""
    activity = reader.activities[code]
    return activity.is_walking or "stairs" in activity.words or "jogging" in activity.words or code == "all"


def _cut(reader: Dataset, file: TrialFile) -> Shape | None:
    return cut_from(reader.read(file))


def _measure(
    reader: Dataset, cut: tuple[Shape, ...], draws: int, task: tuple[list[TrialFile], bool]
) -> tuple[list[Heard], Quiet]:
    files, backwards = task
    walk = joined([reader.read(file) for file in files])
    walk = reverse(walk) if backwards else walk
    quiet = _quiet(walk, backwards)
    if not walk.walking.any():
        return [], quiet
    families = [family for family in FAMILIES if cut or family != SCALED]
    gait = gait_of(walk)
    heard: list[Heard] = []
    for draw in range(draws):
        probes = [probe for probe in plan_of(walk, gait, families, draw=draw) if _is_level(walk, probe.begin_s)]
        decided = decided_s(with_probes(walk, probes, cut, draw))
        heard += [
            Heard(probe, backwards, *(_latency_s(probe, decided[name]) for name in CHANNELS)) for probe in probes
        ]
    return heard, quiet


def _is_level(walk: Trial, time_s: float) -> bool:
    """Return whether this is level walking; where a set labels walking apart from turns, turns count too."""
    return walk.activity.is_walking or bool(walk.walking[int(np.searchsorted(walk.time_s, time_s))])


def decided_s(trial: Trial) -> dict[str, Floats]:
    """Return when each channel decided on a stumble that counts on a walk."""
    alarms = [a for a in pipeline.run(trial).alarms if a.kind is Kind.STUMBLE and "walk" in a.sessions]
    small = np.array(["small_probability" in alarm.evidence for alarm in alarms], dtype=np.bool_)
    times_s = np.array([alarm.decided_at_s for alarm in alarms])
    return {"gross": times_s[~small], "small": times_s[small]}


def _latency_s(probe: Probe, decided: Floats) -> float | None:
    after_s = decided - probe.begin_s
    found = after_s[(after_s >= 0.0) & (after_s <= HEARD_S)]
    return float(found[0]) if len(found) else None


def _quiet(walk: Trial, backwards: bool) -> Quiet:
    kinds = kinds_of(walk)
    period_s = walk.duration_s / len(walk.time_s)
    decided = decided_s(walk)
    rows = {
        name: np.minimum(np.searchsorted(walk.time_s, times_s), len(kinds) - 1) for name, times_s in decided.items()
    }
    return Quiet(
        backwards,
        {kind: period_s * float(np.sum(kinds == kind)) for kind in KINDS},
        {kind: {name: int(np.sum(kinds[at] == kind)) for name, at in rows.items()} for kind in KINDS},
    )


def kinds_of(walk: Trial) -> np.ndarray[Any, np.dtype[np.str_]]:
    """Return which of :data:`KINDS` each sample is."""
    whole = STAIRS if "stairs" in walk.activity.words else TURNS if walk.activity.is_walking else OTHER
    kinds = np.full(len(walk.time_s), whole, dtype="<U24")
    for segment in _stairs(walk):
        kinds[(walk.time_s >= segment[0]) & (walk.time_s < segment[1])] = STAIRS
    kinds[walk.walking] = LEVEL
    return kinds


def _stairs(walk: Trial) -> Iterator[tuple[float, float]]:
    return ((s.start_s, s.end_s) for s in walk.segments if "stairs" in s.activity.words)
