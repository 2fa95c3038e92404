"""Certificates of hosts, and of the authorities that a pool trusts (certificates.ml).

The servers of hosts speak no TLS here: certificates are made, shown, checked and replaced.
"""

import functools
import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from simulator.clock import Clock, iso
from simulator.errors import Failure
from simulator.tables import NULL, Database

SERVER, INTERNAL, AUTHORITY = "host", "host_internal", "ca"
_VALID = timedelta(days=3650)
_HOUR = 3600


@dataclass(slots=True)
class Files:
    """The files of certificates: of each host, of authorities and revocation lists by name."""

    hosts: dict[str, str] = field(default_factory=dict)
    authorities: dict[str, str] = field(default_factory=dict)
    revocations: dict[str, str] = field(default_factory=dict)


def renew(db: Database, files: Files, time: Clock, host: str, kind: str) -> None:
    """Give a host a new certificate that it signs itself."""
    hour = int(time.now()) // _HOUR
    certificate = _self_signed(db.new_uuid(), db.get("host", host)["address"], hour)
    replace(db, files, host, kind, certificate)


def replace(
    db: Database, files: Files, host: str, kind: str, certificate: x509.Certificate
) -> None:
    """Put a certificate in the place of a host's present one of this kind."""
    for old in db.where("Certificate", host=host, type=kind):
        db.destroy("Certificate", old)
    if kind == SERVER:
        files.hosts[host] = certificate.public_bytes(Encoding.PEM).decode()
    record(db, certificate, type=kind, host=host)


def record(db: Database, certificate: x509.Certificate, **fields: str) -> str:
    """Create the record of a certificate; return its reference."""
    return db.create(
        "Certificate",
        fingerprint=_hex(certificate.fingerprint(SHA256())),
        not_before=iso(certificate.not_valid_before_utc.timestamp()),
        not_after=iso(certificate.not_valid_after_utc.timestamp()),
        **{"host": NULL, **fields},
    )


def valid(pem: str, time: Clock, code: str) -> x509.Certificate:
    """Return the certificate in a PEM text; refuse one that is none, or not valid now."""
    try:
        certificate = x509.load_pem_x509_certificate(pem.encode())
    except ValueError as error:
        raise Failure(f"{code}_INVALID") from error
    now = datetime.fromtimestamp(time.now(), UTC)
    first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if now < first:
        raise Failure(f"{code}_NOT_VALID_YET", _written(now), _written(first))
    if now > last:
        raise Failure(f"{code}_EXPIRED", _written(now), _written(last))
    return certificate


@functools.lru_cache(256)
def _self_signed(seed: str, name: str, hour: int) -> x509.Certificate:
    """Make a certificate that is valid from an hour since 1970 on; the seed decides its key."""
    key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(seed.encode()).digest())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = datetime.fromtimestamp(hour * _HOUR, UTC)
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), 1 + int(seed[:8], 16))
    return builder.not_valid_before(start).not_valid_after(start + _VALID).sign(key, None)


def _hex(digest: bytes) -> str:
    return digest.hex(":").upper()


def _written(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
