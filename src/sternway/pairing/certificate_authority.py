"""The home's own certificate authority, made once on the server, and the broker's certificate signed by it."""

import ipaddress
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sternway.errors import ConfigError
from sternway.pairing.secret_files import write_secret

VALID_FROM = datetime(2000, 1, 1, tzinfo=UTC)
"""A clip may not know the time yet when it meets its broker: a certificate must never be *not yet valid*."""

AUTHORITY_LIFE = timedelta(days=40 * 365)
SERVER_LIFE = timedelta(days=20 * 365)
RENEW_BEFORE = timedelta(days=5 * 365)
"""Nobody will remember to renew a certificate on a shelf; every pairing renews one that has less than this left."""


class Authority:
    """Files in one directory: ``ca.key`` (root's), ``ca.crt``, ``server.key`` and ``server.crt`` (the CA behind).

    The certificate of the CA is sent along by the broker, so that a clip can find the one its pairing names.
    """

    def __init__(self, directory: Path, now: datetime | None = None) -> None:
        self.directory = directory
        self._now = now or datetime.now(UTC)

    def ensure(self, names: Sequence[str]) -> bytes:
        """Make what is missing, renew what is old or lacks one of ``names``; return the CA's certificate in DER.

        Names once asked for stay: a clip paired under another address must find its own in the certificate.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        key, certificate = self._authority()
        held, until = self._server()
        if not set(names) <= set(held) or until - self._now <= RENEW_BEFORE:
            self._issue(list(dict.fromkeys([*held, *names])), key, certificate)
        return certificate.public_bytes(serialization.Encoding.DER)

    def _authority(self) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
        key_file, certificate_file = self.directory / "ca.key", self.directory / "ca.crt"
        if key_file.exists() and certificate_file.exists():
            key = serialization.load_pem_private_key(key_file.read_bytes(), None)
            if not isinstance(key, ec.EllipticCurvePrivateKey):
                raise ConfigError(f"{key_file}: not a key that `sternway pair` made")
            return key, x509.load_pem_x509_certificate(certificate_file.read_bytes())
        if key_file.exists() or certificate_file.exists():
            raise ConfigError(f"{self.directory}: one of ca.key and ca.crt is missing; restore it, or remove both")
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _certificate("Sternway home", key.public_key(), self._now + AUTHORITY_LIFE, key)
        write_secret(key_file, _key_pem(key))
        write_secret(certificate_file, certificate.public_bytes(serialization.Encoding.PEM), 0o644)
        return key, certificate

    def _server(self) -> tuple[list[str], datetime]:
        """Return the names in the broker's certificate and its end; where there is none, no names and now."""
        try:
            server = x509.load_pem_x509_certificate((self.directory / "server.crt").read_bytes())
        except FileNotFoundError:
            return [], self._now
        held = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = [*held.get_values_for_type(x509.DNSName), *map(str, held.get_values_for_type(x509.IPAddress))]
        return names, server.not_valid_after_utc

    def _issue(self, names: Sequence[str], authority_key: ec.EllipticCurvePrivateKey, ca: x509.Certificate) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        until = self._now + SERVER_LIFE
        server = _certificate("Sternway broker", key.public_key(), until, authority_key, issuer=ca, names=names)
        pem = serialization.Encoding.PEM
        write_secret(self.directory / "server.key", _key_pem(key), 0o640)
        write_secret(self.directory / "server.crt", server.public_bytes(pem) + ca.public_bytes(pem), 0o644)


def _certificate(
    name: str,
    public_key: ec.EllipticCurvePublicKey,
    until: datetime,
    signer: ec.EllipticCurvePrivateKey,
    *,
    issuer: x509.Certificate | None = None,
    names: Sequence[str] = (),
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(VALID_FROM)
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=0 if issuer is None else None), True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False)
        .add_extension(_usage(is_authority=issuer is None), True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), False)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
    return builder.sign(signer, hashes.SHA256())


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
