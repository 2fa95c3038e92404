"""Waiting for a guest's addresses holds no slot, and ends with an error if none can come."""

from collections import Counter

import pytest

from tests.stack import TIMEOUT, StackHarness
from xenserver import errors

CREATE = "flow.create_vm_from_configured_template"


def test_a_vm_is_created_and_its_addresses_answered(stack: StackHarness, name: str) -> None:
    """The guest reports them some seconds after its start."""
    answer = stack.do(CREATE, template="deb12", name=name, wait_for="ip")

    (machine,) = stack.xenserver.named("VM", name)
    reply = stack.xenserver("VM_guest_metrics.get_networks", machine["guest_metrics"])
    assert answer["addresses"] == reply
    assert reply["0/ip"]


def test_a_link_local_address_is_none(stack: StackHarness, name: str) -> None:
    """A guest reports those it gives itself before DHCP answers; the answer has the assigned."""
    rule = {"vm": name, "boot": 0.1, "address": 3.0, "link_local": True}
    stack.xenserver.control("guest", **rule)

    answer = stack.do(CREATE, template="deb12", name=name, wait_for="ip")

    assert [
        one for one in answer["addresses"].values() if one.startswith(("169.254.", "fe80"))
    ] == []
    assert answer["addresses"]["0/ip"].startswith("10.")


@pytest.mark.parametrize(
    ("wanted", "prefix"),
    [
        ({"family": "ipv6"}, "fd00:"),
        ({"cidr": "fd00::/8"}, "fd00:"),
        ({"family": "ipv4", "interface": 0, "cidr": "10.0.0.0/8"}, "10."),
    ],
)
def test_an_address_is_waited_for_by_family_interface_and_network(
    stack: StackHarness, name: str, wanted: dict[str, object], prefix: str
) -> None:
    """The answer has those that are as wanted, whether the flow waits or the operation does."""
    answer = stack.do(CREATE, template="deb12", name=name, wait_for_address=wanted)
    again = stack.do("xenserver.vm.wait_for_address", vm=answer["uuid"], **wanted)

    assert answer["addresses"]
    assert all(address.startswith(prefix) for address in answer["addresses"].values())
    assert again["addresses"] == answer["addresses"]


def test_a_guest_without_such_an_address_differs_from_one_without_tools(
    isolated_stack: StackHarness, name: str
) -> None:
    """What it reports is in the message."""
    isolated_stack.services.choose(guest_timeout="2s")
    isolated_stack.services.worker()
    isolated_stack.services.poller()
    isolated_stack.xenserver.control("guest", vm=name, boot=0.1, address="never", link_local=True)

    with pytest.raises(errors.Refused, match=r"it reports 169\.254\.") as caught:
        isolated_stack.do(CREATE, template="deb12", name=name, wait_for="ip", on_failure="keep")
    assert caught.value.code == "XENFLOW_GUEST_NO_ADDRESS"


@pytest.mark.parametrize(("verb", "before"), [("reboot", None), ("resume", "VM.suspend")])
def test_a_guest_is_waited_for_however_it_comes_up(
    stack: StackHarness, name: str, verb: str, before: str | None
) -> None:
    """Rebooted, or resumed: its addresses are those of now."""
    made = stack.do(CREATE, template="deb12", name=name, wait_for="ip")
    (machine,) = stack.xenserver.named("VM", name)
    if before:
        stack.xenserver(before, machine["ref"])

    answer = stack.do(f"xenserver.vm.{verb}", vm=made["uuid"], wait_for="ip")

    (machine,) = stack.xenserver.named("VM", name)
    reply = stack.xenserver("VM_guest_metrics.get_networks", machine["guest_metrics"])
    assert answer["addresses"] == reply
    assert reply["0/ip"]


def test_many_guests_are_waited_for_by_one_look(stack: StackHarness, name: str) -> None:
    """Ten VMs start at once, and one poll serves all of them."""
    results = [
        stack.send(CREATE, template="deb12", name=f"{name}-{n}", wait_for="ip") for n in range(10)
    ]

    assert all(result.get(timeout=TIMEOUT)["addresses"]["0/ip"] for result in results)
    assert stack.runtime.parked.guests("default") == []


def test_a_guest_known_to_have_no_tools_is_refused_before_anything_is_done(
    stack: StackHarness, name: str
) -> None:
    """What is known from its last start applies to the next."""
    made = stack.do("xenserver.vm.install", template="blank", name=name)
    stack.do("xenserver.vm.start", vm=made["uuid"])
    stack.do("xenserver.vm.shutdown", vm=made["uuid"], force=True)

    with pytest.raises(errors.Refused, match="has no guest tools"):
        stack.do("xenserver.vm.start", vm=made["uuid"], wait_for="ip")
    assert stack.xenserver.named("VM", name)[0]["power_state"] == "Halted"


def test_a_guest_that_stops_meanwhile_ends_the_waiting(stack: StackHarness, name: str) -> None:
    """The error names the state of the VM."""
    made = stack.do("xenserver.vm.install", template="blank", name=name)
    result = stack.send("xenserver.vm.start", vm=made["uuid"], wait_for="ip")
    stack.until(lambda: stack.runtime.parked.guests("default"), "waiting for the guest")

    stack.do("xenserver.vm.shutdown", vm=made["uuid"], force=True)

    with pytest.raises(errors.Refused, match=f"VM {name} is halted, .*; start it"):
        result.get(timeout=TIMEOUT)


def test_a_guest_that_stays_silent_counts_as_one_without_tools(
    isolated_stack: StackHarness, name: str
) -> None:
    """The error comes long before the deadline; the VM keeps running."""
    isolated_stack.services.choose(guest_timeout="1s")
    isolated_stack.services.worker()
    isolated_stack.services.poller()
    made = isolated_stack.do("xenserver.vm.install", template="blank", name=name)

    with pytest.raises(errors.Refused, match="its guest tools are missing or not running"):
        isolated_stack.do("xenserver.vm.start", vm=made["uuid"], wait_for="ip", timeout="1h")
    assert isolated_stack.xenserver.named("VM", name)[0]["power_state"] == "Running"


def test_a_guest_that_is_waited_for_costs_no_calls(stack: StackHarness, name: str) -> None:
    """Other events of the pool do not delay it: one poll serves all of them."""
    made = [
        stack.do("xenserver.vm.install", template="blank", name=f"{name}-{n}") for n in range(6)
    ]
    results = [
        stack.send("xenserver.vm.start", vm=vm["uuid"], wait_for="ip", timeout="1h") for vm in made
    ]
    stack.until(lambda: len(stack.runtime.parked.guests("default")) >= len(made), "all waiting")
    before = _calls(stack)

    for _ in range(3):
        stack.do("xenserver.host.find")
        stack.do("xenserver.vdi.create", name=name, sr="NFS virtual disk storage", size="1MiB")

    cost = _calls(stack) - before
    assert [method for method in cost if method.startswith("VM")] == []
    for result in results:
        result.revoke()
    stack.until(lambda: not stack.runtime.parked.guests("default"), "nobody waiting")


def _calls(stack: StackHarness) -> Counter[str]:
    return Counter(stack.xenserver.control("stats")["calls"])


def test_a_silent_guest_ends_the_waiting_at_the_deadline(stack: StackHarness, name: str) -> None:
    made = stack.do("xenserver.vm.install", template="blank", name=name)

    with pytest.raises(errors.TimedOut):
        stack.do("xenserver.vm.start", vm=made["uuid"], wait_for="ip", timeout=2)
    assert stack.runtime.parked.guests("default") == []
    assert stack.xenserver.named("VM", name)[0]["power_state"] == "Running"
