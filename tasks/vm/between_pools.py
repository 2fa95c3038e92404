"""VMs that move to another pool with their disks, or are copied there.

The pools talk to each other directly: no byte passes through a worker, and the session that the
other pool opens for it is in no message, journal or answer.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from tasks import storage_choice
from tasks.engine.declaration.answers import Answer, NameLabel, PowerState
from tasks.engine.declaration.field_types import (
    Ensures,
    HostName,
    Insists,
    Label,
    Map,
    NetworkName,
    SrName,
    VmName,
)
from tasks.engine.declaration.operation import Steps, operation
from tasks.vm.copies import DISCARD_WITH_DISKS
from tasks.vm.migration import Live
from xenserver import errors, other_pools
from xenserver.client import Xen
from xenserver.objects import ObjectRef

Record = Mapping[str, Any]

Destination = Annotated[Label, Field(description="the other pool: a configured connection profile")]
HostThere = Annotated[
    HostName, Field(description="a host of the other pool; default: its coordinator")
]
SrThere = Annotated[
    SrName, Field(description="the SR of its disks in the other pool, or a rule such as @room")
]
Srs = Annotated[
    Map,
    Field(description="the SR of single disks: name or UUID of a disk, or of its SR -> SR there"),
]
NetworkThere = Annotated[
    NetworkName,
    Field(description="the network of its interfaces there; default: the one of the same name"),
]
Networks = Annotated[
    Map,
    Field(
        description="the network of single interfaces: name or UUID of a network -> network there"
    ),
]
Transfer = Annotated[
    NetworkName,
    Field(description="the network there for the transfer; default: the management network"),
]


class Sent(Answer):
    """A VM is in another pool."""

    uuid: str = Field(description="the VM there")
    name_label: NameLabel
    power_state: PowerState
    destination: str = Field(description="the target that it is on")


@dataclass(frozen=True)
class _Places:
    """Where a VM goes: the pool, and what its parts are to be on there."""

    there: Xen
    sr: str
    srs: Mapping[str, str]
    network: str | None
    networks: Mapping[str, str]


@operation()
def migrate_to_pool(
    xen: Xen,
    *,
    vm: VmName,
    destination: Destination,
    host: HostThere | None = None,
    sr: SrThere = storage_choice.DEFAULT,
    srs: Srs | None = None,
    network: NetworkThere | None = None,
    networks: Networks | None = None,
    transfer_network: Transfer | None = None,
    live: Live = True,
    force: Insists = False,
    ensure: Ensures = False,
) -> Steps[Sent]:
    """Move a VM with disks and snapshots to another pool; a running VM keeps running.

    The other pool is asked where it takes the VM (`host.migrate_receive`), this one sends it. It
    keeps its UUID and MAC addresses. A CD is ejected. With `ensure` it may be there already.
    """
    there = xen.at(destination)
    _refuse_the_same(xen, there, destination)
    try:
        machine = xen.find.vm(vm)
    except errors.Missing:
        if not ensure:
            raise
        return _sent(there, there.find.vm(vm).ref, destination, "VM already in that pool")
    places = _Places(there, sr, srs or {}, network, networks or {})
    with _named(destination):
        receiver = _receiver(there, destination, host, transfer_network)
        disks, interfaces = _maps(xen, machine, places)
    options = {"force": "true"} if force else {}
    made = yield xen.Async.VM.migrate_send(machine, receiver, live, disks, interfaces, options)
    return _sent(there, made, destination, "VM migrated")


@operation(undo=DISCARD_WITH_DISKS)
def copy_to_pool(
    xen: Xen,
    *,
    vm: VmName,
    destination: Destination,
    name: Label | None = None,
    host: HostThere | None = None,
    sr: SrThere = storage_choice.DEFAULT,
    srs: Srs | None = None,
    network: NetworkThere | None = None,
    networks: Networks | None = None,
    transfer_network: Transfer | None = None,
    force: Insists = False,
) -> Steps[Sent]:
    """Copy a halted VM in full to another pool; without a name, under its own.

    The copy has a UUID and MAC addresses of its own, and no snapshots.
    """
    there = xen.at(destination)
    _refuse_the_same(xen, there, destination)
    machine = xen.find.vm(vm)
    places = _Places(there, sr, srs or {}, network, networks or {})
    with _named(destination):
        receiver = _receiver(there, destination, host, transfer_network)
        disks, interfaces = _maps(xen, machine, places)
    options = {"copy": "true", **({"force": "true"} if force else {})}
    made = yield xen.Async.VM.migrate_send(machine, receiver, False, disks, interfaces, options)  # noqa: FBT003 - in wire order: not live
    if name is not None:
        there.VM.set_name_label(made, name)
    return _sent(there, made, destination, None)


def _sent(there: Xen, made: str, destination: str, text: str | None) -> Sent:
    record = there.VM.get_record(made)
    return Sent(
        return_result=text or record["uuid"],
        uuid=record["uuid"],
        name_label=record["name_label"],
        power_state=record["power_state"],
        destination=destination,
    )


@contextmanager
def _named(destination: str) -> Iterator[None]:
    """Have what is not found say that it was looked for in the other pool."""
    try:
        yield
    except errors.Missing as missing:
        text = f"target {destination}: {missing.message}"
        raise type(missing)(missing.code, missing.params, text) from missing


def _refuse_the_same(xen: Xen, there: Xen, destination: str) -> None:
    """Refuse a destination that is the VM's own pool, by whatever target."""
    pools = [pool for each in (xen, there) for pool in each.search.pool(fields=("uuid",))]
    if len({pool["uuid"] for pool in pools}) == 1:
        text = f"destination: {destination} is the pool that the VM is in; use vm.migrate, "
        text += "vm.copy or vdi.move"
        problem = f"destination: {destination} is the VM's own pool"
        raise errors.invalid(problem, text=text)


def _receiver(
    there: Xen, destination: str, host: str | None, network: str | None
) -> Mapping[str, object]:
    """Return the host that the VM goes to, and the network by which it comes."""
    [pool] = there.search.pool(fields=("master",))
    receiving = there.find.host(host or str(pool["master"]))
    if network is not None:
        return other_pools.receiver(destination, receiving, there.find.network(network))
    pifs = there.search.pif(where={"host": receiving}, fields=("management", "network"))
    managing = [str(pif["network"]) for pif in pifs if pif["management"]]
    if not managing:
        text = f"host {receiving} has no management interface; name a transfer_network"
        raise errors.from_api("HOST_HAS_NO_MANAGEMENT_IP", [], text=text)
    return other_pools.receiver(destination, receiving, there.find.network(managing[0]))


def _maps(
    xen: Xen, machine: ObjectRef, places: _Places
) -> tuple[dict[str, ObjectRef], dict[str, ObjectRef]]:
    """Return where each disk and each interface of a VM goes; refuse names that mean none."""
    record = xen.VM.get_record(machine)
    used: set[str] = set()
    drives = [xen.VBD.get_record(ref) for ref in record["VBDs"]]
    held = [drive["VDI"] for drive in drives if drive["type"] == "Disk" and not drive["empty"]]
    disks = {ref: _sr_for(xen, ref, places, used) for ref in held}
    interfaces = {ref: _network_for(xen, ref, places, used) for ref in record["VIFs"]}
    unknown = sorted({*places.srs, *places.networks} - used)
    if unknown:
        problem = f"srs, networks: VM {machine} has nothing named {', '.join(unknown)}"
        raise errors.invalid(problem)
    return disks, interfaces


def _sr_for(xen: Xen, disk: str, places: _Places, used: set[str]) -> ObjectRef:
    record = xen.VDI.get_record(disk)
    home = xen.SR.get_record(record["SR"]) if places.srs else {}
    names = [record["uuid"], record["name_label"], home.get("uuid"), home.get("name_label")]
    chosen = [name for name in names if name in places.srs]
    used.update(chosen)
    text = places.srs[chosen[0]] if chosen else places.sr
    return storage_choice.choose(places.there, text, int(record["virtual_size"]))


def _network_for(xen: Xen, interface: str, places: _Places, used: set[str]) -> ObjectRef:
    record = xen.network.get_record(xen.VIF.get_network(interface))
    names = [record["uuid"], record["name_label"]]
    chosen = [name for name in names if name in places.networks]
    used.update(chosen)
    text = places.networks[chosen[0]] if chosen else places.network or record["name_label"]
    return places.there.find.network(text)
