"""The VMs that several names mean."""

from typing import Annotated

from pydantic import Field

from config import queues
from tasks.engine.declaration.answers import Answer
from tasks.engine.declaration.field_types import VmName
from tasks.engine.declaration.operation import operation
from xenserver.client import Xen

VmNames = Annotated[
    tuple[VmName, ...], Field(min_length=1, description="VMs, by UUID or name label")
]


class Resolved(Answer):
    """VMs by UUID, each once."""

    vms: list[str]


@operation(queue=queues.FIND, internal=True)
def resolve(xen: Xen, *, vms: VmNames) -> Resolved:
    """Return the UUIDs of VMs in the order of their names; a VM that is named twice counts once."""
    uuids = list(dict.fromkeys(xen.find.vm(vm).uuid for vm in vms))
    text = "1 VM" if len(uuids) == 1 else f"{len(uuids)} VMs"
    return Resolved(return_result=text, vms=uuids)
