"""The broker configuration that ships, on a real mosquitto with TLS: who may do what."""

import contextlib
import logging
import socket
import ssl
import subprocess
import threading
from pathlib import Path

import pytest

from sternway.cli import main
from sternway.config import BrokerSettings, ClipSettings, Settings
from sternway.errors import ConfigError
from sternway.pairing.certificate_authority import Authority
from sternway.pairing.household import Household
from sternway.pairing.invitation import accept, apply_join, read_code
from sternway.pairing.tls import sha256_hex
from sternway.wire.topics import TOPICS

SHIPPED = Path(__file__).parents[2] / "systemd" / "mosquitto"


class Home:
    """A paired household with the shipped configuration."""

    def __init__(self, folder, port, mosquitto):
        self.folder = folder
        self.port = port
        self.fingerprint = sha256_hex(Authority(folder).ensure(["127.0.0.1", "localhost"]))
        self.household = Household(folder)
        self.household.ensure_services()
        self._mosquitto = mosquitto
        self.broker = None

    def invite(self, clip_id):
        return self.household.invite(clip_id, "127.0.0.1", "localhost", self.port, self.fingerprint)

    def start(self):
        text = (SHIPPED / "sternway.conf").read_text()
        text = text.replace("listener 8883", "listener {port} 127.0.0.1")
        text = text.replace("/etc/mosquitto/sternway.acl", str(SHIPPED / "sternway.acl"))
        text = text.replace("/etc/mosquitto/sternway", str(self.folder))
        self.broker = self._mosquitto(*text.splitlines(), port=self.port)
        return self.broker

    def context(self):
        return ssl.create_default_context(cafile=self.folder / "ca.crt")

    def secret(self, user):
        return (self.folder / f"{user}.secret").read_text()


@pytest.fixture
def home(tmp_path, mosquitto):
    (tmp_path / "household").mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return Home(tmp_path / "household", port, mosquitto)


@pytest.fixture
def two_clips(home):
    invitations = {clip: home.invite(clip) for clip in ("clip-1", "clip-2")}
    home.start()
    return invitations


def login(home, peer, user, secret, *subscriptions):
    return peer(home.port, *subscriptions, user=user, password=secret, tls=home.context())


def test_anonymous_and_wrong_passwords_are_refused(home, two_clips, peer):
    assert peer(home.port, tls=home.context()).welcome == "Not authorized"
    assert login(home, peer, "clip-1", "guess").welcome == "Not authorized"
    assert login(home, peer, "clip-1", two_clips["clip-2"].secret).welcome == "Not authorized"
    assert login(home, peer, "clip-1", two_clips["clip-1"].secret).welcome == "Success"


def test_nobody_is_heard_without_tls(home, two_clips):
    hello = b"\x10\x13\x00\x04MQTT\x05\x02\x00\x0a\x00\x00\x06clip-1"
    with socket.create_connection(("127.0.0.1", home.port), timeout=15) as plain:
        plain.sendall(hello)
        with contextlib.suppress(ConnectionResetError):
            assert plain.recv(4)[:1] != b"\x20", "the broker took a CONNECT in the clear"


def test_a_clip_writes_its_own_topics_and_no_others(home, two_clips, peer):
    clip = login(home, peer, "clip-1", two_clips["clip-1"].secret)
    for topic in TOPICS:
        mine = topic.of("clip-1").replace("+", "buzz")
        allowed = topic.writer == "clip"
        assert clip.say(mine, b"x") == ("Success" if allowed else "Not authorized") or (
            allowed and clip.say(mine, b"x") == "No matching subscribers"
        )
        assert clip.say(topic.of("clip-2").replace("+", "buzz"), b"x") == "Not authorized"
    assert clip.say("homeassistant/device/clip-2/config", b"") == "Not authorized"
    assert clip.say("homeassistant/status", b"online") == "Not authorized"
    assert clip.say("anything/else", b"x") == "Not authorized"


def test_a_clip_hears_what_is_for_it_and_nothing_of_another(home, two_clips, peer):
    dashboard = login(home, peer, "dashboard", home.secret("dashboard"), "sternway/+/record")
    spy = login(
        home, peer, "clip-2", two_clips["clip-2"].secret, "sternway/#", "sternway/clip-1/#", "homeassistant/#", "#"
    )
    mine = ("sternway/clip-1/ack", "sternway/clip-1/command/#")
    clip = login(home, peer, "clip-1", two_clips["clip-1"].secret, *mine)
    clip.say("sternway/clip-1/record", b"mine")
    clip.say("homeassistant/device/clip-1/config", b"{}", retain=True)
    dashboard.say("sternway/clip-1/ack", b"for one")
    dashboard.say("sternway/clip-1/command/buzz", b"for one")
    dashboard.say("sternway/clip-2/ack", b"for two")
    assert dashboard.expect("clip-1/record").payload == b"mine"
    assert clip.expect("clip-1/ack").payload == b"for one"
    assert clip.expect("command/buzz").payload == b"for one"
    heard = {spy.heard.get(timeout=15).payload for _ in range(2)}  # once for each of its two wide subscriptions
    assert heard == {b"for two"}
    assert spy.heard.empty()


def test_home_assistant_sees_the_clips_and_never_their_records(home, two_clips, peer):
    watcher = login(
        home, peer, "home-assistant", home.secret("home-assistant"), "sternway/#", "sternway/clip-1/state"
    )
    clip = login(home, peer, "clip-1", two_clips["clip-1"].secret)
    clip.say("sternway/clip-1/record", b"private")
    clip.say("sternway/clip-1/state", b"public")
    assert watcher.heard.get(timeout=15).payload == b"public"
    assert watcher.say("sternway/clip-1/command/buzz", b"x") != "Not authorized"
    for private in ("command/pain", "command/start", "plan", "ack"):
        assert watcher.say(f"sternway/clip-1/{private}", b"x") == "Not authorized"


def test_no_clip_takes_anothers_connection_by_using_its_name(home, two_clips, peer):
    victim = login(home, peer, "clip-1", two_clips["clip-1"].secret, "sternway/clip-1/ack")
    rival = peer(home.port, user="clip-2", password=two_clips["clip-2"].secret, tls=home.context(), name="clip-1")
    assert rival.welcome == "Success"
    dashboard = login(home, peer, "dashboard", home.secret("dashboard"))
    dashboard.say("sternway/clip-1/ack", b"still here")
    assert victim.expect("/ack").payload == b"still here"
    assert any(" as clip-2 " in line for line in home.broker.log)


def test_a_clip_pairs_by_code_publishes_over_tls_and_is_refused_in_words_once_forgotten(
    home, peer, publisher, stumble, tmp_path, caplog
):
    code = home.invite("clip-1").code()
    broker = home.start()
    state_dir = tmp_path / "state"
    state_dir.mkdir()
    accept(read_code(code), state_dir)
    settings = apply_join(Settings(clip=ClipSettings(state_dir=str(state_dir))))
    assert (settings.clip.id, settings.broker.user) == ("clip-1", "clip-1")
    dashboard = login(home, peer, "dashboard", home.secret("dashboard"), "sternway/+/record")
    clip = publisher(folder=state_dir, broker=settings.broker)
    clip.offer(stumble())
    assert b'"clip_id":"clip-1"' in dashboard.expect("/record").payload
    clip.close()

    home.household.forget("clip-1")
    broker.kill()
    broker.start()
    told = threading.Event()
    with caplog.at_level(logging.WARNING):
        again = publisher(
            folder=state_dir, broker=settings.broker, chores=[lambda: told.set() if "pair" in again.words else None]
        )
        assert told.wait(15)
    assert "does not let this clip in: pair it anew" in caplog.text


def test_what_a_clip_left_is_taken_away_even_after_its_pairing_has_ended(home, two_clips, peer, tmp_path, capsys):
    left = {"sternway/clip-1/state", "sternway/clip-1/availability", "homeassistant/device/clip-1/config"}
    clip = login(home, peer, "clip-1", two_clips["clip-1"].secret)
    for topic in left:
        clip.say(topic, b"left", retain=True)
    home.household.forget("clip-1")
    settings = tmp_path / "server.toml"
    broker = {"host": "localhost", "ca_file": home.folder / "ca.crt", "user": "dashboard"}
    broker["password_file"] = home.folder / "dashboard.secret"
    lines = "".join(f'{name} = "{value}"\n' for name, value in broker.items())
    settings.write_text(f"[broker]\nport = {home.port}\n{lines}")
    words = ["forget", "clip-1", "--directory", str(home.folder), "--config", str(settings), "--yes"]
    assert main(words) == 0
    assert "clip-1 is out of Home Assistant" in capsys.readouterr().out
    watcher = login(home, peer, "home-assistant", home.secret("home-assistant"), *left, "homeassistant/status")
    watcher.say("homeassistant/status", b"last")
    assert watcher.expect("").payload == b"last", "nothing was retained before it"
    assert main(words) == 1
    assert "not paired here, and the broker keeps nothing of it" in capsys.readouterr().err


def test_a_publish_that_the_access_list_refuses_is_said_in_words(
    home, two_clips, publisher, stumble, tmp_path, caplog
):
    (tmp_path / "secret").write_text(two_clips["clip-2"].secret)
    broker = BrokerSettings(
        host="127.0.0.1",
        port=home.port,
        ca_file=str(home.folder / "ca.crt"),
        user="clip-2",
        password_file=str(tmp_path / "secret"),
    )
    told = threading.Event()
    clip = publisher(broker=broker, chores=[lambda: told.set() if "refuses" in clip.words else None])
    clip.offer(stumble())
    assert told.wait(15)
    assert "it refuses" in caplog.text
    assert "Not authorized; check its access list (ACL)" in caplog.text


def test_a_pinned_certificate_is_enough_and_another_one_is_refused(home, two_clips, publisher, tmp_path, caplog):
    server = ssl.PEM_cert_to_DER_cert(
        (home.folder / "server.crt").read_text().split("-----END")[0] + "-----END CERTIFICATE-----\n"
    )
    (tmp_path / "secret").write_text(two_clips["clip-1"].secret)

    def pinned(fingerprint):
        return BrokerSettings(
            host="127.0.0.1",
            port=home.port,
            fingerprint=fingerprint,
            user="clip-1",
            password_file=str(tmp_path / "secret"),
        )

    stands, refused = threading.Event(), threading.Event()
    good = publisher(
        broker=pinned(sha256_hex(server)), chores=[lambda: stands.set() if good.words == "connected" else None]
    )
    assert stands.wait(15)
    good.close()
    bad = publisher(broker=pinned("00" * 32), chores=[lambda: refused.set() if "pinned" in bad.words else None])
    assert refused.wait(15)


def test_a_broker_of_another_home_is_not_believed(home, tmp_path):
    invitation = home.invite("clip-1")
    home.start()
    stranger = Authority(tmp_path / "elsewhere")
    wrong = type(invitation)(
        "127.0.0.1", "", home.port, "clip-1", invitation.secret, sha256_hex(stranger.ensure(["127.0.0.1"]))
    )
    (tmp_path / "state").mkdir()
    with pytest.raises(ConfigError, match="somebody else answers there"):
        accept(wrong, tmp_path / "state")
    assert not (tmp_path / "state" / "join").exists()


def test_the_access_list_says_what_the_topic_table_says():
    patterns = [
        line.split() for line in (SHIPPED / "sternway.acl").read_text().splitlines() if line.startswith("pattern")
    ]
    writes = {words[2] for words in patterns if words[1] == "write"}
    reads = {words[2] for words in patterns if words[1] == "read"}
    assert writes == {t.of("%u") for t in TOPICS if t.writer == "clip"} | {"homeassistant/device/%u/config"}
    assert {topic.replace("#", "+") for topic in reads} == {t.of("%u") for t in TOPICS if t.writer != "clip"} | {
        "homeassistant/status"
    }


@pytest.mark.systemd
def test_the_hardened_broker_is_exposed_to_little(tmp_path):
    drop_in = tmp_path / "mosquitto.service.d"
    drop_in.mkdir()
    unit = next(path for path in map(Path, ("/lib/systemd/system", "/usr/lib/systemd/system")) if path.is_dir())
    (tmp_path / "mosquitto.service").write_text((unit / "mosquitto.service").read_text())
    (drop_in / "sternway.conf").write_text((SHIPPED / "hardening.conf").read_text())
    environment = {"SYSTEMD_UNIT_PATH": f"{tmp_path}:", "PATH": "/usr/bin:/bin"}
    verify = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=yes", "mosquitto.service"]
    assert subprocess.run(verify, env=environment, capture_output=True, check=False).returncode == 0
    security = ["systemd-analyze", "security", "--offline=true", "--threshold=15", "mosquitto.service"]
    done = subprocess.run(security, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-200:]
