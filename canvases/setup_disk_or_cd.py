"""A disk or CD for a VM: one that exists, or a new one."""

from collections.abc import Mapping
from typing import Any

from celery import chain
from pydantic import Field

from tasks import hotplug, vbd, vdi
from tasks.engine.declaration.answers import Answer
from tasks.engine.declaration.field_types import (
    Bootable,
    Device,
    Label,
    Size,
    SrName,
    VdiName,
    VmName,
)
from tasks.engine.declaration.flow import Canvas, flow
from tasks.vm import cd, creation_checks
from xenserver import errors

NEW = ("vdi_type", "new_disk_name", "disk_size", "storage_repository")
"""What a new disk needs, all of it."""


class DiskSetUp(Answer):
    """A disk or CD in a drive of a VM."""

    uuid: str = Field(description="the virtual block device")
    vdi: str = Field(description="the disk or CD, by UUID")
    vm: str = Field(description="the VM, by UUID")
    device: str = Field(description="the device number")
    plugged: bool | None = Field(None, description="whether the guest sees it")


def _answer(_fields: Mapping[str, Any], last: Mapping[str, Any]) -> DiskSetUp:
    fields_of_answer = {name: last.get(name) for name in ("uuid", "vdi", "vm", "device", "plugged")}
    text = f"attached as device {last['device']}"
    if last["was_there"]:
        text += " already, and left unchanged"
    return DiskSetUp.model_validate({"return_result": text, **fields_of_answer})


@flow(answer=DiskSetUp, shape=_answer)
def setup_disk_or_cd(
    *,
    vm: VmName,
    existing_disk_name: VdiName | None = None,
    vdi_type: vdi.Type | None = None,
    new_disk_name: Label | None = None,
    disk_size: Size | None = None,
    storage_repository: SrName | None = None,
    device: Device = "autodetect",
    mode: vbd.Mode | None = None,
    type: vbd.Type = "Disk",
    bootable: Bootable = False,
    replace: cd.Replace = False,
    plug: hotplug.Plug = "auto",
) -> Canvas:
    """Attach an existing disk or CD, or a new disk, to a VM, and plug it when the VM runs.

    A new disk needs `vdi_type`, `new_disk_name`, `disk_size` and `storage_repository`. A disk that
    the VM has already is left alone. A CD goes into an empty drive of the VM, with `replace` also
    into one that holds another; a drive is made where the VM has none.
    """
    new = dict(zip(NEW, (vdi_type, new_disk_name, disk_size, storage_repository), strict=True))
    _check(existing_disk_name, new, type)
    must_run = plug == "yes"
    drive: dict[str, Any] = {"device": device, "mode": mode, "type": type, "bootable": bootable}
    if existing_disk_name and type == "CD":
        drive = {"device": device, "bootable": bootable, "replace": replace}
        attached = cd.insert_cd.s(vm=vm, vdi=existing_disk_name, must_run=must_run, **drive)
    elif existing_disk_name:
        attached = vbd.create.s(
            vm=vm, vdi=existing_disk_name, ensure=True, must_run=must_run, **drive
        )
    else:
        attached = _new_disk(new, vm, drive, must_run=must_run)
    if plug == "no":
        return attached
    return attached | vbd.plug_if_running.s(
        feed={"vbd": "uuid", "was_there": "was_there"}, must_run=must_run
    )


def _new_disk(
    new: Mapping[str, Any], vm: str, drive: Mapping[str, Any], *, must_run: bool
) -> Canvas:
    """Make a disk and attach it, once it is known that both will do."""
    kind, name, size, sr = (new[field] for field in NEW)
    checked = creation_checks.check_drive.s(
        vm=vm, sr=sr, size=size, device=drive["device"], must_run=must_run
    )
    made = vdi.create.s(type=kind, name=name, size=size, sr=sr)
    return chain(checked, made, vbd.create.s(feed={"vdi": "uuid"}, vm=vm, **drive))


def _check(existing: str | None, new: Mapping[str, Any], type: vbd.Type) -> None:
    """Refuse a message that gives neither an existing disk nor all fields of a new one.

    A new disk is no CD: XenServer takes only ISOs into a CD drive.
    """
    given = [name for name, value in new.items() if value is not None]
    missing = [name for name in new if name not in given]
    if existing and given:
        wrong = [f"{name}: applies to a new disk, not to an existing one" for name in given]
    elif not existing and missing:
        wrong = [f"{name}: is missing" for name in missing]
    elif not existing and type == "CD":
        wrong = ["type: CD applies to an existing ISO, not to a new disk"]
    else:
        return
    text = f"{'; '.join(wrong)}; give existing_disk_name, or all of {', '.join(NEW)}"
    raise errors.invalid(*wrong, text=text)
