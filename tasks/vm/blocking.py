"""Operations that a VM forbids, each with a reason."""

from typing import Annotated, Literal

from pydantic import Field

from tasks.engine.declaration.answers import Done, done
from tasks.engine.declaration.field_types import Text, VmOrTemplateName
from tasks.engine.declaration.operation import operation
from xenserver.client import Xen

Verb = Literal[
    "checkpoint",
    "clean_reboot",
    "clean_shutdown",
    "clone",
    "copy",
    "destroy",
    "export",
    "hard_reboot",
    "hard_shutdown",
    "make_into_template",
    "migrate_send",
    "pause",
    "pool_migrate",
    "provision",
    "resume",
    "resume_on",
    "revert",
    "snapshot",
    "start",
    "start_on",
    "suspend",
    "unpause",
]
Verbs = Annotated[
    tuple[Verb, ...],
    Field(min_length=1, description="the operations to block: destroy, start, ..."),
]
AllOrVerbs = Annotated[
    tuple[Verb, ...], Field(description="the operations to unblock; without any, all")
]
Reason = Annotated[Text, Field(description="the reason, which callers see")]


@operation()
def block(
    xen: Xen, *, vm: VmOrTemplateName, operations: Verbs, reason: Reason = "blocked by xenflow"
) -> Done:
    """Block operations of a VM: XenServer refuses them until they are unblocked."""
    machine = xen.find.vm_or_template(vm)
    for verb in dict.fromkeys(operations):
        xen.VM.remove_from_blocked_operations(machine, verb)
        xen.VM.add_to_blocked_operations(machine, verb, reason)
    return done("Operations blocked", machine)


@operation()
def unblock(xen: Xen, *, vm: VmOrTemplateName, operations: AllOrVerbs = ()) -> Done:
    """Unblock operations of a VM; without `operations`, all that are blocked."""
    machine = xen.find.vm_or_template(vm)
    if not operations:
        xen.VM.set_blocked_operations(machine, {})
    for verb in dict.fromkeys(operations):
        xen.VM.remove_from_blocked_operations(machine, verb)
    return done("Operations unblocked", machine)
