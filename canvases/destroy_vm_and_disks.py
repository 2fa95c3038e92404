"""The end of a VM, and of its disks and snapshots where that is wanted."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from celery import chain, chord
from pydantic import Field

from tasks import vdi
from tasks.engine.declaration.answers import Answer
from tasks.engine.declaration.definition import Destruction
from tasks.engine.declaration.field_types import Text, VmName
from tasks.engine.declaration.flow import Canvas, flow
from tasks.vm import disks as disk_choice
from tasks.vm import leftovers, lifecycle, power
from tasks.vm import snapshots as taking

DeleteDisks = Annotated[bool, Field(description="destroy its disks too")]
Shared = Annotated[bool, Field(description="even disks that another VM uses")]


class Destroyed(Answer):
    """A VM was destroyed: the disks and snapshots destroyed with it, and those kept."""

    uuid: str = Field(description="the VM that was destroyed")
    name_label: str = Field(description="its name label")
    deleted: list[disk_choice.Disk] = Field(
        description="disks that were destroyed, those of snapshots too"
    )
    kept: list[disk_choice.KeptDisk] = Field(description="disks that were kept, and why")
    deleted_snapshots: list[disk_choice.Disk] = Field(
        [], description="snapshots that were destroyed"
    )
    kept_snapshots: list[disk_choice.Disk] = Field([], description="snapshots that were kept")


@flow(answer=Destroyed)
def destroy_vm_and_disks(
    *,
    vm: VmName,
    delete_disks: DeleteDisks = False,
    shutdown: disk_choice.Shutdown = "no",
    fall_back_after: power.FallBack | None = None,
    delete_shared_disks: Shared = False,
    snapshots: disk_choice.Snapshots = "delete",
    keep_disks: disk_choice.Keep = (),
) -> Canvas:
    """Destroy a VM; with `delete_disks` its disks and snapshots too, but never ISOs.

    Physical media stay as well, and what `keep_disks` names. What is known to be refused is found
    before anything is destroyed: a disk that another VM uses (unless `delete_shared_disks`), an
    operation that the VM blocks, storage that is not attached. If it still fails, is
    cancelled or times out, the error says what is gone and what is left; the same message, sent
    again, finishes.
    """
    chosen = disk_choice.choose_disks.s(
        vm=vm,
        delete=delete_disks,
        even_shared=delete_shared_disks,
        image=shutdown == "no",
        snapshots=snapshots,
        keep_disks=keep_disks,
        shutdown=shutdown,
    )
    return chosen | destroy_with_disks.s(
        feed={
            "vm": "vm",
            "name_label": "name_label",
            "gone": "gone",
            "disks": "delete",
            "kept": "keep",
            "snapshots": "delete_snapshots",
            "kept_snapshots": "keep_snapshots",
        },
        shutdown=shutdown,
        fall_back_after=fall_back_after,
    )


def _destroyed(fields: Mapping[str, Any], _last: Mapping[str, Any]) -> Destroyed:
    text = f"VM {fields['name_label']} {'was gone already' if fields['gone'] else 'destroyed'}"
    text += f"; disks deleted: {_names(fields['disks']) or 'none'}"
    for word, name in _ALSO.items():
        text += f"; {word}: {_names(fields[name])}" if fields[name] else ""
    return Destroyed(
        return_result=text,
        uuid=fields["vm"],
        name_label=fields["name_label"],
        deleted=list(fields["disks"]),
        kept=list(fields["kept"]),
        deleted_snapshots=list(fields["snapshots"]),
        kept_snapshots=list(fields["kept_snapshots"]),
    )


def _names(objects: tuple[disk_choice.Disk, ...]) -> str:
    """Return the names of objects, each once, and how many have it: those of snapshots share it."""
    counted = Counter(one.name_label or one.uuid for one in objects)
    return ", ".join(f"{name} ({n})" if n > 1 else name for name, n in counted.items())


_ALSO = {
    "disks kept": "kept",
    "snapshots deleted": "snapshots",
    "snapshots kept": "kept_snapshots",
}
"""What an answer lists besides, if there is any -> the field that has it."""


NameLabel = Annotated[Text, Field(description="the VM's name, for the answer")]
Gone = Annotated[
    bool, Field(description="the VM is gone already; only the rest is to be destroyed")
]
Disks = Annotated[tuple[disk_choice.Disk, ...], Field(description="disks to destroy")]
Kept = Annotated[tuple[disk_choice.KeptDisk, ...], Field(description="disks to keep")]
Taken = Annotated[tuple[disk_choice.Disk, ...], Field(description="snapshots to destroy")]
KeptSnapshots = Annotated[
    tuple[disk_choice.Disk, ...], Field(description="snapshots that were kept")
]


def _destroys(fields: Mapping[str, Any]) -> Iterator[Destruction]:
    if not fields["gone"]:
        yield Destruction("VM", fields["vm"], fields["name_label"], "VM")
    for one in fields["snapshots"]:
        yield Destruction("VM", one.uuid, one.name_label, "snapshot")
    for one in fields["disks"]:
        yield Destruction("VDI", one.uuid, one.name_label, "disk")


@flow(
    name="xenserver.vm.destroy_with_disks",
    answer=Destroyed,
    shape=_destroyed,
    internal=True,
    destroys=_destroys,
)
def destroy_with_disks(
    *,
    vm: VmName,
    name_label: NameLabel,
    gone: Gone = False,
    disks: Disks = (),
    kept: Kept = (),  # noqa: ARG001 - for the answer
    snapshots: Taken = (),
    kept_snapshots: KeptSnapshots = (),  # noqa: ARG001 - for the answer
    shutdown: disk_choice.Shutdown = "no",
    fall_back_after: power.FallBack | None = None,
) -> Canvas:
    """Destroy a VM and then, in parallel, the disks and snapshots chosen for it."""
    steps: list[Canvas] = []
    if not gone:
        marks = [_marked(vm, name_label, disks, snapshots)] if disks or snapshots else []
        steps = [*marks, *_halted(vm, shutdown, fall_back_after), lifecycle.destroy.s(vm=vm)]
    if disks or snapshots:
        steps.append(_side_by_side(disks, snapshots, name_label))
    return steps[0] if len(steps) == 1 else chain(*steps)


def _marked(vm: str, name: str, disks: Disks, snapshots: Taken) -> Canvas:
    return leftovers.mark_leftovers.s(
        vm=vm,
        name_label=name,
        disks=[one.uuid for one in disks],
        snapshots=[one.uuid for one in snapshots],
    )


def _halted(
    vm: str, shutdown: disk_choice.Shutdown, fall_back_after: float | None
) -> Iterator[Canvas]:
    if shutdown != "no":
        yield power.shutdown.s(
            vm=vm, force=shutdown == "force", fall_back_after=fall_back_after, ensure=True
        )


def _side_by_side(disks: Disks, snapshots: Taken, name: str) -> Canvas:
    """Destroy what is left of a VM; all is tried, and failures are reported at the end."""
    parts = [taking.destroy_snapshot_or_report.s(snapshot=one.uuid) for one in snapshots]
    parts += [vdi.destroy_or_report.s(vdi=one.uuid, name_label=one.name_label) for one in disks]
    report = leftovers.report_destruction.s(feed={"parts": "*"}, name_label=name)
    return chord(parts, report)
