"""Methods of VBDs (ocaml/xapi/xapi_vbd.ml)."""

from typing import Any

from simulator import domains, machines, preconditions, slots
from simulator.call import Call
from simulator.errors import Failure
from simulator.methods import method
from simulator.rules import devices
from simulator.rules import vdi as vdi_rules
from simulator.rules import vm as vm_rules
from simulator.rules.view import View, busy
from simulator.tables import NULL, Record

_ODD_TYPES = frozenset({"ha_statefile", "redo_log", "cbt_metadata"})
_MIGRATING = frozenset({"pool_migrate", "migrate_send"})


@method("VBD.create")
async def create(call: Call, args: dict[str, Any]) -> str:
    """Create a drive without plugging it."""
    _assert_medium(call, args)
    vm = call.db.get("VM", args["VM"])
    _assert_not_migrating(args["VM"], vm)
    number = _number(call, args)
    suspended = vm["power_state"] == "Suspended"
    attached = {} if suspended else {"device": "", "currently_attached": False}
    empty = args["empty"]
    return machines.new_vbd(
        call.pool,
        {**args, "userdevice": number, **attached, "VDI": NULL if empty else args["VDI"]},
    )


@method("VBD.destroy")
async def destroy(call: Call, vbd: str) -> None:
    """Delete a drive; its disk stays."""
    record = call.db.get("VBD", vbd)
    if record["currently_attached"]:
        vm = call.db.get("VM", record["VM"])["uuid"]
        text = f"VBD '{record['uuid']}' still attached to '{vm}'"
        raise Failure("OPERATION_NOT_ALLOWED", text)
    machines.drop_device(call.db, "VBD", vbd)


@method("VBD.plug")
async def plug(call: Call, vbd: str) -> None:
    """Attach a drive to a running guest."""
    async with call.current_operation("VBD", vbd, "plug"):
        _assert_writable(call, vbd)
        await call.work("VBD.plug")
        domains.attach_disk(call.db, vbd)


@method("VBD.unplug")
async def unplug(call: Call, vbd: str) -> None:
    """Detach a drive from a running guest."""
    async with call.current_operation("VBD", vbd, "unplug"):
        await call.work("VBD.unplug")
        domains.detach_disk(call.pool, vbd)


@method("VBD.unplug_force")
async def unplug_force(call: Call, vbd: str) -> None:
    """Detach a drive from a running guest by force."""
    async with call.current_operation("VBD", vbd, "unplug_force"):
        await call.work("VBD.unplug")
        domains.detach_disk(call.pool, vbd)


@method("VBD.unplug_force_no_safety_check")
async def unplug_force_no_safety_check(call: Call, vbd: str) -> None:
    """Detach a drive from a running guest by force, under an older name."""
    await unplug_force(call, vbd)


@method("VBD.pause")
async def pause(call: Call, vbd: str) -> str:
    """Refuse: no repository pauses the drives of its disks."""
    async with call.current_operation("VBD", vbd, "pause"):
        raise _unsupported(call, vbd)


@method("VBD.unpause")
async def unpause(call: Call, vbd: str, _token: str = "") -> None:
    """Refuse: no repository pauses the drives of its disks."""
    async with call.current_operation("VBD", vbd, "unpause"):
        raise _unsupported(call, vbd)


@method("VBD.insert")
async def insert(call: Call, vbd: str, vdi: str) -> None:
    """Insert a medium into an empty drive."""
    async with call.current_operation("VBD", vbd, "insert"):
        _assert_insertable(call, vbd, vdi)
        await call.work("VBD.insert")
        call.db.put("VBD", vbd, VDI=vdi, empty=False, **_attachment(call, vbd, full=True))


@method("VBD.eject")
async def eject(call: Call, vbd: str) -> None:
    """Eject the medium of a drive."""
    async with call.current_operation("VBD", vbd, "eject"):
        await call.work("VBD.eject")
        call.db.put("VBD", vbd, VDI=NULL, empty=True, **_attachment(call, vbd, full=False))


@method("VBD.assert_attachable")
async def assert_attachable(call: Call, vbd: str) -> None:
    """Refuse a drive that its VM could not attach now."""
    preconditions.check(call.db, "VBD", vbd, "attach")


@method("VBD.set_mode")
async def set_mode(call: Call, vbd: str, value: str) -> None:
    """Make a drive of a halted VM writable or read-only."""
    vm = call.db.get("VBD", vbd)["VM"]
    state = call.db.get("VM", vm)["power_state"]
    if state != "Halted":
        raise Failure("VM_BAD_POWER_STATE", vm, "halted", state.lower())
    call.db.put("VBD", vbd, mode=value)


def _unsupported(call: Call, vbd: str) -> Failure:
    sr = call.db.get("VDI", call.db.get("VBD", vbd)["VDI"])["SR"]
    return Failure("SR_OPERATION_NOT_SUPPORTED", sr)


def _assert_medium(call: Call, args: Record) -> None:
    if not args["empty"]:
        _assert_type(call, args["VDI"])
    if args["type"] == "CD" and args["mode"] != "RO":
        raise Failure("VBD_CDS_MUST_BE_READONLY")
    if args["empty"] and args["type"] == "Disk":
        raise Failure("VBD_NOT_REMOVABLE_MEDIA", "in constructor")
    if args["type"] == "CD" and not args["empty"]:
        _assert_iso(call, args["VDI"])
    if not args["empty"] and args["mode"] == "RW" and call.db.get("VDI", args["VDI"])["read_only"]:
        raise Failure("VDI_READONLY", args["VDI"])


def _assert_type(call: Call, vdi: str) -> None:
    kind = call.db.get("VDI", vdi)["type"]
    if kind in _ODD_TYPES:
        raise vdi_rules.incompatible(vdi, kind)


def _assert_iso(call: Call, vdi: str) -> None:
    content = call.db.get("SR", call.db.get("VDI", vdi)["SR"])["content_type"]
    if content != "iso":
        raise Failure("VDI_IS_NOT_ISO", vdi, content)


def _assert_not_migrating(ref: str, vm: Record) -> None:
    doing = {task: op for task, op in vm["current_operations"].items() if op in _MIGRATING}
    if doing:
        raise busy("VM", ref, doing)


def _number(call: Call, args: Record) -> str:
    """Return the `userdevice` of a new drive: the lowest free number, or the requested one."""
    asked = str(args["userdevice"])
    free = slots.free_drives(call.db, args["VM"])
    if asked == "autodetect":
        if not free:
            raise Failure("INVALID_DEVICE", asked)
        return free[0]
    number = slots.drive_number(asked)
    if number is None:
        raise Failure("INVALID_DEVICE", asked)
    if str(number) not in free:
        raise Failure("DEVICE_ALREADY_EXISTS", asked)
    return asked


def _assert_writable(call: Call, vbd: str) -> None:
    record = call.db.get("VBD", vbd)
    vm = View(call.db, "VM", record["VM"], call.db.get("VM", record["VM"]))
    if vm_rules.is_hvm(vm) and record["type"] == "Disk" and record["mode"] == "RO":
        raise Failure("DISK_VBD_MUST_BE_READWRITE_FOR_HVM", vbd)


def _assert_insertable(call: Call, vbd: str, vdi: str) -> None:
    _assert_iso(call, vdi)
    if not call.db.get("VDI", vdi)["managed"]:
        raise Failure("VDI_NOT_MANAGED", vdi)
    _assert_type(call, vdi)
    if refusal := devices.sharing(call.db, call.db.get("VBD", vbd), vdi):
        raise refusal


def _attachment(call: Call, vbd: str, *, full: bool) -> Record:
    """Return the attachment of a running guest's drive after a change of media; HVM keeps it."""
    ref = call.db.get("VBD", vbd)["VM"]
    vm = View(call.db, "VM", ref, call.db.get("VM", ref))
    if vm.record["power_state"] != "Running" or vm_rules.is_hvm(vm):
        return {}
    return {"currently_attached": full}
