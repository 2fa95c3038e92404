"""Making what a message needs, behind the operations' back, in any simulated pool."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

Record = dict[str, Any]

NFS = "NFS virtual disk storage"
LOCAL = "Local storage xs1"
LIBRARY = "ISO library"
ISO = "debian-12.iso"
GIB = 1 << 30

_DRIVE: Record = {
    "userdevice": "autodetect",
    "mode": "RW",
    "type": "Disk",
    "bootable": False,
    "unpluggable": True,
    "empty": False,
    "other_config": {},
    "qos_algorithm_type": "",
    "qos_algorithm_params": {},
}


def fresh() -> str:
    """Return an unused name."""
    return f"new-{uuid.uuid4().hex[:12]}"


@dataclass(frozen=True)
class Maker:
    """Makes objects that nobody else uses, and gives their UUIDs; `call` and `do` are a pool's."""

    call: Callable[..., Any]
    do: Callable[..., Any]

    def record(self, cls: str, uuid: str) -> Record:
        """Return the record of an object."""
        return dict(self.call(f"{cls}.get_record", self.ref(cls, uuid)))

    def ref(self, cls: str, uuid: str) -> str:
        """Return the reference of an object."""
        return str(self.call(f"{cls}.get_by_uuid", uuid))

    def uuid(self, cls: str, ref: str) -> str:
        """Return the UUID behind a reference."""
        return str(self.call(f"{cls}.get_uuid", ref))

    def named(self, cls: str, name: str) -> str:
        """Return the UUID of an object of that name."""
        [first, *_] = self.call(f"{cls}.get_by_name_label", name)
        return self.uuid(cls, first)

    def gone(self, cls: str, uuid: str) -> bool:
        """Return whether an object is no more."""
        return uuid not in {r["uuid"] for r in self.call(f"{cls}.get_all_records").values()}

    def vm(self, *, like: str = "web02", name: str | None = None) -> str:
        """Make a halted VM, or with the name of a template a template."""
        [source] = self.call("VM.get_by_name_label", like)
        return self.uuid("VM", self.call("VM.clone", source, name or fresh()))

    def blocked(self, *verbs: str) -> str:
        """Make a VM that blocks operations."""
        vm = self.vm()
        for verb in verbs:
            self.call("VM.add_to_blocked_operations", self.ref("VM", vm), verb, "by order")
        return vm

    def template(self) -> str:
        """Make a template."""
        return self.vm(like="deb12")

    def running(self) -> str:
        """Make a VM that runs on the first host."""
        vm = self.vm()
        host = self.ref("host", self.named("host", "xs1"))
        self.call("VM.start_on", self.ref("VM", vm), host, False, False)  # noqa: FBT003 - in wire order
        return vm

    def addressed(self) -> str:
        """Make a VM that runs, and whose guest has reported its addresses."""
        vm = self.vm()
        self.do("guest", vm=vm, boot=0)
        ref = self.ref("VM", vm)
        self.call("VM.start", ref, False, False)  # noqa: FBT003 - in wire order
        reply: Record = {}
        while not reply:
            metrics = self.call("VM.get_guest_metrics", ref)
            reply = self.call("VM_guest_metrics.get_networks", metrics)
        return vm

    def paused(self) -> str:
        """Make a VM that is paused."""
        vm = self.running()
        self.call("VM.pause", self.ref("VM", vm))
        return vm

    def suspended(self) -> str:
        """Make a VM that is suspended."""
        vm = self.running()
        self.call("VM.suspend", self.ref("VM", vm))
        return vm

    def snapshot(self, *, name: str | None = None) -> str:
        """Make a snapshot of a halted VM."""
        vm = self.ref("VM", self.vm())
        return self.uuid("VM", self.call("VM.snapshot", vm, name or fresh()))

    def disk(self, *, name: str | None = None) -> str:
        """Make a disk that nobody uses."""
        sr = self.ref("SR", self.named("SR", NFS))
        record = {"name_label": name or fresh(), "SR": sr, "virtual_size": GIB, "type": "user"}
        flags = {"sharable": False, "read_only": False, "other_config": {}}
        return self.uuid("VDI", self.call("VDI.create", {**record, **flags}))

    def disk_snapshot(self) -> str:
        """Make a snapshot of a disk."""
        return self.uuid("VDI", self.call("VDI.snapshot", self.ref("VDI", self.disk())))

    def unfinished_move(self) -> str:
        """Make a disk that is the copy of another one, as a move makes it at first."""
        old, copy = self.disk(), self.disk()
        self.call("VDI.add_to_other_config", self.ref("VDI", copy), "xenflow:moved-from", old)
        return copy

    def drive(self, vm: str, **fields: object) -> str:
        """Attach a disk of its own to a VM."""
        disk = self.ref("VDI", self.disk())
        record = {**_DRIVE, "VM": self.ref("VM", vm), "VDI": disk, **fields}
        return self.uuid("VBD", self.call("VBD.create", record))

    def disk_of_a_vm(self) -> str:
        """Make a disk that a halted VM has, and return its name."""
        name = fresh()
        self.drive(self.vm(), VDI=self.ref("VDI", self.disk(name=name)))
        return name

    def plugged(self) -> str:
        """Attach a disk to a running VM that sees it."""
        drive = self.drive(self.running())
        self.call("VBD.plug", self.ref("VBD", drive))
        return drive

    def cd(self, *, iso: str | None = None) -> str:
        """Return a halted VM a CD drive, empty or with a medium."""
        medium = self.ref("VDI", self.named("VDI", iso)) if iso else "OpaqueRef:NULL"
        return self.drive(self.vm(), VDI=medium, empty=iso is None, type="CD", mode="RO")

    def owner(self, vbd: str) -> str:
        """Return the VM of a drive."""
        return self.uuid("VM", self.record("VBD", vbd)["VM"])

    def interface(self, vm: str) -> str:
        """Return the interface of a VM."""
        [vif] = self.call("VM.get_VIFs", self.ref("VM", vm))
        return self.uuid("VIF", vif)

    def unplugged(self) -> str:
        """Take away the interface of a running VM, but for its record."""
        vif = self.interface(self.running())
        self.call("VIF.unplug", self.ref("VIF", vif))
        return vif

    def network(self, *, name: str | None = None) -> str:
        """Make a private network."""
        record = {"name_label": name or fresh(), "MTU": 1500, "other_config": {}}
        return self.uuid("network", self.call("network.create", record))

    def job(self, *, name: str | None = None) -> str:
        """Make a task that nobody works on."""
        return self.uuid("task", self.call("task.create", name or fresh(), "for a test"))

    def long_job(self) -> str:
        """Make a task that XenServer works on for long."""
        disk, sr = self.ref("VDI", self.disk()), self.ref("SR", self.named("SR", NFS))
        self.do("fault", what="stall", method="VDI.copy", object=disk)
        return self.uuid("task", self.call("Async.VDI.copy", disk, sr))

    def short_job(self) -> str:
        """Make a task that XenServer works on for a moment."""
        return self.uuid("task", self.call("Async.VM.clone", self.ref("VM", self.vm()), fresh()))

    @cached_property
    def pif(self) -> str:
        """Return a physical interface of a host."""
        pifs = self.call("PIF.get_all_records").values()
        return str(next(pif["uuid"] for pif in pifs if pif["physical"]))
