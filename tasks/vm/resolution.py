"""The VMs that several names mean."""

from typing import Annotated

from pydantic import Field

from config import queues
from tasks import hotplug
from tasks.engine.declaration.answers import Answer
from tasks.engine.declaration.field_types import NetworkName, VmName
from tasks.engine.declaration.operation import operation
from xenserver.client import Xen

VmNames = Annotated[
    tuple[VmName, ...], Field(min_length=1, description="VMs, by UUID or name label")
]


class Resolved(Answer):
    """VMs by UUID, each once."""

    vms: list[str]


@operation(queue=queues.FIND, internal=True)
def resolve(
    xen: Xen,
    *,
    vms: VmNames,
    network: NetworkName | None = None,
    must_run: hotplug.MustRun = False,
) -> Resolved:
    """Return the UUIDs of VMs in the order of their names; a VM that is named twice counts once.

    A `network` must exist too, and with `must_run` each of the VMs must run.
    """
    machines = {machine.uuid: machine for machine in map(xen.find.vm, vms)}
    if network:
        xen.find.network(network)
    for machine in machines.values() if must_run else ():
        hotplug.refuse_halted(xen, machine)
    uuids = list(machines)
    text = "1 VM" if len(uuids) == 1 else f"{len(uuids)} VMs"
    return Resolved(return_result=text, vms=uuids)
