"""``sternway config``: print the settings with comments, or check a file."""

import argparse
import dataclasses
import inspect
import json
import re
from pathlib import Path

from sternway.config import Settings, load_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words of the command."""
    parser.add_argument("file", nargs="?", type=Path, help="a settings file to check")
    parser.add_argument("--json", action="store_true", help="print the settings in force as JSON")


def main(arguments: argparse.Namespace) -> int:
    """Print the defaults with comments, or say that a file is sound."""
    settings = load_settings(arguments.file) if arguments.file else Settings()
    if arguments.json:
        print(json.dumps(dataclasses.asdict(settings), indent=2))
    elif arguments.file:
        print(f"{arguments.file}: ok")
    else:
        print(commented(settings), end="")
    return 0


def commented(settings: Settings) -> str:
    """Return ``settings`` as TOML, each table under the words of its own docstring."""
    lines: list[str] = []
    for part in dataclasses.fields(settings):
        table = getattr(settings, part.name)
        words = re.sub(r"``", "", inspect.getdoc(type(table)) or "")
        lines += [*(f"# {line}".rstrip() for line in words.splitlines()), f"[{part.name}]"]
        lines += [f"{f.name} = {json.dumps(getattr(table, f.name))}" for f in dataclasses.fields(table)]
        lines.append("")
    return "\n".join(lines)
