"""Every topic, who writes it, its QoS, whether it is retained, its expiry and its largest payload: one table."""

import re
from dataclasses import dataclass

ROOT = "sternway"
CLIP_ID = r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}"
"""A clip's id is its MQTT user, its client id and a level of its topics, so no ``/``, ``+``, ``#`` or space."""

HOME_ASSISTANT_STATUS = "homeassistant/status"


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic below ``sternway/<clip_id>/``; every one is published with QoS 1."""

    suffix: str
    writer: str
    max_bytes: int
    retain: bool = False
    expiry_s: int | None = None
    qos: int = 1

    def of(self, clip_id: str) -> str:
        """Return the full topic of one clip.

        >>> STATE.of("clip-1")
        'sternway/clip-1/state'
        """
        return f"{ROOT}/{clip_id}/{self.suffix}"


AVAILABILITY = Topic("availability", "clip", 16, retain=True)
STATE = Topic("state", "clip", 4_096, retain=True)
EVENT = Topic("event", "clip", 4_096, expiry_s=600)
RECORD = Topic("record", "clip", 131_072)
PLAN = Topic("plan", "dashboard", 16_384, retain=True)
ACK = Topic("ack", "dashboard", 256, retain=True)
COMMAND = Topic("command/+", "dashboard, Home Assistant", 2_048, expiry_s=30)
REPLY = Topic("reply/+", "clip", 1_024, expiry_s=30)

TOPICS = (AVAILABILITY, STATE, PLAN, EVENT, RECORD, ACK, COMMAND, REPLY)


def command_topic(clip_id: str, name: str) -> str:
    """Return where the command ``name`` of one clip is sent.

    >>> command_topic("clip-1", "buzz")
    'sternway/clip-1/command/buzz'
    """
    return f"{ROOT}/{clip_id}/command/{name}"


def reply_topic(clip_id: str, who: str) -> str:
    """Return a response topic that the clip is willing, and by the access list allowed, to answer on.

    >>> reply_topic("clip-1", "dashboard")
    'sternway/clip-1/reply/dashboard'
    """
    return f"{ROOT}/{clip_id}/reply/{who}"


def is_reply_topic(clip_id: str, topic: str) -> bool:
    """Say whether ``topic`` is one of the clip's own response topics; it answers nowhere else."""
    return re.fullmatch(re.escape(f"{ROOT}/{clip_id}/reply/") + r"[A-Za-z0-9_-]{1,64}", topic) is not None


def is_clip_id(text: str) -> bool:
    """Say whether ``text`` may name a clip.

    >>> is_clip_id("clip-1"), is_clip_id("a/b"), is_clip_id("")
    (True, False, False)
    """
    return re.fullmatch(CLIP_ID, text) is not None


def split(topic: str) -> tuple[str, str] | None:
    """Return (clip id, the rest) of a topic of ours, or ``None``.

    >>> split("sternway/clip-1/command/buzz")
    ('clip-1', 'command/buzz')
    >>> split("other/clip-1/state")
    """
    root, _, rest = topic.partition("/")
    clip_id, _, suffix = rest.partition("/")
    return (clip_id, suffix) if root == ROOT and suffix and is_clip_id(clip_id) else None


def discovery_topic(clip_id: str, prefix: str = "homeassistant") -> str:
    """Return where Home Assistant reads what the clip is.

    >>> discovery_topic("clip-1")
    'homeassistant/device/clip-1/config'
    """
    return f"{prefix}/device/{clip_id}/config"
