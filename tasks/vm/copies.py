"""Copies of VMs: clone, full copy, snapshot, and the way back to a snapshot."""

from dataclasses import replace
from typing import Annotated

from pydantic import Field

from tasks import storage_choice
from tasks.engine.declaration.answers import Created, Done, created
from tasks.engine.declaration.field_types import (
    Label,
    SnapshotName,
    SrName,
    VmName,
    VmTemplateOrSnapshotName,
)
from tasks.engine.declaration.operation import Steps, Undo, operation
from tasks.vm import provisioning
from xenserver.client import Xen
from xenserver.objects import ObjectRef

DISCARD = Undo("xenserver.vm.discard", "vm", first="xenserver.vm.power_off")

DISCARD_WITH_DISKS = replace(DISCARD, options=(("all_disks", True),))


TemplateOnly = Annotated[
    bool, Field(description="refuse what is not a template, or cannot be installed")
]
DisksOn = Annotated[
    SrName, Field(description="with template_only: the repository that vm.install will be given")
]


@operation(undo=DISCARD)
def clone(
    xen: Xen,
    *,
    vm: VmTemplateOrSnapshotName,
    name: Label,
    template_only: TemplateOnly = False,
    disks_on: DisksOn | None = None,
) -> Steps[Created]:
    """Copy a halted VM, template or snapshot, sharing its disks where the storage can."""
    where = storage_choice.choose(xen, disks_on) if disks_on else None
    new = yield xen.Async.VM.clone(_source(xen, vm, where, template_only=template_only), name)
    return created(xen.uuid.vm(new), name=name)


@operation(undo=DISCARD)
def copy(
    xen: Xen,
    *,
    vm: VmTemplateOrSnapshotName,
    name: Label,
    sr: SrName | None = None,
    template_only: TemplateOnly = False,
) -> Steps[Created]:
    """Copy a halted VM, template or snapshot in full, onto the same repositories or onto `sr`."""
    where = storage_choice.choose(xen, sr) if sr else None
    source = _source(xen, vm, where, template_only=template_only)
    new = yield xen.Async.VM.copy(source, name, where)
    return created(xen.uuid.vm(new), name=name)


def _source(xen: Xen, vm: str, where: ObjectRef | None, *, template_only: bool) -> ObjectRef:
    """Return what is copied; a template must be fit for vm.install, onto `where` if given."""
    if not template_only:
        return xen.find.vm_template_or_snapshot(vm)
    template = xen.find.template(vm)
    provisioning.check(xen, template, where)
    return template


WithMemory = Annotated[bool, Field(description="include the memory of a running VM")]


@operation(undo=DISCARD)
def snapshot(
    xen: Xen, *, vm: VmName, name: Label, with_memory: WithMemory = False
) -> Steps[Created]:
    """Snapshot a VM's disks; with `with_memory`, its memory too."""
    machine = xen.find.vm(vm)
    if with_memory:
        new = yield xen.Async.VM.checkpoint(machine, name)
    else:
        new = yield xen.Async.VM.snapshot(machine, name)
    return created(xen.uuid.vm(new), name=name, vm=machine.uuid)


@operation()
def revert(xen: Xen, *, snapshot: SnapshotName) -> Steps[Done]:
    """Revert a VM to a snapshot of it; what it wrote since then is lost."""
    kept = xen.find.snapshot(snapshot)
    yield xen.Async.VM.revert(kept)
    machine = xen.VM.get_record(xen.VM.get_snapshot_of(kept))
    return Done(
        return_result="VM reverted",
        uuid=machine["uuid"],
        name_label=machine["name_label"],
        power_state=machine["power_state"],
    )
