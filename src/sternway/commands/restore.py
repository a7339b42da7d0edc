"""``sternway restore``: put a backup of the dashboard's store in place; what was there is kept beside it."""

import argparse
import os
import time
from pathlib import Path

from sternway.config import Settings, load_settings
from sternway.errors import StoreError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words of the command."""
    parser.add_argument("backup", type=Path, help="the file that `sternway backup` or the dashboard wrote")
    parser.add_argument("--config", type=Path, help="settings file (see `sternway config`)")


def main(arguments: argparse.Namespace) -> int:
    """Check the backup, move the present store aside, put the backup in its place."""
    from sternway.dashboard.service import lock  # noqa: PLC0415  (a clip has no store)
    from sternway.dashboard.store.database import check_backup, database_path  # noqa: PLC0415

    settings = load_settings(arguments.config) if arguments.config else Settings()
    path = database_path(settings.dashboard)
    check_backup(arguments.backup)
    path.parent.mkdir(parents=True, exist_ok=True)
    with lock(path):
        kept = put_in_place(arguments.backup, path)
    print(f"{path}: restored from {arguments.backup}")
    if kept is not None:
        print(f"what was there is kept as {kept}")
    print("Clips send again what they still hold; start the dashboard now.")
    return 0


def put_in_place(backup: Path, path: Path) -> Path | None:
    """Replace the store at ``path`` by a copy of ``backup`` in one step; return where the old one is now."""
    from sternway.dashboard.store.database import copy_store  # noqa: PLC0415  (a clip has no store)

    fresh = path.with_name(f"{path.name}.restoring")
    try:
        fresh.unlink(missing_ok=True)
        copy_store(backup, fresh)
        with fresh.open("rb") as file:
            os.fsync(file.fileno())
        kept = None
        if path.exists():
            kept = path.with_name(f"{path.stem}.before-restore-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}.db")
            for ending in ("", "-wal", "-shm"):
                part = path.with_name(path.name + ending)
                if part.exists():
                    part.rename(kept.with_name(kept.name + ending))
        fresh.rename(path)
    except OSError as error:
        raise StoreError(f"could not restore {path}: {error}; {backup} is untouched") from error
    return kept
