"""Who is the broker, and who are we? TLS and credentials for the MQTT client."""

import hashlib
import os
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sternway.config import BrokerSettings
from sternway.errors import ConfigError

CREDENTIALS = {"password": "mqtt-password", "certificate": "mqtt-certificate", "key": "mqtt-key"}
"""Names under which systemd hands secrets over (``LoadCredential=``)."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the client shows the broker; ``None`` where it has none."""

    user: str | None
    password: str | None
    certificate_file: str | None
    key_file: str | None


def find_credentials(broker: BrokerSettings, directory: str | None = None) -> Credentials:
    """Return the credentials of ``broker``: files named in the settings first, then those systemd loaded.

    ``directory`` is ``$CREDENTIALS_DIRECTORY`` unless given. Raise :class:`ConfigError` for a file that is named but
    cannot be read.
    """
    loaded = Path(directory or os.environ.get("CREDENTIALS_DIRECTORY") or "/nonexistent")

    def choose(named: str, kind: str) -> str | None:
        path = loaded / CREDENTIALS[kind]
        return named or (str(path) if path.is_file() else None)

    password_file = choose(broker.password_file, "password")
    return Credentials(
        broker.user or None,
        None if password_file is None else _read_secret(password_file),
        choose(broker.certificate_file, "certificate"),
        choose(broker.key_file, "key"),
    )


def client_context(broker: BrokerSettings, credentials: Credentials) -> ssl.SSLContext | None:
    """Return the TLS context for ``broker``, ``None`` where TLS is switched off.

    A CA file or the system's CAs vouch for the broker by name. With a pinned ``fingerprint`` and no CA file the
    certificate itself is compared by :func:`check_fingerprint` instead, before anything is sent.
    """
    if not broker.tls:
        return None
    try:
        context = ssl.create_default_context(cafile=broker.ca_file or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if broker.fingerprint and not broker.ca_file:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if credentials.certificate_file is not None:
            context.load_cert_chain(credentials.certificate_file, credentials.key_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"broker: a certificate file cannot be used ({error})") from error
    return context


def check_fingerprint(connection: object, fingerprint: str) -> None:
    """Refuse a TLS connection whose certificate has not the pinned SHA-256 ``fingerprint``."""
    shown = connection.getpeercert(binary_form=True) if isinstance(connection, ssl.SSLSocket) else None
    if shown is None or sha256_hex(shown) != plain_hex(fingerprint):
        raise ConnectionError("the broker's certificate is not the pinned one; if it was renewed, pair again")


def fetch_authority(hosts: Sequence[str], port: int, fingerprint: str, timeout_s: float = 5.0) -> str:
    """Return the CA certificate (PEM) with ``fingerprint`` that a broker shows, after it proved to be signed by it.

    ``hosts`` are names of the same broker, tried in turn. First the chain is read from an unverified handshake in
    which nothing is sent, then a second handshake must hold with that CA alone and the host's name.
    """
    trouble = "no host is named"
    for host in filter(None, hosts):
        try:
            return _fetch_from(host, port, fingerprint, timeout_s)
        except (OSError, ssl.SSLError) as error:
            trouble = f"{host} port {port}: {error}"
    raise ConfigError(f"the broker cannot be reached safely ({trouble}); is it running, and on this network?")


def _fetch_from(host: str, port: int, fingerprint: str, timeout_s: float) -> str:
    blind = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    blind.check_hostname = False
    blind.verify_mode = ssl.CERT_NONE
    chain = _handshake(blind, host, port, timeout_s)
    shown = [der for der in chain if sha256_hex(der) == plain_hex(fingerprint)]
    if not shown:
        raise ssl.SSLError("its certificate is not of the home the invitation names: somebody else answers there")
    pem = ssl.DER_cert_to_PEM_cert(shown[0])
    _handshake(ssl.create_default_context(cadata=pem), host, port, timeout_s)
    return pem


def _handshake(context: ssl.SSLContext, host: str, port: int, timeout_s: float) -> list[bytes]:
    with (
        socket.create_connection((host, port), timeout=timeout_s) as plain,
        context.wrap_socket(plain, server_hostname=host) as connection,
    ):
        return _chain(connection)


def _chain(connection: ssl.SSLSocket) -> list[bytes]:
    """Return the certificates shown by the peer in DER; public since Python 3.13, below that only one level down."""
    if hasattr(connection, "get_unverified_chain"):
        return list(connection.get_unverified_chain())
    inner: Any = connection._sslobj  # type: ignore[attr-defined]
    return [ssl.PEM_cert_to_DER_cert(certificate.public_bytes()) for certificate in inner.get_unverified_chain()]


def sha256_hex(der: bytes) -> str:
    """Return the fingerprint of a certificate in DER form."""
    return hashlib.sha256(der).hexdigest()


def plain_hex(fingerprint: str) -> str:
    """Return ``fingerprint`` without the colons and capitals that tools print.

    >>> plain_hex("AB:cd")
    'abcd'
    """
    return fingerprint.replace(":", "").replace(" ", "").lower()


def _read_secret(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"broker.password_file: {path} cannot be read; `sternway join` writes it") from error
