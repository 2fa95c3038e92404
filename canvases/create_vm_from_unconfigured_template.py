"""A new VM from a template that brings nothing: its disks, CD and networks are made for it."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any

from celery import chord
from pydantic import AfterValidator, ConfigDict, Field

from canvases import vm_creation
from canvases.setup_disk_or_cd import setup_disk_or_cd
from tasks import device_numbers, vbd, vdi, vif
from tasks.device_numbers import AUTODETECT
from tasks.engine.declaration.answers import Done
from tasks.engine.declaration.field_types import (
    Description,
    Device,
    Label,
    Mac,
    Mtu,
    NetworkName,
    Size,
    SrName,
    TemplateName,
    VdiName,
)
from tasks.engine.declaration.flow import Canvas, flow
from tasks.engine.declaration.strictness import Strict
from tasks.vm import cd as cds
from tasks.vm import configuration, devices
from tasks.vm.guest import WaitFor, WaitForAddress
from xenserver import errors


class DiskWanted(Strict):
    """A disk to be made; unless it says so, on the flow's `sr` and the next free device."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: Size
    sr: SrName | None = None
    name: Label | None = Field(None, description="if not given: the VM's, disk, and a number")
    type: vdi.Type = "user"
    device: Device = AUTODETECT
    bootable: bool | None = Field(None, description="if not given: the first disk is")
    mode: vbd.Mode = "RW"


class NetworkWanted(Strict):
    """An interface to be made; unless it says so, on the next free device and with a new MAC."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    network: NetworkName
    device: Device = AUTODETECT
    mac: Mac = ""
    mtu: Mtu = 1500


def _apart(disks: tuple[DiskWanted, ...]) -> tuple[DiskWanted, ...]:
    device_numbers.check_apart(_given(disks))
    return disks


def _given(disks: Iterable[DiskWanted]) -> list[str]:
    """Return the numbers of the drives that name one."""
    return device_numbers.given(device_numbers.of_drives(disk.device for disk in disks))


def _networks_apart(networks: tuple[NetworkWanted, ...]) -> tuple[NetworkWanted, ...]:
    device_numbers.check_apart(wanted.device for wanted in networks)
    return networks


Disks = Annotated[
    tuple[DiskWanted, ...],
    AfterValidator(_apart),
    Field(description="disks to create: size, and sr, name, type, device, bootable, mode"),
]
Networks = Annotated[
    tuple[NetworkWanted, ...],
    AfterValidator(_networks_apart),
    Field(description="interfaces to create: network, and device, mac, mtu"),
]


@flow(answer=Done, shape=vm_creation.built)
def create_vm_from_unconfigured_template(
    *,
    template: TemplateName,
    name: Label,
    description: Description | None = None,
    sr: SrName | None = None,
    memory: Size | None = None,
    vcpus: configuration.Vcpus | None = None,
    cores_per_socket: configuration.CoresPerSocket | None = None,
    boot: configuration.Boot | None = None,
    secure_boot: configuration.SecureBoot | None = None,
    vtpm: configuration.Vtpm = False,
    disks: Disks = (),
    cd: Annotated[VdiName, Field(description="the CD in its drive, by UUID or name label")]
    | None = None,
    networks: Networks = (),
    start: vm_creation.Start = True,
    wait_for: WaitFor = "running",
    wait_for_address: WaitForAddress | None = None,
) -> Canvas:
    """Clone a template, install the VM, create disks, CD and interfaces in parallel, start it."""
    asked = vm_creation.Settings(memory, vcpus, cores_per_socket, boot, secure_boot, vtpm=vtpm)
    settings = vm_creation.given(asked)
    machine = vm_creation.installed(
        template=template,
        name=name,
        description=description,
        sr=sr,
        own_disks=False,
        wanted={**settings, **_to_check(disks, sr, cd, networks)},
    )
    machine = vm_creation.configured(machine, settings)
    parts = [*_disks(disks, name, sr), *_cd(cd), *_networks(networks)]
    if parts:
        machine |= _free_devices(disks, networks)
        machine |= chord(parts, devices.check_devices.s(feed={"parts": "*"}))
    return vm_creation.started(
        machine, start=start, wait_for=wait_for, wait_for_address=wait_for_address
    )


def _free_devices(disks: Sequence[DiskWanted], networks: Sequence[NetworkWanted]) -> Canvas:
    """Ask for numbers nobody spoke for: parts built side by side would race for the next one."""
    return devices.free_devices.s(
        feed={"vm": "uuid"},
        drives=_given(disks),
        interfaces=device_numbers.given(wanted.device for wanted in networks),
    )


def _to_check(
    disks: Sequence[DiskWanted], sr: str | None, cd: str | None, networks: Sequence[NetworkWanted]
) -> dict[str, Any]:
    """Return what is to be checked before the VM is made, as `check_creation` takes it."""
    places = [
        {"size": disk.size, "sr": _home(number, disk, sr), "device": disk.device}
        for number, disk in enumerate(disks)
    ]
    wanted = {
        "disks": places,
        "cd": cd,
        "networks": [one.network for one in networks],
        "interfaces": [one.device for one in networks],
    }
    return {name: value for name, value in wanted.items() if value}


def _disks(disks: Sequence[DiskWanted], name: str, sr: str | None) -> Iterator[Canvas]:
    free = _numbers("drives")
    for number, disk in enumerate(disks):
        yield setup_disk_or_cd.s(
            **_on_device(disk.device, free),
            new_disk_name=disk.name or f"{name} disk {number}",
            disk_size=disk.size,
            storage_repository=_home(number, disk, sr),
            vdi_type=disk.type,
            mode=disk.mode,
            bootable=number == 0 if disk.bootable is None else disk.bootable,
            plug="no",
        )


def _cd(cd: str | None) -> Iterator[Canvas]:
    if cd:
        yield cds.insert_cd.s(feed={"vm": "uuid", "new_device": "cd"}, vdi=cd, replace=True)


def _networks(networks: Sequence[NetworkWanted]) -> Iterator[Canvas]:
    free = _numbers("interfaces")
    for wanted in networks:
        yield vif.create.s(
            **_on_device(wanted.device, free),
            network=wanted.network,
            mac=wanted.mac,
            mtu=wanted.mtu,
        )


def _numbers(kind: str) -> Iterator[str]:
    """Return the places of the free numbers in the answer of `free_devices`."""
    number = 0
    while True:
        yield f"{kind}.{number}"
        number += 1


def _on_device(device: str, free: Iterator[str]) -> dict[str, Any]:
    if device == AUTODETECT:
        return {"feed": {"vm": "uuid", "device": next(free)}}
    return {"feed": {"vm": "uuid"}, "device": device}


def _home(number: int, disk: DiskWanted, sr: str | None) -> str:
    home = disk.sr or sr
    if home:
        return home
    problem = f"disks.{number}.sr: is missing"
    text = f"{problem}; give the `sr` of this disk, or one `sr` for all"
    raise errors.invalid(problem, text=text)
