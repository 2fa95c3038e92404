"""The end of a VM, and of its disks where that is wanted."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from celery import chain, chord
from pydantic import Field

from tasks import gather, vdi
from tasks.engine.declaration.answers import Answer
from tasks.engine.declaration.field_types import Text, VmName
from tasks.engine.declaration.flow import Canvas, flow
from tasks.vm import disks as disk_choice
from tasks.vm import lifecycle, power

Shutdown = Annotated[
    Literal["no", "clean", "force"],
    Field(description="shut it down first: not at all, by its guest, or by cutting its power"),
]
"""Whether the VM is shut down first: not at all, through its guest, or by cutting its power."""


DeleteDisks = Annotated[bool, Field(description="let its disks go too")]
Shared = Annotated[bool, Field(description="even those that another VM uses")]


class Destroyed(Answer):
    """A VM is no more: the disks that went with it, and those that stay."""

    uuid: str = Field(description="the VM that was destroyed")
    name_label: str
    deleted: list[disk_choice.Disk]
    kept: list[disk_choice.KeptDisk]


@flow(answer=Destroyed)
def destroy_vm_and_disks(
    *,
    vm: VmName,
    delete_disks: DeleteDisks = False,
    shutdown: Shutdown = "no",
    fall_back_after: power.FallBack | None = None,
    delete_shared_disks: Shared = False,
) -> Canvas:
    """Destroy a VM; with `delete_disks` its disks too, but never ISOs or physical media.

    A disk that another VM uses is found before anything is destroyed, and the whole refused,
    unless `delete_shared_disks`.
    """
    chosen = disk_choice.choose_disks.s(
        vm=vm, delete=delete_disks, even_shared=delete_shared_disks, image=shutdown == "no"
    )
    return chosen | destroy_with_disks.s(
        feed={"vm": "vm", "name_label": "name_label", "disks": "delete", "kept": "keep"},
        shutdown=shutdown,
        fall_back_after=fall_back_after,
    )


def _destroyed(fields: Mapping[str, Any], _last: Mapping[str, Any]) -> Destroyed:
    deleted, kept = fields["disks"], fields["kept"]
    disks = f"disks deleted: {_names(deleted)}; kept: {_names(kept)}"
    return Destroyed(
        return_result=f"VM {fields['name_label']} destroyed; {disks}",
        uuid=fields["vm"],
        name_label=fields["name_label"],
        deleted=list(deleted),
        kept=list(kept),
    )


def _names(disks: tuple[disk_choice.Disk, ...]) -> str:
    return ", ".join(disk.name_label or disk.uuid for disk in disks) or "none"


NameLabel = Annotated[Text, Field(description="the VM's name, for the answer")]
Disks = Annotated[tuple[disk_choice.Disk, ...], Field(description="those that go")]
Kept = Annotated[tuple[disk_choice.KeptDisk, ...], Field(description="those that stay")]


@flow(name="xenserver.vm.destroy_with_disks", answer=Destroyed, shape=_destroyed)
def destroy_with_disks(
    *,
    vm: VmName,
    name_label: NameLabel,  # noqa: ARG001 - for the answer
    disks: Disks = (),
    kept: Kept = (),  # noqa: ARG001 - for the answer
    shutdown: Shutdown = "no",
    fall_back_after: power.FallBack | None = None,
) -> Canvas:
    """Destroy a VM and then, side by side, the disks that were chosen to go with it."""
    gone = lifecycle.destroy.s(vm=vm)
    if shutdown != "no":
        halted = power.shutdown.s(
            vm=vm, force=shutdown == "force", fall_back_after=fall_back_after, ensure=True
        )
        gone = halted | gone
    if not disks:
        return gone
    each = [vdi.destroy.s(vdi=disk.uuid) for disk in disks]
    return chain(gone, chord(each, gather.gather.s(feed={"answers": "*"})))
