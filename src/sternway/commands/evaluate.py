"""``sternway evaluate``: score the detectors on a public data set."""

import argparse
import importlib
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sternway.errors import RecordingError
from sternway.evaluate import perturbation_score, reliability, report, stability_score
from sternway.evaluate.datasets import DATASETS, dataset
from sternway.evaluate.pipeline import SESSIONS, TrialResult
from sternway.evaluate.progress import progress
from sternway.evaluate.run_file import run_cut_short, run_one
from sternway.evaluate.score import scores
from sternway.evaluate.trial import Dataset, TrialFile
from sternway.evaluate.variation import VARIATIONS

Result = TypeVar("Result")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words of the command."""
    parser.add_argument("dataset", choices=tuple(DATASETS), metavar="DATASET", help=", ".join(DATASETS))
    parser.add_argument("folder", type=Path, metavar="DIR", help="where the data set lies, in its original layout")
    parser.add_argument("--labels", type=Path, metavar="DIR", help="where its labels lie, if elsewhere")
    parser.add_argument("--subjects", type=_words, metavar="A,B", help="only these people")
    parser.add_argument("--activities", type=_words, metavar="A,B", help="only these activity codes")
    parser.add_argument(
        "--session",
        choices=tuple(SESSIONS),
        help="what the clip knows: it is always worn, or a walk is under way (default: the table shows both)",
    )
    parser.add_argument(
        "--gate",
        choices=("none", "walking"),
        help="whose figures --json takes: of alarms at any time, or of those that count in the session "
        "(default: walking with --session, else none)",
    )
    parser.add_argument(
        "--cut-short", action="store_true", help="score stumbles 0.9 to 2.4 s after setting off, cut from the trials"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    parser.add_argument("--recording-dir", type=Path, metavar="OUT", help="keep each trial there as a recording")
    parser.add_argument(
        "--vary", choices=VARIATIONS, default="as-is", help="turn, resample or damage the samples first"
    )
    parser.add_argument("--reverse", action="store_true", help="run walking backward in time; score gait only")
    parser.add_argument(
        "--stability", action="store_true", help="score steadiness only: how soon added jitter is found, reliability"
    )
    parser.add_argument(
        "--perturb", action="store_true", help="put perturbations into walking; score how small a stumble is heard"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes to use (default: all cores)")


def main(arguments: argparse.Namespace) -> int:
    """Run every trial through the monitor, print the table, write the figures."""
    reader = dataset(arguments.dataset)
    files = chosen(reader.find(arguments.folder, arguments.labels), arguments.subjects, arguments.activities)
    if arguments.stability:
        _write(arguments.json, _stability(reader, files, arguments.jobs))
        return 0
    if arguments.perturb:
        figures, words = perturbation_score.evaluate(reader, files, arguments.jobs)
        print(words, end="")
        _write(arguments.json, figures)
        return 0
    if arguments.reverse or getattr(reader, "purpose", "detection") == "gait":
        _write(arguments.json, _gait(reader, files, arguments))
        return 0
    if arguments.recording_dir:
        arguments.recording_dir.mkdir(parents=True, exist_ok=True)
    if arguments.cut_short:
        files = [file for file in files if reader.activities[file.activity].is_stumble]
        if not files:
            raise RecordingError(f"{reader.name}: nobody stumbles in these trials; there is nothing to cut short")
        outcomes, unreadable = _sorted(_spread(partial(run_cut_short, reader), files, arguments.jobs))
    else:
        work = partial(run_one, reader, variation=arguments.vary, keep_in=arguments.recording_dir)
        outcomes, unreadable = _sorted(_spread(work, files, arguments.jobs))
    if not outcomes:
        raise RecordingError(f"none of {len(files)} trials could be read; the first: {unreadable[0]}")
    figures = {**_scored(reader, outcomes, arguments), "unreadable": unreadable}
    if arguments.cut_short:
        _write(arguments.json, figures)
        return _tell(unreadable)
    readable = {outcome.name for outcome in outcomes}
    walked = _gait(reader, [file for file in files if file.name in readable], arguments)
    _write(arguments.json, {**walked, **figures})
    return _tell(unreadable)


def _scored(reader: Dataset, outcomes: Sequence[TrialResult], arguments: argparse.Namespace) -> dict[str, Any]:
    """Print the table; return the figures that were asked for, those of each session beside them."""
    sessions = (arguments.session,) if arguments.session else tuple(SESSIONS)
    columns = {name: scores(reader.name, name, outcomes) for name in ("none", *sessions)}
    print(report.table(tuple(columns.values()), reader.activities), end="")
    gate = arguments.gate or ("walking" if arguments.session else "none")
    for words in (remark for outcome in outcomes for remark in outcome.remarks):
        print(f"sternway: note: {words}", file=sys.stderr)
    return {
        **columns["none" if gate == "none" else sessions[0]],
        "sessions": {name: {kind: columns[name][kind] for kind in ("stumble", "pre_impact")} for name in sessions},
        "remarks": [remark for outcome in outcomes for remark in outcome.remarks],
    }


def chosen(
    files: Sequence[TrialFile], subjects: Sequence[str] | None, activities: Sequence[str] | None
) -> list[TrialFile]:
    """Return the files of these people and activities; raise ``RecordingError`` that names what there is."""
    found = [
        file
        for file in files
        if (not subjects or file.subject in subjects) and (not activities or file.activity in activities)
    ]
    if not found:
        people = ", ".join(sorted({file.subject for file in files}))
        codes = ", ".join(sorted({file.activity for file in files}))
        raise RecordingError(f"no trial fits; there are the people {people} and the activities {codes}")
    return found


def _words(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (word.strip() for word in text.split(","))))


def _gait(reader: Dataset, files: Sequence[TrialFile], arguments: argparse.Namespace) -> dict[str, Any]:
    """Score steps, cadence, direction and mounting where people walk; print the table and return the figures."""
    gait_score = importlib.import_module("sternway.evaluate.gait_score")
    walked = gait_score.walked(reader, files)
    if not walked:
        return {}
    figures, words = gait_score.evaluate(reader, walked, arguments.jobs, reverse=arguments.reverse)
    print(f"\n{words}", end="")
    return dict(figures)


def _stability(reader: Dataset, files: Sequence[TrialFile], jobs: int) -> dict[str, Any]:
    """Score steadiness; print the table and return the figures."""
    figures, words = stability_score.evaluate(reader, files, jobs)
    reliable, more = reliability.evaluate(reader, files)
    print(words + more, end="")
    return {**figures, **reliable}


def _write(path: Path | None, figures: Mapping[str, Any]) -> None:
    if path:
        path.write_text(json.dumps(figures, indent=2, allow_nan=False) + "\n", encoding="utf-8")


def _sorted(results: Iterable[TrialResult | list[TrialResult] | str]) -> tuple[list[TrialResult], list[str]]:
    """Return what could be scored, and why the rest could not be read."""
    outcomes: list[TrialResult] = []
    unreadable: list[str] = []
    for result in results:
        if isinstance(result, str):
            unreadable.append(result)
        else:
            outcomes += result if isinstance(result, list) else [result]
    return outcomes, unreadable


def _tell(unreadable: Sequence[str]) -> int:
    for words in unreadable:
        print(f"sternway: left out: {words}", file=sys.stderr)
    return 1 if unreadable else 0


def _spread(work: Callable[[TrialFile], Result], files: Sequence[TrialFile], jobs: int) -> Iterator[Result]:
    """Yield outcomes in order, from several processes where there is enough to do."""
    if jobs <= 1 or len(files) <= 1:
        yield from progress(map(work, files), len(files))
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from progress(pool.map(work, files, chunksize=4), len(files))
