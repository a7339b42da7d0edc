"""``sternway replay``: play recordings through the detectors."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeAlias

from sternway.errors import RecordingError, SternwayError
from sternway.evaluate.datasets import DATASETS, dataset
from sternway.evaluate.progress import progress
from sternway.evaluate.replay import Played, replay
from sternway.recording.files import SUFFIX, Recording
from sternway.samples import Block

OWN = "sternway"

Result: TypeAlias = tuple[Played, list[str]] | str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words of the command."""
    parser.add_argument("paths", nargs="+", type=Path, metavar="FILE", help="recordings, or folders of them")
    parser.add_argument("--format", choices=(OWN, *DATASETS), default=OWN, help="whose files they are")
    parser.add_argument(
        "--gate",
        choices=("none", "walking"),
        default="none",
        help="let stumbles and pre-impact falls count anywhere, or only in gait as on a walk",
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes to use (default: all cores)")
    parser.add_argument("--json", action="store_true", help="print one JSON object a recording")


def main(arguments: argparse.Namespace) -> int:
    """Play every recording, print what happened in each and a summary."""
    names = find(arguments.paths, arguments.format)
    play = partial(play_one, layout=arguments.format, gated=arguments.gate == "walking")
    total, failed = Played(), 0
    for name, result in zip(names, _spread(play, names, arguments.jobs), strict=True):
        if isinstance(result, str):
            failed += 1
            print(f"sternway: {result}", file=sys.stderr)
            continue
        played, remarks = result
        if arguments.json:
            print(json.dumps({"file": str(name), "remarks": remarks, **played.plain()}))
        else:
            print(words(name, played, remarks))
        _add(total, played)
    if not arguments.json and len(names) > 1:
        print(f"\n{len(names) - failed} recordings, {summary(total)}")
    return 1 if failed else 0


def find(paths: Iterable[Path], layout: str) -> list[Path]:
    """Return the recordings named by ``paths``; a folder stands for all in it."""
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
        elif layout == OWN:
            found += sorted(path.rglob(f"*{SUFFIX}"))
        else:
            found += [file.path for file in dataset(layout).find(path)]
    if not found:
        raise RecordingError(f"no {layout} recordings in {', '.join(map(str, paths))}")
    return found


def play_one(path: Path, *, layout: str, gated: bool) -> Result:
    """Play one recording; return what it led to with remarks, or in words why it cannot be read."""
    try:
        if layout == OWN:
            recording = Recording(path)
            played = replay(recording, gated=gated)
            remarks = ["its end is cut off; everything before was played"] if recording.truncated else []
        else:
            played, remarks = replay([_trial_block(path, layout)], gated=gated), []
    except SternwayError as error:
        return str(error)
    if played.bad_count:
        remarks.append(f"{played.bad_count} samples are not finite numbers and were skipped")
    return played, remarks


def words(path: Path, played: Played, remarks: list[str]) -> str:
    """Return what one recording led to, a line an event."""
    lines = [f"{path.name}: {summary(played)}"]
    lines += [f"  note: {remark}" for remark in remarks]
    for event in played.events:
        evidence = ", ".join(f"{name} {value:.3g}" for name, value in event.evidence.items())
        what = " ".join(filter(None, (event.kind.value, event.level, event.cause)))
        over = " over" if event.severity <= 0.0 and event.level is None else ""
        lines.append(f"  {event.decided_at_s:9.2f} s  {what.replace('_', ' ')}{over}  ({evidence})")
    return "\n".join(lines)


def summary(played: Played) -> str:
    """Return the counts of one or all recordings in words."""
    counts = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in sorted(played.counts().items()))
    return (
        f"{played.duration_s / 60.0:.1f} min, {played.walking_s / 60.0:.1f} min walking, "
        f"{played.step_count} steps; {counts or 'no events'}"
    )


def _trial_block(path: Path, layout: str) -> Block:
    """Return the samples of one file of a public data set."""
    reader = dataset(layout)
    for folder in (path.parent, path.parent.parent):
        try:
            files = reader.find(folder)
        except RecordingError:
            continue
        for file in files:
            if file.path == path:
                return reader.read(file).block()
    raise RecordingError(f"{path}: not a {layout} file, or not in the folder where {layout} keeps it")


def _spread(play: Callable[[Path], Result], paths: Sequence[Path], jobs: int) -> Iterator[Result]:
    """Yield the results in order, from several processes where there is enough to do."""
    if jobs <= 1 or len(paths) <= 1:
        yield from map(play, paths)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from progress(pool.map(play, paths, chunksize=4), len(paths))


def _add(total: Played, played: Played) -> None:
    total.duration_s += played.duration_s
    total.walking_s += played.walking_s
    total.step_count += played.step_count
    total.events += played.events
