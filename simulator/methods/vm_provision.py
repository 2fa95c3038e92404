"""VM.provision: a template becomes a VM, with the disks that it asks for (xapi_templates.ml)."""

import xml.etree.ElementTree as ET

from simulator import disks, machines, subtasks
from simulator.call import Call
from simulator.errors import Failure, internal
from simulator.methods import method, vdi
from simulator.methods.vm_records import set_is_a_template
from simulator.tables import Record

_DISKS = "disks"
_SCRIPT = "postinstall"
_SCRIPT_FOLDER = "/opt/xensource/packages/post-install-scripts/"


@method("VM.provision")
async def provision(call: Call, vm: str) -> None:
    """Turn a template into a VM and create its disks; what fails leaves a VM, not a template."""
    async with call.current_operation("VM", vm, "provision"):
        await set_is_a_template(call, vm, False)  # noqa: FBT003 - in wire order
        config: dict[str, str] = call.db.get("VM", vm)["other_config"]
        if _DISKS in config:
            async with call.current_operation("host", call.pool.coordinator, "provision"):
                await _make_disks(call, vm, config[_DISKS], config.get(_SCRIPT, ""))
        await call.work("VM.provision")
        for key in (_DISKS, _SCRIPT):
            call.db.drop_key("VM", vm, "other_config", key)


async def _make_disks(call: Call, vm: str, wanted: str, script: str) -> None:
    """Create all disks, then run the script; delete the disks on failure."""
    made: list[str] = []
    try:
        for disk in _read(wanted):
            made.append(await _make_disk(call, vm, disk))  # noqa: PERF401 - kept for the undoing
        _assert_script(script)
    except BaseException:
        for vdi in made:
            disks.drop(call.db, vdi)
        raise


def _read(text: str) -> list[Record]:
    try:
        return [_attributes(disk) for disk in ET.fromstring(text).findall("disk")]  # noqa: S314 - the input only reaches the simulator
    except (ET.ParseError, KeyError, ValueError) as error:
        raise internal(f"Xapi_templates.Parse_failure: {error}") from error


def _attributes(disk: ET.Element) -> Record:
    return {
        "device": disk.attrib["device"],
        "size": int(disk.attrib["size"]),
        "sr": disk.attrib["sr"],
        "bootable": disk.attrib["bootable"] == "true",
        "type": disk.attrib.get("type", "system"),
    }


async def _make_disk(call: Call, vm: str, disk: Record) -> str:
    fields = {
        "SR": _repository(call, disk["sr"]),
        "name_label": disk["device"],
        "name_description": "Created by template provisioner",
        "virtual_size": disk["size"],
        "type": disk["type"],
        "sm_config": {"vmhint": call.db.get("VM", vm)["uuid"]},
    }
    async with subtasks.run(call, "VDI.create") as part:
        vdi_ref = await vdi.create(part, fields)
    _make_drive(call, vm, disk, vdi_ref)
    return vdi_ref


def _make_drive(call: Call, vm: str, disk: Record, vdi_ref: str) -> None:
    machines.new_vbd(
        call.pool,
        {
            "VM": vm,
            "VDI": vdi_ref,
            "userdevice": disk["device"],
            "bootable": disk["bootable"],
            "mode": "RW",
            "type": "Disk",
            "unpluggable": disk["type"] != "system",
            "other_config": {"owner": ""},
        },
    )


def _repository(call: Call, uuid: str) -> str:
    try:
        return call.db.by_uuid("SR", uuid)
    except Failure as failure:
        raise Failure("UUID_INVALID", "sr", uuid) from failure


def _assert_script(path: str) -> None:
    if path and not path.startswith(_SCRIPT_FOLDER):
        raise Failure("PERMISSION_DENIED", f"Illegal post-install script: {path}")
