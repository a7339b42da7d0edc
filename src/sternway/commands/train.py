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

NETWORKS = ("stumble", "small_stumble", "pre_impact", "fall")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words of the command."""
    parser.add_argument(
        "folder", type=Path, help="the recordings: a folder with sisfall/ and, if you can, hapt/ in it"
    )
    parser.add_argument(
        "--networks",
        type=lambda text: tuple(filter(None, text.split(","))),
        default=NETWORKS,
        metavar="A,B",
        help=f"which to fit (default: {','.join(NETWORKS)})",
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
    unknown = set(arguments.networks) - set(NETWORKS)
    if unknown:
        raise SternwayError(f"no network {', '.join(sorted(unknown))}; there are: {', '.join(NETWORKS)}")
    _say(f"reading {arguments.folder} ...")
    if "stumble" in arguments.networks:
        _stumble(arguments)
    if "small_stumble" in arguments.networks:
        _small_stumble(arguments)
    if {"pre_impact", "fall"} & set(arguments.networks):
        _falls(arguments, curriculum)
    return 0


def _stumble(arguments: argparse.Namespace) -> None:
    """Fit the network that judges possible stumbles."""
    from sternway.training import curriculum, stumble_card, stumble_crossval  # noqa: PLC0415 - the extra may be missing
    from sternway.training.stumble import fit_stumble  # noqa: PLC0415

    moments = curriculum.gather_moments(
        arguments.folder, arguments.copies, arguments.seed, arguments.jobs, subjects=_subjects(arguments)
    )
    curve = "Not cross-validated: `--folds 0` was asked for."
    if arguments.folds:
        judged = stumble_crossval.cross_validated(moments, arguments.folds, arguments.seed, _say)
        curve = stumble_crossval.table(judged)
        print(f"\nstumble, {arguments.folds} folds by person\n\n{curve}")
    if arguments.out:
        network = fit_stumble(moments, arguments.seed, f"stumble-{arguments.name}")
        about = stumble_card.card(network.version, moments, seed=arguments.seed, curve=curve, folds=arguments.folds)
        _keep(arguments.out, "stumble", network, about)


def _small_stumble(arguments: argparse.Namespace) -> None:
    """Fit the network for small stumbles, of everybody in the folder."""
    from sternway.training import small_card, small_crossval, small_walks  # noqa: PLC0415 - the extra may be missing
    from sternway.training.small_stumble import fit_small_stumble, lesson_of  # noqa: PLC0415

    cut = small_walks.cut_shapes(arguments.folder)
    walks = small_walks.read_walks(small_walks.sources_of(arguments.folder), cut, arguments.jobs)
    if not any(walk.probes for walk in walks):
        print("small_stumble is left out: no walk here is long enough to put perturbations into.")
        return
    table = "Not cross-validated: `--folds 0` was asked for."
    if arguments.folds:
        table = small_card.tables(small_crossval.cross_validated(walks, arguments.folds, arguments.seed, _say))
        print(f"\nsmall_stumble, {arguments.folds} folds by person\n\n{table}")
    if arguments.out:
        lessons = [lesson_of(walk) for walk in walks if small_walks.may_teach(walk.source)]
        network = fit_small_stumble(lessons, arguments.seed, f"small_stumble-{arguments.name}")
        about = small_card.card(network.version, walks, table, seed=arguments.seed, folds=arguments.folds)
        _keep(arguments.out, "small_stumble", network, about)


def _falls(arguments: argparse.Namespace, curriculum: Any) -> None:
    """Fit the networks that foresee and recognise falls."""
    material = curriculum.gather(
        arguments.folder,
        arguments.copies,
        arguments.seed,
        arguments.jobs,
        subjects=_subjects(arguments),
        made_up_count=arguments.made_up,
    )
    lessons = curriculum.lessons_of((*material.recorded, *material.changed))
    tables: dict[str, str] = {}
    if arguments.folds:
        tables = _folds(arguments, material, lessons)
    if arguments.out:
        _say("fitting on everybody ...")
        pupils = curriculum.fit_both(lessons, material.of_falls, arguments.seed, arguments.name)
        _write(arguments, material, pupils, tables)


def _subjects(arguments: argparse.Namespace) -> list[str]:
    return [name for name in arguments.subjects.split(",") if name]


def _folds(arguments: argparse.Namespace, material: Any, lessons: Sequence[Any]) -> dict[str, str]:
    from sternway.training import card, crossval  # noqa: PLC0415 - the extra may be missing

    heard = crossval.cross_validated(material, lessons, arguments.folds, arguments.seed, _say)
    rows = {kind: crossval.curve(heard, kind) for kind in ("pre_impact", "fall")}
    tables = {
        "pre_impact": card.pre_impact_table(rows["pre_impact"], PreImpactSettings().threshold),
        "fall": "\n\n".join(
            (
                card.fall_table(rows["fall"], FallSettings().threshold),
                card.softest_words(crossval.softest_third(heard, FallSettings().threshold)),
                card.joint_table(crossval.joint_curve(heard)),
            )
        ),
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
    for name, title_and_purpose in words.items():
        if name not in arguments.networks:
            continue
        network = replace(getattr(pupils, name), version=f"{name}-{arguments.name}")
        curve = tables.get(name, "Not cross-validated: `--folds 0` was asked for.")
        about = card.card(
            title_and_purpose, network.version, material, seed=arguments.seed, curve=curve, folds=arguments.folds
        )
        _keep(arguments.out, name, network, about)


def _keep(folder: Path, name: str, network: Any, about: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.npz").write_bytes(network.to_bytes())
    (folder / f"{name}.md").write_text(about, encoding="utf-8")
    _say(f"{folder / name}.npz and .md written")


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
