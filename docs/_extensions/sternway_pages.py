"""Pages written from the code, so that they cannot fall behind it: ``{written} <what>`` in Markdown.

Each function returns Markdown; :data:`PAGES` names them.
"""

import argparse
import dataclasses
import importlib
import pkgutil
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective

from sternway.alert.patterns import MEANINGS, PATTERNS
from sternway.cli import build_parser
from sternway.config import Settings

DOCS = Path(__file__).parents[1]
KINDS = {str: "text", int: "whole number", float: "number", bool: "true or false"}


def buzzes() -> str:
    """Return the cue vocabulary as a table, each rhythm drawn to scale."""
    rows = ["| buzz | rhythm | feels like | says |", "|---|---|---|---|"]
    for cue, pattern in PATTERNS.items():
        name = cue.value.replace("_", " ").capitalize()
        rows.append(f"| **{name}** | `{drawn(pattern.pulses)}` | {pattern.words} | {MEANINGS[cue]} |")
    return "\n".join(rows)


def drawn(pulses: tuple[tuple[float, float, float], ...], per_s: float = 40.0) -> str:
    """Draw pulses in blocks of 25 ms, as high as they are strong.

    >>> drawn(((1.0, 0.1, 0.05), (0.5, 0.1, 0.0)))
    '████··▄▄▄▄'
    """
    return "".join(
        " ▂▄▆█"[round(4 * strength)] * round(on_s * per_s) + "·" * round(off_s * per_s)
        for strength, on_s, off_s in pulses
    )


def settings() -> str:
    """Return every setting with its kind, default, meaning and range."""
    comments = ModuleAnalyzer.for_module("sternway.config").find_attr_docs()
    lines: list[str] = []
    for part in dataclasses.fields(Settings):
        kind = type(getattr(Settings(), part.name))
        words = (kind.__doc__ or "").strip().split("\n\n", maxsplit=1)[0]
        lines += [f"## [{part.name}]", "", words, "", "| key | kind | default | meaning |", "|---|---|---|---|"]
        for key in dataclasses.fields(kind):
            meaning = " ".join(comments[kind.__name__, key.name]).strip()
            if "range" in key.metadata:
                meaning += "; {:_} to {:_}".format(*key.metadata["range"])
            lines.append(f"| `{key.name}` | {KINDS[key.type]} | `{plain(key.default)}` | {meaning} |")
        lines.append("")
    return "\n".join(lines)


def plain(value: object) -> str:
    """Return a default as TOML writes it.

    >>> plain(True), plain("x"), plain(2_000)
    ('true', '"x"', '2000')
    """
    return str(value).lower() if isinstance(value, bool) else f'"{value}"' if isinstance(value, str) else str(value)


def commands() -> str:
    """Return every command with its words."""
    lines: list[str] = []
    for name, parser in subparsers(build_parser()):
        lines += [f"## sternway {name}", "", parser.description or "", "", f"```text\n{usage(parser)}\n```", ""]
        lines += list(options(parser))
        for word, inner in subparsers(parser):
            lines += [f"### sternway {name} {word}", "", inner.description or "", ""]
            lines += [f"```text\n{usage(inner)}\n```", "", *options(inner)]
    return "\n".join(lines)


def usage(parser: argparse.ArgumentParser) -> str:
    """Return how a command is called, the same on every terminal."""
    parser.formatter_class = lambda prog: argparse.HelpFormatter(prog, width=100)
    return parser.format_usage().removeprefix("usage: ").strip()


def options(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Yield the options of a command as a table."""
    actions = [a for a in parser._actions if not isinstance(a, argparse._HelpAction | argparse._SubParsersAction)]
    if not actions:
        return
    yield "| word | meaning |"
    yield "|---|---|"
    for action in actions:
        word = ", ".join(action.option_strings) or str(action.metavar or action.dest)
        if action.option_strings and action.nargs != 0:
            word += f" {action.metavar or _choices(action) or action.dest.upper()}"
        yield f"| `{word.replace('|', '/')}` | {action.help or ''} |"
    yield ""


def _choices(action: argparse.Action) -> str:
    return "{" + ",".join(map(str, action.choices)) + "}" if action.choices else ""


def subparsers(parser: argparse.ArgumentParser) -> list[tuple[str, argparse.ArgumentParser]]:
    """Return the commands below ``parser``."""
    found = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return [item for action in found for item in action.choices.items()]


def load_hazards() -> list[dict[str, Any]]:
    """Return the hazards of ``safety/hazards.toml``."""
    text = (DOCS / "safety" / "hazards.toml").read_text(encoding="utf-8")
    return list(tomllib.loads(text)["hazard"])


def hazards() -> str:
    """Return the hazard file as one short section a hazard."""
    lines: list[str] = []
    for item in load_hazards():
        before, after = item["before"], item["after"]
        lines += [
            f"## {item['id']}: {item['hazard']}",
            "",
            f"**Cause.** {item['cause']}",
            "",
            f"**Harm.** {item['harm']}",
            "",
            "| | severity | likelihood |",
            "|---|---|---|",
            f"| without controls | {before['severity']} | {before['likelihood']} |",
            f"| with controls | {after['severity']} | {after['likelihood']} |",
            "",
        ]
        for control in item["control"]:
            tests = "".join(f"\n  - `{test.removeprefix('tests/')}`" for test in control["tests"])
            lines.append(f"- {control['what']}{tests}")
        lines += ["", f"**What is left.** {item['left']}", ""]
    return "\n".join(lines)


def modules(package: str) -> list[str]:
    """Return ``package`` and every module below it, but the steps of migrations, which run only inside Alembic."""
    room = importlib.import_module(package)
    inside = pkgutil.walk_packages(room.__path__, f"{package}.") if hasattr(room, "__path__") else ()
    return [package, *(found.name for found in inside if ".migrations" not in found.name)]


def api(*packages: str) -> str:
    """Return the documentation of every module of ``packages``."""
    lines: list[str] = []
    for name in [module for package in packages for module in modules(package)]:
        lines += [f"## {name}", "", "```{eval-rst}", f".. automodule:: {name}", "```", ""]
    return "\n".join(lines)


PAGES: dict[str, Callable[..., str]] = {
    "buzzes": buzzes,
    "settings": settings,
    "commands": commands,
    "hazards": hazards,
    "api": api,
}


class Written(SphinxDirective):
    """``{written} name words``: Markdown made by one of :data:`PAGES`."""

    required_arguments = 1
    optional_arguments = 20

    def run(self) -> list[nodes.Node]:
        """Return the page's nodes."""
        name, *words = (word for argument in self.arguments for word in argument.split())
        return self.parse_text_to_nodes(PAGES[name](*words), allow_section_headings=True)


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx of the directive."""
    app.add_directive("written", Written)
    return {"parallel_read_safe": True}
