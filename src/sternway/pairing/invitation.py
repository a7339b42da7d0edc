"""How a clip and its server come to trust each other: an invitation made on the server, taken on the clip, once."""

import hashlib
import json
import re
import tomllib
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from sternway.config import BrokerSettings, Settings, build, load_settings, parse_settings
from sternway.errors import ConfigError
from sternway.pairing.secret_files import erase, give_to_folders_owner, write_secret
from sternway.pairing.tls import fetch_authority
from sternway.wire.topics import is_clip_id

CARD_FILE = "sternway-join.toml"
SERVICE_USERS = ("dashboard", "home-assistant")
"""The server's own users; no clip may take one of these names."""

_MARK = "SW1"
_HOST = r"[A-Za-z0-9.:_-]{1,253}"


@dataclass(frozen=True, slots=True)
class Invitation:
    """All a clip needs: where the broker is, who the clip is there, and whom to believe.

    ``ca_fingerprint`` is the SHA-256 of the home's CA certificate in hex. The secret is random and used nowhere else.
    """

    host: str
    local_name: str
    port: int
    clip_id: str
    secret: str
    ca_fingerprint: str

    def __post_init__(self) -> None:
        """Refuse what cannot be right, so that a spoiled invitation is told at once."""
        sound = (
            re.fullmatch(_HOST, self.host)
            and (self.local_name == "" or re.fullmatch(_HOST, self.local_name))
            and 0 < self.port < 65_536
            and is_clip_id(self.clip_id)
            and self.clip_id not in SERVICE_USERS
            and re.fullmatch(r"[A-Za-z0-9_-]{16,128}", self.secret)
            and re.fullmatch(r"[0-9a-f]{64}", self.ca_fingerprint)
        )
        if not sound:
            raise ConfigError("this invitation is spoiled; make a new one with `sternway pair` on the server")

    def code(self) -> str:
        """Return it as one line to copy, ending in a check against slips."""
        words = [
            _MARK,
            self.host,
            self.local_name,
            str(self.port),
            self.clip_id,
            self.secret,
            self.ca_fingerprint,
        ]
        return ",".join([*words, _check(words)])

    def toml(self) -> str:
        """Return it as the file for the card's boot partition."""
        lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in asdict(self).items())
        return f"# Read once at the clip's next start, then erased. It holds a secret: do not copy it.\n{lines}"


def read_code(code: str) -> Invitation:
    """Read a one-line code; raise :class:`ConfigError` for a slip."""
    words = code.strip().split(",")
    if len(words) != 8 or words[0] != _MARK:
        raise ConfigError("this is not a join code; `sternway pair` on the server prints one that begins with SW1,")
    if _check(words[:-1]) != words[-1] or not words[3].isdigit():
        raise ConfigError("the join code has a slip: copy the whole line again")
    return Invitation(words[1], words[2], int(words[3]), *words[4:7])


def read_card(path: Path) -> Invitation:
    """Read the invitation on a card."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
        return build(Invitation, values, "")
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, TypeError) as error:
        raise ConfigError(f"{path}: cannot be read as an invitation ({error}); pair again") from error


def accept(invitation: Invitation, state_dir: Path) -> BrokerSettings:
    """Meet the broker, find the CA that the invitation names, and keep all that under ``state_dir``.

    Nothing secret is sent to anybody before its certificate was checked. Raise :class:`ConfigError` in words.
    """
    authority_pem = fetch_authority(
        [invitation.host, invitation.local_name], invitation.port, invitation.ca_fingerprint
    )
    folder = state_dir / "join"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    give_to_folders_owner(folder)
    write_secret(folder / "ca.crt", authority_pem.encode())
    write_secret(folder / "password", invitation.secret.encode())
    settings = _joined(invitation, folder)
    write_secret(folder / "joined.toml", settings.encode())
    return parse_settings(settings).broker


def apply_join(settings: Settings) -> Settings:
    """Return ``settings`` with the broker and the name this clip was paired with, unless they name a broker.

    Where Home Assistant looks is no part of a pairing, and stays as it is set.
    """
    file = Path(settings.clip.state_dir) / "join" / "joined.toml"
    try:
        if settings.broker.host or not file.exists():
            return settings
    except PermissionError as error:
        raise ConfigError(
            f"{file}: not permitted; run this as the service's user: sudo -u sternway sternway ..."
        ) from error
    joined = load_settings(file)
    broker = replace(joined.broker, discovery_prefix=settings.broker.discovery_prefix)
    return replace(settings, clip=replace(settings.clip, id=joined.clip.id), broker=broker)


def take_card(path: Path, state_dir: Path) -> Invitation:
    """Accept the invitation on the card and, once that worked, erase it."""
    invitation = read_card(path)
    accept(invitation, state_dir)
    erase(path)
    return invitation


def _joined(invitation: Invitation, folder: Path) -> str:
    """Return the settings that a pairing amounts to."""
    broker = {
        "host": invitation.host,
        "local_name": invitation.local_name,
        "port": invitation.port,
        "ca_file": str(folder / "ca.crt"),
        "user": invitation.clip_id,
        "password_file": str(folder / "password"),
    }
    lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in broker.items())
    return f"# Written by `sternway join`.\n[clip]\nid = {json.dumps(invitation.clip_id)}\n\n[broker]\n{lines}"


def _check(words: list[str]) -> str:
    return hashlib.sha256(",".join(words).encode()).hexdigest()[:6]
