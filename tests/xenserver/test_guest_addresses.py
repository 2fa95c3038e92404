"""An address by which a guest can be reached differs from all others that it may report."""

import pytest

from xenserver.guest_addresses import AddressCriteria, usable


@pytest.mark.parametrize("text", ["192.0.2.7", "10.0.0.1", "2001:db8::7", "::ffff:192.0.2.7"])
def test_an_address_of_a_host_is_usable(text: str) -> None:
    assert usable({"0/ip": text}) == {"0/ip": text}


@pytest.mark.parametrize(
    "text",
    [
        *("169.254.7.7", "fe80::7", "fe80::7%eth0", "::ffff:169.254.7.7"),
        *("127.0.0.1", "::1", "::ffff:127.0.0.1", "0.0.0.0", "::"),  # noqa: S104 - no address to bind
        *("224.0.0.251", "ff02::fb", "255.255.255.255"),
        *("", "none", "192.0.2.7/24", " 192.0.2.7", "192.0.2.256"),
    ],
)
def test_what_reaches_no_single_host_is_no_address(text: str) -> None:
    """It would be answered to someone who waits for an address, and be of no use."""
    assert usable({"0/ip": text}) == {}


def test_what_is_wanted_narrows_it_down() -> None:
    """Family, interface and network narrow it down, each by itself."""
    reported = {"0/ip": "192.0.2.7", "1/ip": "10.0.0.1", "0/ipv6/0": "2001:db8::7"}

    assert usable(reported, AddressCriteria(family="ipv6")).keys() == {"0/ipv6/0"}
    assert usable(reported, AddressCriteria(interface="1")).keys() == {"1/ip"}
    assert usable(reported, AddressCriteria(cidr="192.0.2.0/24")).keys() == {"0/ip"}
