"""The dashboard's end of MQTT on a real broker: stored before acknowledged, hostile words dropped, answers told."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from sternway.config import BrokerSettings
from sternway.dashboard.mqtt import ingest as ingest_module
from sternway.dashboard.mqtt.ingest import Ingest, NoAnswerError
from sternway.dashboard.mqtt.live import Live
from sternway.dashboard.store.database import Store
from sternway.dashboard.store.intake import keep
from sternway.dashboard.store.retention import forget_clip
from sternway.dashboard.store.schema import CLIPS, RECORDS
from sternway.errors import StoreError
from sternway.events import Kind
from sternway.records import Record
from sternway.wire import messages
from sternway.wire.commands import Start, Stop
from sternway.wire.plan import WalkPlan

STORE_ID = "0123456789abcdef0123456789abcdef"


class Peer:
    """A clip reduced to its topics."""

    def __init__(self, port: int) -> None:
        self.heard: dict[str, bytes] = {}
        self.something = threading.Condition()
        self.answer: Callable[[Any], None] = lambda message: None
        self.client = Client(CallbackAPIVersion.VERSION2, "clip-1", protocol=MQTTProtocolVersion.MQTTv5)
        self.client.on_message = self._on_message
        self.client.connect("127.0.0.1", port)
        self.client.subscribe(
            [("sternway/clip-1/ack", 1), ("sternway/clip-1/plan", 1), ("sternway/clip-1/command/+", 1)]
        )
        self.client.loop_start()

    def _on_message(self, _: Any, __: Any, message: Any) -> None:
        with self.something:
            self.heard[message.topic] = message.payload
            self.something.notify_all()
        self.answer(message)

    def send(self, suffix: str, payload: bytes, retain: bool = False) -> None:
        self.client.publish(f"sternway/clip-1/{suffix}", payload, qos=1, retain=retain).wait_for_publish(5.0)

    def record(self, record: Record, oldest_seq: int = 1) -> None:
        assert record.seq is not None
        self.send("record", messages.numbered(messages.encode_record(record), STORE_ID, record.seq, oldest_seq))

    def wait_for(self, topic: str, fits: Callable[[bytes], bool]) -> None:
        with self.something:
            assert self.something.wait_for(lambda: topic in self.heard and fits(self.heard[topic]), 8.0), self.heard

    def acknowledged(self, seq: int) -> None:
        self.wait_for("sternway/clip-1/ack", lambda payload: messages.decode_ack(payload).seq == seq)


@pytest.fixture
def live() -> Live:
    return Live()


@pytest.fixture
def ingest(port: int, store: Store, live: Live, monkeypatch: pytest.MonkeyPatch, request: Any) -> Iterator[Ingest]:
    monkeypatch.setattr(ingest_module, "RETRY_S", 0.2)
    monkeypatch.setattr(ingest_module, "ANSWER_S", 0.5)
    settings = BrokerSettings(host="127.0.0.1", port=port, tls=False)
    one = Ingest(settings, store, live, client_id=f"dashboard-{request.node.name}")
    one.start()
    assert one.connected.wait(8.0)
    yield one
    one.close()


@pytest.fixture
def peer(port: int, ingest: Ingest) -> Iterator[Peer]:
    one = Peer(port)
    yield one
    for topic in ("ack", "plan", "state", "availability"):
        one.send(topic, b"", retain=True)
    one.client.disconnect()
    one.client.loop_stop()


def stored(store: Store) -> list[int]:
    with store.read() as connection:
        return sorted(connection.execute(sa.select(RECORDS.c.seq)).scalars())


def wait_until(true: Callable[[], bool]) -> None:
    end_s = time.monotonic() + 8.0
    while not true():
        assert time.monotonic() < end_s
        threading.Event().wait(0.01)


def failing(error: Exception) -> Callable[..., None]:
    def fail(*_: Any) -> None:
        raise error

    return fail


def test_records_are_stored_and_acknowledged(store: Store, peer: Peer, record: Any) -> None:
    for seq in (1, 2, 3):
        peer.record(record(seq))
    peer.acknowledged(3)
    assert stored(store) == [1, 2, 3]


def test_nothing_is_acknowledged_that_could_not_be_stored_and_it_is_taken_later(
    store: Store, peer: Peer, record: Any, monkeypatch: pytest.MonkeyPatch, ingest: Ingest
) -> None:
    monkeypatch.setattr(ingest_module, "keep", failing(StoreError("disk full")))
    peer.record(record(1))
    wait_until(lambda: ingest.trouble is not None)
    assert "sternway/clip-1/ack" not in peer.heard
    assert "disk full" in str(ingest.trouble)
    monkeypatch.setattr(ingest_module, "keep", keep)
    wait_until(lambda: ingest.trouble is None)
    peer.record(record(1))
    peer.acknowledged(1)
    assert stored(store) == [1]


def test_storing_goes_on_after_whatever_went_wrong_and_nothing_of_it_is_acknowledged(
    store: Store, peer: Peer, record: Any, monkeypatch: pytest.MonkeyPatch, ingest: Ingest
) -> None:
    monkeypatch.setattr(ingest_module, "keep", failing(ZeroDivisionError("unforeseen")))
    peer.record(record(3), oldest_seq=3)
    wait_until(lambda: ingest.trouble is not None)
    assert "unforeseen" in str(ingest.trouble)
    assert b'"seq":3' not in peer.heard.get("sternway/clip-1/ack", b"")
    monkeypatch.setattr(ingest_module, "keep", keep)
    peer.acknowledged(3)
    assert stored(store) == [3]


@pytest.mark.parametrize("suffix", ["record", "state", "event", "availability", "reply/dashboard"])
def test_hostile_words_are_counted_dropped_and_harm_nothing(
    suffix: str, store: Store, peer: Peer, record: Any, ingest: Ingest
) -> None:
    hostile = [b"{", b"\xff\xfe", b"[]", b"null", b'{"schema": 1}', b"9" * 5000, b'{"a":' * 400, b'{"seq": 1e400}']
    for payload in hostile:
        peer.send(suffix, payload)
    peer.record(record(7), oldest_seq=7)
    peer.acknowledged(7)
    assert stored(store) == [7]
    assert ingest.refused[f"sternway/clip-1/{suffix}"] == len(hostile)


def test_a_clip_cannot_store_for_another(store: Store, peer: Peer, record: Any, ingest: Ingest) -> None:
    foreign = record(1, clip_id="clip-2")
    peer.record(foreign)
    peer.record(record(1))
    peer.acknowledged(1)
    with store.read() as connection:
        assert list(connection.execute(sa.select(RECORDS.c.clip_id)).scalars()) == ["clip-1"]
    assert ingest.refused["sternway/clip-1/record"] == 1


def test_a_clip_is_known_from_its_first_word(store: Store, peer: Peer, live: Live, walking: Any) -> None:
    peer.send("availability", b"online", retain=True)
    peer.send("state", messages.encode_state(walking, None), retain=True)
    wait_until(lambda: live.sight("clip-1").is_live)
    with store.read() as connection:
        assert list(connection.execute(sa.select(CLIPS.c.clip_id)).scalars()) == ["clip-1"]


def test_what_the_broker_only_remembers_is_not_live(
    store: Store, peer: Peer, port: int, walking: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    peer.send("state", messages.encode_state(walking, None), retain=True)
    late = Live()
    second = Ingest(BrokerSettings(host="127.0.0.1", port=port, tls=False), store, late, client_id="late")
    second.start()
    wait_until(lambda: late.sight("clip-1").state is not None)
    assert not late.sight("clip-1").is_live
    second.close()


def typed(record: messages.Received) -> Record:
    body = messages.read_body(record.kind, record.body)
    return Record(record.kind, body, record.moment, store_id=STORE_ID, seq=record.seq)


def test_an_event_is_felt_at_once_and_an_old_one_is_old(peer: Peer, live: Live, record: Any) -> None:
    now_s = time.time()
    stumble = typed(record(1, at_s=now_s))
    peer.send("event", messages.encode_event(stumble))
    wait_until(lambda: live.sight("clip-1").happening is not None)
    happening = live.sight("clip-1").happening
    assert happening is not None
    assert happening.kind is Kind.STUMBLE
    assert happening.age_s < 5.0
    peer.send("event", messages.encode_event(typed(record(2, at_s=now_s - 300.0))))
    wait_until(lambda: len(live.felt_lately("clip-1")) == 2)
    assert live.felt_lately("clip-1")[1].at_s < now_s - 290.0
    assert live.sight("clip-1").happening.age_s < 5.0, "the newest counts, in whatever order they come"  # type: ignore[union-attr]


def test_a_command_is_answered_by_the_clip_or_said_to_be_unanswered(peer: Peer, ingest: Ingest) -> None:
    def answer(message: Any) -> None:
        if message.topic.endswith("command/stop"):
            command = messages.decode_command("stop", message.payload)
            payload = messages.encode_reply(messages.Reply(command.id, True, "Stopped."))
            peer.client.publish(message.properties.ResponseTopic, payload, qos=1)

    peer.answer = answer
    assert ingest.command("clip-1", Stop()).words == "Stopped."
    with pytest.raises(NoAnswerError):
        ingest.command("clip-1", Start())


def test_a_plan_waits_for_the_clip(peer: Peer, ingest: Ingest) -> None:
    ingest.publish_plan("clip-1", 3, WalkPlan())
    peer.wait_for("sternway/clip-1/plan", lambda payload: messages.decode_plan(payload).version == 3)


def test_forgetting_takes_back_what_the_broker_keeps(peer: Peer, ingest: Ingest) -> None:
    ingest.publish_plan("clip-1", 3, WalkPlan())
    peer.wait_for("sternway/clip-1/plan", lambda payload: payload != b"")
    ingest.forget("clip-1")
    peer.wait_for("sternway/clip-1/plan", lambda payload: payload == b"")


def test_a_forgotten_clip_that_speaks_again_is_known_again(
    store: Store, peer: Peer, ingest: Ingest, live: Live, walking: Any
) -> None:
    def speak() -> None:
        peer.send("state", messages.encode_state(walking, None))
        wait_until(lambda: live.sight("clip-1").is_live)

    speak()
    forget_clip(store, "clip-1")
    live.forget("clip-1")
    ingest.forget("clip-1")
    speak()
    with store.read() as connection:
        assert list(connection.execute(sa.select(CLIPS.c.clip_id)).scalars()) == ["clip-1"]


def test_without_a_broker_everything_says_so(store: Store, live: Live) -> None:
    alone = Ingest(BrokerSettings(), store, live)
    alone.start()
    with pytest.raises(NoAnswerError):
        alone.command("clip-1", Start())
    alone.close()


def test_an_exception_in_a_callback_does_not_end_the_listening(live: Live, store: Store) -> None:
    acknowledged = []
    one = Ingest(BrokerSettings(), store, live)
    client = SimpleNamespace(ack=lambda mid, qos: acknowledged.append(mid))
    broken = SimpleNamespace(topic="sternway/clip-1/state", payload=object(), retain=False, mid=5, qos=1)
    one._on_message(client, None, broken)  # type: ignore[arg-type]
    assert acknowledged == [5]
    assert one.refused["unforeseen"] == 1


def test_a_wrong_certificate_is_said_in_words(store: Store, live: Live, tmp_path: Path) -> None:
    one = Ingest(BrokerSettings(host="127.0.0.1", ca_file=str(tmp_path / "none.crt")), store, live)
    one.start()
    wait_until(lambda: one.trouble is not None)
    assert "certificate" in str(one.trouble)
    one.close()
