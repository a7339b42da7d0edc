"""``sternway pair``: on the server, give a clip its user, secret and invitation."""

import argparse
import contextlib
import json
import shutil
import socket
from pathlib import Path

from sternway.errors import ConfigError
from sternway.pairing.household import Household, own_address, password_tool
from sternway.pairing.invitation import CARD_FILE, SERVICE_USERS, Invitation
from sternway.pairing.secret_files import write_secret
from sternway.pairing.tls import sha256_hex
from sternway.wire.topics import is_clip_id

DIRECTORY = Path("/etc/mosquitto/sternway")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words of the command."""
    parser.add_argument("clip", nargs="?", help="the clip's name, such as clip-1; none only prepares the server")
    parser.add_argument("--directory", type=Path, default=DIRECTORY, help="where the broker's secrets are kept")
    parser.add_argument("--host", help="this server's address as the clip sees it (found out unless given)")
    parser.add_argument("--port", type=int, default=8883, help="the broker's TLS port (8883)")
    parser.add_argument("--card", type=Path, help=f"boot partition of the clip's card: {CARD_FILE} is written there")
    parser.add_argument("--json", action="store_true", help="print the invitation as JSON")


def main(arguments: argparse.Namespace) -> int:
    """Pair one clip, or only prepare the server."""
    directory: Path = arguments.directory
    _check_words(arguments)  # before a secret is replaced that some clip still uses
    password_tool()  # before a key is made that the broker's group, not there yet, could not read
    _prepare(directory)
    host, local_name = arguments.host or own_address(), f"{socket.gethostname().partition('.')[0]}.local"
    fingerprint = _ensure_authority(directory, host, local_name)
    household = Household(directory)
    new = household.ensure_services()
    if arguments.clip is None:
        print(f"The server is ready; {directory} holds its certificates and secrets.")
        return 0
    invitation = household.invite(arguments.clip, host, local_name, arguments.port, fingerprint)
    if arguments.card is not None:
        write_secret(arguments.card / CARD_FILE, invitation.toml().encode())
    if arguments.json:
        print(json.dumps({"clip": invitation.clip_id, "code": invitation.code(), "host": host}))
    else:
        _say(arguments, invitation, new)
    return 0


def _check_words(arguments: argparse.Namespace) -> None:
    clip, card = arguments.clip, arguments.card
    if clip in SERVICE_USERS:
        raise ConfigError(f"{clip} is a user of the server's own; name the clip otherwise, such as clip-1")
    if clip is not None and not is_clip_id(clip):
        raise ConfigError(
            f'"{clip}" cannot be a clip\'s name: 1 to 32 letters (a to z), digits, - and _, '
            "beginning with a letter or digit, such as clip-1"
        )
    if card is not None and not card.is_dir():
        raise ConfigError(f"{card}: is not a folder; name the boot partition of the clip's card")


def _prepare(directory: Path) -> None:
    """Make the directory so that the broker's group, and nobody else, can read what it must."""
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o750)
        with contextlib.suppress(LookupError, PermissionError):
            shutil.chown(directory, group="mosquitto")
    except OSError as error:
        raise ConfigError(f"{directory}: cannot be made ({error.strerror}); run this with sudo") from error


def _ensure_authority(directory: Path, host: str, local_name: str) -> str:
    try:
        from sternway.pairing.certificate_authority import Authority  # noqa: PLC0415  (only the server has cryptography)
    except ImportError as error:
        raise ConfigError(
            "this needs the server's parts: pip install '.[dashboard]' in a copy of the repository"
        ) from error
    names = list(dict.fromkeys([host, local_name, socket.gethostname(), "localhost", "127.0.0.1"]))
    return sha256_hex(Authority(directory).ensure(names))


def _say(arguments: argparse.Namespace, invitation: Invitation, new: list[str]) -> None:
    print(f"{invitation.clip_id} is paired. Any older pairing of it has ended.\n")
    if arguments.card is not None:
        print(f"{arguments.card / CARD_FILE} is written: put the card into the clip and start it.\n")
    else:
        print(f"On the clip, run this line (it holds a secret):\n\n  sudo sternway join {invitation.code()}\n")
    print("Then let the broker read its users again:\n\n  sudo systemctl reload mosquitto")
    for user in new:
        print(f"\nThe secret of the user {user} is in {arguments.directory / user}.secret")
