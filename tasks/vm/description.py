"""A VM in one answer: its state, disks, interfaces and addresses."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from config import queues
from tasks.engine.declaration.answers import Answer, NameLabel, PowerState
from tasks.engine.declaration.field_types import VmTemplateOrSnapshotName
from tasks.engine.declaration.operation import operation
from tasks.vm import reading
from xenserver import guest_addresses, values
from xenserver.client import Xen

Record = Mapping[str, Any]

FIELDS = (
    *("uuid", "name_label", "name_description", "power_state", "is_a_template", "is_a_snapshot"),
    *("memory_static_min", "memory_static_max", "VCPUs_max", "VCPUs_at_startup", "tags"),
    *("HVM_boot_params", "platform", "blocked_operations", "allowed_operations"),
)


class VmDisk(BaseModel):
    """A drive of a VM, and the disk or medium in it."""

    model_config = ConfigDict(frozen=True)

    vbd: str = Field(description="the drive, by UUID")
    device: str = Field(description="its number")
    type: str = Field(description="Disk, CD or Floppy")
    mode: str = Field(description="RW or RO")
    bootable: bool
    attached: bool = Field(description="whether the guest sees it")
    vdi: str | None = Field(None, description="the disk in it, by UUID; none if it is empty")
    name_label: str | None = None
    size: int | None = Field(None, description="bytes")
    sr: str | None = Field(None, description="where the disk is, by UUID")
    sr_name_label: str | None = None


class VmInterface(BaseModel):
    """An interface of a VM."""

    model_config = ConfigDict(frozen=True)

    vif: str = Field(description="the interface, by UUID")
    device: str = Field(description="its number")
    mac: str
    mtu: int
    attached: bool = Field(description="whether the guest sees it")
    network: str | None = Field(None, description="by UUID")
    network_name_label: str | None = None
    addresses: list[str] = Field(description="those that the guest has on it; no link-local ones")


class Described(Answer):
    """A VM with all that belongs to it."""

    uuid: str = Field(description="the VM")
    name_label: NameLabel
    power_state: PowerState
    host: str | None = Field(None, description="where it runs, by UUID")
    host_name_label: str | None = Field(None, description="the name label of that host")
    record: dict[str, Any] = Field(description="further fields of the VM's record")
    disks: list[VmDisk] = Field(description="its disks and drives")
    interfaces: list[VmInterface] = Field(description="its network interfaces")
    addresses: dict[str, str] = Field(description="as XenServer names them; no link-local ones")
    snapshots: list[str] = Field(description="by UUID")


@operation(queue=queues.FIND)
def describe(xen: Xen, *, vm: VmTemplateOrSnapshotName) -> Described:
    """Describe a VM: its state, host, disks, interfaces and addresses, in one answer."""
    read = reading.Reader(xen)
    record = read.record("VM", xen.find.vm_template_or_snapshot(vm).ref)
    host = read.records("host", [record["resident_on"]])
    addresses = _addresses(xen, record)
    disks = list(_disks(read, record))
    interfaces = list(_interfaces(read, record, addresses))
    return Described(
        return_result=_in_words(record, host, len(disks), interfaces),
        uuid=record["uuid"],
        name_label=record["name_label"],
        power_state=record["power_state"],
        host=host[0]["uuid"] if host else None,
        host_name_label=host[0]["name_label"] if host else None,
        record={name: record[name] for name in FIELDS if name in record},
        disks=disks,
        interfaces=interfaces,
        addresses=addresses,
        snapshots=[one["uuid"] for one in read.records("VM", record["snapshots"])],
    )


def _addresses(xen: Xen, record: Record) -> dict[str, str]:
    if record["guest_metrics"] == values.NULL:
        return {}
    return guest_addresses.usable(xen.VM_guest_metrics.get_networks(record["guest_metrics"]))


def _disks(read: reading.Reader, record: Record) -> Iterator[VmDisk]:
    drives = read.records("VBD", record["VBDs"])
    for drive in sorted(drives, key=lambda one: str(one["userdevice"]).zfill(4)):
        medium = next(iter(read.records("VDI", [drive["VDI"]])), None)
        home = next(iter(read.records("SR", [medium["SR"]])), None) if medium else None
        yield VmDisk(
            vbd=drive["uuid"],
            device=drive["userdevice"],
            type=drive["type"],
            mode=drive["mode"],
            bootable=drive["bootable"],
            attached=drive["currently_attached"],
            vdi=medium["uuid"] if medium else None,
            name_label=medium["name_label"] if medium else None,
            size=int(medium["virtual_size"]) if medium else None,
            sr=home["uuid"] if home else None,
            sr_name_label=home["name_label"] if home else None,
        )


def _interfaces(
    read: reading.Reader, record: Record, addresses: Mapping[str, str]
) -> Iterator[VmInterface]:
    found = read.records("VIF", record["VIFs"])
    for interface in sorted(found, key=lambda one: int(one["device"])):
        device = interface["device"]
        net = next(iter(read.records("network", [interface["network"]])), None)
        own = [text for key, text in addresses.items() if key.split("/", 1)[0] == device]
        yield VmInterface(
            vif=interface["uuid"],
            device=device,
            mac=interface["MAC"],
            mtu=int(interface["MTU"]),
            attached=interface["currently_attached"],
            network=net["uuid"] if net else None,
            network_name_label=net["name_label"] if net else None,
            addresses=list(dict.fromkeys(own)),
        )


def _in_words(record: Record, host: list[Record], disks: int, interfaces: list[VmInterface]) -> str:
    where = f" on {host[0]['name_label']}" if host else ""
    known = [address for one in interfaces for address in one.addresses]
    text = f"{record['name_label']} is {record['power_state'].lower()}{where}: "
    text += f"{disks} drive{'' if disks == 1 else 's'}, "
    text += f"{len(interfaces)} interface{'' if len(interfaces) == 1 else 's'}"
    return f"{text}, {', '.join(known)}" if known else text
