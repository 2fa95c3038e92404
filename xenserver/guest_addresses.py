"""Which of the addresses that a guest reports is one to reach it by.

`VM_guest_metrics.networks` maps `<device>/ip`, `<device>/ipv4/<n>` and `<device>/ipv6/<n>` to
addresses. A guest reports its link-local addresses (169.254.0.0/16, fe80::/10) before anybody has
assigned one; those, loopback, and addresses of many hosts reach nobody from outside.
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import quote, unquote

FAMILIES = {"ipv4": 4, "ipv6": 6}


@dataclass(frozen=True, slots=True)
class AddressCriteria:
    """What an address must be; what is not given may be anything.

    `family` is ipv4 or ipv6, `interface` the device number of a VIF, `cidr` the network that holds
    the address, such as 10.0.0.0/8.
    """

    family: str = ""
    interface: str = ""
    cidr: str = ""

    def to_text(self) -> str:
        """Write it as one word, for `from_text` to read."""
        return ",".join(quote(part, safe="") for part in (self.family, self.interface, self.cidr))

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read what `to_text` wrote."""
        return cls(*map(unquote, text.split(",")))


ANY = AddressCriteria()

_BROADCAST = ipaddress.IPv4Address("255.255.255.255")


def usable(networks: Mapping[str, str], wanted: AddressCriteria = ANY) -> dict[str, str]:
    """Return the addresses that reach the guest from outside and are as wanted."""
    return {key: text for key, text in networks.items() if _is_usable(key, text, wanted)}


def _reaches_nobody(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Return whether no single host can be reached from outside by an address."""
    here = address.is_link_local or address.is_loopback or address.is_unspecified
    return here or address.is_multicast or address == _BROADCAST


def _is_usable(key: str, text: str, wanted: AddressCriteria) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if address.version == 6 else None  # noqa: PLR2004 - IPv6
    if _reaches_nobody(mapped or address):
        return False
    if wanted.family and address.version != FAMILIES[wanted.family]:
        return False
    if wanted.interface and key.split("/", 1)[0] != wanted.interface:
        return False
    return not wanted.cidr or address in ipaddress.ip_network(wanted.cidr, strict=False)
