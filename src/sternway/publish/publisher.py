"""The writer thread: what the loop offers goes to disk, then to the broker; what the home asks goes to the loop."""

import logging
import queue
import random
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from sternway.config import BrokerSettings, ClipSettings, OutboxSettings
from sternway.errors import ConfigError, MessageError, StoreError
from sternway.events import Cause
from sternway.publish import topics
from sternway.publish.alerts import Alerts, AlertToken
from sternway.publish.backlog import Backlog
from sternway.publish.clock import Clock
from sternway.publish.complaints import Complaints
from sternway.publish.connection import Inbound, LinkSettings, Outgoing, Settled
from sternway.publish.delivery import Delivery
from sternway.publish.doorkeeper import Doorkeeper, RefusedError
from sternway.publish.home_assistant import encode_discovery
from sternway.publish.messages import Command, Plan, Reply, decode_ack, decode_plan, encode_reply, encode_state
from sternway.publish.mqtt import BrokerLink
from sternway.publish.outbox import Outbox, Parcel
from sternway.publish.state_pace import StatePace
from sternway.records import Record, State

_log = logging.getLogger(__name__)

TURN_S = 0.1
"""How long the writer sleeps when nobody wakes it."""

NEWS_A_TURN = 64
"""How much of what arrived is read in one turn, so that a flood cannot keep records from the disk."""

OPEN_AGAIN_S = 2.0
"""How long to leave a disk alone that refused."""

LULL_SHARE = 0.8
"""The outbox counts as full from the first record dropped until it is below this share of its limit."""


class Publisher:
    """Keeps and publishes records, shows the state, receives plan and commands. Never blocks the loop, never raises.

    ``offer``, ``show``, ``take_commands``, ``answer``, ``plan``, ``fault`` and ``words`` are for the loop's thread.
    ``chores`` are done on the writer thread about every 0.1 s: whatever else must touch a disk. With no broker host
    records are kept on disk and nothing is sent.
    """

    def __init__(
        self,
        clip: ClipSettings,
        broker: BrokerSettings,
        outbox: OutboxSettings,
        *,
        clock: Clock | None = None,
        chores: Sequence[Callable[[], None]] = (),
        link_settings: LinkSettings | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        if not topics.is_clip_id(clip.id):
            raise ConfigError(f"clip.id {clip.id!r} must be 1 to 32 letters, digits, - or _")
        self._clip_id = clip.id
        self._broker = broker
        self._clock = clock or Clock(clip.id)
        self._monotonic = monotonic
        self._complaints = Complaints(monotonic)
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._backlog = Backlog()
        self._held = Backlog()
        self._failing = False
        self._retry_at_s = 0.0
        self._outbox = Outbox(Path(clip.state_dir) / "outbox.db", outbox.max_bytes)
        self._link = self._make_link(link_settings) if broker.host else None
        self._greeted = 0
        self._greet_at_s: float | None = None
        self._pace = StatePace()
        self._delivery = Delivery(self._outbox, self._send_parcel, outbox.resend_s)
        self._alerts = Alerts(self._send_alert)
        self._doorkeeper = Doorkeeper(clip.id)
        self._commands: queue.Queue[Command] = queue.Queue(16)
        self._answers: queue.SimpleQueue[tuple[Command, Reply]] = queue.SimpleQueue()
        self._plan: Plan | None = None
        self._steps = (self._keep, self._hear, self._greet, self._tell, self._deliver, self._watch, *chores)
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)

    @property
    def plan(self) -> Plan | None:
        """Return the last plan received, also before this start; ``None`` where there was none."""
        return self._plan

    @property
    def fault(self) -> Cause | None:
        """Return ``STORE_FULL`` while records cannot be kept on disk or have been dropped for space."""
        box = self._outbox
        dropping = box.dropped_count > 0 and box.size_bytes > LULL_SHARE * box.max_bytes
        return Cause.STORE_FULL if dropping or self._failing else None

    @property
    def connected(self) -> bool:
        """Say whether the broker has let us in."""
        return self._link is not None and self._link.connected

    @property
    def words(self) -> str:
        """Say how the connection stands, for people."""
        return "no broker is configured" if self._link is None else self._link.words

    def start(self) -> None:
        """Begin to keep and to publish."""
        self._thread.start()

    def offer(self, record: Record) -> None:
        """Take ``record`` to be kept on disk and published until it is acknowledged."""
        self._backlog.push(record)
        self._wake.set()

    def show(self, state: State) -> None:
        """Take the newest state; call it every turn of the loop, for what is not shown is not sent."""
        self._pace.show(state)

    def take_commands(self) -> list[Command]:
        """Return the commands that arrived since last asked."""
        commands: list[Command] = []
        while not self._commands.empty():
            commands.append(self._commands.get_nowait())
        return commands

    def answer(self, command: Command, ok: bool, words: str) -> None:
        """Answer ``command`` to whoever asked for an answer."""
        self._answers.put((command, Reply(command.id, ok, words[:200])))
        self._wake.set()

    def close(self, timeout_s: float = 5.0) -> None:
        """Keep what was offered, say goodbye to the broker, and end; wait at most ``timeout_s``."""
        self._closing.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _work(self) -> None:
        if self._link is not None:
            self._link.start()
        while not self._closing.is_set():
            self._wake.wait(TURN_S)
            self._wake.clear()
            for step in self._steps:
                self._guarded(step)
        self._retry_at_s = 0.0
        for step in (self._keep, self._tell, self._deliver, self._leave, self._outbox.close):
            self._guarded(step)

    def _guarded(self, step: Callable[[], None]) -> None:
        try:
            step()
        except StoreError as error:
            self._suffer(error)
        except Exception as error:
            name = getattr(step, "__name__", "chore")
            self._complaints.note(f"step {name}", f"{name} failed: {type(error).__name__}: {error}", logging.ERROR)

    def _keep(self) -> None:
        """Put on disk what the loop offered; what the disk refuses waits in memory, and the home hears at once."""
        if not self._failing and not self._outbox.is_open:
            self._open()
        while (record := self._backlog.take()) is not None:
            kept = None if self._failing else self._put(record)
            if kept is None:
                self._held.push(record)
            self._alerts.add(kept or record, self._monotonic())
        if self._failing and self._monotonic() >= self._retry_at_s:
            self._try_again()

    def _put(self, record: Record) -> Record | None:
        try:
            return self._outbox.put(record)
        except StoreError as error:
            self._suffer(error)
            return None

    def _suffer(self, error: StoreError) -> None:
        self._failing = True
        self._retry_at_s = self._monotonic() + OPEN_AGAIN_S
        self._complaints.note("store", str(error), logging.ERROR)

    def _try_again(self) -> None:
        self._failing = False
        if not self._outbox.is_open:
            self._open()
        while not self._failing and (record := self._held.take()) is not None:
            if self._put(record) is None:
                self._held.put_back(record)
        if not self._failing:
            self._complaints.over("store")
            _log.warning("the outbox can write again; nothing that waited in memory is lost")

    def _open(self) -> None:
        try:
            self._outbox.open()
            kept = self._outbox.recall("plan")
        except StoreError as error:
            self._suffer(error)
            return
        self._delivery.begin(self._monotonic())
        if kept is not None and self._plan is None:
            self._plan = decode_plan(kept.encode())

    def _hear(self) -> None:
        for _ in range(NEWS_A_TURN):
            news = self._link.news() if self._link is not None else None
            if news is None:
                return
            if isinstance(news, Settled):
                self._settle(news)
            else:
                self._read(news)
        self._wake.set()

    def _settle(self, news: Settled) -> None:
        if isinstance(news.token, AlertToken):
            self._alerts.settled(news.token)
        elif isinstance(news.token, Parcel):
            self._delivery.settled(news.token.seq)

    def _read(self, inbound: Inbound) -> None:
        """Carry out what arrived; what does not fit is counted and dropped."""
        try:
            self._obey(inbound)
        except RefusedError as error:
            self._complaints.note("refused", f"{error.command.name}: {error}", logging.INFO)
            self.answer(error.command, False, str(error))
        except MessageError as error:
            self._complaints.note("hostile", f"a message on {inbound.topic[:80]!r} is dropped: {error}")

    def _obey(self, inbound: Inbound) -> None:
        parts = topics.split(inbound.topic)
        suffix = parts[1] if parts is not None and parts[0] == self._clip_id else None
        if inbound.topic == topics.HOME_ASSISTANT_STATUS:
            if inbound.payload == b"online":
                self._greet_at_s = self._monotonic() + random.uniform(0.1, 1.0)
        elif suffix == topics.ACK.suffix:
            if inbound.payload:
                self._delivery.acknowledged(decode_ack(inbound.payload), self._monotonic())
        elif suffix == topics.PLAN.suffix:
            if inbound.payload:
                self._take_plan(inbound.payload)
        elif suffix is not None and suffix.startswith("command/"):
            self._take_command(inbound)
        else:
            raise MessageError("nobody asked for this topic")

    def _take_plan(self, payload: bytes) -> None:
        self._plan = decode_plan(payload)
        self._outbox.remember("plan", payload.decode())

    def _take_command(self, inbound: Inbound) -> None:
        command = self._doorkeeper.admit(inbound, self._clock.utc_now())
        try:
            self._commands.put_nowait(command)
        except queue.Full:
            raise RefusedError("too many commands at once", command) from None

    def _greet(self) -> None:
        """On a new connection, or when Home Assistant is born, say who we are before anything else."""
        if self._link is None or not self._link.connected:
            return
        now_s = self._monotonic()
        count = self._link.connection_count
        if count != self._greeted:
            self._greeted = count
            self._delivery.begin(now_s)
            self._alerts.begin()
        elif self._greet_at_s is None or now_s < self._greet_at_s:
            return
        self._greet_at_s = None
        if self._broker.discovery_prefix:
            topic = topics.discovery_topic(self._clip_id, self._broker.discovery_prefix)
            self._link.send(Outgoing(topic, encode_discovery(self._clip_id), retain=True))
        self._link.send(Outgoing(topics.AVAILABILITY.of(self._clip_id), b"online", retain=True))
        self._pace.anew()

    def _tell(self) -> None:
        """Send the state when it is due, and the answers to commands."""
        if self._link is None or not self._link.connected:
            return
        now_s = self._monotonic()
        state = self._pace.due(now_s)
        if state is not None:
            now = self._clock.utc_now()
            payload = encode_state(state, None if now is None else now.isoformat(timespec="milliseconds"))
            if self._link.send(Outgoing(topics.STATE.of(self._clip_id), payload, retain=True)):
                self._pace.sent(state, now_s)
        while not self._answers.empty():
            command, reply = self._answers.get_nowait()
            if command.reply_to is not None:
                self._link.send(
                    Outgoing(
                        command.reply_to,
                        encode_reply(reply),
                        expiry_s=topics.REPLY.expiry_s,
                        correlation=command.correlation,
                    )
                )

    def _deliver(self) -> None:
        if self._link is None or not self._link.connected or self._link.connection_count != self._greeted:
            return
        self._alerts.turn(self._monotonic())
        if self._outbox.is_open:
            self._delivery.turn(self._monotonic())

    def _watch(self) -> None:
        if self._link is not None:
            self._link.watch()

    def _leave(self) -> None:
        if self._link is not None:
            self._link.send(Outgoing(topics.AVAILABILITY.of(self._clip_id), b"offline", retain=True))
            self._link.close()

    def _send_parcel(self, parcel: Parcel) -> bool:
        return self._link is not None and self._link.send(
            Outgoing(topics.RECORD.of(self._clip_id), parcel.payload, token=parcel)
        )

    def _send_alert(self, payload: bytes, expiry_s: int, token: object) -> bool:
        return self._link is not None and self._link.send(
            Outgoing(topics.EVENT.of(self._clip_id), payload, expiry_s=expiry_s, token=token)
        )

    def _make_link(self, settings: LinkSettings | None) -> BrokerLink:
        subscriptions = [
            topics.COMMAND.of(self._clip_id),
            topics.PLAN.of(self._clip_id),
            topics.ACK.of(self._clip_id),
        ]
        if self._broker.discovery_prefix:
            subscriptions.append(topics.HOME_ASSISTANT_STATUS)
        return BrokerLink(
            self._broker,
            self._clip_id,
            subscriptions=subscriptions,
            will=Outgoing(topics.AVAILABILITY.of(self._clip_id), b"offline", retain=True),
            settings=settings,
            complaints=self._complaints,
            wake=self._wake.set,
        )
