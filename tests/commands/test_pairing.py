import errno
import json
import os
import shutil
import socket
import ssl
import stat
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from sternway.cli import main
from sternway.commands import forget as forget_command
from sternway.config import BrokerSettings, ClipSettings, Settings
from sternway.errors import ConfigError
from sternway.pairing.certificate_authority import Authority
from sternway.pairing.household import Household
from sternway.pairing.invitation import Invitation, apply_join, read_card, read_code

needs_mosquitto = pytest.mark.skipif(
    shutil.which("mosquitto_passwd") is None, reason="mosquitto is not installed (apt install mosquitto)"
)
FINGERPRINT = "ab" * 32
INVITATION = Invitation("192.168.1.10", "home.local", 8883, "clip-1", "s" * 32, FINGERPRINT)


class Server:
    """A TLS server with the home's certificate, which is all of the broker that joining needs."""

    def __init__(self, directory):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(directory / "server.crt", directory / "server.key")
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._context = context
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            try:
                with self._context.wrap_socket(client, server_side=True) as connection:
                    connection.recv(1)
            except OSError:
                client.close()

    def close(self):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "server"


@pytest.fixture
def clip(tmp_path):
    """A settings file of a clip and its state folder."""
    state = tmp_path / "state"
    state.mkdir()
    file = tmp_path / "clip.toml"
    file.write_text(f'[clip]\nstate_dir = "{state}"\n')
    return file, state


def pair(directory, *words):
    return main(["pair", "--directory", str(directory), "--host", "127.0.0.1", *words])


def test_a_code_comes_back_as_the_invitation_it_was():
    assert read_code(INVITATION.code()) == INVITATION
    assert "\n" not in INVITATION.code()


def test_a_card_comes_back_as_the_invitation_it_was(tmp_path):
    (tmp_path / "card").write_text(INVITATION.toml())
    assert read_card(tmp_path / "card") == INVITATION


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda code: code[:-1] + ("0" if code[-1] != "0" else "1"), "slip"),
        (lambda code: code.replace("clip-1", "clip-2"), "slip"),
        (lambda code: code[4:], "begins with SW1"),
        (lambda code: "", "begins with SW1"),
        (lambda code: code + ",more", "begins with SW1"),
    ],
)
def test_a_slip_in_a_code_is_told(spoil, words):
    with pytest.raises(ConfigError, match=words):
        read_code(spoil(INVITATION.code()))


@pytest.mark.parametrize("text", ["", "host = 1", "nonsense", 'host = "x"\nextra = 1', "\x00"])
def test_a_spoiled_card_is_told(tmp_path, text):
    (tmp_path / "card").write_text(text)
    with pytest.raises(ConfigError):
        read_card(tmp_path / "card")


@pytest.mark.parametrize("clip_id", ["dashboard", "home-assistant", "a/b", "a+b", "", "-a", "x" * 33])
def test_a_clip_cannot_take_the_name_of_a_service_or_of_a_topic(clip_id):
    with pytest.raises(ConfigError, match="spoiled"):
        Invitation("h", "", 8883, clip_id, "s" * 32, FINGERPRINT)


def test_the_authority_is_made_once_and_the_brokers_certificate_anew_for_a_new_name(directory):
    first = Authority(directory).ensure(["192.168.1.10"])
    key, server = (directory / "ca.key").read_bytes(), (directory / "server.crt").read_bytes()
    assert Authority(directory).ensure(["192.168.1.10"]) == first
    assert (directory / "server.crt").read_bytes() == server
    assert Authority(directory).ensure(["192.168.1.10", "home.local"]) == first
    assert (directory / "server.crt").read_bytes() != server
    assert (directory / "ca.key").read_bytes() == key


def test_a_clip_paired_under_another_address_takes_no_name_from_the_brokers_certificate(directory):
    Authority(directory).ensure(["192.168.1.10", "home.local"])
    Authority(directory).ensure(["10.0.0.5", "home.local"])
    Authority(directory, now=datetime.now(UTC) + timedelta(days=16 * 365)).ensure(["10.0.0.6"])
    server = x509.load_pem_x509_certificate((directory / "server.crt").read_bytes())
    held = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert held.get_values_for_type(x509.DNSName) == ["home.local"]
    assert [*map(str, held.get_values_for_type(x509.IPAddress))] == ["192.168.1.10", "10.0.0.5", "10.0.0.6"]


def test_an_old_certificate_is_renewed_long_before_anybody_notices(directory):
    Authority(directory).ensure(["home.local"])
    before = (directory / "server.crt").read_bytes()
    Authority(directory, now=datetime.now(UTC) + timedelta(days=16 * 365)).ensure(["home.local"])
    assert (directory / "server.crt").read_bytes() != before


def test_certificates_hold_for_a_clip_that_does_not_know_the_year(directory):
    Authority(directory).ensure(["home.local"])
    for name in ("ca.crt", "server.crt"):
        certificate = x509.load_pem_x509_certificate((directory / name).read_bytes())
        assert certificate.not_valid_before_utc.year <= 2000


def test_secrets_are_readable_by_nobody_else(directory):
    Authority(directory).ensure(["home.local"])
    assert stat.S_IMODE((directory / "ca.key").stat().st_mode) == 0o600
    assert stat.S_IMODE((directory / "server.key").stat().st_mode) == 0o640


def test_half_an_authority_is_not_quietly_replaced(directory):
    Authority(directory).ensure(["home.local"])
    (directory / "ca.key").unlink()
    with pytest.raises(ConfigError, match="restore it"):
        Authority(directory).ensure(["home.local"])


@needs_mosquitto
def test_pairing_gives_every_user_a_secret_of_its_own_and_none_by_default(directory, capsys):
    assert pair(directory, "clip-1") == 0
    said = capsys.readouterr().out
    assert "sudo sternway join SW1,127.0.0.1," in said
    assert Household(directory).users() == ["clip-1", "dashboard", "home-assistant"]
    secrets = [(directory / f"{user}.secret").read_text() for user in ("dashboard", "home-assistant")]
    assert len(set(secrets)) == 2
    assert min(map(len, secrets)) >= 32
    passwords = (directory / "passwords").read_text()
    assert not any(secret in passwords for secret in secrets)


def test_without_the_broker_no_key_is_made_that_it_could_not_read_later(directory, monkeypatch, capsys):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert pair(directory) == 1
    assert "install the broker first" in capsys.readouterr().err
    assert not directory.exists()


@needs_mosquitto
def test_pairing_again_ends_the_older_pairing_and_leaves_the_others(directory, capsys):
    pair(directory, "clip-1", "--json")
    pair(directory, "clip-2", "--json")
    before = dict(line.split(":", 1) for line in (directory / "passwords").read_text().splitlines())
    pair(directory, "clip-1", "--json")
    after = dict(line.split(":", 1) for line in (directory / "passwords").read_text().splitlines())
    changed = {user for user in after if after[user] != before[user]}
    assert changed == {"clip-1"}
    codes = [json.loads(line)["code"] for line in capsys.readouterr().out.splitlines()]
    assert len(set(codes)) == 3


@needs_mosquitto
def test_a_card_that_is_not_there_ends_no_pairing(directory, tmp_path, capsys):
    pair(directory, "clip-1")
    before = (directory / "passwords").read_bytes()
    assert pair(directory, "clip-1", "--card", str(tmp_path / "typo")) == 1
    assert "name the boot partition" in capsys.readouterr().err
    assert (directory / "passwords").read_bytes() == before


@pytest.mark.parametrize(
    ("name", "words"), [("mums clip", "1 to 32 letters"), ("", "1 to 32 letters"), ("dashboard", "the server's own")]
)
def test_a_name_no_clip_can_have_is_refused_with_the_rule(directory, name, words, capsys):
    assert pair(directory, name) == 1
    assert words in capsys.readouterr().err
    assert not directory.exists()


@needs_mosquitto
def test_a_server_without_its_parts_is_told_to_install_them_from_the_repository(directory, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "sternway.pairing.certificate_authority", None)
    assert pair(directory) == 1
    assert "pip install '.[dashboard]' in a copy of the repository" in capsys.readouterr().err


def test_a_clip_joins_by_its_code(directory, clip, capsys):
    file, state = clip
    pair(directory)
    server = Server(directory)
    pair(directory, "porch-clip", "--json", "--port", str(server.port))
    code = json.loads(capsys.readouterr().out.splitlines()[-1])["code"]
    assert main(["join", code, "--config", str(file)]) == 0
    server.close()
    settings = apply_join(Settings(clip=ClipSettings(state_dir=str(state))))
    assert settings.clip.id == settings.broker.user == "porch-clip"
    assert stat.S_IMODE((state / "join" / "password").stat().st_mode) == 0o600
    secret = (state / "join" / "password").read_text()
    assert secret == read_code(code).secret
    assert secret not in (state / "join" / "joined.toml").read_text()


@needs_mosquitto
def test_a_clip_joins_by_the_file_on_its_card_which_is_then_gone(directory, clip, tmp_path, capsys):
    file, state = clip
    card = tmp_path / "boot"
    card.mkdir()
    pair(directory)
    server = Server(directory)
    pair(directory, "clip-1", "--card", str(card), "--port", str(server.port))
    assert main(["join", "--card", str(card), "--config", str(file)]) == 0
    server.close()
    assert list(card.iterdir()) == []
    assert (state / "join" / "joined.toml").exists()
    assert main(["join", "--card", str(card), "--config", str(file)]) == 0
    assert "nothing changed" in capsys.readouterr().out


@needs_mosquitto
def test_a_card_is_kept_for_the_next_start_while_the_broker_cannot_be_reached(directory, clip, tmp_path, capsys):
    file, state = clip
    card = tmp_path / "boot"
    card.mkdir()
    pair(directory, "clip-1", "--card", str(card), "--port", "9")
    assert main(["join", "--card", str(card), "--config", str(file)]) == 1
    assert "cannot be reached safely" in capsys.readouterr().err
    assert (card / "sternway-join.toml").exists()
    assert not (state / "join").exists()


def test_settings_that_name_a_broker_win_over_a_pairing(tmp_path):
    (tmp_path / "join").mkdir()
    (tmp_path / "join" / "joined.toml").write_text('[clip]\nid = "a"\n[broker]\nhost = "paired"\n')
    nobody = Settings(clip=ClipSettings(state_dir=str(tmp_path)))
    somebody = replace(nobody, broker=BrokerSettings(host="own"))
    assert apply_join(nobody).broker.host == "paired"
    assert apply_join(somebody) == somebody


def test_a_pairing_leaves_where_home_assistant_looks_as_it_was_set(tmp_path):
    (tmp_path / "join").mkdir()
    (tmp_path / "join" / "joined.toml").write_text('[broker]\nhost = "paired"\n')
    silent = Settings(clip=ClipSettings(state_dir=str(tmp_path)), broker=BrokerSettings(discovery_prefix=""))
    assert apply_join(silent).broker == BrokerSettings(host="paired", discovery_prefix="")


def test_joining_is_refused_while_the_settings_name_a_broker_and_the_card_is_kept(clip, tmp_path, capsys):
    file, state = clip
    file.write_text(f'{file.read_text()}[broker]\nhost = "old.local"\n')
    assert main(["join", "--card", str(tmp_path), "--config", str(file)]) == 0, "no card to read at a start"
    card = tmp_path / "sternway-join.toml"
    card.write_text(INVITATION.toml())
    for words in (["--card", str(tmp_path)], [INVITATION.code()]):
        assert main(["join", *words, "--config", str(file)]) == 1
        assert f"{file}: broker.host names a broker, old.local" in capsys.readouterr().err
    assert read_card(card) == INVITATION
    assert list(state.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "broker", "who"),
    [
        (["doctor"], "", "sudo -u sternway sternway"),
        (["forget"], "", "sudo -u sternway sternway"),
        (["forget"], "old.local", "sudo -u sternway sternway"),
        (["forget", "clip-1", "--yes"], "", "with sudo"),
    ],
)
def test_who_may_not_look_into_a_folder_is_told_who_may(clip, words, broker, who, monkeypatch, capsys):
    file, _ = clip
    file.write_text(f'{file.read_text()}[broker]\nhost = "{broker}"\n')

    def refuse(path, **_):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(Path, "exists", refuse)
    assert main([*words, "--config", str(file)]) == 1
    assert f"not permitted; run this {who}" in capsys.readouterr().err.replace("as the service's user: ", "")


@needs_mosquitto
def test_a_lost_clip_is_forgotten_on_the_server(directory, tmp_path, capsys):
    pair(directory, "clip-1")
    settings = tmp_path / "server.toml"
    settings.write_text('[broker]\nhost = "127.0.0.1"\nport = 9\ntls = false\n')
    words = ["forget", "clip-1", "--directory", str(directory), "--config", str(settings)]
    assert main(words) == 0
    assert "add --yes" in capsys.readouterr().out
    assert "clip-1" in Household(directory).users()


@needs_mosquitto
def test_forgetting_while_the_broker_is_down_says_to_do_it_again_each_time(directory, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(forget_command, "WAIT_S", 0.2)
    pair(directory, "clip-1")
    settings = tmp_path / "server.toml"
    settings.write_text('[broker]\nhost = "127.0.0.1"\nport = 9\ntls = false\n')
    words = ["forget", "clip-1", "--directory", str(directory), "--config", str(settings), "--yes"]
    capsys.readouterr()
    for had_pairing in (True, False):
        assert main(words) == 1
        said = capsys.readouterr()
        assert ("reload mosquitto" in said.out) == had_pairing
        assert "run this again when the broker answers" in said.err
        assert "clip-1" not in Household(directory).users()


def test_forgetting_erases_what_is_the_walkers_only_when_told_twice(clip, capsys):
    file, state = clip
    (state / "baselines.json").write_text("{}")
    assert main(["forget", "--config", str(file)]) == 0
    assert (state / "baselines.json").exists()
    assert main(["forget", "--config", str(file), "--yes"]) == 0
    assert list(state.iterdir()) == []
    assert "nothing of its walker is left" in capsys.readouterr().out
