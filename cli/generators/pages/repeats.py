"""The result of a message that is sent a second time, under an id of its own.

Tests send each one twice and compare. Under the same id a message has one effect and one answer,
whatever it asks for.
"""

from dataclasses import dataclass

from config import queues
from tasks.engine.declaration.operation import Operation

SAME = "ends where it ended"
AGAIN = "does it once more"
ANOTHER = "makes another"
UNKNOWN = "as its body says"


def refused(code: str) -> str:
    """Return the words for a message that is refused the second time."""
    return f"is refused: `{code}`"


GONE = refused("XENFLOW_NO_SUCH_OBJECT")
BAD_STATE = refused("VM_BAD_POWER_STATE")


@dataclass(frozen=True)
class Repeat:
    """What a second message does, and what it answers with `ensure` if that can be given."""

    alone: str
    ensured: str = ""


_CHANGES: dict[str, Repeat] = {
    "flow.assign_vms_to_network": Repeat(ANOTHER, "answers with the interfaces that are there"),
    "flow.clone_vms": Repeat(ANOTHER),
    "flow.create_vm_from_configured_template": Repeat(ANOTHER),
    "flow.create_vm_from_unconfigured_template": Repeat(ANOTHER),
    "flow.check_for_task_success": Repeat(SAME),
    "flow.destroy_vm_and_disks": Repeat(f"{GONE}, or finishes what the first left behind"),
    "flow.find_list_of_vms": Repeat(SAME),
    "flow.setup_disk_or_cd": Repeat(f"{ANOTHER} of a new disk; with an existing one {SAME}"),
    "flow.setup_network_devices": Repeat(ANOTHER, "answers with the interface that is there"),
    "flow.start_vms": Repeat(SAME),
    "xenserver.network.create": Repeat(f"{ANOTHER}; of a VLAN {refused('PIF_VLAN_EXISTS')}"),
    "xenserver.network.destroy": Repeat(GONE),
    "xenserver.task.cancel": Repeat(SAME),
    "xenserver.task.take_back": Repeat(SAME),
    "xenserver.vbd.create": Repeat(ANOTHER, "answers with the drive that holds the disk"),
    "xenserver.vbd.destroy": Repeat(GONE),
    "xenserver.vbd.eject": Repeat(refused("VBD_IS_EMPTY"), "VBD already empty"),
    "xenserver.vbd.insert": Repeat(refused("VBD_NOT_EMPTY"), "Media already inserted"),
    "xenserver.vbd.plug": Repeat(refused("DEVICE_ALREADY_ATTACHED"), "VBD already plugged"),
    "xenserver.vbd.plug_if_running": Repeat(SAME),
    "xenserver.vbd.unplug": Repeat(refused("DEVICE_ALREADY_DETACHED"), "VBD already unplugged"),
    "xenserver.vdi.clone": Repeat(ANOTHER),
    "xenserver.vdi.copy": Repeat(ANOTHER),
    "xenserver.vdi.create": Repeat(ANOTHER),
    "xenserver.vdi.destroy": Repeat(GONE),
    "xenserver.vdi.destroy_or_report": Repeat(SAME),
    "xenserver.vdi.move": Repeat(
        refused("XENFLOW_MESSAGE_INVALID"), "VDI already on Local storage xs1"
    ),
    "xenserver.vdi.undo_move": Repeat(GONE),
    "xenserver.vdi.resize": Repeat(SAME),
    "xenserver.vdi.snapshot": Repeat(ANOTHER),
    "xenserver.vdi.tag": Repeat(SAME),
    "xenserver.vif.create": Repeat(ANOTHER, "answers with the interface that is there"),
    "xenserver.vif.destroy": Repeat(GONE),
    "xenserver.vif.plug": Repeat(refused("DEVICE_ALREADY_ATTACHED"), "VIF already plugged"),
    "xenserver.vif.plug_if_running": Repeat(SAME),
    "xenserver.vif.unplug": Repeat(refused("DEVICE_ALREADY_DETACHED"), "VIF already unplugged"),
    "xenserver.vm.assign_each_to_network": Repeat(
        ANOTHER, "answers with the interfaces that are there"
    ),
    "xenserver.vm.block": Repeat(SAME),
    "xenserver.vm.clone": Repeat(ANOTHER),
    "xenserver.vm.configure": Repeat(SAME),
    "xenserver.vm.copy": Repeat(ANOTHER),
    "xenserver.vm.copy_to_pool": Repeat(ANOTHER),
    "xenserver.vm.destroy": Repeat(GONE),
    "xenserver.vm.destroy_snapshot": Repeat(GONE),
    "xenserver.vm.destroy_snapshot_or_report": Repeat(SAME),
    "xenserver.vm.destroy_with_disks": Repeat(GONE),
    "xenserver.vm.discard": Repeat(GONE),
    "xenserver.vm.import_from_url": Repeat(ANOTHER),
    "xenserver.vm.insert_cd": Repeat(SAME),
    "xenserver.vm.install": Repeat(ANOTHER),
    "xenserver.vm.mark_leftovers": Repeat(SAME),
    "xenserver.vm.start_each": Repeat(SAME),
    "xenserver.vm.migrate": Repeat(AGAIN, "VM already on xs2"),
    "xenserver.vm.migrate_to_pool": Repeat(GONE, "VM already in that pool"),
    "xenserver.vm.pause": Repeat(BAD_STATE, "VM already paused"),
    "xenserver.vm.power_off": Repeat(SAME),
    "xenserver.vm.reboot": Repeat(AGAIN),
    "xenserver.vm.resume": Repeat(BAD_STATE, "VM already running"),
    "xenserver.vm.revert": Repeat(AGAIN),
    "xenserver.vm.shutdown": Repeat(BAD_STATE, "VM already halted"),
    "xenserver.vm.snapshot": Repeat(ANOTHER),
    "xenserver.vm.start": Repeat(BAD_STATE, "VM already running"),
    "xenserver.vm.suspend": Repeat(BAD_STATE, "VM already suspended"),
    "xenserver.vm.tag": Repeat(SAME),
    "xenserver.vm.unblock": Repeat(SAME),
    "xenserver.vm.unpause": Repeat(BAD_STATE, "VM already running"),
}


def of(operation: Operation) -> Repeat:
    """Return what a second message does; what only looks ends where it ended."""
    if operation.queue == queues.FIND:
        return Repeat(SAME)
    return _CHANGES.get(operation.name, Repeat(UNKNOWN))
