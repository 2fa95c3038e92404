"""The disks and snapshots of a VM that is to go: which go with it, and which stay."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from config import queues
from tasks.engine.declaration.answers import Answer
from tasks.engine.declaration.field_types import Label, VmName
from tasks.engine.declaration.operation import operation
from tasks.vm import leftovers, reading
from xenserver import errors, lookup, values
from xenserver.client import Xen
from xenserver.objects import ObjectRef

Record = Mapping[str, Any]

_DESTROYED_IN = ("halted", "suspended")
"""Power states in which XenServer destroys a VM."""


class Disk(BaseModel):
    """A disk, a medium, or a snapshot of a VM."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    uuid: str
    name_label: str = ""


class KeptDisk(Disk):
    """A disk that stays, and why it does."""

    why: str


class Chosen(Answer):
    """A VM's disks and snapshots: those that go with it and those that stay."""

    vm: str
    name_label: str
    gone: bool = Field(
        default=False,
        description="the VM is already gone; these are its remaining disks and snapshots",
    )
    delete: list[Disk]
    keep: list[KeptDisk]
    delete_snapshots: list[Disk] = Field(default_factory=list)
    keep_snapshots: list[Disk] = Field(default_factory=list)


Delete = Annotated[bool, Field(description="whether to destroy disks at all")]
Shared = Annotated[bool, Field(description="destroy disks that other VMs use too")]
Image = Annotated[bool, Field(description="treat the memory image of a suspended VM as a disk")]
Snapshots = Annotated[
    Literal["delete", "keep"],
    Field(description="whether to destroy snapshots and their disks along with the disks"),
]
Keep = Annotated[tuple[Label, ...], Field(description="disks to keep, by UUID, name label or tag")]
Shutdown = Annotated[
    Literal["no", "clean", "force"],
    Field(description="shut it down first: not at all, by its guest, or by force"),
]


@operation(queue=queues.FIND, internal=True)
def choose_disks(
    xen: Xen,
    *,
    vm: VmName,
    delete: Delete = False,
    even_shared: Shared = False,
    image: Image = True,
    snapshots: Snapshots = "delete",
    keep_disks: Keep = (),
    shutdown: Shutdown = "no",
) -> Chosen:
    """Return which disks and snapshots of a VM to destroy and to keep; refuse what would fail.

    Refused are a VM that runs and is not to be shut down, what the VM blocks, a disk that goes and
    that another VM uses, and one on storage that is not attached. Media and physical devices always
    stay. The image of a suspended VM counts as a disk, unless `image` is false. What a destruction
    has left behind of a VM that is gone is found again.
    """
    try:
        machine = xen.find.vm(vm)
    except errors.Missing as missing:
        return _left_behind(xen, vm, missing, delete=delete, even_shared=even_shared)
    choice = _Choice(xen, machine, keep_disks)
    choice.refuse_blocked(shutdown)
    if shutdown == "no":
        choice.refuse_running()
    choice.sort(delete=delete, image=image, snapshots=delete and snapshots == "delete")
    choice.refuse_unknown()
    choice.refuse_detached()
    if not even_shared:
        choice.refuse_shared()
    return choice.answer()


def _left_behind(
    xen: Xen, vm: str, missing: errors.Missing, *, delete: bool, even_shared: bool
) -> Chosen:
    """Return what is left of a VM that an earlier destruction took; raise where nothing is."""
    left = leftovers.find(xen, vm) if delete else None
    if left is None or isinstance(missing, errors.Ambiguous):
        raise missing
    disks = reading.Reader(xen)
    if not even_shared:
        _refuse_shared(disks, left.disks, {values.NULL})
    return Chosen(
        return_result=f"VM {left.name} is gone; {len(left.disks)} disks are left",
        vm=left.uuid,
        name_label=left.name,
        gone=True,
        delete=[Disk.model_validate(disks.record("VDI", ref)) for ref in left.disks],
        keep=[],
        delete_snapshots=[Disk.model_validate(disks.record("VM", ref)) for ref in left.snapshots],
    )


class _Choice:
    """One VM's disks and snapshots, being sorted; each object is read once."""

    def __init__(self, xen: Xen, machine: ObjectRef, keep: tuple[str, ...]) -> None:
        self._read = reading.Reader(xen)
        self._machine = machine
        self._record = self._read.record("VM", machine.ref)
        self._wanted = tuple(map(lookup.spelled_once, keep))
        self._delete: list[str] = []
        self._keep: dict[str, str] = {}
        self._snapshots: list[str] = []
        self._kept_snapshots: list[str] = []

    def refuse_blocked(self, shutdown: Shutdown) -> None:
        """Refuse while nothing has happened what the VM forbids, or its snapshots do."""
        blocked = self._record.get("blocked_operations", {})
        verbs = ["destroy"]
        if shutdown != "no" and self._record["power_state"] != "Halted":
            verbs = [f"{'hard' if shutdown == 'force' else 'clean'}_shutdown", *verbs]
        for verb in verbs:
            if verb in blocked:
                raise _blocked(self._record, self._machine.ref, verb)

    def refuse_running(self) -> None:
        """Refuse a VM in whose state XenServer does not destroy it."""
        state = self._record["power_state"].lower()
        if state not in _DESTROYED_IN:
            text = f"VM {self._record['name_label']} is {state}; nothing was destroyed. "
            text += "Halt it first, or give shutdown=clean or shutdown=force"
            params = [self._machine.ref, ", ".join(_DESTROYED_IN), state]
            raise errors.from_api("VM_BAD_POWER_STATE", params, text=text)

    def sort(self, *, delete: bool, image: bool, snapshots: bool) -> None:
        """Decide for each disk whether it goes, those of snapshots too."""
        self._sort(self._record, delete=delete, image=image)
        refs = [r for r in self._record["snapshots"] if self._read.exists("VM", r)]
        (self._snapshots if snapshots else self._kept_snapshots).extend(refs)
        for ref in refs:
            taken = self._read.record("VM", ref)
            if snapshots and "destroy" in taken.get("blocked_operations", {}):
                raise _blocked(taken, ref, "destroy")
            self._sort(taken, delete=snapshots, image=True)

    def _sort(self, record: Record, *, delete: bool, image: bool) -> None:
        for ref, drive in self._disks_of(record, image=image):
            why = self._why_kept(drive, self._read.record("VDI", ref), delete=delete)
            if why:
                self._keep.setdefault(ref, why)
            elif ref not in self._delete:
                self._delete.append(ref)

    def _disks_of(self, record: Record, *, image: bool) -> Iterator[tuple[str, Record]]:
        """Return what is in a VM's drives, in their order, and the image of its memory."""
        drives = self._read.records("VBD", record["VBDs"])
        for drive in sorted(drives, key=lambda drive: str(drive["userdevice"]).zfill(4)):
            if self._read.exists("VDI", drive["VDI"]):
                yield drive["VDI"], drive
        if image and self._read.exists("VDI", record["suspend_VDI"]):
            yield record["suspend_VDI"], {"type": "Disk"}

    def _why_kept(self, drive: Record, disk: Record, *, delete: bool) -> str | None:
        home = self._read.record("SR", disk["SR"])
        if drive["type"] != "Disk" or home["content_type"] == "iso":
            return "it is a medium"
        if home["type"] == "udev":
            return "it is a physical device"
        if _names(disk) & set(self._wanted):
            return "it was to be kept"
        return None if delete else "only the VM was to be destroyed"

    def refuse_unknown(self) -> None:
        """Refuse to keep what the VM does not have: it may be spelled wrongly."""
        refs = [*self._delete, *self._keep]
        known = {name for ref in refs for name in _names(self._read.record("VDI", ref))}
        unknown = [name for name in self._wanted if name not in known]
        if unknown:
            problem = f"keep_disks: VM {self._record['name_label']} has no {', '.join(unknown)}"
            text = f"{problem}; it has {', '.join(sorted(known))}; nothing was destroyed"
            raise errors.invalid(problem, text=text)

    def refuse_detached(self) -> None:
        """Refuse the whole while a disk that is to go is on storage that no host reaches."""
        for ref in dict.fromkeys(self._read.record("VDI", disk)["SR"] for disk in self._delete):
            home = self._read.record("SR", ref)
            pbds = self._read.records("PBD", home["PBDs"])
            if not any(pbd["currently_attached"] for pbd in pbds):
                text = f"SR {home['name_label']} is attached to no host, so the disks on it cannot"
                text += " be destroyed; nothing was destroyed. Plug it, or keep the disks"
                raise errors.from_api("SR_HAS_NO_PBDS", [ref], text=text)

    def refuse_shared(self) -> None:
        """Refuse the whole while another VM has a drive with a disk that is to go."""
        own = {self._machine.ref, values.NULL, *self._record["snapshots"]}
        _refuse_shared(self._read, self._delete, own)

    def answer(self) -> Chosen:
        """Return what goes and what stays."""
        keep = [
            KeptDisk.model_validate({**self._read.record("VDI", ref), "why": why})
            for ref, why in self._keep.items()
            if ref not in self._delete
        ]
        return Chosen(
            return_result=f"{len(self._delete)} to delete, {len(keep)} to keep",
            vm=self._machine.uuid,
            name_label=self._record["name_label"],
            delete=self._disks("VDI", self._delete),
            keep=keep,
            delete_snapshots=self._disks("VM", self._snapshots),
            keep_snapshots=self._disks("VM", self._kept_snapshots),
        )

    def _disks(self, cls: str, refs: list[str]) -> list[Disk]:
        return [Disk.model_validate(self._read.record(cls, ref)) for ref in refs]


def _names(disk: Record) -> set[str]:
    return {disk["uuid"], disk["name_label"], *disk.get("tags", ())}


def _blocked(record: Record, ref: str, verb: str) -> errors.XenflowError:
    reason = record["blocked_operations"][verb]
    text = f"VM {record['name_label']} blocks {verb} ({reason}); nothing was destroyed. "
    text += "Unblock it with vm.unblock first"
    return errors.from_api("OPERATION_BLOCKED", [ref, reason], text=text)


def _refuse_shared(read: reading.Reader, disks: list[str], own: set[str]) -> None:
    """Refuse disks that VMs use which are not the owner's own."""
    shared: dict[str, list[str]] = {}
    for ref in disks:
        drives = read.records("VBD", read.record("VDI", ref)["VBDs"])
        others = [vm for vm in dict.fromkeys(drive["VM"] for drive in drives) if vm not in own]
        if others:
            shared[ref] = others
    if not shared:
        return
    problems = [_shared_in_words(read, ref, vms) for ref, vms in shared.items()]
    text = "; ".join(problems) + "; nothing was destroyed; delete_shared_disks destroys them too"
    uuids = [read.record("VDI", ref)["uuid"] for ref in shared]
    raise errors.from_api("XENFLOW_DISK_SHARED", uuids, text=text)


def _shared_in_words(read: reading.Reader, ref: str, vms: list[str]) -> str:
    users = [f"{vm['name_label']} ({vm['uuid']})" for vm in read.records("VM", vms)]
    disk = read.record("VDI", ref)
    return f"disk {disk['name_label']} ({disk['uuid']}) is used by VM {', '.join(users)} too"
