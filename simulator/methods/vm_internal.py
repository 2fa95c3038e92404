"""Methods of a VM that the toolstack does not publish."""

from simulator import copies, vm_messages
from simulator.call import Call
from simulator.errors import Failure
from simulator.methods import method, vm_power
from simulator.methods.vm_records import set_is_a_template

_DEFAULT = "default_template"


@method("VM.set_is_default_template")
async def set_is_default_template(call: Call, vm: str, value: bool) -> None:
    """Make a VM a default template, or no longer one."""
    if value and not call.db.get("VM", vm)["is_a_template"]:
        await set_is_a_template(call, vm, value)
    config = call.db.get("VM", vm)["other_config"]
    flag = {_DEFAULT: "true" if value else "false"}
    call.db.put("VM", vm, is_default_template=value, other_config={**config, **flag})
    call.refresh([("VM", vm, "")])


@method("VM.csvm")
async def csvm(call: Call, vm: str) -> str:
    """Clone a suspended VM."""
    async with call.current_operation("VM", vm, "csvm"):
        made = await copies.copy_disks(call, vm, "clone")
        name = f"{call.db.get('VM', vm)['name_label']}-cloned-suspended"
        clone = copies.clone(call.pool, vm, name, made)
    uuid = call.db.get("VM", clone)["uuid"]
    vm_messages.add(call, vm, "VM_CLONED", f"cloned (new uuid: {uuid})")
    return clone


@method("VM.update_snapshot_metadata")
async def update_snapshot_metadata(
    call: Call, vm: str, snapshot_of: str, snapshot_time: str, _transportable_id: str
) -> None:
    """Turn a VM into a snapshot of another one."""
    call.db.put("VM", vm, is_a_snapshot=True, snapshot_of=snapshot_of, snapshot_time=snapshot_time)


@method("VM.s3_suspend")
async def s3_suspend(call: Call, vm: str) -> None:
    """Refuse: simulated guests have no ACPI."""
    vm_power.assert_running(call, vm)
    raise Failure("VM_LACKS_FEATURE", vm)


@method("VM.s3_resume")
async def s3_resume(call: Call, vm: str) -> None:
    """Refuse: simulated guests have no ACPI."""
    vm_power.assert_running(call, vm)
    raise Failure("VM_LACKS_FEATURE", vm)
