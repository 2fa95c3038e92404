"""Migration with storage (ocaml/xapi/xapi_vm_migrate.ml)."""

from collections.abc import Mapping
from typing import Any

from simulator import cross_pool, disks, locks, placement, preconditions
from simulator.call import Call
from simulator.cross_pool import Sending, Strings
from simulator.errors import Failure, internal
from simulator.methods import method, vm_sleep
from simulator.rules.view import records
from simulator.tables import Record

_KEYS = ("host", "SM", "xenops", "session_id", "master")
_COPY = (
    "Copy mode is disallowed on intra pool storage migration, "
    "try efficient alternatives e.g. VM.copy/clone."
)


@method("host.migrate_receive")
async def migrate_receive(call: Call, host: str, network: str, _options: Strings) -> Strings:
    """Return where a VM is to be sent: addresses of the host on a network, and a session."""
    call.db.get("host", host)
    call.db.get("network", network)
    pifs = call.db.where("PIF", host=host, network=network)
    if not pifs:
        raise Failure("HOST_CANNOT_ATTACH_NETWORK", host, network)
    address = call.db.get("PIF", pifs[0])["IP"]
    if not address:
        raise Failure("INTERFACE_HAS_NO_IP", pifs[0])
    session = call.pool.sessions.further(call.session)
    service = f"http://{address}/services/{{}}?session_id={session}"
    return {
        "SM": service.format("SM"),
        "host": host,
        "xenops": service.format("xenops"),
        "session_id": session,
        "master": f"{call.pool.url or 'http://' + call.pool.address}/",
    }


@method("VM.migrate_send")
async def migrate_send(call: Call, *wire: Any) -> str:  # noqa: ANN401 - the fields of Sending
    """Move a VM and its disks to a host and to repositories, of this pool or of another."""
    asked = Sending(*wire)
    async with call.current_operation("VM", asked.vm, "migrate_send"):
        if _is_elsewhere(call, asked.dest):
            return await cross_pool.send(call, asked)
        _assert_possible(call, asked)
        await _move(call, asked.vm, asked.dest["host"], asked.vdi_map)
        return asked.vm


@method("VM.assert_can_migrate")
async def assert_can_migrate(call: Call, *wire: Any) -> None:  # noqa: ANN401 - the fields of Sending
    """Refuse a migration that cannot succeed."""
    _assert_possible(call, Sending(*wire))


@method("VM.assert_can_migrate_sender")
async def assert_can_migrate_sender(call: Call, *wire: Any) -> None:  # noqa: ANN401 - the fields of Sending
    """Refuse a migration that this end cannot begin; its last two parameters change places."""
    _assert_possible(call, Sending(*(*wire[:-2], wire[-1], wire[-2])))


@method("VDI.pool_migrate")
async def pool_migrate(call: Call, vdi: str, sr: str, _options: Strings) -> str:
    """Move a disk of a running VM to another repository; return the disk that is there then."""
    call.db.get("VDI", vdi)
    call.db.get("SR", sr)
    for vbd, drive in records(call.db, "VBD", call.db.get("VDI", vdi)["VBDs"]):
        vm = drive["VM"]
        if call.db.get("VM", vm)["power_state"] == "Running":
            host = call.db.get("VM", vm)["resident_on"]
            if not placement.sees_storage(call.db, host, sr):
                raise Failure("VM_REQUIRES_SR", vm, sr)
            async with call.current_operation("VM", vm, "migrate_send"):
                await _move(call, vm, host, {vdi: sr})
            return str(call.db.get("VBD", vbd)["VDI"])
    raise Failure("VDI_NEEDS_VM_FOR_MIGRATE", vdi)


def _assert_possible(call: Call, asked: Sending) -> None:
    vm, vdi_map = asked.vm, asked.vdi_map
    if _is_elsewhere(call, asked.dest):
        cross_pool.assert_possible(call, asked)
        return
    record = call.db.get("VM", vm)
    host = _destination(call, asked.dest)
    if asked.options.get("copy") == "true":
        raise Failure("OPERATION_NOT_ALLOWED", _COPY)
    if host != record["resident_on"]:
        preconditions.check(call.db, "host", host, "vm_migrate")
        placement.assert_up(call.db, host)
    for vdi, sr in vdi_map.items():
        call.db.get("VDI", vdi)
        call.db.get("SR", sr)
        if not placement.sees_storage(call.db, host, sr):
            raise Failure("VM_REQUIRES_SR", vm, sr)
    _assert_disks_seen(call, vm, host, vdi_map)


def _is_elsewhere(call: Call, dest: Strings) -> bool:
    """Return whether a destination is a host of another pool, as far as can be seen."""
    is_ours = (
        call.db.exists("host", dest.get("host", "")) or dest.get("master") == f"{call.pool.url}/"
    )
    return all(key in dest for key in _KEYS) and not is_ours


def _destination(call: Call, dest: Mapping[str, str]) -> str:
    """Return the host in the answer of `host.migrate_receive`; it must be one of this pool."""
    if any(key not in dest for key in _KEYS):
        raise internal("Not_found")
    if not call.db.exists("host", dest["host"]):
        raise Failure("CANNOT_CONTACT_HOST", dest["host"])
    return dest["host"]


def _assert_disks_seen(call: Call, vm: str, host: str, vdi_map: Mapping[str, str]) -> None:
    for _, vdi in _disks(call, vm):
        sr = vdi["SR"]
        if vdi["ref"] not in vdi_map and not placement.sees_storage(call.db, host, sr):
            raise Failure("VM_REQUIRES_SR", vm, sr)


def _disks(call: Call, vm: str) -> list[tuple[str, Record]]:
    """Return the drives of a VM that hold a disk, and the disks with their references."""
    drives = records(call.db, "VBD", list(call.db.get("VM", vm)["VBDs"]))
    return [
        (vbd, {**call.db.get("VDI", drive["VDI"]), "ref": drive["VDI"]})
        for vbd, drive in drives
        if drive["type"] == "Disk" and call.db.exists("VDI", drive["VDI"])
    ]


async def _move(call: Call, vm: str, host: str, vdi_map: Mapping[str, str]) -> None:
    record = call.db.get("VM", vm)
    if record["power_state"] == "Running" and record["resident_on"] != host:
        async with locks.receiving_host(call, host, "vm_migrate"):
            await vm_sleep.migrate(call, vm, host)
    else:
        await call.work("VM.pool_migrate")
    for vbd, disk in _disks(call, vm):
        sr = vdi_map.get(disk["ref"], disk["SR"])
        if sr != disk["SR"]:
            moved = _move_disk(call, vbd, disk["ref"], sr)
            _move_snapshots(call, disk["snapshots"], moved, sr)
    call.refresh([("VM", vm, "")])


def _move_disk(call: Call, vbd: str, vdi: str, sr: str) -> str:
    moved = disks.copy(call.pool, vdi, sr)
    call.db.put("VBD", vbd, VDI=moved)
    disks.drop(call.db, vdi)
    return moved


def _move_snapshots(call: Call, snapshots: list[str], disk: str, sr: str) -> None:
    """Move those snapshots of a disk along that are in snapshots of VMs; others stay."""
    for ref, record in records(call.db, "VDI", snapshots):
        for vbd in list(record["VBDs"]):
            moved = _move_disk(call, vbd, ref, sr)
            time = record["snapshot_time"]
            kept = {"is_a_snapshot": True, "snapshot_of": disk, "snapshot_time": time}
            call.db.put("VDI", moved, **kept)
