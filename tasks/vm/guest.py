"""Waiting for a guest after its VM was started, rebooted or resumed.

fields of a message  WaitFor, WaitForAddress (an AddressWanted)  what a sender asks for
criteria             AddressCriteria, made of both               what the engine looks for
suspension           Address                                     a body waits for it
"""

import ipaddress
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field

from config import queues
from tasks.engine.declaration.answers import Done
from tasks.engine.declaration.field_types import Device, VmName
from tasks.engine.declaration.operation import Steps, operation
from tasks.engine.declaration.strictness import Strict
from tasks.engine.declaration.suspensions import Address, Call
from tasks.vm.states import into
from xenserver import errors, values
from xenserver.client import Xen
from xenserver.guest_addresses import ANY, AddressCriteria
from xenserver.objects import ObjectRef

WaitFor = Annotated[
    Literal["running", "ip"],
    Field(description='answer when the VM runs, or when its guest has an address ("ip")'),
]
Family = Annotated[Literal["ipv4", "ipv6"], Field(description="the address family")]
Interface = Annotated[Device, Field(description="the device number of the interface that has it")]


def _network(cidr: str) -> str:
    try:
        ipaddress.ip_network(cidr, strict=False)
    except ValueError as error:
        text = f"{cidr!r} is not a network such as 10.0.0.0/8 or fd00::/8"
        raise ValueError(text) from error
    return cidr


Cidr = Annotated[
    str, AfterValidator(_network), Field(description="the network that holds it (10.0.0.0/8)")
]


class AddressWanted(Strict):
    """What the address of a guest must be; what is not given may be anything."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    family: Family | None = None
    interface: Interface | None = None
    cidr: Cidr | None = None

    def criteria(self) -> AddressCriteria:
        """Return the same for the engine."""
        return AddressCriteria(self.family or "", self.interface or "", self.cidr or "")


WaitForAddress = Annotated[
    AddressWanted,
    Field(description="wait until the guest has such an address: family, interface, cidr"),
]


@operation(queue=queues.FIND)
def wait_for_address(
    xen: Xen,
    *,
    vm: VmName,
    family: Family | None = None,
    interface: Interface | None = None,
    cidr: Cidr | None = None,
) -> Steps[Done]:
    """Wait until the guest of a running VM has an address, neither link-local nor loopback.

    The answer has all addresses that match.
    """
    machine = xen.find.vm(vm)
    wanted = AddressCriteria(family or "", interface or "", cidr or "")
    refuse_without_tools(xen, machine, wanted)
    addresses: dict[str, str] = yield Address(machine.ref, wanted)
    return Done(
        return_result="Guest has an address",
        uuid=machine.uuid,
        name_label=machine.name or None,
        addresses=addresses,
    )


def criteria_of(wait_for: WaitFor, address: AddressWanted | None) -> AddressCriteria | None:
    """Return what address is waited for, if any is."""
    if address is not None:
        return address.criteria()
    return ANY if wait_for == "ip" else None


def refuse_without_tools(xen: Xen, machine: ObjectRef, wanted: AddressCriteria | None) -> None:
    """Refuse to wait for the address of a guest that is known to have no tools.

    The metrics of a guest stay when its VM halts: what they say of the last time holds for the
    next. A guest that never ran is given a chance.
    """
    if wanted is None:
        return
    metrics = xen.VM.get_guest_metrics(machine)
    if metrics != values.NULL and not xen.VM_guest_metrics.get_PV_drivers_version(metrics):
        raise errors.from_api("XENFLOW_GUEST_WITHOUT_TOOLS", [f"VM {machine}"])


def bring_up(
    xen: Xen,
    machine: ObjectRef,
    call: Call,
    return_result: str,
    *,
    paused: bool,
    ensure: bool,
    wanted: AddressCriteria | None,
) -> Steps[Done]:
    """Bring a VM up by a call, paused or running, and wait for an address if one is wanted.

    `return_result` is that of the answer, unless the VM was up already.
    """
    refuse_without_tools(xen, machine, wanted)
    arrival = into(
        xen, "Paused" if paused else "Running", machine, call, return_result, ensure=ensure
    )
    return (yield from wait_for_guest(machine, wanted, arrival))


def wait_for_guest(
    machine: ObjectRef, wanted: AddressCriteria | None, arrival: Steps[Done]
) -> Steps[Done]:
    """Have a VM come up, and then wait for an address of its guest if that is wanted."""
    answer = yield from arrival
    if wanted is None:
        return answer
    addresses: dict[str, str] = yield Address(machine.ref, wanted)
    return answer.model_copy(update={"addresses": addresses})
