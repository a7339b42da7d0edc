"""``sternway run``: watch the wearer."""

import argparse
import logging
import signal
from pathlib import Path

from sternway.config import SETTINGS_FILE, chosen_settings
from sternway.device.bus import LinuxBus
from sternway.device.bus_recovery import AdapterRecovery
from sternway.pairing.invitation import apply_join
from sternway.service import ClipService, Hardware


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words of the command."""
    parser.add_argument("--config", type=Path, help=f"settings file (default: {SETTINGS_FILE} where it exists)")
    parser.add_argument("--verbose", action="store_true", help="log more")


def main(arguments: argparse.Namespace) -> int:
    """Run until told to stop."""
    logging.basicConfig(
        level=logging.DEBUG if arguments.verbose else logging.INFO, format="%(levelname)s %(message)s"
    )
    settings = apply_join(chosen_settings(arguments.config))
    number = settings.sensor.bus
    service = ClipService(settings, Hardware(LinuxBus(number), bus_recovery=AdapterRecovery(number)))
    stop_on_signal(service)
    service.run()
    return 0


def stop_on_signal(service: ClipService) -> None:
    """End the service cleanly when systemd or a person asks."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: service.clip.close())
