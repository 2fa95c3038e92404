"""What the tests of the gate share: servers that misbehave, and both transports."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.xenserver.misbehaving import Reply, Server
from xenserver import jsonrpc, transport, wire, xmlrpc


@pytest.fixture(params=[jsonrpc.JsonRpc, xmlrpc.XmlRpc], ids=["json-rpc", "xml-rpc"])
def carrier(request: pytest.FixtureRequest) -> Iterator[transport.Transport]:
    """Each of the two transports, trusting the system's authorities."""
    made = request.param(wire.Wire(user_agent="xenflow/test"))
    yield made
    made.close()


@pytest.fixture
def misbehave() -> Iterator[Callable[..., str]]:
    """Serve what no XenServer would; return the URL of a server that treats each request so."""
    with ExitStack() as servers:

        def serve(reply: Reply, certificate: Path | None = None) -> str:
            return servers.enter_context(Server(reply, certificate)).url

        yield serve
