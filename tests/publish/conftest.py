import queue
import shutil
import signal
import socket
import subprocess
import threading
import time

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from sternway.config import BrokerSettings, ClipSettings, OutboxSettings
from sternway.events import Event, Kind
from sternway.publish.clock import Clock
from sternway.publish.publisher import Publisher
from sternway.publish.traffic import LinkSettings
from sternway.records import Moment, Phase, Record, RecordKind, State, event_body

PATIENCE_S = 15.0
QUICK = LinkSettings(
    keepalive_s=2, connect_timeout_s=2.0, will_delay_s=1, retry_first_s=0.02, retry_most_s=0.1, stuck_after_s=30.0
)


class Mosquitto:
    """A real broker on a free loopback port."""

    def __init__(self, folder, lines=("allow_anonymous true",), port=None):
        self.folder = folder
        self.lines = lines
        self.port = port or free_port()
        self.log = []
        self._said = threading.Condition()
        self._process = None
        self._ear = None

    def start(self):
        path = self.folder / "mosquitto.conf"
        text = "\n".join(line.format(port=self.port) for line in self.lines)
        if "listener" not in text:
            text = f"listener {self.port} 127.0.0.1\n{text}"
        path.write_text(f"log_dest stderr\nlog_type all\nuser root\n{text}\n")
        self._process = subprocess.Popen(["mosquitto", "-c", path], stderr=subprocess.PIPE, text=True)
        self._ear = threading.Thread(target=self._listen, args=(self._process,), daemon=True)
        self._ear.start()
        self.wait_for("running")
        return self

    def wait_for(self, words):
        with self._said:
            found = self._said.wait_for(lambda: any(words in line for line in self.log), PATIENCE_S)
        assert found, f"mosquitto never said {words!r}: {self.log[-5:]}"

    def _listen(self, process):
        for line in process.stderr:
            with self._said:
                self.log.append(line)
                self._said.notify_all()

    def freeze(self):
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self._process.send_signal(signal.SIGCONT)

    def kill(self):
        self._process.kill()
        self._end()
        self.log.clear()

    def stop(self):
        if self._process is not None and self._process.poll() is None:
            self.thaw()
            self._process.terminate()
            self._end()

    def _end(self):
        self._process.wait()
        self._ear.join(PATIENCE_S)
        self._process.stderr.close()


class Peer:
    """Somebody else on the broker, who hears and says things."""

    def __init__(self, port, *subscriptions, user=None, password=None, tls=None, host="127.0.0.1", name="peer"):
        self.heard = queue.Queue()
        self.settled = queue.Queue()
        self.reason = queue.Queue()
        self.granted = queue.Queue()
        self.client = client = paho.Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=paho.MQTTv5)
        if user is not None:
            client.username_pw_set(user, password)
        if tls is not None:
            client.tls_set_context(tls)
        client.on_connect = lambda _c, _u, _f, reason, _p: self.reason.put(str(reason))
        client.on_message = lambda _c, _u, message: self.heard.put(message)
        client.on_publish = lambda _c, _u, mid, reason, _p: self.settled.put((mid, str(reason)))
        client.on_subscribe = lambda _c, _u, mid, reasons, _p: self.granted.put([str(reason) for reason in reasons])
        client.connect(host, port, keepalive=10)
        client.loop_start()
        self.welcome = self.reason.get(timeout=PATIENCE_S)
        if subscriptions and self.welcome == "Success":
            client.subscribe([(topic, 1) for topic in subscriptions])
            self.grants = self.granted.get(timeout=PATIENCE_S)

    def say(self, topic, payload=b"", retain=False, **properties):
        """Publish and return the broker's reason in words."""
        packet = Properties(PacketTypes.PUBLISH)
        for name, value in properties.items():
            setattr(packet, name, value)
        mid = self.client.publish(topic, payload, 1, retain, packet).mid
        while True:
            settled, reason = self.settled.get(timeout=PATIENCE_S)
            if settled == mid:
                return reason

    def expect(self, ending, accept=lambda message: True):
        """Return the next message on a topic with that ending which ``accept`` takes, whatever else comes before."""
        end_s = time.monotonic() + PATIENCE_S
        while True:
            message = self.heard.get(timeout=max(0.01, end_s - time.monotonic()))
            if message.topic.endswith(ending) and accept(message):
                return message

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def mosquitto(tmp_path):
    """Start brokers; skipped with a reason where none is installed."""
    if shutil.which("mosquitto") is None:
        pytest.skip("mosquitto is not installed (apt install mosquitto)")
    started = []

    def start(*lines, port=None):
        folder = tmp_path / f"broker-{len(started)}"
        folder.mkdir()
        broker = Mosquitto(folder, lines or ("allow_anonymous true",), port).start()
        started.append(broker)
        return broker

    yield start
    for broker in started:
        broker.stop()


@pytest.fixture
def peer():
    """Connect peers that are closed at the end."""
    made = []

    def connect(port, *subscriptions, **more):
        made.append(Peer(port, *subscriptions, **{"name": f"peer-{len(made)}", **more}))
        return made[-1]

    yield connect
    for one in made:
        one.close()


@pytest.fixture
def publisher(tmp_path):
    """Start publishers of clip-1 that are closed at the end."""
    made = []

    def start(port=None, *, folder=tmp_path, broker=None, clip_id="clip-1", link=QUICK, **more):
        settings = broker or BrokerSettings(host="127.0.0.1" if port else "", port=port or 1, tls=False)
        outbox = more.pop("outbox", OutboxSettings(resend_s=1.0))
        one = Publisher(ClipSettings(clip_id, str(folder)), settings, outbox, link_settings=link, **more)
        made.append(one)
        one.start()
        return one

    yield start
    for one in made:
        one.close()


@pytest.fixture
def moment():
    return Moment("clip-1", "d34c8361-1ff3-4ed2-96af-c135d24360fe", 12.5, "2026-11-22T09:42:24.681+00:00", True)


@pytest.fixture
def stumble(moment):
    """Make stumble records; each can be told from the others by its time."""

    def make(number=0, kind=Kind.STUMBLE):
        event = Event(kind, float(number), number + 0.2, 0.5, {"peak_g": 2.0})
        return Record(RecordKind.EVENT, event_body(event), moment)

    return make


@pytest.fixture
def journal(moment):
    def make(number=0, padding=""):
        return Record(RecordKind.JOURNAL, {"kind": "note", "body": {"number": number, "padding": padding}}, moment)

    return make


@pytest.fixture
def trace(moment):
    def make(sample_count=500):
        body = {
            "event_kind": "stumble",
            "event_time_s": 1.0,
            "start_s": 0.0,
            "rate_hz": 100.0,
            "frame": "chip",
            "sample_count": sample_count,
            "accel_scale_mps2": 0.005,
            "accel": "AAAA" * 2 * sample_count,
            "gyro_scale_radps": 0.001,
            "gyro": "AAAA" * 2 * sample_count,
        }
        return Record(RecordKind.TRACE, body, moment)

    return make


@pytest.fixture
def state():
    return State(
        phase=Phase.BACKWARD,
        direction="backward",
        steps=42,
        steps_backward=40,
        backward_s=66.5,
        forward_s=3.0,
        cadence_spm=61.0,
        stability="steady",
        stability_learning=False,
        fault=None,
        worn=True,
        battery_percent=None,
        under_voltage=None,
        haptics=True,
        last_walk="2026-11-20T10:00:00+00:00",
        last_event_at=None,
        last_event_kind=None,
        event_count=0,
        lane=2,
        plan_progress=0.4,
        version="0.1.0",
    )


@pytest.fixture
def clock():
    return Clock("clip-1")
