"""Methods of hosts and of the pool for certificates (certificates.ml, gencertlib/lib.ml)."""

import re

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from simulator import certificates, failover
from simulator.call import Call
from simulator.errors import Failure, internal
from simulator.methods import method

_NAME = re.compile(r"(?!\.)[A-Za-z0-9._-]*\.pem")
_SHORTEST, _LONGEST = 2048, 4096


async def install(call: Call, name: str, cert: str) -> None:
    """Trust the certificate of an authority."""
    found = certificates.valid(cert, call.pool.clock, "CA_CERTIFICATE")
    _add(call.pool.certificate_files.authorities, "CERTIFICATE", name, cert)
    for old in call.db.where("Certificate", type=certificates.AUTHORITY, name=name):
        call.db.destroy("Certificate", old)
    certificates.record(call.db, found, type=certificates.AUTHORITY, name=name)


async def uninstall(call: Call, name: str) -> None:
    """Trust the certificate of an authority no longer."""
    _remove(call.pool.certificate_files.authorities, "CERTIFICATE", name)
    for ref in call.db.where("Certificate", type=certificates.AUTHORITY, name=name):
        call.db.destroy("Certificate", ref)


for _name in ("install_ca_certificate", "certificate_install"):
    method(f"pool.{_name}")(install)
for _name in ("uninstall_ca_certificate", "certificate_uninstall"):
    method(f"pool.{_name}")(uninstall)


@method("pool.certificate_list")
async def certificate_list(call: Call) -> list[str]:
    """Return the names of the certificates of authorities."""
    return list(call.pool.certificate_files.authorities)


@method("pool.crl_install")
async def crl_install(call: Call, name: str, cert: str) -> None:
    """Keep a list of revoked certificates."""
    _add(call.pool.certificate_files.revocations, "CRL", name, cert)


@method("pool.crl_uninstall")
async def crl_uninstall(call: Call, name: str) -> None:
    """Delete a list of revoked certificates."""
    _remove(call.pool.certificate_files.revocations, "CRL", name)


@method("pool.crl_list")
async def crl_list(call: Call) -> list[str]:
    """Return the names of the lists of revoked certificates."""
    return list(call.pool.certificate_files.revocations)


@method("host.get_server_certificate")
async def get_server_certificate(call: Call, host: str) -> str:
    """Return the certificate that a host shows to clients, as PEM."""
    call.db.get("host", host)
    return call.pool.certificate_files.hosts[host]


@method("host.install_server_certificate")
async def install_server_certificate(
    call: Call, host: str, certificate: str, private_key: str, certificate_chain: str
) -> None:
    """Let a host show another certificate to clients."""
    failover.assert_off(call.db)
    key = _key(private_key)
    leaf = certificates.valid(certificate, call.pool.clock, "SERVER_CERTIFICATE")
    if leaf.public_key() != key.public_key():
        raise Failure("SERVER_CERTIFICATE_KEY_MISMATCH")
    if not isinstance(leaf.signature_hash_algorithm, SHA256):
        raise Failure("SERVER_CERTIFICATE_SIGNATURE_NOT_SUPPORTED")
    if certificate_chain:
        _assert_chain(certificate_chain)
    certificates.replace(call.db, call.pool.certificate_files, host, certificates.SERVER, leaf)


@method("host.reset_server_certificate")
async def reset_server_certificate(call: Call, host: str) -> None:
    """Let a host show a certificate to clients that it signs itself."""
    failover.assert_off(call.db)
    _renew(call, host, certificates.SERVER)


@method("host.emergency_reset_server_certificate")
async def emergency_reset_server_certificate(call: Call) -> None:
    """Let this host, the coordinator, show a certificate that it signs itself."""
    _renew(call, call.pool.coordinator, certificates.SERVER)


@method("host.refresh_server_certificate")
async def refresh_server_certificate(call: Call, host: str) -> None:
    """Let a host show another certificate to the hosts of its pool."""
    _renew(call, host, certificates.INTERNAL)


def _renew(call: Call, host: str, kind: str) -> None:
    certificates.renew(call.db, call.pool.certificate_files, call.pool.clock, host, kind)


def _key(pem: str) -> RSAPrivateKey:
    """Return the private key in a PEM text; refuse what a host cannot use."""
    try:
        key = load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise Failure("SERVER_CERTIFICATE_KEY_INVALID") from error
    if not isinstance(key, RSAPrivateKey):
        kind = type(key).__name__.removesuffix("PrivateKey").lower()
        raise Failure("SERVER_CERTIFICATE_KEY_ALGORITHM_NOT_SUPPORTED", kind)
    if not _SHORTEST <= key.key_size <= _LONGEST:
        raise Failure("SERVER_CERTIFICATE_KEY_RSA_LENGTH_NOT_SUPPORTED", key.key_size)
    return key


def _assert_chain(pem: str) -> None:
    try:
        x509.load_pem_x509_certificates(pem.encode())
    except ValueError as error:
        raise Failure("SERVER_CERTIFICATE_CHAIN_INVALID") from error


def _add(files: dict[str, str], code: str, name: str, content: str) -> None:
    _assert_name(code, name)
    if name in files:
        raise Failure(f"{code}_ALREADY_EXISTS", name)
    files[name] = content


def _remove(files: dict[str, str], code: str, name: str) -> None:
    _assert_name(code, name)
    if name not in files:
        raise Failure(f"{code}_DOES_NOT_EXIST", name)
    del files[name]


def _assert_name(code: str, name: str) -> None:
    if not name:
        raise internal("Invalid argument: index out of bounds")
    if not _NAME.fullmatch(name):
        raise Failure(f"{code}_NAME_INVALID", name)
