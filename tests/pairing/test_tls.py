import ssl
import threading
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from sternway.config import BrokerSettings
from sternway.errors import ConfigError
from sternway.pairing import certificate_authority as authority
from sternway.pairing.certificate_authority import Authority
from sternway.pairing.tls import check_fingerprint, client_context, find_credentials


@pytest.fixture
def loaded(tmp_path, monkeypatch):
    """What systemd hands over with ``LoadCredential=``."""
    folder = tmp_path / "credentials"
    folder.mkdir()
    (folder / "mqtt-password").write_text("from systemd\n")
    (folder / "mqtt-certificate").write_text("certificate")
    (folder / "mqtt-key").write_text("key")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    return folder


def test_credentials_come_from_systemd_where_the_settings_name_no_file(loaded):
    found = find_credentials(BrokerSettings(user="clip-1"))
    assert (found.user, found.password) == ("clip-1", "from systemd")
    assert found.certificate_file == str(loaded / "mqtt-certificate")


def test_a_file_that_the_settings_name_comes_first(loaded, tmp_path):
    (tmp_path / "own").write_text("own secret")
    assert find_credentials(BrokerSettings(password_file=str(tmp_path / "own"))).password == "own secret"


def test_without_any_there_are_none(monkeypatch):
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    found = find_credentials(BrokerSettings())
    assert (found.user, found.password, found.certificate_file, found.key_file) == (None, None, None, None)


def test_a_password_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ConfigError, match="sternway join"):
        find_credentials(BrokerSettings(password_file=str(tmp_path / "nothing")))


def test_a_certificate_file_that_is_none_is_told(tmp_path, monkeypatch):
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    (tmp_path / "ca").write_text("no certificate")
    broker = BrokerSettings(ca_file=str(tmp_path / "ca"))
    with pytest.raises(ConfigError, match="cannot be used"):
        client_context(broker, find_credentials(broker))


def test_only_a_pinned_broker_goes_without_a_ca_and_then_its_certificate_is_compared(monkeypatch):
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    pinned, by_name = BrokerSettings(fingerprint="ab" * 32), BrokerSettings()
    assert client_context(pinned, find_credentials(pinned)).verify_mode is ssl.CERT_NONE
    context = client_context(by_name, find_credentials(by_name))
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    with pytest.raises(ConnectionError, match="not the pinned one"):
        check_fingerprint(object(), "ab" * 32)


def test_a_clip_may_log_in_by_certificate_alone(mosquitto, publisher, tmp_path):
    folder = tmp_path / "home"
    Authority(folder).ensure(["127.0.0.1"])
    ca_key, ca = Authority(folder)._authority()
    key = ec.generate_private_key(ec.SECP256R1())
    until = datetime.now(UTC) + timedelta(days=1)
    certificate = authority._certificate("clip-1", key.public_key(), until, ca_key, issuer=ca)
    (folder / "clip.key").write_bytes(authority._key_pem(key))
    (folder / "clip.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    broker = mosquitto(
        "listener {port} 127.0.0.1",
        f"cafile {folder}/ca.crt",
        f"certfile {folder}/server.crt",
        f"keyfile {folder}/server.key",
        "require_certificate true",
        "use_identity_as_username true",
    )
    settings = BrokerSettings(
        host="127.0.0.1",
        port=broker.port,
        ca_file=str(folder / "ca.crt"),
        certificate_file=str(folder / "clip.crt"),
        key_file=str(folder / "clip.key"),
    )
    stands = threading.Event()
    clip = publisher(broker=settings, chores=[lambda: stands.set() if clip.connected else None])
    assert stands.wait(15)
    broker.wait_for("u'clip-1'")
