"""What came over the wire, in the dashboard's terms: records as they may be stored, how old an event is."""

import logging
import time
from datetime import datetime

from paho.mqtt.client import MQTTMessage

from sternway.errors import MessageError
from sternway.wire import messages, topics

_log = logging.getLogger(__name__)


def arrival(payload: bytes, clip_id: str) -> messages.Arrival:
    """Return the record in ``payload``; one whose body cannot be read is kept as it is, or it would block all."""
    try:
        return messages.decode_record(payload, clip_id)
    except messages.UnreadableBodyError as error:
        _log.warning("a record of %s is kept although it cannot be read: %s", clip_id, error)
        return error.arrival


def age_s(event: messages.EventMessage, message: MQTTMessage) -> float:
    """Return how long ago an event happened: what the broker held it for, or what the clock says if that is more."""
    left_s = getattr(message.properties, "MessageExpiryInterval", None)
    held_s = 0.0 if left_s is None or topics.EVENT.expiry_s is None else float(topics.EVENT.expiry_s - left_s)
    if not event.clock_synced:
        return max(held_s, 0.0)
    return max(held_s, time.time() - datetime.fromisoformat(event.wall_time).timestamp(), 0.0)


def is_online(payload: bytes) -> bool:
    """Return what an availability payload says."""
    if payload not in {b"online", b"offline"}:
        raise MessageError("availability must be online or offline")
    return payload == b"online"


def is_record(topic: str) -> bool:
    """Whether a topic carries records, which are acknowledged only once they are stored."""
    return topic.endswith("/" + topics.RECORD.suffix)
