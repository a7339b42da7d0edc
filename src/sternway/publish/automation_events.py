"""Events for automations in the home: sent at once, kept for as long as they are news, never longer."""

from collections.abc import Callable
from dataclasses import dataclass

from sternway.errors import MessageError
from sternway.records import Record
from sternway.wire.event import EventBody
from sternway.wire.messages import AUTOMATION_KINDS, encode_event
from sternway.wire.topics import EVENT

WAITING_COUNT = 32
"""A home that was away for ten minutes can want no more."""

Send = Callable[[bytes, int, object], bool]
"""Payload, expiry in whole seconds, token; says whether it was taken."""


@dataclass(frozen=True, slots=True)
class AlertToken:
    """Names one alert when the broker answers for it."""

    number: int


@dataclass(slots=True)
class _Alert:
    payload: bytes
    made_at_s: float
    sent: bool = False


class Alerts:
    """Holds the events that automations should hear until the broker has them or they are older than their expiry."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._number = 0
        self._waiting: dict[AlertToken, _Alert] = {}

    def add(self, record: Record, now_s: float) -> None:
        """Take an event record; any other record is none of its business."""
        if not isinstance(record.body, EventBody) or record.body.kind not in AUTOMATION_KINDS:
            return
        try:
            payload = encode_event(record)
        except MessageError:
            return  # the outbox has already said what is wrong with it
        self._number += 1
        self._waiting[AlertToken(self._number)] = _Alert(payload, now_s)
        while len(self._waiting) > WAITING_COUNT:
            del self._waiting[next(iter(self._waiting))]

    def begin(self) -> None:
        """Send all again: the connection is new and the old one's answers will not come."""
        for alert in self._waiting.values():
            alert.sent = False

    def settled(self, token: AlertToken) -> None:
        """Hear that the broker has answered."""
        self._waiting.pop(token, None)

    def turn(self, now_s: float) -> None:
        """Send what waits and let go of what is no news any more."""
        for token, alert in list(self._waiting.items()):
            left_s = int(alert.made_at_s + (EVENT.expiry_s or 0) - now_s)
            if left_s <= 0:
                del self._waiting[token]
            elif not alert.sent:
                alert.sent = self._send(alert.payload, left_s, token)
