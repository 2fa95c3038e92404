"""Every flow in one table: a message that succeeds, and its effect."""

from dataclasses import dataclass

from tests.tasks.fixtures import GIB, NFS, Maker, Record, fresh
from tests.tasks.table import Fields, Ready, Seen


@dataclass(frozen=True)
class FlowCase:
    """One flow: `ready` makes what a message needs, `seen` looks for its effect in the pool."""

    name: str
    ready: Ready
    seen: Seen


def _in_state(state: str) -> Seen:
    def seen(maker: Maker, _: Fields, answer: Record) -> bool:
        return bool(maker.record("VM", answer["uuid"])["power_state"] == state)

    return seen


def _has(cls: str, count: int) -> Seen:
    """Return whether each VM of a message has so many devices."""

    def seen(maker: Maker, fields: Fields, _: Record) -> bool:
        vms = fields.get("vms") or [fields["vm"]]
        return all(len(maker.record("VM", vm)[f"{cls}s"]) == count for vm in vms)

    return seen


FLOWS = (
    FlowCase(
        "flow.create_vm_from_configured_template",
        lambda _: {"template": "deb12", "name": fresh()},
        _in_state("Running"),
    ),
    FlowCase(
        "flow.create_vm_from_unconfigured_template",
        lambda _: {
            "template": "blank",
            "name": fresh(),
            "sr": NFS,
            "disks": [{"size": GIB}, {"size": GIB}],
            "networks": [{"network": "lab"}],
            "start": False,
        },
        _in_state("Halted"),
    ),
    FlowCase(
        "flow.destroy_vm_and_disks",
        lambda maker: {"vm": maker.running(), "delete_disks": True, "shutdown": "force"},
        lambda maker, fields, _: maker.gone("VM", fields["vm"]),
    ),
    FlowCase(
        "flow.find_list_of_vms",
        lambda maker: {"uuid": maker.vm()},
        lambda _, fields, answer: answer["vms"][0]["uuid"] == fields["uuid"],
    ),
    FlowCase(
        "flow.setup_disk_or_cd",
        lambda maker: {
            "vm": maker.running(),
            "vdi_type": "user",
            "new_disk_name": fresh(),
            "disk_size": GIB,
            "storage_repository": NFS,
        },
        _has("VBD", 2),
    ),
    FlowCase(
        "flow.setup_network_devices",
        lambda maker: {"vm": maker.running(), "network": "lab"},
        _has("VIF", 2),
    ),
    FlowCase(
        "flow.assign_vms_to_network",
        lambda maker: {"vms": [maker.vm(), maker.running()], "network": "lab"},
        _has("VIF", 2),
    ),
    FlowCase(
        "flow.clone_vms",
        lambda maker: {"vm": maker.vm(), "name": fresh(), "count": 2},
        lambda maker, _, answer: not any(maker.gone("VM", one["uuid"]) for one in answer["vms"]),
    ),
    FlowCase(
        "flow.start_vms",
        lambda maker: {"vms": [maker.vm(), maker.running()]},
        lambda maker, fields, _: all(
            maker.record("VM", vm)["power_state"] == "Running" for vm in fields["vms"]
        ),
    ),
    FlowCase(
        "flow.check_for_task_success",
        lambda maker: {"task": maker.short_job()},
        lambda _, fields, answer: answer["task"]["uuid"] == fields["task"],
    ),
)
