"""Where a pool is asked."""

import pytest

from xenserver import addresses


def test_the_address_that_last_was_right_is_asked_first() -> None:
    """The others keep their order."""
    pool = addresses.Addresses(["http://a", "http://b", "http://c"])

    pool.prefer("http://b")

    assert pool.in_turn() == ["http://b", "http://a", "http://c"]


@pytest.mark.parametrize(
    ("member", "host", "url"),
    [
        ("https://a:8443", "10.0.0.2", "https://10.0.0.2:8443"),
        ("http://a", "xen2.example.net", "http://xen2.example.net"),
        ("https://a:8443", "fd00::2", "https://[fd00::2]:8443"),
    ],
)
def test_a_coordinator_is_asked_the_way_its_member_was(member: str, host: str, url: str) -> None:
    """Scheme and port stay, so that no password leaves an encrypted way."""
    assert addresses.coordinator(member, host) == url


@pytest.mark.parametrize(
    "host", ["", "a/b", "user@a", "a:80", "a b", "http://a", "a\r\nHost: b", "-a", "a?b", "a#b"]
)
def test_a_coordinator_is_a_host_and_nothing_else(host: str) -> None:
    """A member cannot set a path, port or user."""
    assert addresses.coordinator("https://a:8443", host) is None
