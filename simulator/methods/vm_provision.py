"""VM.provision: a template becomes a VM, with the disks that it asks for (xapi_templates.ml)."""

import xml.etree.ElementTree as ET
from typing import NamedTuple

from simulator import disks, subtasks
from simulator.call import Call
from simulator.errors import Failure, internal
from simulator.methods import method, vbd, vdi
from simulator.methods.vm_records import set_is_a_template
from simulator.tables import Record

_DISKS = "disks"
_SCRIPT = "postinstall"
_ROOT = "provision"
_UNREADABLE = "Xapi_templates.Parse_failure"
_TYPES = frozenset({"system", "user", "ephemeral", "suspend", "crashdump"})
_SCRIPT_FOLDER = "/opt/xensource/packages/post-install-scripts/"


class Wish(NamedTuple):
    """What a template asks for: disks, and a script that is run after they are made."""

    disks: list[Record]
    script: str | None


@method("VM.provision")
async def provision(call: Call, vm: str) -> None:
    """Turn a template into a VM and create its disks.

    A wish that cannot be read leaves a template; what fails afterwards leaves a VM, and the disks
    made so far unless it was the script that failed.
    """
    async with call.current_operation("VM", vm, "provision"):
        wish = _wish(call.db.get("VM", vm)["other_config"])
        await set_is_a_template(call, vm, False)  # noqa: FBT003 - in wire order
        if wish.disks or wish.script is not None:
            async with call.current_operation("host", call.pool.coordinator, "provision"):
                await _install(call, vm, wish)
        await call.work("VM.provision")
        for key in (_DISKS, _SCRIPT):
            call.db.drop_key("VM", vm, "other_config", key)


def _wish(other_config: dict[str, str]) -> Wish:
    disks = _read(other_config[_DISKS]) if _DISKS in other_config else []
    return Wish(disks, other_config.get(_SCRIPT))


async def _install(call: Call, vm: str, wish: Wish) -> None:
    """Create all disks, then run the script; delete the disks if that fails."""
    made = [await _make_disk(call, vm, disk) for disk in wish.disks]
    try:
        _assert_script(wish.script or "")
    except Failure:
        for vdi in made:
            disks.drop(call.db, vdi)
        raise


def _read(text: str) -> list[Record]:
    try:
        root = ET.fromstring(text)  # noqa: S314 - the input only reaches the simulator
    except ET.ParseError as error:
        raise internal(f"Xml.Error({error})") from error
    if root.tag != _ROOT or root.attrib:
        raise internal(_UNREADABLE)
    try:
        return [_attributes(disk) for disk in root]
    except (KeyError, ValueError) as error:
        raise internal(_UNREADABLE) from error


def _attributes(disk: ET.Element) -> Record:
    if disk.tag != "disk" or len(disk):
        raise ValueError(disk.tag)
    kind = disk.attrib.get("type")
    return {
        "device": disk.attrib["device"],
        "size": int(disk.attrib["size"]),
        "sr": disk.attrib["sr"],
        "bootable": disk.attrib["bootable"] == "true",
        "type": kind if kind in _TYPES else "system",
    }


async def _make_disk(call: Call, vm: str, disk: Record) -> str:
    """Create a disk and its drive, whose number becomes the name of the disk."""
    fields = {
        "SR": _repository(call, disk["sr"]),
        "name_label": "",
        "name_description": "Created by template provisioner",
        "virtual_size": disk["size"],
        "type": disk["type"],
        "sm_config": {"vmhint": call.db.get("VM", vm)["uuid"]},
    }
    async with subtasks.run(call, "VDI.create") as part:
        made = await vdi.create(part, fields)
    drive = await vbd.create(call, _drive(vm, disk, made))
    call.db.put("VDI", made, name_label=call.db.get("VBD", drive)["userdevice"])
    return made


def _drive(vm: str, disk: Record, made: str) -> Record:
    return {
        "VM": vm,
        "VDI": made,
        "userdevice": disk["device"],
        "bootable": disk["bootable"],
        "mode": "RW",
        "type": "Disk",
        "unpluggable": disk["type"] != "system",
        "empty": False,
        "other_config": {"owner": ""},
    }


def _repository(call: Call, uuid: str) -> str:
    try:
        return call.db.by_uuid("SR", uuid)
    except Failure as failure:
        raise Failure("UUID_INVALID", "sr", uuid) from failure


def _assert_script(path: str) -> None:
    if path and not path.startswith(_SCRIPT_FOLDER):
        raise Failure("PERMISSION_DENIED", f"Illegal post-install script: {path}")
