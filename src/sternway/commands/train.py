"""``sternway train``: fit the networks anew, and write weights and model cards."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sternway.detect.fall import FallSettings
from sternway.detect.pre_impact import PreImpactSettings
from sternway.errors import SternwayError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words of the command."""
    parser.add_argument(
        "folder", type=Path, help="the recordings: a folder with sisfall/ and, if you can, hapt/ in it"
    )
    parser.add_argument(
        "--folds", type=int, default=5, help="folds by person for the tables; 0 fits only (default 5)"
    )
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same weights (default 1)")
    parser.add_argument("--copies", type=int, default=1, help="changed copies of every trial (default 1)")
    parser.add_argument("--made-up", type=int, default=300, help="made-up bends, squats and sits (default 300)")
    parser.add_argument("--subjects", default="", help="only these people, as SA01,SE02")
    parser.add_argument("--jobs", type=int, default=2, help="processes that read recordings (default 2)")
    parser.add_argument("--name", default="1", help="the version written into the weights (default 1)")
    parser.add_argument("--out", type=Path, help="where weights and cards go; without it, only tables are printed")
    parser.add_argument("--json", type=Path, help="where the figures of the folds go")


def main(arguments: argparse.Namespace) -> int:
    """Read, cross-validate, fit, write."""
    try:
        from sternway.training import curriculum  # noqa: PLC0415 - the extra may be missing
    except ModuleNotFoundError as error:
        raise SternwayError(f"{error.name} is missing: pip install '.[train]' in a copy of the repository") from error
    subjects = [name for name in arguments.subjects.split(",") if name]
    _say(f"reading {arguments.folder} ...")
    material = curriculum.gather(
        arguments.folder,
        arguments.copies,
        arguments.seed,
        arguments.jobs,
        subjects=subjects,
        made_up_count=arguments.made_up,
    )
    lessons = curriculum.lessons_of((*material.recorded, *material.changed))
    tables: dict[str, str] = {}
    if arguments.folds:
        tables = _folds(arguments, material, lessons)
    if arguments.out:
        _say("fitting on everybody ...")
        clips = (*material.recorded, *material.changed)
        pupils = curriculum.fit_both(lessons, clips, arguments.seed, arguments.name)
        _write(arguments, material, pupils, tables)
    return 0


def _folds(arguments: argparse.Namespace, material: Any, lessons: Sequence[Any]) -> dict[str, str]:
    from sternway.training import card, crossval  # noqa: PLC0415 - the extra may be missing

    heard = crossval.cross_validated(material, lessons, arguments.folds, arguments.seed, _say)
    rows = {kind: crossval.curve(heard, kind) for kind in ("pre_impact", "fall")}
    tables = {
        "pre_impact": card.pre_impact_table(rows["pre_impact"], PreImpactSettings().threshold),
        "fall": card.fall_table(rows["fall"], FallSettings().threshold),
    }
    for name, table in tables.items():
        print(f"\n{name}, {arguments.folds} folds by person, no gate\n\n{table}")
    outcomes = crossval.in_force(heard)
    figures = {gate: crossval.figures(outcomes, gate) for gate in ("none", "walking")}
    print("\nwith the thresholds in force\n")
    lines = [crossval.line(gate, figure) for gate, figure in figures.items()]
    print("\n".join(lines))
    tables["pre_impact"] += "\n\n" + card.in_force(lines)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return tables


def _write(arguments: argparse.Namespace, material: Any, pupils: Any, tables: dict[str, str]) -> None:
    from sternway.training import card  # noqa: PLC0415 - the extra may be missing

    words = {
        "pre_impact": ("Pre-impact fall", "Says in real time that a fall is under way, before the ground is met."),
        "fall": ("Fall", "Says whether an impact ended a fall; stillness in another posture must follow it."),
    }
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, title_and_purpose in words.items():
        network = replace(getattr(pupils, name), version=f"{name}-{arguments.name}")
        (arguments.out / f"{name}.npz").write_bytes(network.to_bytes())
        curve = tables.get(name, "Not cross-validated: `--folds 0` was asked for.")
        about = card.card(
            title_and_purpose, network.version, material, seed=arguments.seed, curve=curve, folds=arguments.folds
        )
        (arguments.out / f"{name}.md").write_text(about, encoding="utf-8")
        _say(f"{arguments.out / name}.npz and .md written")


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
