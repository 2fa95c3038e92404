"""What a VM is made of besides its devices: memory, processors, the way it boots."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from tasks.engine.declaration.answers import Done, done
from tasks.engine.declaration.field_types import Size, VmOrTemplateName
from tasks.engine.declaration.operation import operation
from tasks.engine.declaration.strictness import Strict
from xenserver import errors
from xenserver.client import Xen
from xenserver.objects import ObjectRef

Vcpus = Annotated[int, Field(ge=1, description="virtual processors")]


class Boot(Strict):
    """How a VM boots; what is not given stays as it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    order: str | None = Field(None, pattern="^[cdn]{1,3}$", description="c disk, d CD, n network")
    firmware: Literal["bios", "uefi"] | None = None
    bootloader: str | None = Field(None, description="of a paravirtual guest, such as pygrub")
    kernel: str | None = Field(None, description="of a paravirtual guest")
    ramdisk: str | None = Field(None, description="of a paravirtual guest")
    args: str | None = Field(None, description="to the kernel of a paravirtual guest")


@operation()
def configure(
    xen: Xen,
    *,
    vm: VmOrTemplateName,
    memory: Size | None = None,
    vcpus: Vcpus | None = None,
    boot: Boot | None = None,
) -> Done:
    """Set memory, processors and boot settings of a halted VM; what is not given stays as it is."""
    machine = xen.find.vm_or_template(vm)
    if memory is not None:
        _set_memory(xen, machine, memory)
    if vcpus is not None:
        _set_vcpus(xen, machine, vcpus)
    if boot is not None:
        _set_boot(xen, machine, boot)
    return done("VM configured", machine)


def _set_memory(xen: Xen, machine: ObjectRef, size: int) -> None:
    """Set all limits but the least, below which the guest is known not to run."""
    least = int(xen.VM.get_memory_static_min(machine))
    if size < least:
        problem = f"memory: {_in_mib(size)} is less than VM {machine} needs"
        words = f"{problem}: {_in_mib(least)}, its memory_static_min; give that or more"
        raise errors.from_api("XENFLOW_MESSAGE_INVALID", [problem], words=words)
    xen.VM.set_memory_limits(machine, least, size, size, size)


def _in_mib(size: int) -> str:
    return f"{size / 2**20:g} MiB"


def _set_vcpus(xen: Xen, machine: ObjectRef, count: int) -> None:
    """Set both figures, never more processors at startup than there may be."""
    if count < int(xen.VM.get_VCPUs_max(machine)):
        xen.VM.set_VCPUs_at_startup(machine, count)
        xen.VM.set_VCPUs_max(machine, count)
    else:
        xen.VM.set_VCPUs_max(machine, count)
        xen.VM.set_VCPUs_at_startup(machine, count)


def _set_boot(xen: Xen, machine: ObjectRef, boot: Boot) -> None:
    given = boot.model_dump(exclude_none=True)
    hvm = {name: given.pop(name) for name in ("order", "firmware") if name in given}
    if hvm:
        kept = xen.VM.get_HVM_boot_params(machine)
        xen.VM.set_HVM_boot_params(machine, {**kept, **hvm})
    for name, value in given.items():
        getattr(xen.VM, f"set_PV_{name}")(machine, value)
