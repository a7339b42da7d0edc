import json
import os
import queue
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

HERE = Path(__file__).parent
BLUEPRINTS = HERE.parents[1] / "docs" / "home-assistant"
START_S = 600.0
"""The first start installs what the components need."""

CONFIGURATION = """
homeassistant:
  name: Probe
  time_zone: UTC
logger:
  default: warning
  logs:
    homeassistant.components.mqtt: info
mqtt_statestream:
  base_topic: hastate
  publish_attributes: true
recorder:
automation: !include automations.yaml
"""


class HomeAssistant:
    """A real one in a chroot, configured for a broker on this machine's loopback."""

    def __init__(self, root: Path, port: int) -> None:
        self.root = root
        self.port = port
        self.config = root / "srv" / "sternway-test"
        self.log = self.config / "console.log"
        self._process = None
        shutil.rmtree(self.config, ignore_errors=True)
        (self.config / ".storage").mkdir(parents=True)
        (self.config / "configuration.yaml").write_text(CONFIGURATION)
        (self.config / "automations.yaml").write_text("[]\n")
        blueprints = self.config / "blueprints" / "automation" / "sternway"
        blueprints.mkdir(parents=True)
        for name in ("stumble-or-fall.yaml", "no-walk.yaml"):
            shutil.copy(BLUEPRINTS / name, blueprints)
        self._write_entry()

    def _write_entry(self) -> None:
        entry = {
            "created_at": "2026-01-01T00:00:00+00:00",
            "modified_at": "2026-01-01T00:00:00+00:00",
            "data": {"broker": "127.0.0.1", "port": self.port, "protocol": "5"},
            "disabled_by": None,
            "discovery_keys": {},
            "domain": "mqtt",
            "entry_id": "01JTESTMQTTENTRY0000000000",
            "minor_version": 1,
            "options": {},
            "pref_disable_new_entities": False,
            "pref_disable_polling": False,
            "source": "user",
            "subentries": [],
            "title": "broker",
            "unique_id": None,
            "version": 2,
        }
        storage = {"version": 1, "minor_version": 5, "key": "core.config_entries", "data": {"entries": [entry]}}
        (self.config / ".storage" / "core.config_entries").write_text(json.dumps(storage))

    def version(self) -> str:
        done = subprocess.run(
            ["chroot", self.root, "/opt/ha/bin/hass", "--version"], capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def start_again(self, states: "States") -> None:
        """Start it and wait until it says that it is there."""
        self.start()
        states.expect("homeassistant/status", START_S, "online")

    def start(self) -> None:
        environment = {"HOME": "/root", "PATH": "/opt/ha/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}
        environment["UV_SYSTEM_CERTS"] = environment["UV_NATIVE_TLS"] = "1"  # the root has this machine's authorities
        script = (
            f"mount -t proc proc {self.root}/proc; mount --rbind /dev {self.root}/dev; "
            f"exec chroot {self.root} /opt/ha/bin/hass -c /srv/sternway-test"
        )
        # In a mount namespace of its own, so that no mount outlives it.
        with self.log.open("a") as log:
            self._process = subprocess.Popen(
                ["unshare", "--mount", "sh", "-c", script],
                env={**environment, "PATH": f"/usr/sbin:/sbin:{environment['PATH']}"},
                stdout=log,
                stderr=log,
            )

    def stop(self) -> None:
        """End it as systemd would, so that it writes its registries."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(90)

    def registry(self, name: str, key: str) -> list[dict]:
        return json.loads((self.config / ".storage" / f"core.{name}_registry").read_text())["data"][key]


class States:
    """What ``mqtt_statestream`` says of every entity, and whatever else is told to the probe."""

    def __init__(self, port: int) -> None:
        self.now = {}
        self.told = queue.Queue()
        self.client = paho.Client(CallbackAPIVersion.VERSION2, "states", protocol=paho.MQTTv5)
        self.client.on_message = self._take
        self.client.connect("127.0.0.1", port)
        self.client.subscribe([("hastate/#", 1), ("probe/#", 1), ("homeassistant/status", 1)])
        self.client.loop_start()

    def _take(self, _client, _userdata, message) -> None:
        if message.topic.startswith("hastate/"):
            self.now[message.topic.removeprefix("hastate/")] = message.payload.decode()
        else:
            self.told.put((message.topic, message.payload.decode()))

    def wait(self, wanted: dict, timeout_s: float = 30.0) -> None:
        """Wait until every topic below ``hastate/`` has its wanted value."""
        end_s = time.monotonic() + timeout_s
        while time.monotonic() < end_s:
            if all(self.now.get(topic) == value for topic, value in wanted.items()):
                return
            time.sleep(0.1)
        wrong = {topic: self.now.get(topic) for topic, value in wanted.items() if self.now.get(topic) != value}
        raise AssertionError(f"Home Assistant says otherwise: {wrong}")

    def expect(self, topic: str, timeout_s: float = 30.0, wanted: str | None = None) -> str:
        """Return the next payload told on ``topic``, or the first that is the ``wanted`` one."""
        end_s = time.monotonic() + timeout_s
        while True:
            heard, payload = self.told.get(timeout=max(0.01, end_s - time.monotonic()))
            if heard == topic and wanted in (None, payload):
                return payload

    def quiet(self, topic: str, time_s: float) -> bool:
        """Say whether nothing was told on ``topic`` for a while."""
        try:
            self.expect(topic, time_s)
        except queue.Empty:
            return True
        return False


@pytest.fixture(scope="session")
def root():
    if os.geteuid() != 0:
        pytest.skip("needs root: a chroot is made")
    folder = Path(os.environ.get("STERNWAY_HA_ROOT") or Path.home() / ".cache" / "sternway" / "home-assistant")
    subprocess.run([HERE / "make_root.sh", folder], check=True)
    return folder


@pytest.fixture(scope="module")
def broker_port(tmp_path_factory):
    if shutil.which("mosquitto") is None:
        pytest.skip("mosquitto is not installed (apt install mosquitto)")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    path = tmp_path_factory.mktemp("broker") / "mosquitto.conf"
    path.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nuser root\n")
    process = subprocess.Popen(["mosquitto", "-c", path], stderr=subprocess.DEVNULL)
    while process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            time.sleep(0.05)
    yield port
    process.terminate()
    process.wait()


@pytest.fixture(scope="module")
def states(broker_port):
    states = States(broker_port)
    yield states
    states.client.disconnect()
    states.client.loop_stop()


@pytest.fixture(scope="module")
def home(root, broker_port, states):
    home = HomeAssistant(root, broker_port)
    print(f"\nHome Assistant {home.version()}")
    home.start_again(states)
    yield home
    home.stop()
