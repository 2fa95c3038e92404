"""Objects that are created and deleted in the database alone."""

from typing import Any

from simulator import subtasks
from simulator.call import Call
from simulator.errors import Failure
from simulator.methods import method, vm_copies

_CLASSES = ("secret", "user", "VM_appliance", "Observer", "VTPM")
_SNAPSHOTS = range(1, 11)


def _register(cls: str) -> None:
    async def create(call: Call, args: dict[str, Any]) -> str:
        return call.db.create(cls, args)

    async def destroy(call: Call, ref: str) -> None:
        call.db.destroy(cls, ref)

    if cls != "VTPM":
        method(f"{cls}.create")(create)
    method(f"{cls}.destroy")(destroy)


for _cls in _CLASSES:
    _register(_cls)


def _register_missing(name: str) -> None:
    async def refuse(_call: Call, *_: object) -> None:
        raise Failure("NOT_IMPLEMENTED", f"Console.{name}")

    method(f"console.{name}")(refuse)


for _name in ("create", "destroy"):
    _register_missing(_name)


@method("VTPM.create")
async def create_vtpm(call: Call, vm: str, is_unique: bool = False) -> str:  # noqa: FBT002 - in wire order
    """Add a TPM to a halted VM."""
    async with call.current_operation("VM", vm, "create_vtpm"):
        if call.db.get("VM", vm)["VTPMs"]:
            raise Failure("VTPM_MAX_AMOUNT_REACHED", 1)
        return call.db.create("VTPM", VM=vm, is_unique=is_unique)


@method("secret.introduce")
async def introduce_secret(call: Call, uuid: str, value: str, other_config: dict[str, str]) -> str:
    """Create a secret under a given UUID."""
    return call.db.create("secret", uuid=uuid, value=value, other_config=other_config)


@method("VMSS.create")
async def create_schedule(call: Call, args: dict[str, Any]) -> str:
    """Create a snapshot schedule."""
    _assert_retained(args["retained_snapshots"])
    return call.db.create("VMSS", args)


@method("VMSS.set_retained_snapshots")
async def set_retained_snapshots(call: Call, schedule: str, value: int) -> None:
    """Set how many snapshots of each VM a schedule keeps."""
    _assert_retained(value)
    call.db.put("VMSS", schedule, retained_snapshots=value)


@method("VMSS.destroy")
async def destroy_schedule(call: Call, schedule: str) -> None:
    """Delete a snapshot schedule that no VM is assigned to."""
    if call.db.get("VMSS", schedule)["VMs"]:
        raise Failure("VMSS_HAS_VM")
    call.db.destroy("VMSS", schedule)


@method("VMSS.snapshot_now")
async def snapshot_now(call: Call, schedule: str) -> str:
    """Take a snapshot of every VM of a schedule."""
    name = call.db.get("VMSS", schedule)["name_label"]
    for vm in list(call.db.get("VMSS", schedule)["VMs"]):
        async with subtasks.run(call, "VM.snapshot") as part:
            kept = await vm_copies.snapshot(part, vm, f"{name} {call.pool.clock.iso()}")
        call.db.put("VM", kept, is_vmss_snapshot=True)
    return ""


def _assert_retained(value: int) -> None:
    if value not in _SNAPSHOTS:
        raise Failure("INVALID_VALUE", "retained_snapshots", value)
