"""Operations on the virtual network interfaces of VMs."""

from functools import partial

from tasks import hotplug
from tasks.device_numbers import AUTODETECT, on_a_free_number
from tasks.engine.declaration.answers import Created, Done, Found, created, done, found
from tasks.engine.declaration.field_types import (
    After,
    Device,
    Ensures,
    Fields,
    Hard,
    Label,
    Limit,
    Mac,
    Mtu,
    NetworkName,
    OtherConfig,
    Unplugs,
    Uuid,
    VifUuid,
    VmName,
)
from tasks.engine.declaration.idempotence import unless_already
from tasks.engine.declaration.operation import Steps, Undo, operation
from xenserver.client import Xen
from xenserver.objects import ObjectRef


@operation(undo=Undo("xenserver.vif.destroy", "vif", (("unplug", True),)))
def create(
    xen: Xen,
    *,
    vm: VmName,
    network: NetworkName,
    device: Device = AUTODETECT,
    mac: Mac = "",
    mtu: Mtu = 1500,
    other_config: OtherConfig | None = None,
    ensure: Ensures = False,
    must_run: hotplug.MustRun = False,
) -> Steps[Created]:
    """Create an interface of a VM on a network; a running VM sees it once it is plugged.

    With `ensure` an interface of the VM on the network is answered with, whatever its device; where
    a MAC address is given, one that has it.
    """
    machine, net = xen.find.vm(vm), xen.find.network(network)
    if ensure and (there := _there(xen, machine, net, mac)):
        return there
    if must_run:
        hotplug.refuse_halted(xen, machine)
    record = {
        "VM": machine,
        "network": net,
        "device": device,
        "MAC": mac,
        "MTU": mtu,
        "other_config": other_config or {},
        "qos_algorithm_type": "",
        "qos_algorithm_params": {},
    }
    if device == AUTODETECT:
        device, made = yield from on_a_free_number(
            lambda: _free(xen, machine),
            lambda number: xen.Async.VIF.create(record | {"device": number}),
        )
    else:
        made = yield xen.Async.VIF.create(record)
    return created(xen.uuid.vif(made), vm=machine.uuid, device=device)


def _there(xen: Xen, machine: ObjectRef, net: ObjectRef, mac: str) -> Created | None:
    """Return the interface that a VM has on a network, with a MAC if one is given; None if none."""
    where = {"VM": machine, "network": net}
    for there in xen.search.vif(where=where, fields=("device", "MAC")):
        if mac and str(there["MAC"]).lower() != mac.lower():
            continue
        made = created(str(there["uuid"]), vm=machine.uuid, device=str(there["device"]))
        return made.model_copy(update={"was_there": True})
    return None


def _free(xen: Xen, machine: ObjectRef) -> list[str]:
    return sorted(xen.VM.get_allowed_VIF_devices(machine), key=int)


@operation()
def destroy(xen: Xen, *, vif: VifUuid, unplug: Unplugs = False) -> Steps[Done]:
    """Destroy a virtual interface; with `unplug` also one that is attached."""
    interface = xen.find.vif(vif)
    if unplug and xen.VIF.get_currently_attached(interface):
        detached = ("DEVICE_ALREADY_DETACHED", interface.ref)
        yield from unless_already(detached, xen.Async.VIF.unplug(interface))
    yield xen.Async.VIF.destroy(interface)
    return done("VIF Destroyed", interface)


@operation()
def plug(xen: Xen, *, vif: VifUuid, ensure: Ensures = False) -> Steps[Done]:
    """Attach a virtual interface to its running VM."""
    interface = xen.find.vif(vif)
    plugging = hotplug.once(xen.Async.VIF.plug(interface))
    attached = partial(xen.VIF.get_currently_attached, interface)
    did = yield from hotplug.plug(plugging, attached, ensure=ensure)
    return done(f"VIF {did}", interface)


@operation()
def unplug(xen: Xen, *, vif: VifUuid, force: Hard = False, ensure: Ensures = False) -> Steps[Done]:
    """Detach a virtual interface from its running VM; `force` does not wait for the guest."""
    interface = xen.find.vif(vif)
    call = xen.Async.VIF.unplug_force(interface) if force else xen.Async.VIF.unplug(interface)
    attached = partial(xen.VIF.get_currently_attached, interface)
    did = yield from hotplug.unplug(call, attached, ensure=ensure)
    return done(f"VIF {did}", interface)


@operation(internal=True)
def plug_if_running(
    xen: Xen, *, vif: VifUuid, must_run: hotplug.MustRun = False
) -> Steps[hotplug.Plugged]:
    """Attach an interface to its VM if that runs; one that does not sees it when it starts.

    With `must_run`, a VM that is not running is refused.
    """
    interface = xen.find.vif(vif)
    record = xen.VIF.get_record(interface)
    plugged = record["currently_attached"]
    if not plugged:
        plugging = hotplug.once(xen.Async.VIF.plug(interface))
        plugged = yield from hotplug.plug_if_running(xen, record["VM"], plugging, must_run=must_run)
    return hotplug.Plugged(
        return_result=hotplug.outcome("VIF", plugged=plugged),
        uuid=interface.uuid,
        vm=xen.uuid.vm(record["VM"]),
        device=record["device"],
        plugged=plugged,
    )


@operation(queue="find")
def find(
    xen: Xen,
    *,
    uuid: Uuid | None = None,
    vm: VmName | None = None,
    network: NetworkName | None = None,
    device: Device | None = None,
    mac: Label | None = None,
    fields: Fields | None = None,
    limit: Limit | None = None,
    after: After | None = None,
) -> Found:
    """Find virtual interfaces; without criteria, all of them."""
    where = {
        "VM": vm and xen.find.vm(vm),
        "network": network and xen.find.network(network),
        "device": device,
        "MAC": mac and (mac, mac.lower(), mac.upper()),
    }
    records = xen.search.vif(uuid=uuid, where=where, fields=fields, limit=limit, after=after)
    return found(records, "VIF", limit)
