"""``sternway dashboard``: serve the pages for the walker, the family and the physiotherapist."""

import argparse
import ipaddress
import logging
import sys
from pathlib import Path

from sternway.config import Settings, load_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words of the command."""
    parser.add_argument("--config", type=Path, help="settings file (see `sternway config`)")


def main(arguments: argparse.Namespace) -> int:
    """Serve until stopped."""
    from sternway.dashboard.service import Dashboard  # noqa: PLC0415  (a clip has no web server)

    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    settings = load_settings(arguments.config) if arguments.config else Settings()
    dashboard = Dashboard(settings)
    try:
        print(f"Sternway dashboard on {settings.dashboard.public_url or dashboard.url}", flush=True)
        if dashboard.door.is_new:
            print(f"Set-up code (works once): {dashboard.door.setup_code()}", flush=True)
        if not dashboard.ingest.is_wanted:
            print("No broker is set ([broker] host): nothing comes in from a clip.", flush=True)
        if sends_in_clear(settings):
            print(
                "Passwords cross your network unencrypted: set [dashboard] certificate_file and key_file, "
                'or keep host = "127.0.0.1" behind a reverse proxy with https.',
                file=sys.stderr,
                flush=True,
            )
        dashboard.run()
    finally:
        dashboard.close()
    return 0


def sends_in_clear(settings: Settings) -> bool:
    """Whether other machines can reach the dashboard without encryption.

    >>> from sternway.config import DashboardSettings
    >>> [sends_in_clear(Settings(dashboard=DashboardSettings(host=host))) for host in ("127.0.0.1", "0.0.0.0", "::")]
    [False, True, True]
    """
    part = settings.dashboard
    if part.certificate_file or part.host == "localhost":
        return False
    try:
        return not ipaddress.ip_address(part.host).is_loopback
    except ValueError:
        return True
