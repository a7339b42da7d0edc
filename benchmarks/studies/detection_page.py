"""Regenerates ``docs/validation/detection.md`` (``make validation``).

Runs what the data folder holds (``DATA/<name>`` for each data set): the tables, the same with the clip turned,
resampled or damaged, and the perturbation curves. Needs the extra ``[train]`` for the plot.
"""

import argparse
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from perturbation_page import part_of_page

from sternway import __version__
from sternway.errors import SternwayError
from sternway.evaluate import report
from sternway.evaluate.datasets import dataset
from sternway.evaluate.pipeline import TrialResult
from sternway.evaluate.progress import progress
from sternway.evaluate.run_file import run_one
from sternway.evaluate.score import scores
from sternway.evaluate.trial import Dataset, TrialFile
from sternway.evaluate.variation import VARIATIONS

SETS = ("sisfall", "hapt", "kfall", "umafall")
STRANGERS = ("kfall", "umafall")
DAMAGES = ("clipped", "dropped", "repeated", "reordered", "3-s-gap", "unplugged")

_HEAD = """# How well stumbles and falls are heard

Made by `make validation` with Sternway {version}; do not edit. Each table is what
`sternway evaluate` prints: every trial streamed through the monitor that runs on the clip, cold (nothing
learned about the person), causal, with default settings. *In gait* counts only what happens while the walking gate is
open, as on a walk. Intervals are 95 %: Wilson's for shares, the exact Poisson for rates.

**What the data cannot show.** All falls and stumbles are acted, nearly all by young adults, on mats, after an
announcement. Nobody stumbles or falls *while walking backward* in any public data set; time reversal of forward
walking stands in for it below, and only there. False-alarm rates rest on the hours printed beside them: no alarm in
one hour of walking bounds the rate below about 3.7 an hour, no lower. SisFall's subjects SA01-SA13 and SE01-SE05 and
HAPT's users 1-20 were used in development: weights and thresholds were set on them. **The weights printed here have
seen these people**, so the tables look better than the truth; the figures of people left out stand on the cards of
[falls](../detectors/fall.md) and of [falls about to happen](../detectors/pre-impact.md). {strangers}

**Published numbers.** Stumbles: Iluz et al. 2014, low back, 93.1 % and 98.6 % specificity. Pre-impact: Jung et al.
2020, SisFall, 96.1/90.5 % at 280 ms; Yu et al. 2021, trained on KFall itself, 99.3/99.0 %. Falls: Alves et al. 2019,
waist, 89.5 % without a false alarm; Palmerini et al. 2020, 143 *real* falls, above 80 % at 0.56 false alarms an hour.
"""


def main(words: Sequence[str] | None = None) -> int:
    """Run everything that the data folder holds and write the page and its plot."""
    arguments, present = asked("detection.md", SETS, words)
    parts = [_HEAD.format(version=__version__, strangers=strangers_words(present))]
    outcomes = {name: heard_in(dataset(name), arguments.data / name, arguments.jobs) for name in present}
    parts += [_table(dataset(name), outcomes[name]) for name in present]
    if "sisfall" in present:
        parts.append(_varied(arguments.data / "sisfall", arguments.jobs, outcomes["sisfall"]))
        parts.append(part_of_page(arguments.data, arguments.out, arguments.jobs))
    (arguments.out / "detection.md").write_text("\n".join(parts), encoding="utf-8")
    return 0


def strangers_words(present: Sequence[str]) -> str:
    """Say which tables are of people who had no part in development."""
    shown = [name for name in STRANGERS if name in present]
    if shown:
        return f"Nothing was set on the people of\n{' and '.join(shown)}."
    return (
        "No table here is of people\nwithout a part in development: KFall and UMAFall can be scored by "
        "`sternway evaluate`, and no run of them is shown."
    )


def asked(page: str, sets: Iterable[str], words: Sequence[str] | None = None) -> tuple[argparse.Namespace, list[str]]:
    """Return the words of the command that writes ``page``, and those of ``sets`` that its data folder holds.

    Raises ``SternwayError`` where it holds none.
    """
    names = ", ".join(sets)
    parser = argparse.ArgumentParser(description=f"Regenerate docs/validation/{page}.")
    parser.add_argument("data", type=Path, help=f"the folder that holds {names}")
    parser.add_argument("out", type=Path, help="docs/validation")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args(words)
    present = [name for name in sets if (arguments.data / name).is_dir()]
    if not present:
        raise SternwayError(f"{arguments.data}: none of {names} in it; docs/validation stays as it is")
    return arguments, present


def outcomes_of(
    reader: Dataset, files: Sequence[TrialFile], jobs: int, variation: str = "as-is"
) -> Iterator[TrialResult]:
    """Yield the outcome of each readable file."""
    with ProcessPoolExecutor(jobs) as pool:
        results = pool.map(partial(run_one, reader, variation=variation), files, chunksize=4)
        for result in progress(results, len(files)):
            if isinstance(result, TrialResult):
                yield result


def heard_in(reader: Dataset, folder: Path, jobs: int) -> list[TrialResult]:
    """Return the outcome of every readable trial under ``folder``."""
    print(reader.name, file=sys.stderr)
    return list(outcomes_of(reader, reader.find(folder), jobs))


def _table(reader: Dataset, outcomes: Sequence[TrialResult]) -> str:
    ungated, gated = (scores(reader.name, gate, outcomes) for gate in ("none", "walking"))
    return f"## {reader.name}\n\n```text\n{report.table(ungated, gated, reader.activities)}```\n"


def sample(files: Sequence[TrialFile]) -> list[TrialFile]:
    """Return what variations are run on: every stumble, some walking, quick sits and lying down, some falls."""
    some = {"D01": 9, "D02": 9, "D10": 9, "D11": 9, "D13": 9, "D14": 9, "D18": 1}
    some |= {f"F{number:02d}": 13 for number in range(1, 16)}
    return [file for code, step in some.items() for file in [f for f in files if f.activity == code][::step]]


def _varied(folder: Path, jobs: int, as_is: Sequence[TrialResult]) -> str:
    """Return the page's part on what changes when the samples do; ``as_is`` holds the outcomes without change."""
    reader = dataset("sisfall")
    files = sample(reader.find(folder))
    names = {file.name for file in files}
    lines = [
        "## Turned, resampled, damaged\n",
        "On all SisFall stumbles (D18), some level walking, quick sits and lying down, and every thirteenth fall; "
        "each trial is turned its own way, as its name draws. *Unplugged* loses the sensor 0.1 s before the impact, "
        "so that nothing after it can be known and no fall may be reported. Nothing here may raise: this page would "
        "not exist.\n",
        "| samples | stumbles heard | foreseen | falls heard | daily trials with stumble / pre-impact / fall alarm |",
        "|---|---|---|---|---|",
    ]
    for variation in VARIATIONS:
        print(variation, file=sys.stderr)
        changed = outcomes_of(reader, files, jobs, variation)
        same = [outcome for outcome in as_is if outcome.name in names]
        figures = scores("sisfall", "none", same if variation == "as-is" else list(changed))
        heard = [
            f"{figures[kind]['detected']}/{figures[kind]['trials']}" for kind in ("stumble", "pre_impact", "fall")
        ]
        loud = " / ".join(str(figures[kind]["adl_trials_with_alarm"]) for kind in ("stumble", "pre_impact", "fall"))
        lines.append(f"| {variation} | {' | '.join(heard)} | {loud} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
