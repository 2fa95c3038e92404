"""What the flows that make VMs have in common: the way from a template to a VM, and the answer."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from tasks.engine.declaration.answers import Done
from tasks.engine.declaration.flow import Canvas
from tasks.vm import configuration, copies, creation_checks, lifecycle, power
from tasks.vm.guest import WaitFor, WaitForAddress

Settings = configuration.Settings

Start = Annotated[bool, Field(description="start the VM in the end")]


def installed(
    *,
    template: str,
    name: str,
    description: str | None,
    sr: str | None,
    own_disks: bool,
    wanted: Mapping[str, Any],
) -> Canvas:
    """Make a VM of a copy of a template, which with `own_disks` goes onto `sr` if that is given.

    What is wanted for it beside is checked first.
    """
    if sr and own_disks:
        copied = copies.copy.s(vm=template, name=name, sr=sr, template_only=True)
    else:
        copied = copies.clone.s(vm=template, name=name, template_only=True, disks_on=sr)
    if wanted:
        copied = creation_checks.check_creation.s(template=template, **wanted) | copied
    return copied | lifecycle.install.s(
        feed={"template": "uuid"},
        description=description,
        sr=sr,
        in_place=True,
        copied_from=template,
    )


def given(settings: Settings) -> dict[str, Any]:
    """Return those settings that are given; refuse what contradicts itself."""
    boot = None if settings.boot == configuration.Boot() else settings.boot
    if boot and boot.firmware == "bios" and (settings.secure_boot or settings.vtpm):
        raise configuration.needs_uefi("bios")
    every = {**vars(settings), "boot": boot, "vtpm": settings.vtpm or None}
    return {name: value for name, value in every.items() if value is not None}


def configured(canvas: Canvas, settings: Mapping[str, Any]) -> Canvas:
    """Continue with configuring the VM, if anything is given for it."""
    if not settings:
        return canvas
    return canvas | configuration.configure.s(feed={"vm": "uuid"}, **settings)


def started(
    canvas: Canvas, *, start: bool, wait_for: WaitFor, wait_for_address: WaitForAddress | None
) -> Canvas:
    """Continue with starting the VM, if it is wanted."""
    if not start:
        return canvas
    return canvas | power.start.s(
        feed={"vm": "uuid"}, wait_for=wait_for, wait_for_address=wait_for_address
    )


def built(fields: Mapping[str, Any], last: Mapping[str, Any]) -> Done:
    """Answer with the VM that was made, as its last step left it."""
    return Done(
        return_result=last["uuid"],
        uuid=last["uuid"],
        name_label=fields["name"],
        power_state=last.get("power_state", "Halted"),
        addresses=last.get("addresses"),
    )
