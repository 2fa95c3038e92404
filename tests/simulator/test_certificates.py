"""Certificates of hosts and of authorities."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA512
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

_DAY = timedelta(days=1)
_SERVER = "SERVER_CERTIFICATE"


def certificate(key: Any, *, start: int = -1, end: int = 1, digest: Any = SHA256) -> str:
    """Return a certificate of a key, valid from and to so many days from now."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1)
    valid = builder.not_valid_before(now + start * _DAY).not_valid_after(now + end * _DAY)
    return str(valid.sign(key, digest()).public_bytes(Encoding.PEM), "ascii")


def pem(key: Any) -> str:
    """Return a private key as text."""
    return str(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), "ascii")


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    """Make a key that hosts can use."""
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
def host(xen: Any) -> str:
    """Find a host."""
    return str(xen.find("host", "xs1"))


def test_a_host_has_two_certificates(xen: Any, host: str) -> None:
    """One for clients, which can be read, and one for the hosts of its pool."""
    records = [xen("Certificate.get_record", ref) for ref in xen("host.get_certificates", host)]
    shown = x509.load_pem_x509_certificate(xen("host.get_server_certificate", host).encode())

    assert sorted(record["type"] for record in records) == ["host", "host_internal"]
    (mine,) = (record for record in records if record["type"] == "host")
    assert mine["fingerprint"] == shown.fingerprint(SHA256()).hex(":").upper()


def test_an_authority_is_trusted_until_it_is_removed(xen: Any, key: Any) -> None:
    """Its file is checked before the name of the file."""
    install, uninstall = "pool.install_ca_certificate", "pool.uninstall_ca_certificate"
    text = certificate(key)
    assert xen.refusal(install, "bad name", "none") == ["CA_CERTIFICATE_INVALID"]
    assert xen.refusal(install, "a.pem", certificate(key, end=-1, start=-2))[0] == (
        "CA_CERTIFICATE_EXPIRED"
    )
    early = xen.refusal(install, "a.pem", certificate(key, start=1, end=2))
    assert (early[0], len(early)) == ("CA_CERTIFICATE_NOT_VALID_YET", 3)
    for name in ("bad name.pem", "a.crt", ".pem", "a/b.pem"):
        assert xen.refusal(install, name, text) == ["CERTIFICATE_NAME_INVALID", name]

    xen(install, "a.pem", text)

    assert xen.refusal(install, "a.pem", text) == ["CERTIFICATE_ALREADY_EXISTS", "a.pem"]
    assert xen("pool.certificate_list") == ["a.pem"]
    (found,) = (r for r in xen("Certificate.get_all_records").values() if r["type"] == "ca")
    assert (found["name"], found["host"]) == ("a.pem", "OpaqueRef:NULL")
    xen(uninstall, "a.pem")
    assert xen.refusal(uninstall, "a.pem") == ["CERTIFICATE_DOES_NOT_EXIST", "a.pem"]
    assert "ca" not in {r["type"] for r in xen("Certificate.get_all_records").values()}


def test_a_revocation_list_is_kept_under_its_name(xen: Any) -> None:
    """What is in it is not looked at."""
    assert xen.refusal("pool.crl_install", "x", "") == ["CRL_NAME_INVALID", "x"]

    xen("pool.crl_install", "x.pem", "anything")

    assert xen.refusal("pool.crl_install", "x.pem", "") == ["CRL_ALREADY_EXISTS", "x.pem"]
    assert xen("pool.crl_list") == ["x.pem"]
    xen("pool.crl_uninstall", "x.pem")
    assert xen.refusal("pool.crl_uninstall", "x.pem") == ["CRL_DOES_NOT_EXIST", "x.pem"]


def test_a_host_takes_a_certificate_that_fits_its_key(xen: Any, host: str, key: Any) -> None:
    """The key is looked at first, then the certificate, then the chain."""
    method, text = "host.install_server_certificate", certificate(key)
    other, curve = rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1())
    short = rsa.generate_private_key(65537, 1024)  # noqa: S505 - to be refused for it

    def refusal(leaf: str, private: str, chain: str = "") -> list[str]:
        return list(xen.refusal(method, host, leaf, private, chain))

    assert refusal("none", "none") == [f"{_SERVER}_KEY_INVALID"]
    assert refusal(text, pem(curve))[0] == f"{_SERVER}_KEY_ALGORITHM_NOT_SUPPORTED"
    assert refusal(text, pem(short)) == [f"{_SERVER}_KEY_RSA_LENGTH_NOT_SUPPORTED", "1024"]
    assert refusal("none", pem(key)) == [f"{_SERVER}_INVALID"]
    assert refusal(certificate(key, start=-2, end=-1), pem(key))[0] == f"{_SERVER}_EXPIRED"
    assert refusal(text, pem(other)) == [f"{_SERVER}_KEY_MISMATCH"]
    assert refusal(certificate(key, digest=SHA512), pem(key)) == [
        f"{_SERVER}_SIGNATURE_NOT_SUPPORTED"
    ]
    assert refusal(text, pem(key), "none") == [f"{_SERVER}_CHAIN_INVALID"]

    xen(method, host, text, pem(key), text)

    assert xen("host.get_server_certificate", host) == text
    assert len(xen("host.get_certificates", host)) == 2
    xen("host.reset_server_certificate", host)
    assert xen("host.get_server_certificate", host) != text
    assert len(xen("host.get_certificates", host)) == 2
