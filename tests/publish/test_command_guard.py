from datetime import datetime, timedelta

import pytest

from sternway.errors import MessageError
from sternway.publish.command_guard import Doorkeeper, RefusedError
from sternway.publish.traffic import Inbound
from sternway.wire.commands import Haptics
from sternway.wire.messages import Command, encode_command, read_command
from sternway.wire.topics import command_topic, reply_topic

NOW = datetime.fromisoformat("2026-11-22T10:00:00+00:00")


def knock(doorkeeper, command, now=NOW, **more):
    inbound = Inbound(
        command_topic("clip-1", command.name), encode_command(command), more.pop("retain", False), **more
    )
    return doorkeeper.admit(inbound, now)


def sent(ago_s):
    return (NOW - timedelta(seconds=ago_s)).isoformat()


@pytest.fixture
def doorkeeper():
    return Doorkeeper("clip-1")


def test_a_fresh_command_is_let_in(doorkeeper):
    command = knock(doorkeeper, Command(read_command("haptics", Haptics(on=False)), "a", sent(3)))
    assert (command.name, command.body) == ("haptics", Haptics(on=False))


def test_the_same_command_twice_is_refused(doorkeeper):
    knock(doorkeeper, Command(read_command("stop", {}), "a"))
    with pytest.raises(RefusedError, match="twice"):
        knock(doorkeeper, Command(read_command("stop", {}), "a"))


def test_a_command_older_than_half_a_minute_is_refused(doorkeeper):
    with pytest.raises(RefusedError, match="too late: sent 31 s ago"):
        knock(doorkeeper, Command(read_command("stop", {}), "a", sent_at=sent(31)))


def test_a_command_from_the_future_is_refused(doorkeeper):
    with pytest.raises(RefusedError, match="check the sender's clock"):
        knock(doorkeeper, Command(read_command("stop", {}), "a", sent_at=sent(-60)))


def test_a_clip_that_does_not_know_the_time_cannot_judge_age(doorkeeper):
    assert knock(doorkeeper, Command(read_command("stop", {}), "a", sent_at=sent(9999)), now=None).name == "stop"


def test_a_retained_command_is_refused(doorkeeper):
    with pytest.raises(MessageError, match="retained"):
        knock(doorkeeper, Command(read_command("start", {}), "a"), retain=True)


def test_the_clip_answers_on_its_own_topics_only(doorkeeper):
    assert knock(
        doorkeeper, Command(read_command("ok", {}), "a"), reply_to=reply_topic("clip-1", "dashboard")
    ).reply_to
    for elsewhere in ("homeassistant/device/clip-1/config", "sternway/clip-2/reply/x", "sternway/clip-1/reply/+"):
        with pytest.raises(MessageError, match="not the clip's"):
            knock(doorkeeper, Command(read_command("ok", {}), "b"), reply_to=elsewhere)
