"""A VM as it is moved or exported: its record, its drives, its interfaces.

A bundle is plain JSON. In a file it is in a tar archive, as in an XVA, but in a notation of its own
(`ova.json`), and without the content of disks: a simulated disk has none.
"""

import io
import json
import tarfile
from collections.abc import Callable, Mapping
from typing import Any

from simulator import disks, machines
from simulator.errors import Failure
from simulator.pool import Pool
from simulator.rules.view import peek, records
from simulator.tables import NULL, Database, Record

Bundle = dict[str, Any]

MEMBER = "ova.json"
_REFERENCE = "OpaqueRef:"
_OF_THE_MOMENT = frozenset({"allowed_operations", "current_operations", "domid", "power_state"})
_OF_A_DISK = (*disks.KEPT_BY_COPIES, "read_only")


def pack(db: Database, vm: str) -> Bundle:
    """Return a VM as it is moved or exported."""
    record = db.get("VM", vm)
    return {
        "VM": _portable(record),
        "drives": [_drive(db, drive) for _, drive in records(db, "VBD", record["VBDs"])],
        "interfaces": [_interface(db, ref, vif) for ref, vif in records(db, "VIF", record["VIFs"])],
    }


def unpack(
    pool: Pool,
    bundle: Bundle,
    *,
    place: Callable[[Record], str],
    network: Callable[[Record], str],
    restores: bool,
) -> str:
    """Create the VM of a bundle, halted; `place` gives the SR of a drive's disk.

    With `restores` it is the same VM: it keeps UUID and MAC addresses.
    """
    fields = dict(bundle["VM"])
    if restores and pool.db.where("VM", uuid=fields["uuid"]):
        raise Failure("DUPLICATE_VM", fields["uuid"])
    if not restores:
        config = {k: v for k, v in fields["other_config"].items() if k != machines.MAC_SEED}
        fields |= {"uuid": "", "other_config": config}
    vm = machines.new_vm(pool, fields)
    for drive in bundle["drives"]:
        _attach(pool, vm, drive, place)
    for vif in bundle["interfaces"]:
        made = {**vif["device"], "VM": vm, "network": network(vif)}
        machines.new_vif(pool, made if restores else {**made, "MAC": ""})
    return vm


def write(bundle: Bundle) -> bytes:
    """Return a bundle as a file."""
    text = json.dumps(bundle).encode()
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        member = tarfile.TarInfo(MEMBER)
        member.size = len(text)
        archive.addfile(member, io.BytesIO(text))
    return file.getvalue()


def read(content: bytes) -> Bundle:
    """Read a file that `write` wrote; refuse any other as XenServer refuses what is no XVA."""
    try:
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            member = archive.next()
            found = member.name if member else ""
            file = archive.extractfile(member) if member else None
            text = file.read() if file else b""
    except tarfile.TarError as error:
        raise Failure("IMPORT_ERROR_GENERIC", str(error)) from error
    if found != MEMBER:
        raise Failure("IMPORT_ERROR_UNEXPECTED_FILE", MEMBER, found)
    return dict(json.loads(text))


def _portable(record: Record) -> Record:
    return {
        name: value
        for name, value in record.items()
        if name not in _OF_THE_MOMENT and _REFERENCE not in str(value)
    }


def _drive(db: Database, drive: Record) -> Record:
    disk = peek(db, "VDI", drive["VDI"]) if drive["type"] == "Disk" else None
    kept = {name: disk[name] for name in _OF_A_DISK} if disk else None
    return {"device": _device(drive), "VDI": drive["VDI"], "disk": kept}


def _interface(db: Database, ref: str, vif: Record) -> Record:
    net = db.get("network", vif["network"])
    names = {"network": net["name_label"], "bridge": net["bridge"]}
    return {"ref": ref, "device": _device(vif), **names}


def _device(record: Record) -> Record:
    kept = {name: value for name, value in _portable(record).items() if name != "uuid"}
    return {**kept, "currently_attached": False}


def _attach(pool: Pool, vm: str, drive: Record, place: Callable[[Record], str]) -> None:
    device = {**drive["device"], "VM": vm, "VDI": NULL, "empty": True}
    if drive["disk"]:
        sr = place(drive)
        device |= {"VDI": disks.create(pool, sr, drive["disk"]), "empty": False}
    machines.new_vbd(pool, device)


def by_bridge(db: Database) -> Callable[[Record], str]:
    """Return what gives an interface the network of the same bridge or name, or the first one."""
    known = [(ref, db.get("network", ref)) for ref in db.refs("network")]

    def network(vif: Mapping[str, Any]) -> str:
        names = {vif["network"], vif["bridge"]}
        like = [ref for ref, net in known if {net["name_label"], net["bridge"]} & names]
        return (like or [ref for ref, _ in known])[0]

    return network
