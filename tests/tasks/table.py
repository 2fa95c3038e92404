"""Every operation in one table: a message that succeeds, its effect, one that is refused."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tasks import disk_moves, host, network, pif, sr, task, vbd, vdi, vif
from tasks.engine.declaration.operation import Operation
from tasks.vm import (
    blocking,
    cd,
    configuration,
    copies,
    description,
    guest,
    lifecycle,
    migration,
    pausing,
    power,
    snapshots,
    tags,
    transfer,
)
from tests.tasks import files
from tests.tasks.fixtures import GIB, ISO, LIBRARY, LOCAL, NFS, Maker, Record, fresh

Fields = dict[str, Any]
Ready = Callable[[Maker], Fields]
Seen = Callable[[Maker, Fields, Record], bool]

UEFI = {"boot": {"firmware": "uefi"}}  # a TPM needs it
INVALID = "XENFLOW_MESSAGE_INVALID"
WRONG_STATE = "VM_BAD_POWER_STATE"
WRONG_CLASS = "XENFLOW_WRONG_CLASS"


@dataclass(frozen=True)
class Case:
    """One operation.

    `ready` makes what a message needs and gives the message, `says` is the answer's return_result
    (a class: the UUID of what was made; empty: another text each time), `seen` looks for the effect
    in the pool; `wrong` gives a message that is refused with `code`.
    """

    operation: Operation
    ready: Ready
    says: str
    seen: Seen
    wrong: Ready
    code: str

    @property
    def name(self) -> str:
        """Its name on the wire."""
        return self.operation.name

    @property
    def makes(self) -> bool:
        """Whether the answer is the UUID of what was made."""
        return self.says in {"VM", "VDI", "VBD", "VIF", "network"}


def _finds(operation: Operation, noun: str, known: Ready) -> Case:
    return Case(
        operation=operation,
        ready=known,
        says=f"1 {noun}",
        seen=lambda _, fields, answer: answer["records"][0]["uuid"] == fields["uuid"],
        wrong=lambda maker: {**known(maker), "fields": ["colour"]},
        code=INVALID,
    )


def _power(
    operation: Operation,
    says: str,
    ready: Callable[[Maker], str],
    state: str,
    wrong: Callable[[Maker], str],
) -> Case:
    return Case(
        operation=operation,
        ready=lambda maker: {"vm": ready(maker)},
        says=says,
        seen=lambda maker, fields, _: maker.record("VM", fields["vm"])["power_state"] == state,
        wrong=lambda maker: {"vm": wrong(maker)},
        code=WRONG_STATE,
    )


def _new(cls: str) -> Seen:
    """Return what was made under the name that the message gives."""
    return lambda maker, fields, _: bool(maker.call(f"{cls}.get_by_name_label", fields["name"]))


def _gone(cls: str, field: str) -> Seen:
    return lambda maker, fields, _: maker.gone(cls, fields[field])


def _attached(cls: str, *, wanted: bool) -> Seen:
    def seen(maker: Maker, fields: Fields, _: Record) -> bool:
        return maker.record(cls, fields[cls.lower()])["currently_attached"] is wanted

    return seen


def _holds(cls: str, count: int) -> Seen:
    """Return a check that a VM has so many devices."""
    return lambda maker, fields, _: len(maker.record("VM", fields["vm"])[f"{cls}s"]) == count


def _halted(maker: Maker, fields: Fields, _: Record) -> bool:
    snapshot = maker.record("VM", fields["snapshot"])
    return bool(maker.call("VM.get_power_state", snapshot["snapshot_of"]) == "Halted")


def _is_on(host: str) -> Seen:
    def seen(maker: Maker, fields: Fields, _: Record) -> bool:
        there = maker.record("VM", fields["vm"])["resident_on"]
        return bool(there == maker.ref("host", maker.named("host", host)))

    return seen


def _blocks(wanted: dict[str, str]) -> Seen:
    return lambda maker, fields, _: maker.record("VM", fields["vm"])["blocked_operations"] == wanted


def _is_held_on(sr: str) -> Seen:
    """See that the one disk of a name is on a repository, and in a drive."""

    def seen(maker: Maker, fields: Fields, _: Record) -> bool:
        disks = maker.call("VDI.get_all_records").values()  # at one moment: one of them goes
        named = [disk for disk in disks if disk["name_label"] == fields["vdi"]]
        places = [(disk["SR"], len(disk["VBDs"])) for disk in named]
        return places == [(maker.ref("SR", maker.named("SR", sr)), 1)]

    return seen


_tags = itertools.count(100)

TABLE = (
    _finds(host.find, "host", lambda maker: {"uuid": maker.named("host", "xs1")}),
    _finds(pif.find, "PIF", lambda maker: {"uuid": maker.pif}),
    Case(
        operation=vif.create,
        ready=lambda maker: {"vm": maker.vm(), "network": "lab"},
        says="VIF",
        seen=_holds("VIF", 2),
        wrong=lambda maker: {"vm": maker.vm(), "network": "lab", "device": "0"},
        code="DEVICE_ALREADY_EXISTS",
    ),
    Case(
        operation=vif.destroy,
        ready=lambda maker: {"vif": maker.interface(maker.running()), "unplug": True},
        says="VIF Destroyed",
        seen=_gone("VIF", "vif"),
        wrong=lambda maker: {"vif": maker.interface(maker.running())},
        code="OPERATION_NOT_ALLOWED",
    ),
    Case(
        operation=vif.plug,
        ready=lambda maker: {"vif": maker.unplugged()},
        says="VIF plugged",
        seen=_attached("VIF", wanted=True),
        wrong=lambda maker: {"vif": maker.interface(maker.running())},
        code="DEVICE_ALREADY_ATTACHED",
    ),
    Case(
        operation=vif.unplug,
        ready=lambda maker: {"vif": maker.interface(maker.running())},
        says="VIF unplugged",
        seen=_attached("VIF", wanted=False),
        wrong=lambda maker: {"vif": maker.unplugged()},
        code="DEVICE_ALREADY_DETACHED",
    ),
    _finds(vif.find, "VIF", lambda maker: {"uuid": maker.interface(maker.vm())}),
    Case(
        operation=network.create,
        ready=lambda maker: {"name": fresh(), "pif": maker.pif, "vlan": next(_tags)},
        says="network",
        seen=_new("network"),
        wrong=lambda _: {"name": fresh(), "vlan": 7},
        code=INVALID,
    ),
    Case(
        operation=network.destroy,
        ready=lambda maker: {"network": maker.network()},
        says="Network Destroyed",
        seen=_gone("network", "network"),
        wrong=lambda _: {"network": "Pool-wide network associated with eth0"},
        code="NETWORK_CONTAINS_VIF",
    ),
    _finds(network.find, "network", lambda maker: {"uuid": maker.network()}),
    _finds(sr.find, "SR", lambda maker: {"uuid": maker.named("SR", NFS)}),
    Case(
        operation=vbd.create,
        ready=lambda maker: {"vm": maker.vm(), "vdi": maker.disk()},
        says="VBD",
        seen=_holds("VBD", 2),
        wrong=lambda maker: {"vm": maker.vm(), "vdi": maker.disk(), "device": "0"},
        code="DEVICE_ALREADY_EXISTS",
    ),
    Case(
        operation=vbd.destroy,
        ready=lambda maker: {"vbd": maker.plugged(), "unplug": True},
        says="VBD Destroyed",
        seen=_gone("VBD", "vbd"),
        wrong=lambda maker: {"vbd": maker.plugged()},
        code="OPERATION_NOT_ALLOWED",
    ),
    Case(
        operation=vbd.eject,
        ready=lambda maker: {"vbd": maker.cd(iso=ISO)},
        says="VBD ejected",
        seen=lambda maker, fields, _: maker.record("VBD", fields["vbd"])["empty"],
        wrong=lambda maker: {"vbd": maker.cd()},
        code="VBD_IS_EMPTY",
    ),
    _finds(vbd.find, "VBD", lambda maker: {"uuid": maker.cd()}),
    Case(
        operation=vbd.plug,
        ready=lambda maker: {"vbd": maker.drive(maker.running())},
        says="VBD plugged",
        seen=_attached("VBD", wanted=True),
        wrong=lambda maker: {"vbd": maker.drive(maker.vm())},
        code=WRONG_STATE,
    ),
    Case(
        operation=vbd.unplug,
        ready=lambda maker: {"vbd": maker.plugged()},
        says="VBD unplugged",
        seen=_attached("VBD", wanted=False),
        wrong=lambda maker: {"vbd": maker.drive(maker.running())},
        code="DEVICE_ALREADY_DETACHED",
    ),
    Case(
        operation=vbd.insert,
        ready=lambda maker: {"vbd": maker.cd(), "vdi": ISO},
        says="Media inserted",
        seen=lambda maker, fields, _: not maker.record("VBD", fields["vbd"])["empty"],
        wrong=lambda maker: {"vbd": maker.cd(iso=ISO), "vdi": ISO},
        code="VBD_NOT_EMPTY",
    ),
    Case(
        operation=vdi.create,
        ready=lambda _: {"name": fresh(), "sr": NFS, "size": "1GiB"},
        says="VDI",
        seen=_new("VDI"),
        wrong=lambda _: {"name": fresh(), "sr": LIBRARY, "size": GIB},
        code="SR_OPERATION_NOT_SUPPORTED",
    ),
    Case(
        operation=vdi.destroy,
        ready=lambda maker: {"vdi": maker.disk()},
        says="VDI Destroyed",
        seen=_gone("VDI", "vdi"),
        wrong=lambda _: {"vdi": "web01 system"},
        code="VDI_IN_USE",
    ),
    Case(
        operation=vdi.resize,
        ready=lambda maker: {"vdi": maker.disk(), "size": "2GiB"},
        says="VDI resized",
        seen=lambda maker, fields, _: (
            int(maker.record("VDI", fields["vdi"])["virtual_size"]) == 2 * GIB
        ),
        wrong=lambda maker: {"vdi": maker.disk(), "size": "512MiB"},
        code=INVALID,
    ),
    Case(
        operation=vdi.copy,
        ready=lambda maker: {"vdi": maker.disk(), "name": fresh(), "sr": "Local storage xs2"},
        says="VDI",
        seen=_new("VDI"),
        wrong=lambda maker: {"vdi": maker.disk(), "name": fresh(), "sr": LIBRARY},
        code="SR_OPERATION_NOT_SUPPORTED",
    ),
    Case(
        operation=vdi.clone,
        ready=lambda maker: {"vdi": maker.disk(), "name": fresh()},
        says="VDI",
        seen=_new("VDI"),
        wrong=lambda _: {"vdi": ISO, "name": fresh()},
        code="SR_OPERATION_NOT_SUPPORTED",
    ),
    Case(
        operation=vdi.snapshot,
        ready=lambda maker: {"vdi": maker.disk(), "name": fresh()},
        says="VDI",
        seen=_new("VDI"),
        wrong=lambda _: {"vdi": ISO},
        code="SR_OPERATION_NOT_SUPPORTED",
    ),
    _finds(vdi.find_snapshots, "snapshot", lambda maker: {"uuid": maker.disk_snapshot()}),
    Case(
        operation=disk_moves.move,
        ready=lambda maker: {"vdi": maker.disk_of_a_vm(), "sr": LOCAL},
        says="VDI moved",
        seen=_is_held_on(LOCAL),
        wrong=lambda maker: {"vdi": maker.disk(), "sr": NFS},
        code=INVALID,
    ),
    Case(
        operation=vdi.tag,
        ready=lambda maker: {"vdi": maker.disk(), "add": ["gold"]},
        says="Tags set",
        seen=lambda maker, fields, _: maker.record("VDI", fields["vdi"])["tags"] == ["gold"],
        wrong=lambda maker: {"vdi": maker.vm(), "add": ["gold"]},
        code=WRONG_CLASS,
    ),
    _finds(vdi.find, "VDI", lambda maker: {"uuid": maker.disk()}),
    Case(
        operation=task.cancel,
        ready=lambda maker: {"task": maker.long_job()},
        says="Task cancelled",
        seen=lambda maker, fields, _: maker.record("task", fields["task"])["status"] == "cancelled",
        wrong=lambda maker: {"task": maker.vm()},
        code=WRONG_CLASS,
    ),
    Case(
        operation=task.follow,
        ready=lambda maker: {"task": maker.short_job()},
        says="Task succeeded",
        seen=lambda _, fields, answer: answer["task"]["uuid"] == fields["task"],
        wrong=lambda maker: {"task": maker.vm()},
        code=WRONG_CLASS,
    ),
    _finds(task.find, "task", lambda maker: {"uuid": maker.job()}),
    Case(
        operation=copies.clone,
        ready=lambda maker: {"vm": maker.vm(), "name": fresh()},
        says="VM",
        seen=_new("VM"),
        wrong=lambda maker: {"vm": maker.running(), "name": fresh()},
        code=WRONG_STATE,
    ),
    Case(
        operation=copies.copy,
        ready=lambda maker: {"vm": maker.vm(), "name": fresh(), "sr": "Local storage xs2"},
        says="VM",
        seen=_new("VM"),
        wrong=lambda maker: {"vm": maker.running(), "name": fresh()},
        code=WRONG_STATE,
    ),
    Case(
        operation=copies.snapshot,
        ready=lambda maker: {"vm": maker.running(), "name": fresh()},
        says="VM",
        seen=_new("VM"),
        wrong=lambda maker: {"vm": maker.vm(), "name": fresh(), "with_memory": True},
        code=WRONG_STATE,
    ),
    Case(
        operation=lifecycle.destroy,
        ready=lambda maker: {"vm": maker.vm()},
        says="VM Destroyed",
        seen=_gone("VM", "vm"),
        wrong=lambda maker: {"vm": maker.running()},
        code=WRONG_STATE,
    ),
    Case(
        operation=lifecycle.discard,
        ready=lambda maker: {"vm": maker.running()},
        says="VM discarded",
        seen=_gone("VM", "vm"),
        wrong=lambda maker: {"vm": maker.disk()},
        code=WRONG_CLASS,
    ),
    _finds(lifecycle.find, "VM", lambda maker: {"uuid": maker.vm()}),
    Case(
        operation=lifecycle.install,
        ready=lambda _: {"template": "Debian Bookworm 12", "name": fresh()},
        says="VM",
        seen=_new("VM"),
        wrong=lambda maker: {"template": maker.vm(), "name": fresh()},
        code=WRONG_CLASS,
    ),
    Case(
        operation=migration.migrate,
        ready=lambda maker: {"vm": maker.running(), "host": "xs2"},
        says="VM migrated",
        seen=_is_on("xs2"),
        wrong=lambda maker: {"vm": maker.paused(), "host": "xs2"},
        code=WRONG_STATE,
    ),
    Case(
        operation=guest.wait_for_address,
        ready=lambda maker: {"vm": maker.addressed(), "family": "ipv4"},
        says="Guest has an address",
        seen=lambda _, _fields, answer: answer["addresses"]["0/ip"].startswith("10."),
        wrong=lambda maker: {"vm": maker.vm(), "cidr": "ten"},
        code=INVALID,
    ),
    Case(
        operation=description.describe,
        ready=lambda maker: {"vm": maker.vm(name="described")},
        says="described is halted: 1 drive, 1 interface",
        seen=lambda _, fields, answer: answer["uuid"] == fields["vm"],
        wrong=lambda maker: {"vm": maker.disk()},
        code=WRONG_CLASS,
    ),
    Case(
        operation=blocking.block,
        ready=lambda maker: {"vm": maker.vm(), "operations": ["destroy"], "reason": "by order"},
        says="Operations blocked",
        seen=_blocks({"destroy": "by order"}),
        wrong=lambda maker: {"vm": maker.vm(), "operations": ["explode"]},
        code=INVALID,
    ),
    Case(
        operation=blocking.unblock,
        ready=lambda maker: {"vm": maker.blocked("destroy", "start")},
        says="Operations unblocked",
        seen=_blocks({}),
        wrong=lambda maker: {"vm": maker.disk()},
        code=WRONG_CLASS,
    ),
    Case(
        operation=tags.tag,
        ready=lambda maker: {"vm": maker.vm(), "add": ["gold", "gold"], "remove": ["tin"]},
        says="Tags set",
        seen=lambda maker, fields, _: maker.record("VM", fields["vm"])["tags"] == ["gold"],
        wrong=lambda maker: {"vm": maker.vm(), "add": ["go\nld"]},
        code=INVALID,
    ),
    Case(
        operation=transfer.import_from_url,
        ready=lambda maker: {"url": files.xva(maker), "name": fresh()},
        says="VM",
        seen=_new("VM"),
        wrong=lambda _: {"url": files.serve(b"no archive")},
        code="IMPORT_ERROR_GENERIC",
    ),
    Case(
        operation=transfer.export_url,
        ready=lambda maker: {"vm": maker.vm(name="exported")},
        says="",
        seen=lambda _, fields, answer: answer["url"].endswith(f"/export?uuid={fields['vm']}"),
        wrong=lambda maker: {"vm": maker.running()},
        code=WRONG_STATE,
    ),
    Case(
        operation=cd.insert_cd,
        ready=lambda maker: {"vm": maker.owner(maker.cd()), "vdi": ISO},
        says="VBD",
        seen=_holds("VBD", 2),
        wrong=lambda maker: {"vm": maker.owner(maker.cd(iso="xs-tools.iso")), "vdi": ISO},
        code="VBD_NOT_EMPTY",
    ),
    Case(
        operation=configuration.configure,
        ready=lambda maker: {"vm": maker.vm(), "vcpus": 4, "vtpm": True, **UEFI},
        says="VM configured",
        seen=lambda maker, fields, _: int(maker.record("VM", fields["vm"])["VCPUs_max"]) == 4,
        wrong=lambda maker: {"vm": maker.vm(), "vcpus": 3, "cores_per_socket": 2},
        code=INVALID,
    ),
    _power(pausing.pause, "VM paused", Maker.running, "Paused", Maker.vm),
    _power(pausing.resume, "VM resumed", Maker.suspended, "Running", Maker.vm),
    _power(pausing.suspend, "VM suspended", Maker.running, "Suspended", Maker.vm),
    _power(pausing.unpause, "VM unpaused", Maker.paused, "Running", Maker.running),
    _power(power.reboot, "Reboot completed", Maker.running, "Running", Maker.vm),
    _power(power.shutdown, "Shutdown completed", Maker.running, "Halted", Maker.vm),
    _power(power.start, "VM started", Maker.vm, "Running", Maker.running),
    _finds(snapshots.find_snapshots, "snapshot", lambda maker: {"uuid": maker.snapshot()}),
    Case(
        operation=snapshots.destroy_snapshot,
        ready=lambda maker: {"snapshot": maker.snapshot()},
        says="Snapshot destroyed",
        seen=_gone("VM", "snapshot"),
        wrong=lambda maker: {"snapshot": maker.vm()},
        code=WRONG_CLASS,
    ),
    Case(
        operation=copies.revert,
        ready=lambda maker: {"snapshot": maker.snapshot()},
        says="VM reverted",
        seen=_halted,
        wrong=lambda maker: {"snapshot": maker.vm()},
        code=WRONG_CLASS,
    ),
)

BETWEEN_POOLS = {"xenserver.vm.migrate_to_pool", "xenserver.vm.copy_to_pool"}
"""Operations that take two pools; `test_between_pools.py` and others try them."""

CASES = {case.name: case for case in TABLE}


@dataclass(frozen=True)
class Kind:
    """The objects that a field of a message names.

    `known` is one, by name or UUID; `twins` makes two that bear a name, where that can be.
    """

    known: Ready
    twins: Callable[[Maker, str], None] | None = None


def _two(make: Callable[[Maker, str], object]) -> Callable[[Maker, str], None]:
    def twins(maker: Maker, name: str) -> None:
        make(maker, name)
        make(maker, name)

    return twins


OBJECTS = {
    "vm": Kind(lambda _: {"vm": "web02"}, _two(lambda maker, name: maker.vm(name=name))),
    "template": Kind(
        lambda _: {"template": "deb12"},
        _two(lambda maker, name: maker.vm(like="deb12", name=name)),
    ),
    "snapshot": Kind(
        lambda maker: {"snapshot": maker.snapshot()},
        _two(lambda maker, name: maker.snapshot(name=name)),
    ),
    "network": Kind(
        lambda _: {"network": "lab"}, _two(lambda maker, name: maker.network(name=name))
    ),
    "vdi": Kind(lambda _: {"vdi": ISO}, _two(lambda maker, name: maker.disk(name=name))),
    "task": Kind(
        lambda maker: {"task": maker.job()}, _two(lambda maker, name: maker.job(name=name))
    ),
    "host": Kind(lambda _: {"host": "xs1"}),
    "sr": Kind(lambda _: {"sr": NFS}),
    "vbd": Kind(lambda maker: {"vbd": maker.cd()}),
    "vif": Kind(lambda maker: {"vif": maker.interface(maker.vm())}),
    "pif": Kind(lambda maker: {"pif": maker.pif, "vlan": 7}),
}
OTHERS: Fields = {
    "name": "never-made",
    "size": GIB,
    "operations": ["destroy"],
    "add": ["gold"],
    "url": "http://127.0.0.1:1/vm.xva",
}
"""What messages must say besides the objects they name."""
