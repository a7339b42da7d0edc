import json
import sqlite3
import subprocess
import sys
import threading
import time

import pytest

from sternway.config import BrokerSettings, ClipSettings, OutboxSettings
from sternway.conversion import plain
from sternway.errors import StoreError
from sternway.events import Cause, Kind
from sternway.publish import record_writer as safekeeping
from sternway.publish.link import FIGHT_ATTEMPTS
from sternway.publish.publisher import Publisher
from sternway.wire.messages import (
    Ack,
    Command,
    decode_record,
    decode_reply,
    encode_ack,
    encode_command,
    encode_plan,
    read_command,
)
from sternway.wire.plan import WalkPlan
from sternway.wire.topics import command_topic, reply_topic

A_CLIP = """
import sys, threading
from sternway.config import BrokerSettings, ClipSettings, OutboxSettings
from sternway.publish.traffic import LinkSettings
from sternway.publish.publisher import Publisher
broker = BrokerSettings(host="127.0.0.1", port=int(sys.argv[1]), tls=False)
link = LinkSettings(will_delay_s=int(sys.argv[3]))
clip = Publisher(ClipSettings("clip-1", sys.argv[2]), broker, OutboxSettings(), link_settings=link)
clip.start()
threading.Event().wait()
"""
CLIP = "sternway/clip-1"


def seq_of(message):
    return json.loads(message.payload)["seq"]


def test_a_stumble_is_on_disk_and_then_at_the_broker(mosquitto, peer, publisher, stumble, tmp_path):
    broker = mosquitto()
    home = peer(broker.port, "sternway/#")
    clip = publisher(broker.port)
    clip.offer(stumble())
    arrival = decode_record(home.expect("/record").payload, "clip-1")
    with sqlite3.connect(tmp_path / "outbox.db") as disk:
        assert disk.execute("SELECT seq FROM outbox").fetchall() == [(1,)]
    assert arrival.record.seq == arrival.oldest_seq == 1
    assert arrival.record.body == plain(stumble().body)


def test_automations_hear_of_a_stumble_once_with_its_number_and_an_expiry(mosquitto, peer, publisher, stumble):
    broker = mosquitto()
    home = peer(broker.port, f"{CLIP}/event")
    publisher(broker.port).offer(stumble())
    message = home.expect("/event")
    body = json.loads(message.payload)
    assert (body["event_type"], body["seq"], message.retain) == ("stumble", 1, False)
    assert 590 <= message.properties.MessageExpiryInterval <= 600


def test_a_record_is_sent_again_until_the_dashboard_has_it_and_then_never(mosquitto, peer, publisher, stumble):
    broker = mosquitto()
    home = peer(broker.port, f"{CLIP}/record")
    clip = publisher(broker.port, outbox=OutboxSettings(resend_s=0.2))
    clip.offer(stumble())
    first, again = home.expect("/record"), home.expect("/record")
    assert seq_of(first) == seq_of(again) == 1
    store_id = json.loads(first.payload)["store_id"]
    home.say(f"{CLIP}/ack", encode_ack(Ack(store_id, 1)), retain=True)
    clip.offer(stumble(2))
    later = home.expect("/record", lambda message: seq_of(message) == 2)
    assert json.loads(later.payload)["oldest_seq"] == 2


def test_records_made_while_the_broker_is_away_arrive_oldest_first_when_it_is_back(
    mosquitto, peer, publisher, stumble
):
    broker = mosquitto()
    watcher = peer(broker.port, f"{CLIP}/availability")
    clip = publisher(broker.port)
    watcher.expect("/availability")
    broker.kill()
    for number in range(5):
        clip.offer(stumble(number))
    broker.start()
    home = peer(broker.port, f"{CLIP}/record")
    seen = []
    while len(seen) < 5:
        seq = seq_of(home.expect("/record"))
        if seq not in seen:
            seen.append(seq)
    assert seen == [1, 2, 3, 4, 5]


def test_a_clip_that_leaves_says_so(mosquitto, peer, publisher):
    broker = mosquitto()
    home = peer(broker.port, f"{CLIP}/availability")
    clip = publisher(broker.port)
    assert home.expect("/availability").payload == b"online"
    clip.close()
    assert home.expect("/availability").payload == b"offline"


@pytest.fixture
def clip_process(tmp_path):
    """Start a clip as a process to be shot."""
    started = []

    def start(port, will_delay_s):
        words = [sys.executable, "-c", A_CLIP, str(port), str(tmp_path), str(will_delay_s)]
        started.append(subprocess.Popen(words))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_a_clip_that_is_shot_is_offline_after_the_wills_delay(mosquitto, peer, clip_process):
    broker = mosquitto()
    home = peer(broker.port, f"{CLIP}/availability")
    clip = clip_process(broker.port, will_delay_s=1)
    assert home.expect("/availability").payload == b"online"
    clip.kill()
    shot_at_s = time.monotonic()
    assert home.expect("/availability").payload == b"offline"
    assert time.monotonic() - shot_at_s > 0.9


def test_a_short_flap_hides_the_will(mosquitto, peer, clip_process):
    broker = mosquitto()
    home = peer(broker.port, f"{CLIP}/availability")
    for _ in range(2):
        clip = clip_process(broker.port, will_delay_s=15)
        assert home.expect("/availability").payload == b"online"
        clip.kill()
        clip.wait()


def test_a_clip_says_who_it_is_before_its_state_and_again_when_home_assistant_is_born(
    mosquitto, peer, publisher, state
):
    broker = mosquitto()
    home = peer(broker.port, "homeassistant/device/#", f"{CLIP}/availability", f"{CLIP}/state")
    clip = publisher(broker.port)
    clip.show(state)
    order = [home.heard.get(timeout=15).topic.rpartition("/")[2] for _ in range(3)]
    assert order == ["config", "availability", "state"]
    home.say("homeassistant/status", b"online")
    assert home.expect("/config").topic == "homeassistant/device/clip-1/config"
    home.expect("/availability")
    home.expect("/state")


def test_the_chores_are_done_once_more_when_the_clip_stops(tmp_path):
    done = []
    clip = Publisher(
        ClipSettings("clip-1", str(tmp_path)),
        BrokerSettings(),
        OutboxSettings(),
        chores=[lambda: done.append("kept")],
    )
    clip.close()
    clip.start()
    clip.close()
    assert done == ["kept"]


def test_a_command_reaches_the_loop_and_its_answer_the_asker(mosquitto, peer, publisher):
    broker = mosquitto()
    home = peer(broker.port, reply_topic("clip-1", "dashboard"), f"{CLIP}/availability")
    arrived = threading.Event()
    clip = publisher(broker.port, chores=[lambda: arrived.set() if not clip._reception._commands.empty() else None])
    home.expect("/availability")
    home.say(
        command_topic("clip-1", "buzz"),
        encode_command(Command(read_command("buzz", {}), "one")),
        ResponseTopic=reply_topic("clip-1", "dashboard"),
        CorrelationData=b"42",
    )
    assert arrived.wait(15)
    (command,) = clip.take_commands()
    clip.answer(command, ok=True, words="buzzing")
    answer = home.expect("/reply/dashboard")
    assert answer.properties.CorrelationData == b"42"
    assert decode_reply(answer.payload).words == "buzzing"


def test_a_repeated_command_is_refused_and_its_sender_told(mosquitto, peer, publisher):
    broker = mosquitto()
    home = peer(broker.port, reply_topic("clip-1", "dashboard"), f"{CLIP}/availability")
    publisher(broker.port)
    home.expect("/availability")
    for _ in range(2):
        home.say(
            command_topic("clip-1", "stop"),
            encode_command(Command(read_command("stop", {}), "same")),
            ResponseTopic=reply_topic("clip-1", "dashboard"),
        )
    answer = decode_reply(home.expect("/reply/dashboard").payload)
    assert not answer.ok
    assert "twice" in answer.words


def test_the_last_plan_outlives_a_restart_without_a_broker(mosquitto, peer, publisher, stumble, tmp_path):
    broker = mosquitto()
    home = peer(broker.port, f"{CLIP}/record")
    home.say(f"{CLIP}/plan", encode_plan(7, WalkPlan()), retain=True)
    planned = threading.Event()
    clip = publisher(broker.port, chores=[lambda: planned.set() if clip.plan else None])
    assert planned.wait(15)
    clip.close()
    read = threading.Event()
    again = publisher(chores=[lambda: read.set() if again.plan else None])
    assert read.wait(15)
    assert (again.plan.version, again.plan.plan.minutes) == (7, 5.0)


def test_a_full_disk_is_a_fault_and_a_fall_is_still_told_to_the_home_and_kept_for_later(
    mosquitto, peer, publisher, stumble, monkeypatch
):
    monkeypatch.setattr(safekeeping, "OPEN_AGAIN_S", 0.05)
    broker = mosquitto()
    home = peer(broker.port, f"{CLIP}/event", f"{CLIP}/record", f"{CLIP}/availability")
    full = threading.Event()
    full.set()
    seen_fault = threading.Event()
    clip = publisher(broker.port, chores=[lambda: seen_fault.set() if clip.fault is Cause.STORE_FULL else None])
    home.expect("/availability")

    put = clip._outbox.put

    def refuse(record):
        if full.is_set():
            raise StoreError("database or disk is full")
        return put(record)

    clip._outbox.put = refuse
    clip.offer(stumble(1, Kind.FALL))
    told = json.loads(home.expect("/event").payload)
    assert (told["event_type"], told["seq"]) == ("fall", None)
    assert seen_fault.wait(15)
    full.clear()
    assert seq_of(home.expect("/record")) == 1
    assert clip.fault is None


def test_a_frozen_broker_costs_the_loop_nothing_and_is_found_again(mosquitto, peer, publisher, stumble, state):
    broker = mosquitto()
    home = peer(broker.port, f"{CLIP}/availability")
    clip = publisher(broker.port)
    home.expect("/availability")
    broker.freeze()
    for number in range(50):
        clip.offer(stumble(number))
        clip.show(state)
    broker.thaw()
    reader = peer(broker.port, f"{CLIP}/record")
    assert seq_of(reader.expect("/record")) >= 1


def test_two_clips_of_one_name_do_not_fight_for_ever(mosquitto, peer, publisher, tmp_path):
    broker = mosquitto()
    home = peer(broker.port, f"{CLIP}/availability")
    robbed = threading.Event()
    first = publisher(broker.port, chores=[lambda: robbed.set() if "another device" in first.words else None])
    home.expect("/availability")
    (tmp_path / "other").mkdir()
    publisher(broker.port, folder=tmp_path / "other")
    home.expect("/availability")
    assert robbed.wait(15)
    assert first._link._attempts >= FIGHT_ATTEMPTS


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_dead_network_thread_is_started_again(mosquitto, peer, publisher, stumble, monkeypatch):
    broker = mosquitto()
    home = peer(broker.port, f"{CLIP}/availability")
    clip = publisher(broker.port)
    home.expect("/availability")

    def die(generation):
        raise SystemExit

    monkeypatch.setattr(clip._link, "_serve", die)
    broker.kill()
    clip._link._thread.join(15)
    monkeypatch.undo()
    broker.start()
    reader = peer(broker.port, f"{CLIP}/record")
    clip.offer(stumble())
    assert seq_of(reader.expect("/record")) == 1


def test_with_no_broker_named_records_are_kept_and_the_loop_never_knows(publisher, stumble, tmp_path):
    clip = publisher()
    clip.offer(stumble())
    clip.close()
    with sqlite3.connect(tmp_path / "outbox.db") as disk:
        assert disk.execute("SELECT count(*) FROM outbox").fetchone() == (1,)
    assert clip.words == "no broker is configured"
