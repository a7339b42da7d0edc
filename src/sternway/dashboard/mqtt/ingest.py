"""The dashboard's end of MQTT: what clips say comes in, acknowledgements, plans and commands go out.

The network thread only decodes and hands over; a second thread commits whatever has gathered in one transaction and
acknowledges it afterwards, to the broker and to the clip. A PUBACK before the commit would lose what a crash takes.
"""

import contextlib
import logging
import queue
import threading
import uuid
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from sternway.config import BrokerSettings
from sternway.dashboard.mqtt.client import is_running, make_client
from sternway.dashboard.mqtt.decoding import age_s, arrival, is_online, is_record
from sternway.dashboard.mqtt.live import Live
from sternway.dashboard.store.database import Store
from sternway.dashboard.store.intake import keep, meet, read_record
from sternway.dashboard.verdict import Concern
from sternway.errors import MessageError, SternwayError, StoreError
from sternway.events import Kind
from sternway.records import RecordKind
from sternway.wire import messages, topics
from sternway.wire.commands import CommandBody
from sternway.wire.plan import WalkPlan
from sternway.wire.report import SessionReport

_log = logging.getLogger(__name__)

CLIENT_ID = "sternway-dashboard"
BATCH_COUNT = 200
RETRY_S = 5.0
ANSWER_S = 4.0
"""A clip answers at once; longer than this and a person taps again."""

_CONCERNS = {"two_stumbles": Concern.TWO_STUMBLES, "pain": Concern.PAIN}
"""Reasons for the end of a walk that stay on the page."""

_INCOMING = (topics.AVAILABILITY, topics.STATE, topics.EVENT, topics.RECORD, topics.REPLY)


class NoAnswerError(SternwayError, TimeoutError):
    """A clip did not answer a command."""


class Ingest:
    """Takes in what clips publish, and speaks to them. An empty broker host takes in nothing."""

    def __init__(self, broker: BrokerSettings, store: Store, live: Live, client_id: str = CLIENT_ID) -> None:
        self._broker = broker
        self._store = store.with_own_connections()
        self._live = live
        self._client_id = client_id
        self._arrived: queue.Queue[tuple[messages.Arrival, MQTTMessage] | None] = queue.Queue()
        self._answers: dict[str, queue.Queue[messages.Reply]] = {}
        self._met: set[str] = set()
        self._closing = threading.Event()
        self._threads = [
            threading.Thread(target=self._keep, name="ingest-store", daemon=True),
            threading.Thread(target=self._watch, name="ingest-watch", daemon=True),
        ]
        self._client: Client | None = None
        self.refused: Counter[str] = Counter()
        self.trouble: str | None = None
        self.connected = threading.Event()

    @property
    def is_wanted(self) -> bool:
        """Whether a broker is set at all."""
        return bool(self._broker.host)

    def start(self) -> None:
        """Connect, now or as soon as the broker is there."""
        if self.is_wanted:
            for thread in self._threads:
                thread.start()

    def close(self) -> None:
        """Finish what has arrived and leave; the broker keeps what comes next."""
        self._closing.set()
        self._arrived.put(None)
        for thread in self._threads:
            if thread.is_alive():
                thread.join(5.0)

    def command(self, clip_id: str, order: CommandBody) -> messages.Reply:
        """Ask a clip to do something and return its answer; raise :class:`NoAnswerError` without one."""
        command_id = uuid.uuid4().hex
        sent_at = datetime.now(UTC).isoformat(timespec="milliseconds")
        command = messages.Command(order, command_id, sent_at)
        payload = messages.encode_command(command)
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.MessageExpiryInterval = topics.COMMAND.expiry_s
        properties.ResponseTopic = topics.reply_topic(clip_id, "dashboard")
        properties.CorrelationData = command_id.encode()
        answers = self._answers[command_id] = queue.Queue()
        try:
            self._publish(topics.command_topic(clip_id, command.name), payload, topics.COMMAND.retain, properties)
            return answers.get(timeout=ANSWER_S)
        except queue.Empty:
            raise NoAnswerError("The clip did not answer.") from None
        finally:
            del self._answers[command_id]

    def publish_plan(self, clip_id: str, version: int, walk: WalkPlan) -> None:
        """Leave a plan for a clip, which finds it when it is next switched on."""
        self._publish(topics.PLAN.of(clip_id), messages.encode_plan(version, walk), topics.PLAN.retain)

    def forget(self, clip_id: str) -> None:
        """Take back what the broker keeps for or about a clip, which is met anew if it speaks again."""
        self._met.discard(clip_id)
        for topic in (topics.PLAN, topics.ACK, topics.STATE, topics.AVAILABILITY):
            self._publish(topic.of(clip_id), b"", retain=True)

    def _publish(self, topic: str, payload: bytes, retain: bool, properties: Properties | None = None) -> None:
        client = self._client
        if client is None or not client.is_connected():
            raise NoAnswerError("The message broker cannot be reached.")
        client.publish(topic, payload, qos=1, retain=retain, properties=properties)

    def _connect(self) -> Client:
        client = make_client(self._broker, self._client_id)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.loop_start()
        return client

    def _watch(self) -> None:
        """Keep a working client; paho's thread can die or stall behind a refused store, and says neither."""
        while not self._closing.is_set():
            try:
                if self._client is None:
                    self._client = self._connect()
            except (OSError, ValueError, SternwayError) as error:
                self._say(f"cannot speak to the broker: {error}")
            self._closing.wait(RETRY_S)
            client = self._client
            if client is not None and (self.trouble or not is_running(client)):
                self._drop(client)
        if self._client is not None:
            self._drop(self._client)

    def _drop(self, client: Client) -> None:
        """Leave the broker; whatever was not acknowledged comes again with the next connection."""
        self._client = None
        self.connected.clear()
        client.disconnect()
        client.loop_stop()

    def _on_connect(self, client: Client, _: Any, __: ConnectFlags, reason: ReasonCode, ___: Any) -> None:
        if reason.is_failure:
            self._say(f"the broker refuses the dashboard: {reason}")
            return
        client.subscribe([(topic.of("+"), topic.qos) for topic in _INCOMING])
        self.trouble = None

    def _on_subscribe(self, *_: Any) -> None:
        """Count as connected once the broker has confirmed what we listen to."""
        self.connected.set()

    def _on_disconnect(self, _: Client, __: Any, ___: DisconnectFlags, ____: ReasonCode, _____: Any) -> None:
        self.connected.clear()

    def _on_message(self, client: Client, _: Any, message: MQTTMessage) -> None:
        try:
            self._take(message)
        except MessageError as error:
            self._refuse(message.topic, error)
        except Exception:
            _log.exception("a message on %s could not be taken", message.topic)
            self.refused["unforeseen"] += 1
        else:
            if is_record(message.topic):
                return  # acknowledged once it is stored
        client.ack(message.mid, message.qos)

    def _take(self, message: MQTTMessage) -> None:
        address = topics.split(message.topic)
        if address is None:
            raise MessageError("a topic that is not ours")
        (clip_id, suffix), payload = address, bytes(message.payload)
        if suffix == topics.RECORD.suffix:
            self._arrived.put((arrival(payload, clip_id), message))
        elif not payload:
            return
        elif suffix == topics.STATE.suffix:
            self._meet(clip_id)
            self._live.state(clip_id, messages.decode_state(payload), message.retain)
        elif suffix == topics.EVENT.suffix:
            event = messages.decode_event(payload)
            self._live.felt(clip_id, Kind(event.event_type), age_s(event, message))
        elif suffix == topics.AVAILABILITY.suffix:
            self._live.availability(clip_id, is_online(payload))
        elif suffix == "reply/dashboard":
            self._answer(messages.decode_reply(payload))

    def _meet(self, clip_id: str) -> None:
        """Know a clip from its first word on, before it has anything to record."""
        if clip_id not in self._met:
            with self._store.write() as connection:
                meet(self._store, connection, clip_id)
            self._met.add(clip_id)

    def _answer(self, reply: messages.Reply) -> None:
        waiting = self._answers.get(reply.id)
        if waiting is not None:
            waiting.put(reply)

    def _keep(self) -> None:
        """Store what arrives; what fails stays unacknowledged, so the broker and the clip send it again."""
        while True:
            batch = self._gather()
            if not batch:
                return
            try:
                covered = keep(self._store, [arrival for arrival, _ in batch])
                self._acknowledge(covered, [message for _, message in batch])
                self._tell_why_walks_ended([record for (record, _), _ in batch])
            except StoreError as error:
                self._say(f"records cannot be stored: {error}")
            except Exception as error:
                _log.exception("records cannot be stored")
                self._say(f"records cannot be stored: {error!r}; see the log of the dashboard")

    def _tell_why_walks_ended(self, records: list[messages.Received]) -> None:
        for record in records:
            report = read_record(record) if record.kind is RecordKind.SESSION else None
            if isinstance(report, SessionReport) and report.reason in _CONCERNS:
                self._live.walk_ended(record.moment.clip_id, _CONCERNS[report.reason])

    def _gather(self) -> list[tuple[messages.Arrival, MQTTMessage]]:
        first = self._arrived.get()
        batch = [] if first is None else [first]
        with contextlib.suppress(queue.Empty):
            while batch and len(batch) < BATCH_COUNT:
                item = self._arrived.get_nowait()
                if item is None:
                    self._arrived.put(None)
                    break
                batch.append(item)
        return batch

    def _acknowledge(self, covered: Mapping[tuple[str, str], int], stored: list[MQTTMessage]) -> None:
        client = self._client
        if client is None:
            return
        for (clip_id, store_id), seq in covered.items():
            payload = messages.encode_ack(messages.Ack(store_id, seq))
            client.publish(topics.ACK.of(clip_id), payload, qos=topics.ACK.qos, retain=topics.ACK.retain)
        for message in stored:  # if the client is a new one by now, these are unknown or committed: both harmless
            client.ack(message.mid, message.qos)

    def _refuse(self, topic: str, error: MessageError) -> None:
        if not self.refused[topic]:
            _log.warning("refused a message on %s: %s (further ones are counted, not logged)", topic, error)
        self.refused[topic] += 1

    def _say(self, trouble: str) -> None:
        if trouble != self.trouble:
            _log.error("%s", trouble)
        self.trouble = trouble
