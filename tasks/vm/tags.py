"""Tags of VMs."""

from typing import Annotated

from pydantic import Field

from tasks import tags
from tasks.engine.declaration.answers import Done, done
from tasks.engine.declaration.field_types import Label, VmTemplateOrSnapshotName
from tasks.engine.declaration.operation import operation
from xenserver.client import Xen

Add = Annotated[tuple[Label, ...], Field(description="tags to add")]
Remove = Annotated[tuple[Label, ...], Field(description="tags to remove")]


@operation()
def tag(xen: Xen, *, vm: VmTemplateOrSnapshotName, add: Add = (), remove: Remove = ()) -> Done:
    """Add tags to a VM and remove others."""
    tags.check(add, remove)
    machine = xen.find.vm_template_or_snapshot(vm)
    for one in dict.fromkeys(add):
        xen.VM.add_tags(machine, one)
    for one in dict.fromkeys(remove):
        xen.VM.remove_tags(machine, one)
    return done("Tags set", machine)
