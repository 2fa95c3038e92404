"""What the flows that make VMs have in common: the way from a template to a VM, and the answer."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from tasks.engine.declaration.answers import Done
from tasks.engine.declaration.flow import Canvas
from tasks.vm import configuration, copies, lifecycle, power
from tasks.vm.guest import WaitFor, WaitForAddress

Start = Annotated[bool, Field(description="start the VM in the end")]


def installed(
    *, template: str, name: str, description: str | None, sr: str | None, own_disks: bool
) -> Canvas:
    """Make a VM of a copy of a template, which with `own_disks` goes onto `sr` if that is given."""
    if sr and own_disks:
        copied = copies.copy.s(vm=template, name=name, sr=sr, template_only=True)
    else:
        copied = copies.clone.s(vm=template, name=name, template_only=True)
    return copied | lifecycle.install.s(
        feed={"template": "uuid"},
        description=description,
        sr=sr,
        in_place=True,
        copied_from=template,
    )


def configured(canvas: Canvas, **settings: Any) -> Canvas:  # noqa: ANN401 - those of vm.configure
    """Continue with configuring the VM, if anything is given for it."""
    boot, wanted = settings.get("boot"), settings.get("secure_boot") or settings.get("vtpm")
    if wanted and boot and boot.firmware == "bios":
        raise configuration.needs_uefi("bios")
    unset = configuration.Boot()
    given = {name: value for name, value in settings.items() if value and value != unset}
    if settings.get("secure_boot") is False:
        given["secure_boot"] = False
    return canvas | configuration.configure.s(feed={"vm": "uuid"}, **given) if given else canvas


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
