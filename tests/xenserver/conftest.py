"""Fixtures of the client's tests: a pool, servers that misbehave, and both transports."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from config.targets import Target
from simulator import server
from tests.xenserver.misbehaving import Reply, Server
from tests.xenserver.pools import Pool
from xenserver import http_client, jsonrpc, transport, xmlrpc
from xenserver.client import Xen
from xenserver.session import Sessions


@pytest.fixture(params=[jsonrpc.JsonRpc, xmlrpc.XmlRpc], ids=["json-rpc", "xml-rpc"])
def carrier(request: pytest.FixtureRequest) -> Iterator[transport.Transport]:
    """Each of the two transports, for http:// addresses."""
    made = request.param(http_client.Wire(user_agent="xenflow/test", https=False))
    yield made
    made.close()


@pytest.fixture
def misbehave() -> Iterator[Callable[..., str]]:
    """Serve what no XenServer would; return the URL of a server that treats each request so."""
    with ExitStack() as servers:

        def serve(reply: Reply, certificate: Path | None = None) -> str:
            return servers.enter_context(Server(reply, certificate)).url

        yield serve


@pytest.fixture
def pool() -> Iterator[Pool]:
    """Serve a pool of three hosts."""
    with server.serve_in_thread(server.Options(control=True, speed=1000.0)) as served:
        yield Pool(served.url)


@pytest.fixture
def target(pool: Pool) -> Target:
    """Describe how the pool is reached."""
    return pool.target()


@pytest.fixture
def sessions() -> Iterator[Sessions]:
    """Share sessions within a test, and log out after it."""
    made = Sessions()
    yield made
    made.close()


@pytest.fixture
def xen(sessions: Sessions, target: Target) -> Xen:
    """Return a client of the pool."""
    return Xen(sessions, target, {})
