"""Which recordings teach, which of them are changed how, and both networks fitted on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sternway.detect.network import Network
from sternway.errors import RecordingError
from sternway.training.fall import fit_fall
from sternway.training.features import Clip, Source, clip_of, read_clips, sources_of
from sternway.training.made_up import made_up_trials
from sternway.training.pre_impact import Lesson, fit_pre_impact, lesson_of

TEACHERS = ("sisfall", "hapt")
"""Data sets whose terms let weights fitted on them be given away. Bandai-Namco's (CC BY-NC) do not."""

MADE_UP = "made up/nobody"
_REVERSED = ("D01", "D02")


@dataclass(frozen=True, slots=True)
class Material:
    """Clips as recorded with where they come from; and clips changed or made up, which teach but are never scored."""

    sources: tuple[Source, ...]
    recorded: tuple[Clip, ...]
    changed: tuple[Clip, ...]

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
    places = [(name, folder / name) for name in TEACHERS if (folder / name).is_dir()]
    if "sisfall" not in dict(places):
        raise RecordingError(f"{folder}: no folder `sisfall` in it; nothing else has falls to learn from")
    sources = [source for name, place in places for source in sources_of(name, place, _labels(place))]
    sources = [source for source in sources if not subjects or source.file.subject in subjects]
    changed = [
        Source(
            source.dataset, source.file, 1000 * (seed - 1) + copy, copy % 2 == 1 and source.file.activity in _REVERSED
        )
        for copy in range(1, copies + 1)
        for source in sources
        if source.dataset == "sisfall"
    ]
    made_up = [clip_of(trial, MADE_UP) for trial in made_up_trials(made_up_count, seed)]
    return Material(tuple(sources), tuple(read_clips(sources, jobs)), (*read_clips(changed, jobs), *made_up))


def fit_both(lessons: Sequence[Lesson], clips: Sequence[Clip], seed: int, version: str) -> Pupils:
    """Return both networks, fitted on these lessons and the impacts of these clips."""
    return Pupils(fit_pre_impact(lessons, seed, version), fit_fall(clips, seed, version))


def lessons_of(clips: Sequence[Clip]) -> list[Lesson]:
    """Return what each clip teaches the pre-impact network, in order."""
    return [lesson_of(clip) for clip in clips]


def _labels(folder: Path) -> Path | None:
    labels = folder / "labels"
    return labels if labels.is_dir() else None
