"""Where a simulated pool listens: at all its addresses that this machine has, at one port."""

from simulator import server

ELSEWHERE = "192.0.2.1"  # of documentation: nobody has it


def test_all_addresses_share_a_port() -> None:
    """Clients that follow HOST_IS_SLAVE change the address and keep the port."""
    bound = server.listen(["127.0.0.1", "127.0.0.2"], 0)

    assert [one.getsockname()[0] for one in bound] == ["127.0.0.1", "127.0.0.2"]
    assert len({one.getsockname()[1] for one in bound}) == 1
    for one in bound:
        one.close()


def test_an_address_that_the_machine_does_not_have_is_left_out() -> None:
    """Some systems have but one address on loopback: the members are not reached there."""
    [bound] = server.listen(["127.0.0.1", ELSEWHERE], 0)

    assert bound.getsockname()[0] == "127.0.0.1"
    bound.close()
