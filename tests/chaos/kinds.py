"""The kinds of work of a round: all flows, and single operations of every sort.

Each kind says what it needs, what its message is, and what is to be there under its name when it
has succeeded. Everything a job makes has a name that begins with the job's own, so that the books
can tell whose it is without asking the product.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Fields = dict[str, Any]

NFS = "NFS virtual disk storage"
GIB = 1 << 30
MACHINE = {"VM": 1, "VDI": 1, "VBD": 1, "VIF": 1}
"""What a clone of a VM or template with a disk and an interface consists of."""


@dataclass(frozen=True)
class Kind:
    """One kind of work.

    `machines` are the names (behind the job's own) of VMs that it needs, `running` whether they
    are started; `leaves` counts, by class, what is there under its name at the end; `once` are
    the verbs that come to their effect at most once on any of its objects. One that destroys cannot
    be undone, so it is not `cancellable`: nobody can say what is to be there after that.
    """

    task: str
    fields: Callable[[str], Fields]
    leaves: Mapping[str, int] = field(default_factory=dict)
    machines: tuple[str, ...] = ()
    running: bool = False
    disk: bool = False
    watched: bool = False
    once: tuple[str, ...] = ()
    state: str | None = None
    error: str | None = None
    may_fail_as: tuple[str, ...] = ()
    weight: int = 2
    cancellable: bool = True

    @property
    def before(self) -> dict[str, int]:
        """What is there under its name before it begins."""
        found = {cls: count * len(self.machines) for cls, count in MACHINE.items() if self.machines}
        return {**found, "VDI": found.get("VDI", 0) + 1} if self.disk else found


def _with(**more: int) -> dict[str, int]:
    return {cls: count + more.get(cls, 0) for cls, count in MACHINE.items()}


KINDS = (
    Kind(
        "flow.create_vm_from_configured_template",
        lambda name: {"template": "deb12", "name": name},
        leaves=MACHINE,
        once=("VM.provision", "VM.start"),
        state="Running",
        weight=6,
    ),
    Kind(
        "flow.create_vm_from_unconfigured_template",
        lambda name: {
            "template": "blank",
            "name": name,
            "sr": NFS,
            "disks": [{"size": GIB}],
            "networks": [{"network": "lab"}],
            "start": False,
        },
        leaves=MACHINE,
        once=("VM.provision",),
        state="Halted",
        weight=3,
    ),
    Kind(
        "flow.create_vm_from_unconfigured_template",
        lambda name: {"template": "blank", "name": name, "cd": f"no medium of {name}"},
        error="Missing",
    ),
    Kind(
        "flow.destroy_vm_and_disks",
        lambda name: {"vm": name, "delete_disks": True, "shutdown": "force"},
        machines=("",),
        running=True,
        cancellable=False,
    ),
    Kind("flow.find_list_of_vms", lambda _: {"name": "web01"}),
    Kind(
        "flow.setup_disk_or_cd",
        lambda name: {
            "vm": name,
            "vdi_type": "user",
            "new_disk_name": f"{name} disk",
            "disk_size": GIB,
            "storage_repository": NFS,
        },
        machines=("",),
        leaves=_with(VDI=1, VBD=1),
    ),
    Kind(
        "flow.setup_network_devices",
        lambda name: {"vm": name, "network": "lab"},
        machines=("",),
        leaves=_with(VIF=1),
    ),
    Kind(
        "flow.assign_vms_to_network",
        lambda name: {"vms": [f"{name} a", f"{name} b"], "network": "lab"},
        machines=(" a", " b"),
        leaves={"VM": 2, "VDI": 2, "VBD": 2, "VIF": 4},
    ),
    Kind(
        "flow.check_for_task_success",
        lambda name: {"task": name},
        watched=True,
        may_fail_as=("Missing", "Unknown"),  # a toolstack that restarts forgets its tasks
    ),
    Kind(
        "xenserver.vm.clone", lambda name: {"vm": "deb12", "name": name}, leaves=MACHINE, weight=4
    ),
    Kind(
        "xenserver.vm.copy",
        lambda name: {"vm": "deb12", "name": name, "sr": "Local storage xs2"},
        leaves=MACHINE,
    ),
    Kind(
        "xenserver.vm.install",
        lambda name: {"template": "deb12", "name": name},
        leaves=MACHINE,
        once=("VM.provision",),
        weight=4,
    ),
    Kind(
        "xenserver.vm.snapshot",
        lambda name: {"vm": name, "name": f"{name} snapshot"},
        machines=("",),
        leaves={"VM": 2, "VDI": 2, "VBD": 2, "VIF": 2},
    ),
    Kind(
        "xenserver.vm.start",
        lambda name: {"vm": name},
        machines=("",),
        leaves=MACHINE,
        once=("VM.start",),
        state="Running",
    ),
    Kind(
        "xenserver.vm.shutdown",
        lambda name: {"vm": name, "force": True},
        machines=("",),
        running=True,
        leaves=MACHINE,
        once=("VM.hard_shutdown",),
        state="Halted",
    ),
    Kind(
        "xenserver.vm.reboot",
        lambda name: {"vm": name},
        machines=("",),
        running=True,
        leaves=MACHINE,
        once=("VM.clean_reboot",),
        state="Running",
        may_fail_as=("Unknown",),  # a reboot leaves no trace by which it could be found again
    ),
    Kind(
        "xenserver.vm.destroy",
        lambda name: {"vm": name},
        machines=("",),
        leaves={"VDI": 1},
        cancellable=False,
    ),
    Kind(
        "xenserver.vdi.create",
        lambda name: {"name": name, "sr": NFS, "size": GIB},
        leaves={"VDI": 1},
    ),
    Kind("xenserver.vdi.destroy", lambda name: {"vdi": name}, disk=True, cancellable=False),
    Kind(
        "xenserver.vbd.create",
        lambda name: {"vm": name, "vdi": f"{name} disk"},
        machines=("",),
        disk=True,
        leaves=_with(VDI=1, VBD=1),
    ),
    Kind(
        "xenserver.vif.create",
        lambda name: {"vm": name, "network": "lab"},
        machines=("",),
        leaves=_with(VIF=1),
    ),
    Kind("xenserver.network.create", lambda name: {"name": name}, leaves={"network": 1}),
    Kind("xenserver.vm.find", lambda _: {"name": "web01"}),
    Kind("xenserver.host.find", lambda _: {}),
)
