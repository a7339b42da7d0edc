"""The writer thread: what the loop offers goes to disk, then to the broker; what the home asks goes to the loop."""

import logging
import queue
import random
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from sternway.clock import Clock
from sternway.config import BrokerSettings, ClipSettings, OutboxSettings
from sternway.errors import ConfigError, MessageError, StoreError
from sternway.events import Cause
from sternway.publish.automation_events import Alerts, AlertToken
from sternway.publish.delivery import Delivery
from sternway.publish.home_assistant import encode_discovery
from sternway.publish.inbound import Reception
from sternway.publish.link import BrokerLink
from sternway.publish.outbox import Outbox, Parcel
from sternway.publish.rate_limited_log import Complaints
from sternway.publish.record_writer import Safekeeping
from sternway.publish.state_rate_limit import StatePace
from sternway.publish.traffic import LinkSettings, Outgoing, Settled
from sternway.records import Record
from sternway.wire import topics
from sternway.wire.messages import Command, Plan, Reply, decode_plan, encode_reply, encode_state
from sternway.wire.state import State

_log = logging.getLogger(__name__)

TURN_S = 0.1
"""How long the writer sleeps when nobody wakes it."""

LEAST_TURN_S = 0.02
"""However often it is woken, the writer rests this long between turns: what comes in a flood is done in bundles."""

NEWS_A_TURN = 64
"""How much of what arrived is read in one turn, so that a flood cannot keep records from the disk."""


class Publisher:
    """Keeps and publishes records, shows the state, receives plan and commands. Never blocks the loop, never raises.

    ``offer``, ``show``, ``take_commands``, ``answer``, ``plan``, ``fault`` and ``words`` are for the loop's thread.
    ``chores`` are done on the writer thread about every 0.1 s, and once at the end: whatever else must touch a disk.
    With no broker host records are kept on disk and nothing is sent.
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
        self._outbox = Outbox(Path(clip.state_dir) / "outbox.db", outbox.max_bytes)
        self._link = self._make_link(link_settings) if broker.host else None
        self._pace = StatePace()
        self._delivery = Delivery(self._outbox, self._send_parcel, outbox.resend_s)
        self._alerts = Alerts(self._send_alert)
        self._safekeeping = Safekeeping(
            self._outbox, self._complaints, monotonic, kept=self._on_kept, opened=self._on_opened
        )
        self._reception = Reception(
            clip.id,
            self._clock,
            self._complaints,
            acknowledged=lambda ack: self._delivery.acknowledged(ack, monotonic()),
            planned=lambda text: self._outbox.remember("plan", text),
            born=self._on_born,
            refused=lambda command, words: self.answer(command, ok=False, words=words),
        )
        self._greeted_count = 0
        self._greet_at_s: float | None = None
        self._answers: queue.SimpleQueue[tuple[Command, Reply]] = queue.SimpleQueue()
        self._steps = (
            self._safekeeping.keep,
            self._hear,
            self._greet,
            self._tell,
            self._answer,
            self._deliver,
            self._watch,
            *chores,
        )
        self._chores = chores
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)

    @property
    def plan(self) -> Plan | None:
        """Return the last plan received, also before this start; ``None`` where there was none."""
        return self._reception.plan

    @property
    def fault(self) -> Cause | None:
        """Return ``STORE_FULL`` while records cannot be kept on disk or have been dropped for space."""
        return self._safekeeping.fault

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
        self._safekeeping.offer(record)
        self._wake.set()

    def show(self, state: State) -> None:
        """Take the newest state; call it every turn of the loop, for what is not shown is not sent."""
        self._pace.show(state)

    def take_commands(self) -> list[Command]:
        """Return the commands that arrived since last asked."""
        return self._reception.take_commands()

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
            self._closing.wait(LEAST_TURN_S)
            self._wake.clear()
            for step in self._steps:
                self._guarded(step)
        last = (self._safekeeping.keep_the_last, self._answer, self._deliver, self._leave, self._outbox.close)
        for step in (*self._chores, *last):
            self._guarded(step)

    def _guarded(self, step: Callable[[], None]) -> None:
        try:
            step()
        except StoreError as error:
            self._safekeeping.suffer(error)
        except Exception as error:
            name = getattr(step, "__name__", "chore")
            self._complaints.note(f"step {name}", f"{name} failed: {type(error).__name__}: {error}", logging.ERROR)

    def _on_kept(self, record: Record) -> None:
        self._alerts.add(record, self._monotonic())

    def _on_opened(self) -> None:
        self._delivery.begin(self._monotonic())
        plan = self._outbox.recall("plan")
        if plan is not None and self._reception.plan is None:
            try:
                self._reception.plan = decode_plan(plan.encode())
            except MessageError as error:
                _log.error("the plan kept from the home is not followed: %s", error)

    def _on_born(self) -> None:
        """Greet Home Assistant after a moment: all clips of a home hear of its birth at once."""
        self._greet_at_s = self._monotonic() + random.uniform(0.1, 1.0)

    def _hear(self) -> None:
        for _ in range(NEWS_A_TURN):
            news = self._link.news() if self._link is not None else None
            if news is None:
                return
            if isinstance(news, Settled):
                self._settle(news)
            else:
                self._reception.read(news)
        self._wake.set()

    def _settle(self, news: Settled) -> None:
        if isinstance(news.token, AlertToken):
            self._alerts.settled(news.token)
        elif isinstance(news.token, Parcel):
            self._delivery.settled(news.token.seq)

    def _greet(self) -> None:
        """On a new connection, or when Home Assistant is born, say who we are before anything else."""
        if self._link is None or not self._link.connected:
            return
        now_s = self._monotonic()
        count = self._link.connection_count
        if count != self._greeted_count:
            self._greeted_count = count
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
        """Send the state when it is due."""
        if self._link is None or not self._link.connected:
            return
        now_s = self._monotonic()
        state = self._pace.due(now_s)
        if state is not None:
            now = self._clock.utc_now()
            payload = encode_state(state, None if now is None else now.isoformat(timespec="milliseconds"))
            if self._link.send(Outgoing(topics.STATE.of(self._clip_id), payload, retain=True)):
                self._pace.sent(state, now_s)

    def _answer(self) -> None:
        """Send the answers to commands; who asked without a connection has stopped waiting."""
        while not self._answers.empty():
            command, reply = self._answers.get_nowait()
            if self._link is not None and command.reply_to is not None:
                self._link.send(
                    Outgoing(
                        command.reply_to,
                        encode_reply(reply),
                        expiry_s=topics.REPLY.expiry_s,
                        correlation=command.correlation,
                    )
                )

    def _deliver(self) -> None:
        if self._link is None or not self._link.connected or self._link.connection_count != self._greeted_count:
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
