"""The life of VMs: found, installed, destroyed."""

from collections.abc import Generator
from typing import Annotated, Any

from pydantic import Field

from tasks import storage_choice
from tasks.engine.declaration.answers import Created, Done, Found, created, done, found
from tasks.engine.declaration.field_types import (
    After,
    Description,
    Fields,
    HostName,
    Label,
    Limit,
    Searches,
    SrName,
    Tag,
    TemplateName,
    Templates,
    Uuid,
    VmName,
    VmTemplateOrSnapshotName,
)
from tasks.engine.declaration.idempotence import unless_already
from tasks.engine.declaration.operation import Steps, operation
from tasks.engine.declaration.suspensions import Suspension
from tasks.vm import provisioning
from tasks.vm.copies import DISCARD
from tasks.vm.states import State, already
from xenserver import object_kinds
from xenserver.client import Xen
from xenserver.objects import ObjectRef

Snapshots = Annotated[bool, Field(description="find snapshots too")]
AllDisks = Annotated[bool, Field(description="destroy its disks, whether marked as its own or not")]
InPlace = Annotated[
    bool, Field(description="turn the template itself into the VM, not a copy of it")
]


CopiedFrom = Annotated[
    TemplateName,
    Field(description="with in_place: the template it was copied from, for error messages"),
]


@operation(queue="find")
def find(
    xen: Xen,
    *,
    uuid: Uuid | None = None,
    name: Label | None = None,
    is_search_expression: Searches = False,
    power_state: State | None = None,
    host: HostName | None = None,
    tag: Tag | None = None,
    include_templates: Templates = False,
    include_snapshots: Snapshots = False,
    fields: Fields | None = None,
    limit: Limit | None = None,
    after: After | None = None,
) -> Found:
    """Find VMs; without criteria, all of them. A UUID finds any kind, control domains too."""
    sorts = {"VM": True, "template": include_templates, "snapshot": include_snapshots}
    wanted = object_kinds.is_a(*(sort for sort, included in sorts.items() if included))
    records = xen.search.vm(
        uuid=uuid,
        name=name,
        is_search_expression=is_search_expression,
        where={
            "power_state": power_state,
            "resident_on": host and xen.find.host(host),
            "tags": tag,
        },
        fits=None if uuid else wanted,
        fields=fields,
        limit=limit,
        after=after,
    )
    return found(records, "VM", limit)


@operation(undo=DISCARD)
def install(
    xen: Xen,
    *,
    template: TemplateName,
    name: Label | None = None,
    sr: SrName | None = None,
    description: Description | None = None,
    in_place: InPlace = False,
    copied_from: CopiedFrom | None = None,
) -> Steps[Created]:
    """Create a VM from a copy of a template; with `in_place`, from the template itself.

    Its disks go onto `sr`; without one, new ones go where the template says, or onto the pool's
    default repository.
    """
    source = xen.find.template(template)
    where = storage_choice.choose(xen, sr) if sr else None
    new, default = source.ref, ""
    if not in_place:
        default = provisioning.check(xen, source, where)
        new = yield provisioning.copy_of(xen, source, name, where)
    provisioning.describe(xen, new, name=name if in_place else None, description=description)
    provisioning.place_disks(xen, new, where, copied_from or source.name, default)
    yield xen.Async.VM.provision(new)
    return created(xen.uuid.vm(new), name=name or source.name)


@operation()
def destroy(xen: Xen, *, vm: VmName) -> Steps[Done]:
    """Destroy a halted VM; its disks stay."""
    machine = xen.find.vm(vm)
    yield xen.Async.VM.destroy(machine)
    return done("VM Destroyed", machine)


@operation(internal=True)
def discard(xen: Xen, *, vm: VmTemplateOrSnapshotName, all_disks: AllDisks = False) -> Steps[Done]:
    """Undo the creation of a VM: cut its power, destroy it and the disks created with it."""
    machine = xen.find.vm_template_or_snapshot(vm)
    disks = _made_with(xen, machine, all_disks=all_disks)
    yield from _powered_off(xen, machine)
    yield xen.Async.VM.destroy(machine)
    for disk in disks:
        yield xen.Async.VDI.destroy(disk)
    return done("VM discarded", machine)


@operation(internal=True)
def power_off(xen: Xen, *, vm: VmTemplateOrSnapshotName) -> Steps[Done]:
    """Cut a VM's power, if it has any, so that the devices created for it can be undone."""
    machine = xen.find.vm_template_or_snapshot(vm)
    yield from _powered_off(xen, machine)
    return done("VM is halted", machine, power_state="Halted")


def _powered_off(xen: Xen, machine: ObjectRef) -> Generator[Suspension, Any, None]:
    if xen.VM.get_power_state(machine) != "Halted":
        yield from unless_already(already("Halted"), xen.Async.VM.hard_shutdown(machine))


def _made_with(xen: Xen, machine: ObjectRef, *, all_disks: bool) -> list[str]:
    """Return the disks made with a VM (their VBDs are marked "owner") that no other uses."""
    drives = [xen.VBD.get_record(vbd) for vbd in xen.VM.get_VBDs(machine)]
    held = [d for d in drives if d["type"] == "Disk" and not d["empty"]]
    disks = [d["VDI"] for d in held if all_disks or "owner" in d["other_config"]]
    return [disk for disk in disks if len(xen.VDI.get_VBDs(disk)) == 1]
