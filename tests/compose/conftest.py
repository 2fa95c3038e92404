"""One installation in containers, made as the documentation says, by a user with a strict umask."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

from tests.compose.installation import POOL_PASSWORD, Installation
from tests.docs import pages
from tests.docs.pages import DOCS, Reader
from workers.local_stack import kept_values

STRICT = 0o077
DEPLOY = DOCS / "how-to" / "deploy.md"
SECRETS = next(block for block in pages.blocks(DEPLOY) if block.kind == "sh")
COPY, START, ASK, DEMO = pages.marked(DEPLOY, pages.COMPOSE)
OWN_OPERATIONS = DOCS / "how-to" / "own-operations.md"
FURTHER_POOL = """
[lab]
url = "https://pool.example.net"
user = "root"
password_file = "/run/secrets/lab_password"
ca_file = "pool.pem"

[uncertified]
url = "https://pool.example.net"
user = "root"
password_file = "/run/secrets/default_password"
"""


@pytest.fixture(scope="session")
def strict_umask() -> Iterator[None]:
    """Let files that nobody gave a mode be closed to other users."""
    before = os.umask(STRICT)
    yield
    os.umask(before)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, strict_umask: None) -> Path:
    """Return a clone with a folder of secrets and a folder of the site."""
    return pages.clone(tmp_path_factory.mktemp("compose") / "xenflow")


@pytest.fixture(scope="module")
def installation(folder: Path) -> Iterator[Installation]:
    """Start an installation with a pool behind TLS, two profiles and operations of its own."""
    with _prepared(folder) as installation:
        _write_site(folder)
        installation.type(START)
        installation.start_pool()
        installation.wait_until_healthy()
        yield installation


@pytest.fixture(scope="module")
def demo(folder: Path) -> Iterator[Installation]:
    """Start an installation with the simulated pool of the page."""
    with _prepared(folder) as installation:
        installation.type(DEMO)
        installation.wait_until_healthy()
        yield installation


@contextmanager
def _prepared(folder: Path) -> Iterator[Installation]:
    ports = {
        name: str(kept_values.free_port()) for name in ("FLOWER_PORT", "METRICS_PORT", "REDIS_PORT")
    }
    with Reader(folder, ports) as reader:
        installation = Installation(folder, reader, ports)
        installation.type(SECRETS, COPY)
        try:
            yield installation
        finally:
            installation.take_down()


def _write_site(folder: Path) -> None:
    """Write what a user adds: a certificate, a second profile with its secret, operations."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "site" / "pool.pem")
    served = authority.issue_cert("pool.example.net").private_key_and_cert_chain_pem
    served.write_to_path(folder / "certificate.pem")
    targets = folder / "site" / "targets.toml"
    text = targets.read_text(encoding="utf-8").replace("#ca_file", "ca_file")
    targets.write_text(text + FURTHER_POOL, encoding="utf-8")
    for name in ("default_password", "lab_password"):
        (folder / "secrets" / name).write_text(POOL_PASSWORD, encoding="utf-8")
    [override] = [block for block in pages.blocks(DEPLOY) if block.kind == "yaml"]
    (folder / override.file).write_text(override.text, encoding="utf-8")
    module = next(block for block in pages.blocks(OWN_OPERATIONS) if block.file)
    (folder / "site" / module.file).write_text(module.text, encoding="utf-8")
    subprocess.run(
        ["chmod", "-R", "a+rX", "site", "secrets", "certificate.pem"], cwd=folder, check=True
    )
    (folder / "secrets").chmod(0o700)
