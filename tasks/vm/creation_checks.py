"""What a flow is to make a VM or a disk of, checked before it makes anything.

Only what XenServer is certain to refuse later is refused: what does not exist, what does not fit,
what the template or VM cannot have. Everything else XenServer decides when it comes to it.
"""

from collections.abc import Iterable
from typing import Annotated

from pydantic import ConfigDict, Field

from config import queues
from tasks import device_numbers, hotplug, storage_choice, vbd
from tasks.device_numbers import AUTODETECT
from tasks.engine.declaration.answers import Done, done
from tasks.engine.declaration.field_types import (
    Device,
    NetworkName,
    Size,
    SrName,
    TemplateName,
    VdiName,
    VmName,
)
from tasks.engine.declaration.operation import operation
from tasks.engine.declaration.strictness import Strict
from tasks.vm import cd as cds
from tasks.vm import configuration, provisioning
from xenserver import errors
from xenserver.client import Xen
from xenserver.objects import ObjectRef

_MEDIA = frozenset({"iso", "udev"})
"""Types of repositories that hold media and physical devices."""


class DiskPlace(Strict):
    """Where a disk is to be made."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: Size
    sr: SrName
    device: Device = AUTODETECT


DiskPlaces = Annotated[
    tuple[DiskPlace, ...], Field(description="disks to create: size, sr and device")
]
NetworkNames = Annotated[tuple[NetworkName, ...], Field(description="networks to connect it to")]
Interfaces = Annotated[tuple[Device, ...], Field(description="device numbers of its interfaces")]


@operation(queue=queues.FIND, internal=True)
def check_creation(
    xen: Xen,
    *,
    template: TemplateName,
    memory: Size | None = None,
    vcpus: configuration.Vcpus | None = None,
    cores_per_socket: configuration.CoresPerSocket | None = None,
    boot: configuration.Boot | None = None,
    secure_boot: configuration.SecureBoot | None = None,
    vtpm: configuration.Vtpm = False,
    disks: DiskPlaces = (),
    cd: VdiName | None = None,
    networks: NetworkNames = (),
    interfaces: Interfaces = (),
) -> Done:
    """Check that a VM can be made of a template with all that is wanted for it."""
    source = xen.find.template(template)
    settings = configuration.Settings(memory, vcpus, cores_per_socket, boot, secure_boot, vtpm=vtpm)
    configuration.check(xen, source, settings)
    _check_repositories(xen, disks)
    if cd:
        cds.refuse_disk(xen, xen.find.vdi(cd))
    for network in dict.fromkeys(networks):
        xen.find.network(network)
    if disks:
        _check_drives(xen, source, [disk.device for disk in disks])
    if interfaces:
        free = xen.VM.get_allowed_VIF_devices(source)
        device_numbers.check_free(interfaces, free, "interfaces")
    return done("A VM can be made of it", source)


@operation(queue=queues.FIND, internal=True)
def check_drive(
    xen: Xen,
    *,
    vm: VmName,
    sr: SrName,
    size: Size,
    device: Device = AUTODETECT,
    must_run: hotplug.MustRun = False,
) -> Done:
    """Check that a VM can have a drive with a new disk on a storage repository."""
    machine = xen.find.vm(vm)
    if must_run:
        hotplug.refuse_halted(xen, machine)
    _check_repositories(xen, [DiskPlace(size=size, sr=sr)])
    free = xen.VM.get_allowed_VBD_devices(machine)
    device_numbers.check_free(device_numbers.of_drives([device]), free, "drives")
    return done("The VM can have the drive", machine)


def _check_repositories(xen: Xen, disks: Iterable[DiskPlace]) -> None:
    """Refuse a repository that does not exist, or on which no disk can be made."""
    largest: dict[str, int] = {}
    for disk in disks:
        largest[disk.sr] = max(disk.size, largest.get(disk.sr, 0))
    for text, size in largest.items():
        _refuse_unfit(xen, storage_choice.choose(xen, text, size))


def _refuse_unfit(xen: Xen, home: ObjectRef) -> None:
    """Refuse a library of media, and a repository that no host is attached to."""
    record = xen.SR.get_record(home)
    if record["content_type"] == "iso" or record["type"] in _MEDIA:
        raise errors.from_api("SR_OPERATION_NOT_SUPPORTED", [home.ref])
    if not any(xen.PBD.get_currently_attached(pbd) for pbd in record["PBDs"]):
        text = f"SR {home} is attached to no host, so no disk can be made on it; "
        text += "plug it first, or name another"
        raise errors.from_api("SR_HAS_NO_PBDS", [home.ref], text=text)


def _check_drives(xen: Xen, source: ObjectRef, devices: list[str]) -> None:
    """Refuse drives for which a VM has no number, beside those of its template and its CD drive."""
    made = device_numbers.of_drives(provisioning.devices(xen, source))
    free = [n for n in xen.VM.get_allowed_VBD_devices(source) if n not in made]
    wanted = device_numbers.of_drives(devices)
    left = set(free) - set(device_numbers.given(wanted))
    kept_for_cd = vbd.for_cd(left)[:1]
    device_numbers.check_free(wanted, [n for n in free if n not in kept_for_cd], "disks")
