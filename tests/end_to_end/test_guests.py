"""Waiting for a guest's addresses holds nothing, and ends in words when there are none to come."""

from collections import Counter

import pytest

from tests.stack import PATIENCE, Inhabited
from xenserver import errors

CREATE = "flow.create_vm_from_configured_template"


def test_a_vm_is_created_and_its_addresses_answered(house: Inhabited, name: str) -> None:
    """The guest tells them some seconds after it was started."""
    answer = house.do(CREATE, template="deb12", name=name, wait_for="ip")

    (machine,) = house.xenserver.named("VM", name)
    told = house.xenserver("VM_guest_metrics.get_networks", machine["guest_metrics"])
    assert answer["addresses"] == told
    assert told["0/ip"]


@pytest.mark.parametrize(("verb", "before"), [("reboot", None), ("resume", "VM.suspend")])
def test_a_guest_is_waited_for_however_it_comes_up(
    house: Inhabited, name: str, verb: str, before: str | None
) -> None:
    """Rebooted, or resumed: its addresses are those of now."""
    made = house.do(CREATE, template="deb12", name=name, wait_for="ip")
    (machine,) = house.xenserver.named("VM", name)
    if before:
        house.xenserver(before, machine["ref"])

    answer = house.do(f"xenserver.vm.{verb}", vm=made["uuid"], wait_for="ip")

    (machine,) = house.xenserver.named("VM", name)
    told = house.xenserver("VM_guest_metrics.get_networks", machine["guest_metrics"])
    assert answer["addresses"] == told
    assert told["0/ip"]


def test_many_guests_are_waited_for_by_one_look(house: Inhabited, name: str) -> None:
    """Ten VMs come up at once; none of them costs a look of its own."""
    results = [
        house.send(CREATE, template="deb12", name=f"{name}-{n}", wait_for="ip") for n in range(10)
    ]

    assert all(result.get(timeout=PATIENCE)["addresses"]["0/ip"] for result in results)
    assert house.runtime.parked.guests("default") == []


def test_a_guest_known_to_have_no_tools_is_refused_before_anything_is_done(
    house: Inhabited, name: str
) -> None:
    """What its last run told holds for the next."""
    made = house.do("xenserver.vm.install", template="blank", name=name)
    house.do("xenserver.vm.start", vm=made["uuid"])
    house.do("xenserver.vm.shutdown", vm=made["uuid"], force=True)

    with pytest.raises(errors.Refused, match="has no guest tools"):
        house.do("xenserver.vm.start", vm=made["uuid"], wait_for="ip")
    assert house.xenserver.named("VM", name)[0]["power_state"] == "Halted"


def test_a_guest_that_stops_meanwhile_ends_the_waiting(house: Inhabited, name: str) -> None:
    """At once, and says so."""
    made = house.do("xenserver.vm.install", template="blank", name=name)
    result = house.send("xenserver.vm.start", vm=made["uuid"], wait_for="ip")
    house.until(lambda: house.runtime.parked.guests("default"), "waiting for the guest")

    house.do("xenserver.vm.shutdown", vm=made["uuid"], force=True)

    with pytest.raises(errors.Refused, match="the VM is halted"):
        result.get(timeout=PATIENCE)


def test_a_guest_that_stays_silent_counts_as_one_without_tools(
    frail_house: Inhabited, name: str
) -> None:
    """Long before the deadline, and in words; the VM runs on."""
    frail_house.house.choose(guest_patience="1s")
    frail_house.house.worker()
    frail_house.house.poller()
    made = frail_house.do("xenserver.vm.install", template="blank", name=name)

    with pytest.raises(errors.Refused, match="its guest tools are missing, or do not run"):
        frail_house.do("xenserver.vm.start", vm=made["uuid"], wait_for="ip", timeout="1h")
    assert frail_house.xenserver.named("VM", name)[0]["power_state"] == "Running"


def test_a_guest_that_is_waited_for_costs_no_calls(house: Inhabited, name: str) -> None:
    """Whatever else happens on the pool meanwhile: the poller's look is for all of them."""
    made = [
        house.do("xenserver.vm.install", template="blank", name=f"{name}-{n}") for n in range(6)
    ]
    results = [
        house.send("xenserver.vm.start", vm=vm["uuid"], wait_for="ip", timeout="1h") for vm in made
    ]
    house.until(lambda: len(house.runtime.parked.guests("default")) >= len(made), "all waiting")
    before = _calls(house)

    for _ in range(3):
        house.do("xenserver.host.find")
        house.do("xenserver.vdi.create", name=name, sr="NFS virtual disk storage", size=1)

    cost = _calls(house) - before
    assert [method for method in cost if method.startswith("VM")] == []
    for result in results:
        result.revoke()
    house.until(lambda: not house.runtime.parked.guests("default"), "nobody waiting")


def _calls(house: Inhabited) -> Counter[str]:
    return Counter(house.xenserver.control("stats")["calls"])


def test_a_silent_guest_ends_the_waiting_at_the_deadline(house: Inhabited, name: str) -> None:
    """With nothing left parked."""
    made = house.do("xenserver.vm.install", template="blank", name=name)

    with pytest.raises(errors.TimedOut):
        house.do("xenserver.vm.start", vm=made["uuid"], wait_for="ip", timeout=2)
    assert house.runtime.parked.guests("default") == []
    assert house.xenserver.named("VM", name)[0]["power_state"] == "Running"
