"""The words that operations are declared with: types for inputs that come up again and again.

Each carries its own check, its help for the command line, and, in its JSON schema, the class of
object it names (`x-names`).
"""

import re
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from config import masking
from config.durations import Seconds
from tasks.engine.declaration.strictness import code_point

__all__ = ["Seconds"]

_UNITS = {"": 1, "b": 1}
_UNITS |= {
    f"{letter}{suffix}": base**power
    for power, letter in enumerate("kmgt", start=1)
    for suffix, base in (("", 1024), ("ib", 1024), ("b", 1000))
}
_FORMS = "a size such as 10GiB, 512 MB or a number of bytes"
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_QUANTITY = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*")
_MAC = re.compile(r"(|[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5})", re.ASCII)


SMALLEST = 1024**2
"""The smallest size, in bytes: who says less has left out the unit."""

LARGEST = 2**63 - 1
"""The largest size, in bytes: XenServer counts in 64 bits."""


def parse_size(value: object) -> object:
    """Read bytes, or text with a unit (`10GiB`, `512 MB`, `2g`), as bytes."""
    if isinstance(value, bool | float):
        return value
    if not isinstance(value, str | int):
        raise ValueError(f"must be {_FORMS}")  # noqa: TRY004 - pydantic makes a refusal of it
    match = _QUANTITY.fullmatch(str(value))
    unit = _UNITS.get(match[2].lower()) if match else None
    if match is None or unit is None:
        shown = masking.cut(str(value), 80)
        negative = ", and not negative" if shown.startswith("-") else ""
        raise ValueError(f"{shown!r} is not {_FORMS}{negative}")
    size = int(Decimal(match[1]) * unit)
    if size > LARGEST:
        raise ValueError("is more than any disk or memory has")
    if size < SMALLEST:
        raise ValueError(_too_small(match[1], match[2], size))
    return size


def _too_small(number: str, unit: str, size: int) -> str:
    if unit:
        return f"{number} {unit} is less than 1 MiB, the smallest size"
    meant = f"write {number}GiB or {number}MiB" if size else "write 1GiB or 512MiB"
    return f"{number} is a number of bytes, and less than 1 MiB; if you mean more, {meant}"


def _in_digits(value: object) -> object:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if is_number else value


def _in_one_line(text: str) -> str:
    found = _CONTROL.search(text)
    if found:
        message = f"has the control character {code_point(found[0])} at position {found.start()}"
        raise ValueError(message)
    return text


def _a_mac(text: str) -> str:
    if not _MAC.fullmatch(text):
        shown = masking.cut(text, 80)
        message = f"{shown!r} is not a MAC address; write six pairs of hex digits with colons"
        raise ValueError(message)
    return text


def _reference(what: str, cls: str) -> object:
    """Describe a field that names an object of a class."""
    return Field(description=f"{what}, by UUID or name label", json_schema_extra={"x-names": cls})


_Text = StringConstraints(min_length=1, max_length=1024)


def _no_reference(text: str) -> str:
    """Refuse what a session of XenServer calls an object: nobody else knows it by that."""
    if text.startswith("OpaqueRef:"):
        raise ValueError("is a reference of XenServer; give the UUID, or the name label")
    return text


_Object = AfterValidator(_no_reference)

VmName = Annotated[str, _Text, _Object, _reference("a VM", "VM")]
TemplateName = Annotated[str, _Text, _Object, _reference("a template", "VM")]
VmOrTemplateName = Annotated[str, _Text, _Object, _reference("a VM or template", "VM")]
VmTemplateOrSnapshotName = Annotated[
    str, _Text, _Object, _reference("a VM, template or snapshot", "VM")
]
SnapshotName = Annotated[str, _Text, _Object, _reference("a snapshot", "VM")]
HostName = Annotated[str, _Text, _Object, _reference("a host", "host")]
PoolName = Annotated[str, _Text, _Object, _reference("a pool", "pool")]
SrName = Annotated[
    str,
    _Text,
    _Object,
    _reference("a storage repository, or @default, @room, @room:NAME (the most room)", "SR"),
]
NetworkName = Annotated[str, _Text, _Object, _reference("a network", "network")]
VdiName = Annotated[str, _Text, _Object, _reference("a virtual disk", "VDI")]
PifName = Annotated[str, _Text, _Object, Field(description="a physical interface, by UUID")]
VbdUuid = Annotated[str, _Text, Field(description="a virtual block device, by UUID")]
VifUuid = Annotated[str, _Text, Field(description="a virtual interface, by UUID")]
PbdUuid = Annotated[str, _Text, Field(description="a host's way to its storage, by UUID")]
TaskUuid = Annotated[str, _Text, Field(description="a XenServer task, by UUID")]

Uuid = Annotated[str, _Text, _Object, Field(description="the UUID of an object")]
Label = Annotated[str, _Text, AfterValidator(_in_one_line), Field(description="a name label")]
Tag = Annotated[str, _Text, AfterValidator(_in_one_line), Field(description="a tag that it has")]
BridgeName = Annotated[
    str, _Text, AfterValidator(_in_one_line), Field(description="its bridge, such as xenbr0")
]
NicName = Annotated[
    str, _Text, AfterValidator(_in_one_line), Field(description="its device on the host: eth0")
]
Text = Annotated[str, StringConstraints(max_length=65536)]
Description = Annotated[Text, Field(description="a description")]
SIZE_PATTERN = r"^\s*(\d{7,}|\d+(\.\d+)?\s*([kKmMgGtT]([iI]?[bB])?|[bB]))\s*$"
_SizeText = Annotated[str, Field(pattern=SIZE_PATTERN)]
Size = Annotated[
    int,
    BeforeValidator(parse_size, json_schema_input_type=int | _SizeText),
    Field(ge=SMALLEST, description="bytes, or text with a unit (10GiB, 512 MB)"),
]
Fields = Annotated[
    tuple[str, ...],
    Field(
        description='fields to answer with, in addition to the UUID; ["*"] for all', min_length=1
    ),
]
Limit = Annotated[int, Field(ge=1, description="answer with at most this many records")]
After = Annotated[str, _Text, _Object, Field(description="answer with the records after this UUID")]
Searches = Annotated[bool, Field(description="find names that contain `name`, in any case")]
Templates = Annotated[bool, Field(description="find templates too")]
Hard = Annotated[bool, Field(description="do not ask the guest")]
Insists = Annotated[bool, Field(description="skip XenServer's checks of the host")]
Paused = Annotated[bool, Field(description="leave it paused")]
Unplugs = Annotated[bool, Field(description="detach it first if it is attached")]
Bootable = Annotated[bool, Field(description="whether the guest may boot from it")]
Mac = Annotated[
    str,
    AfterValidator(_a_mac),
    Field(
        description="a MAC address; without one, XenServer generates it",
        json_schema_extra={"pattern": f"^{_MAC.pattern}$"},
    ),
]
Ensures = Annotated[bool, Field(description="succeed if the wanted state exists already")]
_DEVICE = r"^[a-z0-9]{1,16}$"
_DeviceText = Annotated[str, Field(pattern=_DEVICE)]
Device = Annotated[
    str,
    BeforeValidator(_in_digits, json_schema_input_type=int | _DeviceText),
    StringConstraints(pattern=_DEVICE),
    Field(description='a device number, or "autodetect"'),
]
Mtu = Annotated[int, Field(ge=0, le=65535, description="largest packet in bytes")]
Vlan = Annotated[int, Field(ge=0, le=4094, description="a VLAN tag")]
Map = dict[str, str]
OtherConfig = Annotated[Map, Field(description="keys and values to store with it")]
Tags = tuple[str, ...]
