"""The life of VMs: found, installed, destroyed."""

from tasks.frame.answers import Created, Done, Found, created, done, found
from tasks.frame.operation import Steps, operation
from tasks.frame.vocabulary import Fields, Label, Limit, SrName, TemplateName, Text, Uuid, VmName
from tasks.vm.copies import DISCARD
from xenserver.gate import Xen


@operation(queue="find")
def find(  # noqa: PLR0913 - each criterion is a field of the message
    xen: Xen,
    *,
    uuid: Uuid | None = None,
    name: Label | None = None,
    is_search_expression: bool = False,
    fields: Fields | None = None,
    limit: Limit | None = None,
    after: Uuid | None = None,
) -> Found:
    """Find VMs; without criteria, all of them."""
    records = xen.search.vm(
        uuid=uuid,
        name=name,
        is_search_expression=is_search_expression,
        fields=fields,
        limit=limit,
        after=after,
    )
    return found(records, "VM")


@operation(undo=DISCARD)
def install(
    xen: Xen,
    *,
    template: TemplateName,
    name: Label | None = None,
    sr: SrName | None = None,
    description: Text | None = None,
    in_place: bool = False,
) -> Steps[Created]:
    """Make a VM of a template: clone it, then have XenServer make the disks it asks for."""
    source = xen.find.template(template)
    new = source.ref if in_place else (yield xen.later.VM.clone(source, name))
    yield xen.later.VM.provision(new)
    return created(xen.uuid.vm(new), name=name)


@operation()
def destroy(xen: Xen, *, vm: VmName) -> Steps[Done]:
    """Destroy a halted VM; every disk stays."""
    machine = xen.find.vm(vm)
    yield xen.later.VM.destroy(machine)
    return done("VM Destroyed", machine)


@operation()
def discard(xen: Xen, *, vm: Uuid) -> Steps[Done]:
    """Undo the making of a VM: power it off, destroy it and the disks that were made with it."""
    ref = xen.now.VM.get_by_uuid(vm)
    record = xen.now.VM.get_record(ref)
    if record["power_state"] != "Halted":
        yield xen.later.VM.hard_shutdown(ref)
    yield xen.later.VM.destroy(ref)
    return done("VM discarded")
