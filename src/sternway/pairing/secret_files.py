"""Small files that hold secrets: written whole or not at all, and erased when done with."""

import os
from pathlib import Path


def give_to_folders_owner(path: Path) -> None:
    """Give what root wrote to the owner and group of its folder: a service must be able to open what is its own."""
    if os.geteuid() == 0:
        folder = path.parent.stat()
        os.chown(path, folder.st_uid, folder.st_gid, follow_symlinks=False)


def write_secret(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Write a file whole or not at all, never readable by others on the way; it gets its folder's owner and group."""
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        give_to_folders_owner(part)
        os.fchmod(file.fileno(), mode)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def erase(path: Path) -> None:
    """Overwrite a file and remove it. (Flash may keep old pages; that is why a pairing's secret can be renewed.)"""
    with path.open("r+b") as file:
        file.write(b"\0" * path.stat().st_size)
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
