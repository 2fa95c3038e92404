"""What a VM leaves behind: which of its disks go with it when it is destroyed, and which stay."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from config import queues
from tasks.engine.declaration.answers import Answer
from tasks.engine.declaration.field_types import VmName
from tasks.engine.declaration.operation import operation
from xenserver import errors, values
from xenserver.client import Xen
from xenserver.objects import ObjectRef

Records = Mapping[str, Mapping[str, Any]]


class Disk(BaseModel):
    """A disk, or a medium."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    uuid: str
    name_label: str = ""


class KeptDisk(Disk):
    """A disk that stays, and why it does."""

    why: str


class Chosen(Answer):
    """A VM's disks: those that go with it and those that stay."""

    vm: str
    name_label: str
    delete: list[Disk]
    keep: list[KeptDisk]


Delete = Annotated[bool, Field(description="whether disks are to go at all")]
Shared = Annotated[bool, Field(description="disks that other VMs use may go too")]
Image = Annotated[bool, Field(description="count the image of a suspended VM as a disk")]


@operation(queue=queues.FIND)
def choose_disks(
    xen: Xen,
    *,
    vm: VmName,
    delete: Delete = False,
    even_shared: Shared = False,
    image: Image = True,
) -> Chosen:
    """Return which disks of a VM go and which stay; refuse if another VM uses one that goes.

    Media and physical devices always stay. The image of a suspended VM counts as a disk, unless
    `image` is false.
    """
    belongings = _Belongings(xen, xen.find.vm(vm))
    belongings.sort(delete=delete, image=image)
    if not even_shared:
        belongings.refuse_shared()
    return belongings.told()


class _Belongings:
    """One VM's disks, being sorted; each class of XenServer is read once."""

    def __init__(self, xen: Xen, machine: ObjectRef) -> None:
        self._xen = xen
        self._machine = machine
        self._record = xen.VM.get_record(machine)
        self._drives: Records = xen.VBD.get_all_records()
        self._disks: Records = xen.VDI.get_all_records()
        self._homes: Records = xen.SR.get_all_records()
        self._delete: list[str] = []
        self._keep: dict[str, str] = {}

    def sort(self, *, delete: bool, image: bool) -> None:
        """Put each disk on one of two heaps."""
        for ref, drive in self._mine(image=image):
            why = self._why_kept(drive, self._disks[ref], delete=delete)
            if why:
                self._keep[ref] = why
            elif ref not in self._delete:
                self._delete.append(ref)

    def _mine(self, *, image: bool) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Return what is in the VM's drives, in their order, and the image of its memory."""
        drives = [self._drives[ref] for ref in self._record["VBDs"] if ref in self._drives]
        for drive in sorted(drives, key=lambda drive: str(drive["userdevice"]).zfill(4)):
            if drive["VDI"] in self._disks:
                yield drive["VDI"], drive
        if image and self._record["suspend_VDI"] in self._disks:
            yield self._record["suspend_VDI"], {"type": "Disk"}

    def _why_kept(
        self, drive: Mapping[str, Any], disk: Mapping[str, Any], *, delete: bool
    ) -> str | None:
        home = self._homes.get(disk["SR"], {"type": "", "content_type": ""})
        if drive["type"] != "Disk" or home["content_type"] == "iso":
            return "it is a medium"
        if home["type"] == "udev":
            return "it is a physical device"
        return None if delete else "only the VM was to go"

    def refuse_shared(self) -> None:
        """Refuse the whole while another VM has a drive with a disk that is to go."""
        users = {ref: self._other_users(ref) for ref in self._delete}
        shared = {ref: vms for ref, vms in users.items() if vms}
        if not shared:
            return
        names = self._xen.VM.get_all_records()
        told = [self._told_shared(ref, vms, names) for ref, vms in shared.items()]
        words = "; ".join(told) + "; nothing was destroyed. delete_shared_disks lets them go too"
        uuids = [self._disks[ref]["uuid"] for ref in shared]
        raise errors.from_api("XENFLOW_DISK_SHARED", uuids, words=words)

    def _other_users(self, disk: str) -> list[str]:
        drives = (self._drives[ref] for ref in self._disks[disk]["VBDs"] if ref in self._drives)
        owners = dict.fromkeys(drive["VM"] for drive in drives)
        return [vm for vm in owners if vm not in {self._machine.ref, values.NULL}]

    def _told_shared(self, ref: str, vms: list[str], names: Records) -> str:
        users = [f"{names[vm]['name_label']} ({names[vm]['uuid']})" for vm in vms if vm in names]
        disk = self._disks[ref]
        return f"disk {disk['name_label']} ({disk['uuid']}) is used by VM {', '.join(users)} too"

    def told(self) -> Chosen:
        """Return both heaps."""
        delete = [Disk.model_validate(self._disks[ref]) for ref in self._delete]
        keep = [
            KeptDisk.model_validate({**self._disks[ref], "why": why})
            for ref, why in self._keep.items()
        ]
        return Chosen(
            return_result=f"{len(delete)} to delete, {len(keep)} to keep",
            vm=self._machine.uuid,
            name_label=self._record["name_label"],
            delete=delete,
            keep=keep,
        )
