"""The devices of a VM, as flows need to know them: numbers that are free, parts that are there."""

from typing import Annotated

from pydantic import ConfigDict, Field

from config import queues
from tasks import vbd
from tasks.device_numbers import AUTODETECT
from tasks.engine.declaration.answers import Answer, Done, done
from tasks.engine.declaration.field_types import Device, VmName
from tasks.engine.declaration.operation import operation
from tasks.engine.declaration.strictness import Strict
from xenserver import errors
from xenserver.client import Xen


class FreeDevices(Answer):
    """The device numbers that a VM has free, lowest first."""

    uuid: str
    drives: list[str]
    cd: str
    interfaces: list[str]


class Part(Strict):
    """A device that was made for a VM."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    uuid: str
    vm: str


Reserved = Annotated[tuple[Device, ...], Field(description="numbers that are reserved")]


@operation(queue=queues.FIND, internal=True)
def free_devices(
    xen: Xen,
    *,
    vm: VmName,
    drives: Reserved = (),
    interfaces: Reserved = (),
) -> FreeDevices:
    """Return the free device numbers of a VM for disks, a CD and interfaces, except those given."""
    machine = xen.find.vm(vm)
    slots = _without(xen.VM.get_allowed_VBD_devices(machine), drives)
    ports = _without(xen.VM.get_allowed_VIF_devices(machine), interfaces)
    cds = vbd.for_cd(slots)
    return FreeDevices(
        return_result=f"{len(slots)} drives and {len(ports)} interfaces are free",
        uuid=machine.uuid,
        drives=[slot for slot in slots if slot not in cds[:1]],
        cd=next(iter(cds), AUTODETECT),
        interfaces=ports,
    )


def _without(numbers: list[str], reserved: tuple[str, ...]) -> list[str]:
    return sorted(set(numbers) - set(reserved), key=int)


@operation(queue=queues.FIND, internal=True)
def check_devices(
    xen: Xen,
    *,
    parts: Annotated[
        tuple[Part, ...], Field(min_length=1, description="the devices created for it")
    ],
) -> Done:
    """Check that a VM has every device that was created for it."""
    machine = xen.find.vm(parts[0].vm)
    record = xen.VM.get_record(machine)
    there = {xen.uuid.vbd(drive) for drive in record["VBDs"]}
    there |= {xen.uuid.vif(interface) for interface in record["VIFs"]}
    missing = sorted({part.uuid for part in parts} - there)
    if missing:
        text = f"VM {record['name_label']} has lost devices that were just created: {missing}"
        raise errors.from_api("XENFLOW_VANISHED", missing, text=text)
    count = len(parts)
    text = f"{count} device built" if count == 1 else f"{count} devices built"
    return done(text, machine, power_state=record["power_state"])
