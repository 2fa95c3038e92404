"""What is lost by an operation that destroys, as a person is asked about it."""

from collections.abc import Callable, Mapping
from typing import Any

from cli.catalogue_index import Entry

Fields = Mapping[str, Any]


def of(entry: Entry, fields: Fields) -> str:
    """Return what is lost where a message is executed; of an operation of one's own its summary."""
    known = _LOSSES.get(entry.name)
    return known(fields) if known else f"{entry.summary.rstrip('.')}; it cannot be undone"


def is_known(entry: Entry) -> bool:
    """Return whether an operation has a text of its own."""
    return entry.name in _LOSSES


def _vm_and_disks(fields: Fields) -> str:
    if not fields.get("delete_disks"):
        return f"VM {fields['vm']} will be lost; its disks stay"
    keeps_snapshots = fields.get("snapshots") == "keep"
    lost = "and its disks" if keeps_snapshots else ", its disks and its snapshots"
    shared = ", disks that other VMs use too" if fields.get("delete_shared_disks") else ""
    kept = [*map(str, fields.get("keep_disks") or ()), *(["snapshots"] if keeps_snapshots else [])]
    stays = f"; {', '.join(kept)} stay" if kept else ""
    return f"VM {fields['vm']}{'' if lost[0] == ',' else ' '}{lost} will be lost{shared}{stays}"


def _network(fields: Fields) -> str:
    vlans = " and its VLANs" if fields.get("remove_vlans") else ""
    return f"network {fields['network']}{vlans} will be lost"


def _snapshot(fields: Fields) -> str:
    named = f"snapshot {fields['snapshot']}"
    if fields.get("keep_disks"):
        return f"{named} will be lost; its disks and its VM stay"
    return f"{named} and its disks will be lost; its VM stays"


_LOSSES: Mapping[str, Callable[[Fields], str]] = {
    "flow.destroy_vm_and_disks": _vm_and_disks,
    "xenserver.network.destroy": _network,
    "xenserver.vbd.destroy": lambda fields: f"device {fields['vbd']} will be lost; its disk stays",
    "xenserver.vdi.destroy": lambda fields: f"disk {fields['vdi']} and all its data will be lost",
    "xenserver.vif.destroy": lambda fields: f"network interface {fields['vif']} will be lost",
    "xenserver.vm.destroy": lambda fields: f"VM {fields['vm']} will be lost; its disks stay",
    "xenserver.vm.destroy_snapshot": _snapshot,
    "xenserver.vm.revert": lambda fields: (
        f"what the VM wrote since snapshot {fields['snapshot']} will be lost"
    ),
}
