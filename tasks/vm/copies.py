"""Copies of VMs: clone, full copy, snapshot, revert."""

from tasks.frame.answers import Created, created
from tasks.frame.operation import Steps, Undo, operation
from tasks.frame.vocabulary import Label, SrName, VmOrTemplateName
from xenserver.gate import Xen

DISCARD = Undo("xenserver.vm.discard", "vm")


@operation(undo=DISCARD)
def clone(xen: Xen, *, vm: VmOrTemplateName, name: Label) -> Steps[Created]:
    """Copy a halted VM or a template under a new name, sharing its disks where the storage can."""
    new = yield xen.later.VM.clone(xen.find.vm_or_template(vm), name)
    return created(xen.uuid.vm(new), name=name)


@operation(undo=DISCARD)
def copy(
    xen: Xen, *, vm: VmOrTemplateName, name: Label, sr: SrName | None = None
) -> Steps[Created]:
    """Copy a halted VM or a template in full, onto one storage repository or each disk onto its own."""
    where = xen.find.sr(sr) if sr else None
    new = yield xen.later.VM.copy(xen.find.vm_or_template(vm), name, where)
    return created(xen.uuid.vm(new), name=name)
