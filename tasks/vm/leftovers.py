"""What a destruction leaves behind: marked before the VM goes, found again when it is repeated."""

from collections.abc import Mapping, Sequence
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

GOES_WITH = "xenflow:goes-with"
"""Where the other_config of a disk or snapshot names the VM it goes with: the UUID of that VM, its
own UUID, by which a copy that has inherited the mark is distinguished, and the name of the VM."""

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
    disks: Annotated[Uuids, Field(description="disks that go with the VM")] = (),
    snapshots: Annotated[Uuids, Field(description="snapshots that go with the VM")] = (),
) -> Done:
    """Note on disks and snapshots with which VM they go, so that a repeat can finish."""
    machine = xen.find.vm(vm)
    for uuid in disks:
        disk = xen.find.vdi(uuid)
        xen.VDI.remove_from_other_config(disk, GOES_WITH)
        xen.VDI.add_to_other_config(disk, GOES_WITH, f"{machine.uuid} {uuid} {name_label}")
    for uuid in snapshots:
        taken = xen.find.snapshot(uuid)
        xen.VM.remove_from_other_config(taken, GOES_WITH)
        xen.VM.add_to_other_config(taken, GOES_WITH, f"{machine.uuid} {uuid} {name_label}")
    return done("Leftovers marked", machine)


def find(xen: Xen, vm: str) -> Left | None:
    """Return what is left of a VM, by its UUID or name; None if nothing is, or of several VMs."""
    disks = _marked(xen.VDI.get_all_records(), vm)
    snapshots = _marked(xen.VM.get_all_records(), vm)
    owners = {*disks.values(), *snapshots.values()}
    if len(owners) != 1:
        return None
    uuid, name = owners.pop()
    return Left(uuid, name, list(disks), list(snapshots))


def _marked(records: Mapping[str, Any], vm: str) -> dict[str, tuple[str, str]]:
    found = {}
    for ref, record in records.items():
        uuid, own, name = (record["other_config"].get(GOES_WITH, "") + "  ").split(" ", 2)
        name = name.removesuffix("  ")
        if own == record["uuid"] and vm in {uuid, name}:
            found[ref] = (uuid, name)
    return found


class Finished(Answer):
    """All that was to go with a VM is gone."""

    parts: list[Removal]


@operation(queue=queues.FIND, internal=True)
def report_destruction(
    _xen: Xen,
    *,
    name_label: Annotated[Text, Field(description="the name of the VM that is gone")],
    parts: Annotated[tuple[Removal, ...], Field(description="what was to go with it")],
) -> Finished:
    """Make sure that all that was to go with a VM is gone; fail with what is left, and why."""
    left = [part for part in parts if part.failure]
    if left:
        raise _partial(name_label, parts, left)
    return Finished(return_result=f"{len(parts)} parts gone", parts=list(parts))


def _partial(name: str, parts: Sequence[Removal], left: Sequence[Removal]) -> errors.XenflowError:
    """Return the first failure, with what is gone and what is left."""
    first = left[0].failure
    assert first  # noqa: S101 - it is what makes it left
    gone = [f"VM {name}", *(part.label() for part in parts if not part.failure)]
    message = (
        f"{first.message}; gone: {', '.join(gone)}; left: {', '.join(p.label() for p in left)}. "
        "When the cause is mended, send the same message under a new id to finish"
    )
    return type(errors.from_api(first.code, first.params))(first.code, first.params, message)
