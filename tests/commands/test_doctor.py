import json
import socket
import ssl
import threading

import pytest

from sternway.cli import main
from sternway.commands import doctor
from sternway.commands.doctor import check_broker, check_disk, check_permissions
from sternway.config import BrokerSettings, ClipSettings, OutboxSettings, Settings
from sternway.device.checks import CheckStatus


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch, tmp_path):
    monkeypatch.setattr("sternway.config.SETTINGS_FILE", tmp_path / "none.toml")


def test_an_emulated_clip_is_well(capsys):
    assert main(["doctor", "--emulated", "--seconds", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    checks = [line.split()[0] for line in lines if line]
    assert checks[:-1] == [
        *("version", "permissions", "bus", "chip", "samples", "motor"),
        *("mounting", "button", "power", "clock", "disk", "broker"),
    ]
    assert lines[-1] == "all well"


def test_findings_as_json(capsys):
    assert main(["doctor", "--emulated", "--seconds", "1", "--json"]) == 0
    findings = {finding["check"]: finding for finding in json.loads(capsys.readouterr().out)}
    assert findings["chip"]["words"] == "LSM6DSOX at 0x6a"
    assert findings["samples"]["figures"]["rate_hz"] == pytest.approx(210.8, abs=0.3)
    assert 0.0 < findings["motor"]["figures"]["onset_s"] < 0.1


def test_a_tap_on_an_emulated_box_is_felt(capsys):
    assert main(["doctor", "--emulated", "--seconds", "1", "--tap", "--json"]) == 0
    findings = {finding["check"]: finding for finding in json.loads(capsys.readouterr().out)}
    assert findings["mounting"]["verdict"] == "ok"
    assert findings["mounting"]["figures"]["tap_ring"] < 0.05


def test_a_person_is_asked_to_tap_beside_the_findings(capsys):
    doctor._real_context(Settings()).ask("Tap the closed box once")
    assert capsys.readouterr() == ("", "Tap the closed box once\n")


def test_a_machine_without_a_sensor_says_what_to_mend(capsys, tmp_path):
    config = tmp_path / "sternway.toml"
    config.write_text("[sensor]\nbus = 4711\n")
    assert main(["doctor", "--config", str(config), "--seconds", "1"]) == 1
    out = capsys.readouterr().out
    assert "WRONG    /dev/i2c-4711 does not exist: switch I2C on" in out
    assert "to mend: bus" in out


def test_a_full_disk_says_how_much_is_needed(tmp_path):
    settings = Settings(clip=ClipSettings(state_dir=str(tmp_path / "later")), outbox=OutboxSettings(max_bytes=10**18))
    finding = check_disk(settings)
    assert finding.verdict is CheckStatus.WRONG
    assert "remove old recordings" in finding.words


def test_a_folder_that_cannot_be_written_names_the_user_to_be(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor.os, "access", lambda *_: False)
    finding = check_permissions(Settings(clip=ClipSettings(state_dir=str(tmp_path))))
    assert finding.verdict is CheckStatus.WRONG
    assert "sudo -u sternway" in finding.words


def test_no_broker_is_no_trouble():
    assert check_broker(BrokerSettings()).verdict is CheckStatus.SKIPPED


@pytest.fixture
def listening():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def broker_at(server, **options):
    return BrokerSettings(host="127.0.0.1", port=server.getsockname()[1], **options)


def test_a_broker_that_answers_is_ok(listening):
    finding = check_broker(broker_at(listening, tls=False))
    assert finding.verdict is CheckStatus.OK
    assert "answers, without TLS" in finding.words


def test_nothing_listening_is_told():
    with socket.create_server(("127.0.0.1", 0)) as server:
        broker = broker_at(server, tls=False)
    finding = check_broker(broker)
    assert finding.verdict is CheckStatus.WRONG
    assert "is mosquitto running?" in finding.words


def test_the_second_name_is_tried(listening):
    broker = BrokerSettings(
        host="nowhere.invalid", local_name="127.0.0.1", port=listening.getsockname()[1], tls=False
    )
    assert check_broker(broker).verdict is CheckStatus.OK


@pytest.fixture
def certified(tmp_path, listening):
    """A TLS server with a certificate that nobody vouches for; gives (server, fingerprint)."""
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "home")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "server.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)

    def serve():
        peer, _ = listening.accept()
        with peer:
            try:
                with context.wrap_socket(peer, server_side=True) as safe:
                    safe.recv(1)
            except OSError:
                return

    thread = threading.Thread(target=serve)
    thread.start()
    yield listening, certificate.fingerprint(hashes.SHA256()).hex(":")
    thread.join()


def test_a_certificate_nobody_vouches_for_is_refused(certified):
    finding = check_broker(broker_at(certified[0]))
    assert finding.verdict is CheckStatus.WRONG
    assert "its certificate is not trusted" in finding.words


def test_a_pinned_certificate_is_trusted(certified):
    server, fingerprint = certified
    finding = check_broker(broker_at(server, fingerprint=fingerprint))
    assert finding.verdict is CheckStatus.OK
    assert "certificate trusted" in finding.words


def test_another_certificate_than_the_pinned_one_is_refused(certified):
    server, fingerprint = certified
    finding = check_broker(broker_at(server, fingerprint=fingerprint[::-1]))
    assert finding.verdict is CheckStatus.WRONG
    assert "not the pinned one" in finding.words
