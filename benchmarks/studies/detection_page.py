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
from sternway.evaluate.pipeline import SESSIONS, TrialResult
from sternway.evaluate.progress import progress
from sternway.evaluate.run_file import run_cut_short, run_one
from sternway.evaluate.score import scores
from sternway.evaluate.trial import Dataset, TrialFile
from sternway.evaluate.variation import VARIATIONS

SETS = ("sisfall", "hapt", "kfall", "umafall")
STRANGERS = ("kfall", "umafall")
DAMAGES = ("clipped", "dropped", "repeated", "reordered", "3-s-gap", "unplugged")

_HEAD = """# How well stumbles and falls are heard

Made by `make validation` with Sternway {version}; do not edit. Each table is what
`sternway evaluate` prints: every trial streamed through the monitor that runs on the clip, cold (nothing
learned about the person), causal, with default settings. *Any time* counts every jolt beyond the person's walking;
*always worn* and *in a walk under way* count those that the network beside the gate finds probable enough: the clip
knows from the button whether a walk is under way ([stumble](../detectors/stumble.md)). A foreseen fall counts there
while the walking gate is open. A recording that *ended before it was settled* is neither heard nor missed.
Intervals are 95 %: Wilson's for shares, the exact Poisson for rates.

**What the data cannot show.** All falls and stumbles are acted, nearly all by young adults, on mats, after an
announcement. Nobody stumbles or falls *while walking backward* in any public data set; time reversal of forward
walking stands in for it below, and only there. False-alarm rates rest on the hours printed beside them: no alarm in
one hour of walking bounds the rate below about 3.7 an hour, no lower. SisFall's subjects SA01-SA13 and SE01-SE05 and
HAPT's users 1-20 were used in development: weights and thresholds were set on them. **The weights printed here have
seen these people**, so the tables look better than the truth; the figures of people left out stand on the cards of
[stumbles](../detectors/stumble.md), [falls](../detectors/fall.md) and
[falls about to happen](../detectors/pre-impact.md). {strangers}

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
        parts.append(_cut_short(arguments.data / "sisfall", arguments.jobs))
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
    columns = [scores(reader.name, gate, outcomes) for gate in ("none", *SESSIONS)]
    return f"## {reader.name}\n\n```text\n{report.table(columns, reader.activities)}```\n"


def _cut_short(folder: Path, jobs: int) -> str:
    """Return the page's part on stumbles soon after setting off."""
    reader = dataset("sisfall")
    files = [file for file in reader.find(folder) if reader.activities[file.activity].is_stumble]
    with ProcessPoolExecutor(jobs) as pool:
        results = list(progress(pool.map(partial(run_cut_short, reader), files, chunksize=4), len(files)))
    short = [result for found in results if not isinstance(found, str) for result in found]
    rows = [scores("sisfall", gate, short)["stumble"] for gate in ("none", *SESSIONS)]
    found = " | ".join(f"{row['detected']} of {row['trials']}" for row in rows)
    late = " | ".join("-" if (at_s := row["latency_s"]["p50"]) is None else f"{1000 * at_s:.0f} ms" for row in rows)
    return (
        "## Soon after setting off\n\n"
        "SisFall's stumbles with the walking before them cut to 0.9, 1.2, 1.5, 1.8, 2.1 and 2.4 s after standing "
        "(`sternway evaluate sisfall DIR --labels DIR/labels --cut-short`), where a gate that waits for a rhythm is "
        "not open yet. The weights have seen these people; the card of [stumbles](../detectors/stumble.md) has the "
        "figures of people left out.\n\n"
        "| | any time | always worn | in a walk under way |\n|---|---|---|---|\n"
        f"| heard | {found} |\n| after the label begins, median | {late} |\n"
    )


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
        "Stumbles are told at any time / always worn / in a walk under way; the alarms are those of *always worn*, "
        "but foreseen falls without the gate.\n",
        "| samples | stumbles heard | foreseen | falls heard | daily trials with stumble / pre-impact / fall alarm |",
        "|---|---|---|---|---|",
    ]
    for variation in VARIATIONS:
        print(variation, file=sys.stderr)
        changed = outcomes_of(reader, files, jobs, variation)
        same = [outcome for outcome in as_is if outcome.name in names]
        lines.append(_varied_row(variation, same if variation == "as-is" else list(changed)))
    return "\n".join(lines) + "\n"


def _varied_row(variation: str, outcomes: Sequence[TrialResult]) -> str:
    """Return the row of one variation."""
    by_gate = {gate: scores("sisfall", gate, outcomes) for gate in ("none", *SESSIONS)}
    figures = by_gate["none"]
    stumbles = " / ".join(str(one["stumble"]["detected"]) for one in by_gate.values())
    heard = [f"{figures[kind]['detected']}/{figures[kind]['trials']}" for kind in ("pre_impact", "fall")]
    loud = [by_gate["always"]["stumble"], figures["pre_impact"], figures["fall"]]
    alarms = " / ".join(str(one["adl_trials_with_alarm"]) for one in loud)
    return f"| {variation} | {stumbles} of {figures['stumble']['trials']} | {' | '.join(heard)} | {alarms} |"


if __name__ == "__main__":
    raise SystemExit(main())
