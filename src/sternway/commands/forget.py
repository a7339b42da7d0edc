"""``sternway forget``: take a clip out of the home, and the walker's data off the clip."""

import argparse
import shutil
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sternway.config import BrokerSettings, Settings, chosen_settings
from sternway.errors import ConfigError
from sternway.pairing.household import Household
from sternway.pairing.invitation import apply_join
from sternway.publish.link import BrokerLink
from sternway.publish.outbox import Outbox
from sternway.publish.traffic import Inbound, Outgoing
from sternway.wire import topics

WAIT_S = 10.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words of the command."""
    parser.add_argument("clip", nargs="?", help="on the server: the clip to take out of the home")
    parser.add_argument("--config", type=Path, help="settings file (see `sternway config`)")
    parser.add_argument("--directory", type=Path, default=Path("/etc/mosquitto/sternway"), help="on the server")
    parser.add_argument("--yes", action="store_true", help="do it: without this, only say what would be done")


def main(arguments: argparse.Namespace) -> int:
    """Forget a clip on the server, or everything on this clip."""
    settings = chosen_settings(arguments.config)
    try:
        if arguments.clip is not None:
            return _forget_on_server(arguments, settings)
        return _forget_on_clip(arguments, apply_join(settings))
    except PermissionError as error:
        how = "with sudo" if arguments.clip else "as the service's user: sudo -u sternway sternway forget"
        raise ConfigError(f"{error.filename}: not permitted; run this {how}") from error


def retained_topics(clip_id: str, prefix: str) -> list[str]:
    """Return what the clip left with the broker; Home Assistant removes the device when the first is emptied.

    Both the clip and the dashboard's user may write these.
    """
    discovery = [topics.discovery_topic(clip_id, prefix)] if prefix else []
    return [*discovery, topics.STATE.of(clip_id), topics.AVAILABILITY.of(clip_id)]


def clear(broker: BrokerSettings, client_id: str, retained: Sequence[str], watched: Sequence[str] = ()) -> bool:
    """Empty ``retained`` topics and say whether one of the ``watched``, which this user may read, held something.

    Raise :class:`ConfigError` in words where the broker does not take that in time.
    """
    link = BrokerLink(broker, client_id, subscriptions=watched, will=Outgoing(retained[-1], b"", retain=True))
    link.start()
    try:
        end_s = time.monotonic() + WAIT_S
        found = False
        unsettled = set(retained)
        while not link.connected and time.monotonic() < end_s:
            time.sleep(0.02)
        for topic in retained:
            link.send(Outgoing(topic, b"", retain=True, token=topic))
        while unsettled and time.monotonic() < end_s:
            news = link.news()
            if news is None:
                time.sleep(0.02)
            elif isinstance(news, Inbound):
                found = found or (news.topic in watched and news.payload != b"")
            elif news.ok:
                unsettled.discard(str(news.token))
        if unsettled:
            raise ConfigError(f"the broker did not take it: {link.words}")
        return found
    finally:
        link.close()


def _forget_on_clip(arguments: argparse.Namespace, settings: Settings) -> int:
    folder = Path(settings.clip.state_dir)
    outbox = Outbox(folder / "outbox.db", settings.outbox.max_bytes)
    if outbox.path.exists():
        outbox.open()  # refused while the clip's service runs, which would announce itself again at once
        print(f"{outbox.waiting_count()} records have not reached the dashboard; they would be lost")
    if not arguments.yes:
        print(f"this would take {settings.clip.id} out of Home Assistant and erase {folder}; add --yes to do it")
        return 0
    if settings.broker.host:
        clear(settings.broker, settings.clip.id, retained_topics(settings.clip.id, settings.broker.discovery_prefix))
    outbox.close()
    for item in folder.iterdir():
        if item.is_dir():
            shutil.rmtree(item)
        else:
            item.unlink()
    print(f"{settings.clip.id} is forgotten: nothing of its walker is left in {folder}")
    return 0


def _forget_on_server(arguments: argparse.Namespace, settings: Settings) -> int:
    if not arguments.yes:
        print(f"this would end the pairing of {arguments.clip} and take it out of Home Assistant; add --yes to do it")
        return 0
    clip, directory = arguments.clip, arguments.directory
    household = Household(directory)
    was_paired = household.forget(clip)
    if was_paired:
        print(f"the pairing of {clip} has ended, but it may still be connected:")
        print("reload mosquitto (sudo systemctl reload mosquitto), then run this once more")
    broker = settings.broker
    if not broker.host:
        broker = replace(
            broker,
            host="localhost",
            ca_file=str(directory / "ca.crt"),
            user="dashboard",
            password_file=str(directory / "dashboard.secret"),
        )
    try:
        watched = retained_topics(clip, "")  # the dashboard's user may not read what is Home Assistant's
        was_there = clear(broker, "dashboard", retained_topics(clip, broker.discovery_prefix), watched)
    except ConfigError as error:
        raise ConfigError(
            f"{clip} may still be in Home Assistant: {error}; run this again when the broker answers"
        ) from error
    if not was_paired and not was_there:
        raise ConfigError(
            f"{clip} is not paired here, and the broker keeps nothing of it; paired: {', '.join(household.users())}"
        )
    print(f"{clip} is out of Home Assistant")
    return 0
