"""The transport interface, and its implementations: JSON-RPC and XML-RPC."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from config.targets import Target
from xenserver import http_client, jsonrpc, xmlrpc
from xenserver.values import Value


class Transport(Protocol):
    """Sends calls to any host of one pool; all implementations give the same values and errors."""

    def call(
        self,
        url: str,
        method: str,
        params: Sequence[Value],
        *,
        headers: Mapping[str, str] | None,
        timeout: float,
    ) -> Value:
        """Make one call, once, and return its value.

        Raises what XenServer answered as an error of the tree, or Unreachable.
        """

    def close(self) -> None:
        """Close the connections."""


def connect(target: Target, user_agent: str) -> Transport:
    """Return the transport that the target wants; nothing is sent yet."""
    hosts = http_client.Wire(
        user_agent=user_agent,
        ca_file=target.ca_file,
        fingerprint=target.fingerprint,
        https=any(url.startswith("https:") for url in target.urls),
    )
    return _IMPLEMENTATIONS[target.transport](hosts)


_IMPLEMENTATIONS: dict[str, type[jsonrpc.JsonRpc | xmlrpc.XmlRpc]] = {
    "json-rpc": jsonrpc.JsonRpc,
    "xml-rpc": xmlrpc.XmlRpc,
}
