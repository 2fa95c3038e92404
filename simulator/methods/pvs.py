"""Methods of PVS sites and their servers, which are records only (xapi_pvs_site.ml)."""

import ipaddress

from simulator.call import Call
from simulator.errors import Failure
from simulator.methods import method

_PORTS = range(65536)


@method("PVS_site.introduce")
async def introduce_site(call: Call, name_label: str, text: str, pvs_uuid: str) -> str:
    """Create the record of a site."""
    return call.db.create(
        "PVS_site", name_label=name_label, name_description=text, PVS_uuid=pvs_uuid
    )


@method("PVS_site.forget")
async def forget_site(call: Call, site: str) -> None:
    """Delete the record of a site that has no servers."""
    if servers := call.db.get("PVS_site", site)["servers"]:
        raise Failure("PVS_SITE_CONTAINS_SERVERS", *servers)
    call.db.destroy("PVS_site", site)


@method("PVS_server.introduce")
async def introduce_server(
    call: Call, addresses: list[str], first_port: int, last_port: int, site: str
) -> str:
    """Create the record of a server, none of whose addresses another one has."""
    for address in addresses:
        _assert_address(address)
    known = [call.db.get("PVS_server", ref)["addresses"] for ref in call.db.refs("PVS_server")]
    if in_use := [each for each in addresses if any(each in others for others in known)]:
        raise Failure("PVS_SERVER_ADDRESS_IN_USE", *in_use)
    _assert_range(first_port, last_port)
    if not call.db.exists("PVS_site", site):
        raise Failure("INVALID_VALUE", "site", site)
    return call.db.create(
        "PVS_server",
        addresses=list(dict.fromkeys(addresses)),
        first_port=first_port,
        last_port=last_port,
        site=site,
    )


@method("PVS_server.forget")
async def forget_server(call: Call, server: str) -> None:
    """Delete the record of a server."""
    call.db.destroy("PVS_server", server)


def _assert_address(address: str) -> None:
    try:
        ipaddress.IPv4Address(address)
    except ValueError as error:
        raise Failure("INVALID_IP_ADDRESS_SPECIFIED", "addresses") from error


def _assert_range(first: int, last: int) -> None:
    for name, port in (("first_port", first), ("last_port", last)):
        if port not in _PORTS:
            raise Failure("VALUE_NOT_SUPPORTED", name, port, "Port out of range")
    if last < first:
        text = "last_port smaller than first_port"
        raise Failure("VALUE_NOT_SUPPORTED", "last_port", last, text)
