"""The server's side of pairing: the broker's users, their secrets, and the address that clips are told."""

import contextlib
import secrets
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

from sternway.errors import ConfigError
from sternway.pairing.invitation import SERVICE_USERS, Invitation
from sternway.pairing.secret_files import write_secret


class Household:
    """The server's side: the broker's users in one directory, besides the CA.

    ``passwords`` is mosquitto's own file, written by mosquitto's own tool; secrets of the server's own users lie in
    ``<user>.secret``, readable by root, for systemd to hand over as credentials.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._passwords = directory / "passwords"

    def users(self) -> list[str]:
        """Return the names of all users."""
        return sorted(self._lines())

    def invite(self, clip_id: str, host: str, local_name: str, port: int, ca_fingerprint: str) -> Invitation:
        """Give a clip a new secret, which ends any older pairing of it, and return its invitation."""
        invitation = Invitation(host, local_name, port, clip_id, secrets.token_urlsafe(24), ca_fingerprint)
        self._set_password(clip_id, invitation.secret)
        return invitation

    def ensure_services(self) -> list[str]:
        """Give the server's own users a secret each, where they have none; return who was new."""
        new = [user for user in SERVICE_USERS if user not in self._lines()]
        for user in new:
            secret = secrets.token_urlsafe(24)
            write_secret(self.directory / f"{user}.secret", secret.encode())
            self._set_password(user, secret)
        return new

    def forget(self, user: str) -> bool:
        """Take a user's right to connect; say whether there was one."""
        lines = self._lines()
        if lines.pop(user, None) is None:
            return False
        self._write(lines)
        return True

    def _set_password(self, user: str, secret: str) -> None:
        self._write({**self._lines(), user: _hashed(user, secret)})

    def _lines(self) -> dict[str, str]:
        if not self._passwords.exists():
            return {}
        return {line.partition(":")[0]: line for line in self._passwords.read_text("utf-8").splitlines() if line}

    def _write(self, lines: dict[str, str]) -> None:
        write_secret(self._passwords, "".join(f"{lines[user]}\n" for user in sorted(lines)).encode(), 0o640)


def password_tool() -> str:
    """Return where mosquitto's own tool for passwords is; without the broker there is nothing to pair with."""
    tool = shutil.which("mosquitto_passwd")
    if tool is None:
        raise ConfigError("mosquitto_passwd is missing: install the broker first (sudo apt install mosquitto)")
    return tool


def _hashed(user: str, secret: str) -> str:
    """Return a line of mosquitto's password file; the secret is never on a command line, for others to see."""
    tool = password_tool()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "one"
        write_secret(file, f"{user}:{secret}\n".encode())
        done = subprocess.run([tool, "-U", str(file)], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise ConfigError(f"mosquitto_passwd failed: {done.stderr.strip()}")
        return file.read_text(encoding="utf-8").strip()


def own_address() -> str:
    """Return the address under which this machine's network knows it; no packet is sent to find out."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        return str(probe.getsockname()[0])
    return socket.gethostname()
