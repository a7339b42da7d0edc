"""Regenerates ``docs/validation/gait.md`` (``make validation``): steps, direction, mounting and steadiness.

Runs what the data folder holds (``DATA/<name>`` for each data set), as recorded and reversed in time.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from detection_page import asked

from sternway import __version__
from sternway.evaluate import gait_score, reliability, stability_score
from sternway.evaluate.datasets import dataset

WAYS = {"ipol": 2, "mobgap": 2, "sisfall": 2, "hapt": 2, "bandai": 1, "vidimu": 1}
"""The data sets, and whether they are also run reversed in time; what really walks backward is not."""

_HEAD = """# How well walking is told

Made by `make validation` with Sternway {version}; do not edit. Each block is what `sternway evaluate`
prints (with `--reverse`, or `--stability`): each sensor turned at random, its mounting learned from ten seconds of
unreversed walking, then every trial streamed cold through what runs on the clip.

**What is evidence for walking backward.** Only `bandai` (motion capture, acceleration by differentiation) and
`vidimu` (rotation alone) hold people who really walk backward. *Reversed in time* flips every feature by
construction: it shows robustness. No public set has labelled steps of backward walking beside an accelerometer on the
trunk.

**Who walks backward there.** `bandai` counts styles, not people: three professional actors were recorded, fitted
to one skeleton, and who played which of the fifteen styles is not said. `vidimu` holds eight people.

**How blind it is.** The constants of steps, direction, mounting and steadiness were set on these people. The motion
capture fitted no weight, but two constants were set after seeing it ([Direction](../detectors/direction.md)). For
steadiness the second half of the table judges each person by the threshold that all the others ask for. Nearly all of
these people are healthy; one of mobgap's two has multiple sclerosis.

*Decided after* runs from the first motion where a label covers standing, too, and from the first step otherwise. A
detected contact counts within 0.5 s of a labelled one, one to one.
"""


def main(words: Sequence[str] | None = None) -> int:
    """Run everything that the data folder holds and write the page."""
    arguments, present = asked("gait.md", WAYS, words)
    blocks = [block for name in present for block in _blocks(name, arguments.data / name, arguments.jobs)]
    page = "\n".join([_HEAD.format(version=__version__), *blocks])
    (arguments.out / "gait.md").write_text(page, encoding="utf-8")
    return 0


def _blocks(name: str, folder: Path, jobs: int) -> Iterator[str]:
    """Yield what is printed about one data set."""
    reader = dataset(name)
    files = reader.find(folder)
    walked = gait_score.walked(reader, files)
    for reverse in (False, True)[: WAYS[name]]:
        print(name, "reversed" if reverse else "", file=sys.stderr)
        title = name + (", reversed in time" if reverse else "")
        yield _block(title, gait_score.evaluate(reader, walked, jobs, reverse=reverse)[1])
    if name == "sisfall":
        yield _block("Steadiness", stability_score.evaluate(reader, walked, jobs)[1])
    if name == "ipol":
        yield _block("Reliability of what steadiness is told from", reliability.evaluate(reader, files)[1])


def _block(title: str, words: str) -> str:
    return f"## {title}\n\n```text\n{words.strip()}\n```\n"


if __name__ == "__main__":
    raise SystemExit(main())
