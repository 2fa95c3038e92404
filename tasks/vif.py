"""Operations on the virtual network interfaces of VMs."""

from collections.abc import Generator
from typing import Any

from tasks.frame.answers import Created, Done, Found, created, done, found
from tasks.frame.ensuring import unless_already
from tasks.frame.legs import Leg
from tasks.frame.operation import Steps, Undo, operation
from tasks.frame.vocabulary import (
    After,
    Device,
    Fields,
    Label,
    Limit,
    Map,
    Mtu,
    NetworkName,
    Uuid,
    VifUuid,
    VmName,
)
from xenserver import errors
from xenserver.gate import Xen
from xenserver.things import Thing

DEVICES = 16
"""How many interfaces a VM can have, and so how often somebody else can take the next number."""


@operation(undo=Undo("xenserver.vif.destroy", "vif", (("unplug", True),)))
def create(
    xen: Xen,
    *,
    vm: VmName,
    network: NetworkName,
    device: Device = "autodetect",
    mac: str = "",
    mtu: Mtu = 1500,
    other_config: Map | None = None,
) -> Steps[Created]:
    """Give a VM an interface on a network; a running VM sees it once it is plugged."""
    machine = xen.find.vm(vm)
    record = {
        "VM": machine,
        "network": xen.find.network(network),
        "device": device,
        "MAC": mac,
        "MTU": mtu,
        "other_config": other_config or {},
        "qos_algorithm_type": "",
        "qos_algorithm_params": {},
    }
    if device == "autodetect":
        device, made = yield from _on_a_free_device(xen, machine, record)
    else:
        made = yield xen.later.VIF.create(record)
    return created(xen.uuid.vif(made), vm=machine.uuid, device=device)


def _on_a_free_device(
    xen: Xen, machine: Thing, record: dict[str, Any]
) -> Generator[Leg, Any, tuple[str, str]]:
    """Make an interface with the lowest free number; if that is taken meanwhile, the next."""
    for _ in range(DEVICES):
        free = xen.now.VM.get_allowed_VIF_devices(machine)
        if not free:
            break
        device = min(free, key=int)
        try:
            made = yield xen.later.VIF.create(record | {"device": device})
        except errors.Refused as refused:
            if refused.code != "DEVICE_ALREADY_EXISTS":
                raise
        else:
            return device, made
    words = f"VM {machine} has no free interface number; destroy one of its interfaces first"
    raise errors.from_api("INVALID_DEVICE", ["autodetect"], words=words)


@operation()
def destroy(xen: Xen, *, vif: VifUuid, unplug: bool = False) -> Steps[Done]:
    """Destroy a virtual interface; with `unplug` also one that is attached."""
    interface = xen.find.vif(vif)
    if unplug and xen.now.VIF.get_currently_attached(interface):
        detached = ("DEVICE_ALREADY_DETACHED", interface.ref)
        yield from unless_already(detached, xen.later.VIF.unplug(interface))
    yield xen.later.VIF.destroy(interface)
    return done("VIF Destroyed", interface)


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
