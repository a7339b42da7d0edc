"""``sternway backup``: write a copy of the dashboard's store, also while it runs."""

import argparse
import time
from pathlib import Path

from sternway.config import Settings, load_settings
from sternway.errors import StoreError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words of the command."""
    parser.add_argument("target", nargs="?", type=Path, help="file to write (default: a new one beside the store)")
    parser.add_argument("--config", type=Path, help="settings file (see `sternway config`)")


def main(arguments: argparse.Namespace) -> int:
    """Write the copy, check it, and say where it is."""
    from sternway.dashboard.store.database import check, copy_store, database_path  # noqa: PLC0415  (a clip has no store)

    settings = load_settings(arguments.config) if arguments.config else Settings()
    path = database_path(settings.dashboard)
    if not path.exists():
        raise StoreError(f"there is no store at {path}; name its settings with --config")
    check(path)
    name = time.strftime("asked-%Y%m%d-%H%M%S.db", time.gmtime())
    target = copy_store(path, arguments.target or path.parent / "backups" / name)
    check(target)
    print(f"{target}: {target.stat().st_size / 1e6:.1f} MB")
    return 0
