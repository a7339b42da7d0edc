"""Which recordings teach, which of them are changed how, and both networks fitted on them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sternway.detect.network import Network
from sternway.errors import RecordingError
from sternway.evaluate.datasets import dataset
from sternway.training.fall import fit_fall
from sternway.training.features import Clip, Source, clip_of, read_clips, sources_of
from sternway.training.made_up import made_up_trials
from sternway.training.moments import Moments, read_moments
from sternway.training.pre_impact import Lesson, fit_pre_impact, lesson_of

TEACHERS = ("sisfall", "hapt")
"""Data sets whose terms let weights fitted on them be given away. Bandai-Namco's (CC BY-NC) do not."""

MADE_UP = "made up/nobody"
_REVERSED = ("D01", "D02")

SOFT_SEED = 1
"""Softened falls are changed as those of the next copy would be."""


@dataclass(frozen=True, slots=True)
class Material:
    """Clips as recorded with where they come from; and clips changed or made up, which teach but are never scored.

    ``softened`` are falls with a softer impact, which teach the fall network only.
    """

    sources: tuple[Source, ...]
    recorded: tuple[Clip, ...]
    changed: tuple[Clip, ...]
    softened: tuple[Clip, ...] = ()

    @property
    def of_falls(self) -> tuple[Clip, ...]:
        """Return all clips that teach the fall network."""
        return (*self.recorded, *self.changed, *self.softened)

    @property
    def groups(self) -> list[str]:
        """Return the people, each with the data set before the name."""
        return sorted({clip.group for clip in self.recorded})


@dataclass(frozen=True, slots=True)
class Pupils:
    """The two networks that one fit gives."""

    pre_impact: Network
    fall: Network


def gather(
    folder: Path, copies: int, seed: int, jobs: int, *, subjects: Sequence[str] = (), made_up_count: int = 300
) -> Material:
    """Read every data set that teaches from ``folder``; odd copies of SisFall walk backward, by reversed time.

    ``subjects`` keeps only these people; ``made_up_count`` bends, sits and the like are made up besides.
    Raises ``RecordingError`` when the data of falls is not there.
    """
    sources = _sources(folder, subjects)
    changed = [
        Source(
            source.dataset, source.file, 1000 * (seed - 1) + copy, copy % 2 == 1 and source.file.activity in _REVERSED
        )
        for copy in range(1, copies + 1)
        for source in sources
        if source.dataset == "sisfall"
    ]
    made_up = [clip_of(trial, MADE_UP) for trial in made_up_trials(made_up_count, seed)]
    soft = [
        replace(source, seed=source.seed and source.seed + SOFT_SEED, soft=True)
        for source in (*sources, *changed)
        if dataset(source.dataset).activities[source.file.activity].is_fall
    ]
    return Material(
        tuple(sources),
        tuple(read_clips(sources, jobs)),
        (*read_clips(changed, jobs), *made_up),
        tuple(read_clips(soft, jobs)),
    )


CUTS = {"D01": 4, "D02": 4, "D03": 8, "D04": 8, "D05": 2, "D06": 4, "D18": 6, "D19": 4}
"""How many ways trials of SisFall are cut short: stumbles after each time, what is livelier than walking at some."""

FALL_CUTS = (2, 5)
"""The ways in which falls from gait are cut short."""


def gather_moments(folder: Path, copies: int, seed: int, jobs: int, *, subjects: Sequence[str] = ()) -> list[Moments]:
    """Read the possible stumbles of every trial that teaches, as recorded, cut short, and both changed.

    Arguments and errors are those of :func:`gather`.
    """
    plain = [source for source in _sources(folder, subjects) if _may_stumble(source)]
    cut = [replace(source, cut=number) for source in plain for number in _cuts(source)]
    changed = [
        replace(source, seed=1000 * (seed - 1) + copy)
        for copy in range(1, copies + 1)
        for source in (*plain, *cut)
        if source.dataset == "sisfall"
    ]
    return read_moments((*plain, *cut, *changed), jobs)


def _may_stumble(source: Source) -> bool:
    """Return whether a trial has anything to say of stumbles: falls from a chair or a bed have not."""
    activity = dataset(source.dataset).activities[source.file.activity]
    return activity.from_gait or not activity.is_fall


def _cuts(source: Source) -> Sequence[int]:
    code = source.file.activity
    if source.dataset != "sisfall":
        return ()
    if dataset(source.dataset).activities[code].from_gait:
        return FALL_CUTS
    return range(1, CUTS.get(code, 0) + 1)


def _sources(folder: Path, subjects: Sequence[str]) -> list[Source]:
    """Return every trial that teaches under ``folder``, as it is."""
    places = [(name, folder / name) for name in TEACHERS if (folder / name).is_dir()]
    if "sisfall" not in dict(places):
        raise RecordingError(f"{folder}: no folder `sisfall` in it; nothing else has falls to learn from")
    sources = [source for name, place in places for source in sources_of(name, place, _labels(place))]
    return [source for source in sources if not subjects or source.file.subject in subjects]


def fit_both(lessons: Sequence[Lesson], clips: Sequence[Clip], seed: int, version: str) -> Pupils:
    """Return both networks, fitted on these lessons and the impacts of these clips."""
    return Pupils(fit_pre_impact(lessons, seed, version), fit_fall(clips, seed, version))


def lessons_of(clips: Sequence[Clip]) -> list[Lesson]:
    """Return what each clip teaches the pre-impact network, in order."""
    return [lesson_of(clip) for clip in clips]


def _labels(folder: Path) -> Path | None:
    labels = folder / "labels"
    return labels if labels.is_dir() else None
