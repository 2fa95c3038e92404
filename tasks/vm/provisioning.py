"""What stands between a template and a VM: its copy, its name, where its disks are made."""

from collections.abc import Iterator
from xml.etree import ElementTree as ET

from tasks.engine.declaration.field_types import LARGEST
from xenserver import errors
from xenserver.client import Xen
from xenserver.objects import Call, ObjectRef

DISKS = "disks"
"""Where other_config asks for disks, in XML: <provision><disk device= size= sr= bootable= .../>."""

_PROVISION = "provision"


def copy_of(xen: Xen, source: ObjectRef, name: str | None, where: ObjectRef | None) -> Call:
    """Return the call that makes what becomes the VM: a clone, or a full copy on another SR."""
    if name is None:
        text = "name: is missing; a VM that is made of a copy of the template needs one"
        raise errors.invalid("name: is missing", text=text)
    return xen.Async.VM.copy(source, name, where) if where else xen.Async.VM.clone(source, name)


def describe(xen: Xen, new: str, *, name: str | None, description: str | None) -> None:
    """Set name and description, where they are given."""
    if name is not None:
        xen.VM.set_name_label(new, name)
    if description is not None:
        xen.VM.set_name_description(new, description)


def check(xen: Xen, template: ObjectRef, where: ObjectRef | None) -> str:
    """Check what disks a template asks for; return the default SR if any of them is to go there.

    Raises Refused (XENFLOW_TEMPLATE_INVALID) where the template does not ask for them properly, or
    there is no default SR; Missing where one that it names is gone. `where` takes all disks.
    """
    wanted = _read(xen.VM.get_other_config(template).get(DISKS), str(template))
    named = [disk.get("sr", "") for disk in wanted.iter("disk") if where is None]
    for sr in sorted({*named} - {""}):
        xen.SR.get_by_uuid(sr)
    return _default_sr(xen) if "" in named else ""


def devices(xen: Xen, template: ObjectRef) -> list[str]:
    """Return the devices of the disks that a template asks for."""
    wanted = _read(xen.VM.get_other_config(template).get(DISKS), str(template))
    return [disk.get("device", "") for disk in wanted.iter("disk")]


def place_disks(
    xen: Xen, new: str, where: ObjectRef | None, template: str, default: str = ""
) -> None:
    """Place the disks on the given SR; without one, those that name none on the pool's default.

    Raises Refused as `check` does, which may know the default already.
    """
    config = xen.VM.get_other_config(new)
    wanted = _read(config.get(DISKS), template)
    open_ones = [disk for disk in wanted.iter("disk") if where or not disk.get("sr")]
    if not open_ones:
        return
    place = where.uuid if where else default or _default_sr(xen)
    for disk in open_ones:
        disk.set("sr", place)
    text = ET.tostring(wanted, encoding="unicode")
    xen.VM.set_other_config(new, {**config, DISKS: text})


def _read(text: str | None, template: str) -> ET.Element:
    """Read which disks a template asks for, as strictly as XenServer does."""
    if text is None:
        return ET.Element(_PROVISION)
    try:
        wanted = ET.fromstring(text)  # noqa: S314 - the pool's own message
    except ET.ParseError as error:
        raise _invalid(template, f"is not XML ({error})") from error
    problem = next(_problems(wanted), None)
    if problem:
        raise _invalid(template, problem)
    return wanted


def _problems(wanted: ET.Element) -> Iterator[str]:
    if wanted.tag != _PROVISION:
        yield f"begins with <{wanted.tag}> in place of <{_PROVISION}>"
    for number, disk in enumerate(wanted):
        if disk.tag != "disk":
            yield f"has a <{disk.tag}> in the place of a <disk>"
        size = disk.get("size", "")
        if not (size.isascii() and size.isdecimal() and int(size) <= LARGEST):
            yield f"gives disk {number} no size in bytes"
        for name in ("device", "bootable"):
            if name not in disk.attrib:
                yield f"gives disk {number} no `{name}`"


def _invalid(template: str, problem: str) -> errors.XenflowError:
    text = f"template {template} cannot be installed: its other_config key `{DISKS}` {problem}; "
    text += "mend or remove the key, or take another template"
    return errors.from_api("XENFLOW_TEMPLATE_INVALID", [template, problem], text=text)


def _default_sr(xen: Xen) -> str:
    [pool] = xen.search.pool(fields=("default_SR",))
    if pool["default_SR"]:
        return str(pool["default_SR"])
    text = "sr: is missing; the template makes disks, and the pool has no default SR"
    raise errors.invalid("sr: is missing", text=text)
