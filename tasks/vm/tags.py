"""Tags of VMs: words by which they are found."""

from typing import Annotated

from pydantic import Field

from tasks.engine.declaration.answers import Done, done
from tasks.engine.declaration.field_types import Label, VmTemplateOrSnapshotName
from tasks.engine.declaration.operation import operation
from xenserver.client import Xen

Add = Annotated[tuple[Label, ...], Field(description="tags that it is to have")]
Remove = Annotated[tuple[Label, ...], Field(description="tags that it is not to have")]


@operation()
def tag(xen: Xen, *, vm: VmTemplateOrSnapshotName, add: Add = (), remove: Remove = ()) -> Done:
    """Add tags to a VM and remove others; what is so already stays so."""
    machine = xen.find.vm_template_or_snapshot(vm)
    for one in dict.fromkeys(add):
        xen.VM.add_tags(machine, one)
    for one in dict.fromkeys(remove):
        xen.VM.remove_tags(machine, one)
    return done("Tags set", machine)
