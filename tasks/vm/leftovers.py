"""What a destruction leaves behind: marked before the VM goes, found again when it is repeated."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from config import queues
from tasks.engine.declaration.answers import Answer, Done, done
from tasks.engine.declaration.field_types import Text, Uuid, VmName
from tasks.engine.declaration.operation import operation
from tasks.removals import Removal
from xenserver import errors
from xenserver.client import Xen
from xenserver.objects import ObjectRef

GOES_WITH = "xenflow:goes-with"
"""Where the other_config of a disk or snapshot names the VM it goes with: the UUID of that VM, its
own UUID, by which a copy that has inherited the mark is distinguished, and the name of the VM."""

GOES_WITH_SNAPSHOT = "xenflow:goes-with-snapshot"
"""The same on a disk that goes with a snapshot: a VM may have the same name."""

Uuids = tuple[Uuid, ...]


@dataclass(frozen=True)
class Left:
    """What is left of a VM that is gone: disks and snapshots, by reference."""

    uuid: str
    name: str
    disks: list[str]
    snapshots: list[str]


@operation(internal=True)
def mark_leftovers(
    xen: Xen,
    *,
    vm: VmName,
    name_label: Annotated[Text, Field(description="the name of the VM")],
    disks: Annotated[Uuids, Field(description="disks to destroy with the VM")] = (),
    snapshots: Annotated[Uuids, Field(description="snapshots to destroy with the VM")] = (),
) -> Done:
    """Mark disks and snapshots with the VM they belong to, so that a repeat can finish."""
    machine = xen.find.vm(vm).renamed(name_label)
    for uuid in disks:
        mark_disk(xen, xen.find.vdi(uuid).ref, uuid, machine, GOES_WITH)
    for uuid in snapshots:
        taken = xen.find.snapshot(uuid)
        xen.VM.remove_from_other_config(taken, GOES_WITH)
        xen.VM.add_to_other_config(taken, GOES_WITH, _mark(machine, uuid))
    return done("Leftovers marked", machine)


def mark_disk(xen: Xen, disk: str, uuid: str, owner: ObjectRef, key: str) -> None:
    """Note on a disk with which VM or snapshot it goes."""
    xen.VDI.remove_from_other_config(disk, key)
    xen.VDI.add_to_other_config(disk, key, _mark(owner, uuid))


def _mark(owner: ObjectRef, own: str) -> str:
    return f"{owner.uuid} {own} {owner.name}"


def find(xen: Xen, vm: str) -> Left | None:
    """Return what is left of a VM, by its UUID or name; None if nothing is, or of several VMs."""
    disks = _marked(xen.VDI.get_all_records(), vm, GOES_WITH)
    snapshots = _marked(xen.VM.get_all_records(), vm, GOES_WITH)
    owners = {*disks.values(), *snapshots.values()}
    if len(owners) != 1:
        return None
    uuid, name = owners.pop()
    return Left(uuid, name, list(disks), list(snapshots))


def find_of_snapshot(xen: Xen, snapshot: str) -> Left | None:
    """Return the disks that are left of a snapshot; None if there are none, or of several."""
    disks = _marked(xen.VDI.get_all_records(), snapshot, GOES_WITH_SNAPSHOT)
    owners = set(disks.values())
    return Left(*owners.pop(), list(disks), []) if len(owners) == 1 else None


def _marked(records: Mapping[str, Any], owner: str, key: str) -> dict[str, tuple[str, str]]:
    found = {}
    for ref, record in records.items():
        uuid, own, name = (record["other_config"].get(key, "") + "  ").split(" ", 2)
        name = name.removesuffix("  ")
        if own == record["uuid"] and owner in {uuid, name}:
            found[ref] = (uuid, name)
    return found


class Finished(Answer):
    """All that belonged to a destroyed VM is gone."""

    parts: list[Removal]


@operation(queue=queues.FIND, internal=True)
def report_destruction(
    _xen: Xen,
    *,
    name_label: Annotated[Text, Field(description="the name of the destroyed VM")],  # noqa: ARG001 - for the record of the run
    parts: Annotated[tuple[Removal, ...], Field(description="what was to be destroyed with it")],
) -> Finished:
    """Check that all that was to be destroyed with a VM is gone; else fail with its errors."""
    failures = [part.failure for part in parts if part.failure]
    if failures:
        code, params = failures[0].code, failures[0].params
        message = "; ".join(dict.fromkeys(failure.message for failure in failures))
        raise type(errors.from_api(code, params))(code, params, message)
    return Finished(return_result=f"{len(parts)} parts gone", parts=list(parts))
