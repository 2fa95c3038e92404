"""Addresses of a guest's interfaces, as `VM_guest_metrics.networks` names them."""

import hashlib
from collections.abc import Callable

Addresses = Callable[[str, str], dict[str, str]]


def assigned(device: str, mac: str) -> dict[str, str]:
    """Return the addresses of an interface; the same MAC gets the same address."""
    a, b, c, d, *_ = _digest(mac)
    return _keys(device, f"10.{a}.{b}.{1 + c % 254}", f"fd00::{a:x}:{b:x}{c:02x}:{d:x}")


def link_local(device: str, mac: str) -> dict[str, str]:
    """Return the addresses that a guest gives itself before anybody assigns one."""
    a, b, c, d, *_ = _digest(mac)
    return _keys(device, f"169.254.{1 + a % 254}.{b}", f"fe80::{a:x}:{b:x}ff:fe{c:02x}:{d:x}")


def assigned_beside_link_local(device: str, mac: str) -> dict[str, str]:
    """Return the assigned addresses after the IPv6 one that a guest keeps for its link."""
    own, given = link_local(device, mac), assigned(device, mac)
    first, second = f"{device}/ipv6/0", f"{device}/ipv6/1"
    return {**given, first: own[first], second: given[first]}


def is_link_local(address: str) -> bool:
    """Return whether an address is good on its own link only."""
    return address.startswith(("169.254.", "fe80:"))


def _keys(device: str, ipv4: str, ipv6: str) -> dict[str, str]:
    return {f"{device}/ip": ipv4, f"{device}/ipv4/0": ipv4, f"{device}/ipv6/0": ipv6}


def _digest(mac: str) -> bytes:
    return hashlib.sha256(mac.encode()).digest()
