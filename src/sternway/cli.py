"""The ``sternway`` command: one table of words, each with a room of its own in :mod:`sternway.commands`."""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from sternway import __version__
from sternway.errors import SternwayError

COMMANDS: dict[str, str] = {
    "run": "watch the wearer: read the sensor, warn, record and publish",
    "demo": "run a simulated walk on an emulated clip, with a live page",
    "replay": "play recordings through the detectors",
    "evaluate": "score the detectors on a public data set",
    "train": "fit the networks anew from recordings, and write weights and model cards",
    "calibrate": "fit the clip to its wearer, or teach the cues",
    "doctor": "check every part of a clip, and say what to do",
    "config": "print the settings, or check a file",
    "dashboard": "serve the pages for the walker, the family and the physiotherapist",
    "pair": "on the server: give a clip its user and secret",
    "join": "on the clip: take the invitation that pair made",
    "forget": "take a clip out of the home, and its walker's data off the clip",
    "plan": "show, change or simulate the walking plan, in a home without a dashboard",
    "journal": "write down pain, effort and the rest, in a home without a dashboard",
    "backup": "write a copy of the dashboard's store",
    "restore": "put a backup of the dashboard's store in place",
}


def build_parser(words: Sequence[str] = ()) -> argparse.ArgumentParser:
    """Return the parser; only the rooms of commands named in ``words`` are entered, or all where none is."""
    parser = argparse.ArgumentParser(
        prog="sternway",
        description="A belt clip that watches the balance of a person who walks backwards. Not a medical device.",
    )
    parser.add_argument("--version", action="version", version=f"sternway {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    named = [name for name in COMMANDS if name in words]
    for name, help_text in COMMANDS.items():
        command = commands.add_parser(name, help=help_text, description=help_text[0].upper() + help_text[1:] + ".")
        if not named or name in named:
            room = importlib.import_module(f"sternway.commands.{name}")
            room.add_arguments(command)
            command.set_defaults(main=room.main)
    return parser


def main(words: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0 well, 1 a problem it found, 2 wrong use."""
    words = sys.argv[1:] if words is None else words
    arguments = build_parser(words[:1] or ("",)).parse_args(words)
    try:
        return int(arguments.main(arguments))
    except SternwayError as error:
        print(f"sternway: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
