"""Small files that hold secrets: written whole or not at all, and erased when done with."""

import os
from pathlib import Path


def write_secret(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Write a file whole or not at all, never readable by others on the way; it gets its folder's owner and group."""
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    folder = path.parent.stat()
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        if os.geteuid() == 0:
            os.fchown(file.fileno(), folder.st_uid, folder.st_gid)
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
