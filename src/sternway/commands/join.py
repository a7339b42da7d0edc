"""``sternway join``: on the clip, take the invitation that ``sternway pair`` made on the server."""

import argparse
from pathlib import Path

from sternway.config import SETTINGS_FILE, chosen_settings
from sternway.errors import ConfigError
from sternway.pairing.invitation import CARD_FILE, accept, read_code, take_card

CARDS = (Path("/boot/firmware"), Path("/boot"))
"""Where Raspberry Pi OS mounts the boot partition: since 2023, and before."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words of the command."""
    parser.add_argument("code", nargs="?", help=f"the line that `sternway pair` printed; none looks for {CARD_FILE}")
    parser.add_argument("--config", type=Path, help="settings file (see `sternway config`)")
    parser.add_argument("--card", type=Path, help="folder to look for the file in, instead of the boot partition")


def main(arguments: argparse.Namespace) -> int:
    """Join by code, or by the file on the card; a card without one is no error, so that every start may look."""
    settings = chosen_settings(arguments.config)
    state_dir = Path(settings.clip.state_dir)
    if not state_dir.is_dir():
        raise ConfigError(f"{state_dir}: is not there; install the clip first, or name its settings with --config")
    folders = CARDS if arguments.card is None else (arguments.card,)
    found = next((folder / CARD_FILE for folder in folders if (folder / CARD_FILE).is_file()), None)
    if settings.broker.host and (arguments.code is not None or found is not None):
        file = arguments.config or SETTINGS_FILE
        raise ConfigError(
            f"{file}: broker.host names a broker, {settings.broker.host}, which wins over joining; "
            'make it host = "" there, then join'
        )
    if arguments.code is not None:
        invitation = read_code(arguments.code)
        accept(invitation, state_dir)
    elif found is not None:
        invitation = take_card(found, state_dir)
        print(f"{found} was read and erased")
    else:
        print(f"no {CARD_FILE} to read; nothing changed")
        return 0
    print(
        f"joined: this clip is {invitation.clip_id} at {invitation.host}; restart it: sudo systemctl restart sternway"
    )
    return 0
