"""One connection to the broker, from CONNECT to its end, with a paho client of its own; all on one thread."""

import contextlib
import logging
import select
import socket
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from sternway.config import BrokerSettings
from sternway.pairing.tls import check_fingerprint, client_context, find_credentials
from sternway.publish.inbound_throttle import CautiousClient, Throttle
from sternway.publish.traffic import Inbound, LinkSettings, News, Outgoing, Settled

_log = logging.getLogger(__name__)

UNSETTLED_COUNT = 40
"""How many messages may wait for the broker's answer: twice paho's window, so that it never runs dry."""

REASONS = {
    "Not authorized": "the broker does not let this clip in: pair it anew with `sternway pair` and `sternway join`",
    "Bad user name or password": "the broker refuses the clip's user or password: pair it anew",
    "Session taken over": "another device uses this clip's name: give each clip a pairing of its own",
    "Unspecified error": "the connection was lost",
    "Keep alive timeout": "it does not answer any more",
}
"""What a reason code means for the person who has to mend it."""


class LeaveAloneError(ConnectionError):
    """A fight over our name, or a broker out of its mind: to come back at once would only make it worse."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What every connection of a link has in common. The last three are called on the network thread."""

    broker: BrokerSettings
    client_id: str
    subscriptions: Sequence[str]
    will: Outgoing
    settings: LinkSettings
    tell: Callable[[News], None]
    stands: Callable[[], None]
    complain: Callable[[str], None]
    outgoing: deque[Outgoing] = field(default_factory=deque)


class Connection:
    """Connects in its constructor, which may raise; then :meth:`turn` carries messages until it raises.

    ``established`` becomes true when the broker has let us in.
    """

    def __init__(self, terms: Terms, host: str, ear: socket.socket) -> None:
        self.established = False
        self._terms = terms
        self._ear = ear
        self._unsettled: dict[int, Outgoing] = {}
        self._ended: ConnectionError | None = None
        self._client = self._make_client()
        connect = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        connect.SessionExpiryInterval = terms.settings.session_s
        connect.ReceiveMaximum = 20
        connect.MaximumPacketSize = terms.settings.packet_bytes
        try:
            self._client.connect(
                host, terms.broker.port, keepalive=terms.settings.keepalive_s, clean_start=False, properties=connect
            )
        except BaseException:
            self.close()
            raise

    @property
    def idle(self) -> bool:
        """Say whether nothing waits to be sent or answered for."""
        return not self._terms.outgoing and not self._unsettled

    def turn(self, wait_s: float) -> None:
        """Wait at most ``wait_s`` for something to do and do it; raise ``ConnectionError`` at the end."""
        client = self._client
        connection: Any = client.socket()
        if connection is None or self._ended is not None:
            raise self._ended or ConnectionError("the connection was lost")
        pending = connection.pending() if hasattr(connection, "pending") else 0
        writers = [connection] if client.want_write() else []
        readable, _, _ = select.select([connection, self._ear], writers, [], 0.0 if pending else wait_s)
        if self._ear in readable:
            with contextlib.suppress(BlockingIOError):
                self._ear.recv(4096)
        if pending or connection in readable:
            client.loop_read()
        if self.established:
            self._post()
        if client.want_write():
            client.loop_write()
        client.loop_misc()
        if self._ended is not None:
            raise self._ended

    def close(self) -> None:
        """Say goodbye, so that the broker keeps the will to itself, and close the socket."""
        with contextlib.suppress(Exception):
            self._client.disconnect()
            self._client.loop_write()
        connection = self._client.socket()
        if connection is not None:
            connection.close()

    def _post(self) -> None:
        outgoing = self._terms.outgoing
        while outgoing and len(self._unsettled) < UNSETTLED_COUNT:
            message = outgoing.popleft()
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
            if message.expiry_s is not None:
                properties.MessageExpiryInterval = message.expiry_s
            if message.correlation is not None:
                properties.CorrelationData = message.correlation
            sent = self._client.publish(message.topic, message.payload, 1, message.retain, properties)
            self._unsettled[sent.mid] = message

    def _make_client(self) -> CautiousClient:
        terms = self._terms
        client = CautiousClient(
            CallbackAPIVersion.VERSION2,
            client_id=terms.client_id,
            protocol=paho.MQTTv5,
            reconnect_on_failure=False,
        )
        client.throttle = Throttle(terms.settings.reads_per_s)
        client.packet_bytes = 2 * terms.settings.packet_bytes
        client.connect_timeout = terms.settings.connect_timeout_s
        client.max_inflight_messages_set(20)
        will = Properties(PacketTypes.WILLMESSAGE)  # type: ignore[no-untyped-call]
        will.WillDelayInterval = terms.settings.will_delay_s
        client.will_set(terms.will.topic, terms.will.payload, 1, terms.will.retain, will)
        client.on_connect = self._guarded(self._on_connect)
        client.on_disconnect = self._guarded(self._on_disconnect)
        client.on_message = self._guarded(self._on_message)
        client.on_publish = self._guarded(self._on_publish)
        client.on_subscribe = self._guarded(self._on_subscribe)
        # With this set, publish() only queues, and what is queued is written by our own turn.
        client.on_socket_register_write = lambda *_: None
        self._identify(client)
        return client

    def _identify(self, client: paho.Client) -> None:
        broker = self._terms.broker
        credentials = find_credentials(broker)
        context = client_context(broker, credentials)
        if credentials.user is not None:
            client.username_pw_set(credentials.user, credentials.password)
        if context is not None:
            client.tls_set_context(context)

        def opened(_client: object, _userdata: object, connection: Any) -> None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
            if broker.tls and broker.fingerprint:
                check_fingerprint(connection, broker.fingerprint)

        client.on_socket_open = opened

    def _guarded(self, callback: Callable[..., None]) -> Callable[..., None]:
        """Keep an exception of ours out of paho, whose thread it would end while it still says *connected*."""

        def call(*arguments: Any) -> None:
            try:
                callback(*arguments)
            except Exception as error:
                _log.exception("a broker callback failed")
                self._ended = ConnectionError(f"a callback failed: {error}")

        return call

    def _on_connect(self, _client: object, _userdata: object, _flags: object, reason: ReasonCode, _p: object) -> None:
        if reason.is_failure:
            self._ended = ConnectionError(REASONS.get(str(reason), str(reason)))
            return
        if self._terms.subscriptions:
            self._client.subscribe([(topic, SubscribeOptions(qos=1)) for topic in self._terms.subscriptions])
        self.established = True
        self._terms.stands()

    def _on_disconnect(self, _c: object, _u: object, _flags: object, reason: ReasonCode, _p: object) -> None:
        words = self._client.trouble or REASONS.get(str(reason), str(reason))
        leave_alone = self._client.trouble is not None or str(reason) == "Session taken over"
        self._ended = self._ended or (LeaveAloneError if leave_alone else ConnectionError)(words)

    def _on_message(self, _client: object, _userdata: object, message: paho.MQTTMessage) -> None:
        properties = message.properties
        reply_to = getattr(properties, "ResponseTopic", None)
        correlation = getattr(properties, "CorrelationData", None)
        self._terms.tell(Inbound(message.topic, bytes(message.payload), message.retain, reply_to, correlation))

    def _on_publish(self, _client: object, _userdata: object, mid: int, reason: ReasonCode, _p: object) -> None:
        message = self._unsettled.pop(mid, None)
        if message is None:
            return
        self._client.throttle.give_back()
        if reason.is_failure:
            self._terms.complain(f"it refuses {message.topic}: {reason}; check its access list (ACL)")
        self._terms.tell(Settled(message.token, not reason.is_failure))

    def _on_subscribe(self, _c: object, _u: object, _mid: object, reasons: Sequence[ReasonCode], _p: object) -> None:
        for topic, reason in zip(self._terms.subscriptions, reasons, strict=False):
            if reason.is_failure:
                self._terms.complain(f"it refuses to send {topic}: {reason}; check its access list (ACL)")
