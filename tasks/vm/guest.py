"""Waiting for a guest after its VM was started, rebooted or resumed."""

from typing import Annotated, Literal

from pydantic import Field

from tasks.engine.declaration.answers import Done
from tasks.engine.declaration.operation import Steps
from tasks.engine.declaration.suspensions import Address
from xenserver import errors, values
from xenserver.client import Xen
from xenserver.objects import ObjectRef

WaitFor = Annotated[
    Literal["running", "ip"],
    Field(description='answer when the VM runs, or when its guest has told its addresses ("ip")'),
]


def refuse_without_tools(xen: Xen, machine: ObjectRef, wait_for: WaitFor) -> None:
    """Refuse to wait for the address of a guest that is known to have no tools.

    The metrics of a guest stay when its VM halts: what they say of the last time holds for the
    next. A guest that never ran is given a chance.
    """
    if wait_for != "ip":
        return
    metrics = xen.VM.get_guest_metrics(machine)
    if metrics != values.NULL and not xen.VM_guest_metrics.get_PV_drivers_version(metrics):
        raise errors.from_api("XENFLOW_GUEST_WITHOUT_TOOLS", [f"VM {machine}"])


def wait_for_guest(machine: ObjectRef, wait_for: WaitFor, boot: Steps[Done]) -> Steps[Done]:
    """Boot a VM, and then wait for its guest if that is wanted."""
    answer = yield from boot
    if wait_for == "running":
        return answer
    addresses: dict[str, str] = yield Address(machine.ref)
    return answer.model_copy(update={"addresses": addresses})
