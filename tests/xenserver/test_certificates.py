"""Which certificates the client accepts."""

import hashlib
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme

from tests.xenserver.misbehaving import Reply, answer
from tests.xenserver.pools import Pool
from xenserver import errors, http_client, jsonrpc, transport

FINE = answer(b'{"jsonrpc": "2.0", "id": 1, "result": "fine"}')

Misbehave = Callable[[Reply, Path], str]


@pytest.fixture
def authority() -> trustme.CA:
    """Make an authority of our own."""
    return trustme.CA()


@pytest.fixture
def authority_file(authority: trustme.CA, tmp_path: Path) -> Path:
    """Write down the authority's certificate."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return tmp_path / "ca.pem"


@pytest.fixture
def known(
    authority: trustme.CA,
    authority_file: Path,
    misbehave: Misbehave,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    """Serve with a certificate of an authority that the system knows; return the URL."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority_file))
    return misbehave(FINE, _certificate(authority, "127.0.0.1", tmp_path))


def _certificate(authority: trustme.CA, name: str, path: Path) -> Path:
    authority.issue_cert(name).private_key_and_cert_chain_pem.write_to_path(path / "server.pem")
    return path / "server.pem"


def _call(url: str, *, ca_file: Path | None = None, fingerprint: str | None = None) -> object:
    hosts = http_client.Wire(user_agent="xenflow/test", ca_file=ca_file, fingerprint=fingerprint)
    try:
        return jsonrpc.JsonRpc(hosts).call(url, "pool.get_all", [], timeout=5.0)
    finally:
        hosts.close()


def _call_as_target(url: str, *urls: str) -> object:
    """Call a server as the transport of a target with these addresses."""
    carrier = transport.connect(Pool(url).target(*urls), "xenflow/test")
    try:
        return carrier.call(url, "pool.get_all", [], headers=None, timeout=5.0)
    finally:
        carrier.close()


def _sha256(certificate: Path) -> str:
    pem = certificate.read_text()
    first = pem[
        pem.index("-----BEGIN CERT") : pem.index("-----END CERT") + len("-----END CERTIFICATE-----")
    ]
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(first)).hexdigest()


def test_the_right_authority_is_believed(
    authority: trustme.CA, authority_file: Path, misbehave: Misbehave, tmp_path: Path
) -> None:
    """A certificate of the authority, for the host asked, is good."""
    url = misbehave(FINE, _certificate(authority, "127.0.0.1", tmp_path))

    assert _call(url, ca_file=authority_file) == "fine"


def test_another_authority_is_not_believed(
    authority_file: Path, misbehave: Misbehave, tmp_path: Path
) -> None:
    """Only the authority of the target counts, and no retry will change that."""
    url = misbehave(FINE, _certificate(trustme.CA(), "127.0.0.1", tmp_path))

    with pytest.raises(errors.Denied, match="XENFLOW_CERTIFICATE_REFUSED"):
        _call(url, ca_file=authority_file)


def test_a_certificate_for_another_host_is_not_believed(
    authority: trustme.CA, authority_file: Path, misbehave: Misbehave, tmp_path: Path
) -> None:
    """The name in the certificate must be the one that was asked."""
    url = misbehave(FINE, _certificate(authority, "elsewhere.example", tmp_path))

    with pytest.raises(errors.Denied, match="XENFLOW_CERTIFICATE_REFUSED"):
        _call(url, ca_file=authority_file)


def test_the_system_does_not_know_an_authority_of_ones_own(
    authority: trustme.CA, misbehave: Misbehave, tmp_path: Path
) -> None:
    url = misbehave(FINE, _certificate(authority, "127.0.0.1", tmp_path))

    with pytest.raises(errors.Denied, match="XENFLOW_CERTIFICATE_REFUSED"):
        _call(url)


@pytest.mark.parametrize("further", [(), ("http://127.0.0.1:1",)], ids=["https", "both"])
def test_an_authority_of_the_system_is_believed(known: str, further: tuple[str, ...]) -> None:
    """A target with an https:// address needs to name no authority."""
    assert _call_as_target(known, known, *further) == "fine"


def test_a_plain_target_believes_no_certificate(known: str) -> None:
    """It reads no authorities, not even those of the system."""
    with pytest.raises(errors.Denied, match="XENFLOW_CERTIFICATE_REFUSED"):
        _call_as_target(known, "http://127.0.0.1:1")


def test_the_right_fingerprint_is_believed(
    authority: trustme.CA, misbehave: Misbehave, tmp_path: Path
) -> None:
    """A certificate that signs itself, as XenServer's does, is good by its fingerprint."""
    certificate = _certificate(authority, "elsewhere.example", tmp_path)

    assert _call(misbehave(FINE, certificate), fingerprint=_sha256(certificate)) == "fine"


def test_another_fingerprint_is_not_believed(
    authority: trustme.CA, misbehave: Misbehave, tmp_path: Path
) -> None:
    """Another certificate is another server."""
    url = misbehave(FINE, _certificate(authority, "127.0.0.1", tmp_path))

    with pytest.raises(errors.Denied, match="fingerprint"):
        _call(url, fingerprint="0" * 64)
