"""What a VM consists of apart from its devices: memory, processors, the way it boots."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from tasks.engine.declaration.answers import Done, done
from tasks.engine.declaration.field_types import Size, VmOrTemplateName
from tasks.engine.declaration.operation import Steps, operation
from tasks.engine.declaration.strictness import Strict
from xenserver import errors
from xenserver.client import Xen
from xenserver.objects import ObjectRef

Vcpus = Annotated[int, Field(ge=1, description="virtual processors")]


class Boot(Strict):
    """How a VM boots; what is not given stays as it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    order: str | None = Field(
        None, pattern="^[cdn]{1,3}$", description="boot devices in order: c disk, d CD, n network"
    )
    firmware: Literal["bios", "uefi"] | None = None
    bootloader: str | None = Field(
        None, description="boot loader of a paravirtual guest, such as pygrub"
    )
    kernel: str | None = Field(None, description="kernel of a paravirtual guest")
    ramdisk: str | None = Field(None, description="RAM disk of a paravirtual guest")
    args: str | None = Field(None, description="kernel arguments of a paravirtual guest")


CoresPerSocket = Annotated[int, Field(ge=1, description="virtual processors in each socket")]
SecureBoot = Annotated[bool, Field(description="boot signed software only; needs firmware uefi")]
Vtpm = Annotated[bool, Field(description="add a TPM, unless it has one; needs firmware uefi")]


@operation()
def configure(
    xen: Xen,
    *,
    vm: VmOrTemplateName,
    memory: Size | None = None,
    vcpus: Vcpus | None = None,
    cores_per_socket: CoresPerSocket | None = None,
    boot: Boot | None = None,
    secure_boot: SecureBoot | None = None,
    vtpm: Vtpm = False,
) -> Steps[Done]:
    """Set memory, processors and boot settings of a halted VM; what is not given stays as it is."""
    machine = xen.find.vm_or_template(vm)
    settings = None if boot == Boot() else boot
    _check_given(memory, vcpus, cores_per_socket, settings, secure_boot, vtpm or None)
    wanted = Settings(memory, vcpus, cores_per_socket, boot, secure_boot, vtpm=vtpm)
    least = check(xen, machine, wanted)
    adds_vtpm = vtpm and not xen.VM.get_VTPMs(machine)
    if adds_vtpm:
        _check_halted(xen, machine)
    if memory is not None:
        xen.VM.set_memory_limits(machine, least, memory, memory, memory)
    if vcpus is not None:
        _set_vcpus(xen, machine, vcpus)
    if boot is not None:
        _set_boot(xen, machine, boot)
    _set_platform(xen, machine, cores=cores_per_socket, secure_boot=secure_boot)
    if adds_vtpm:
        yield xen.Async.VTPM.create(machine, False)  # noqa: FBT003 - in wire order: not unique
    return done("VM configured", machine)


@dataclass(frozen=True)
class Settings:
    """What a VM is to consist of; what is None stays as it is."""

    memory: int | None = None
    vcpus: int | None = None
    cores_per_socket: int | None = None
    boot: Boot | None = None
    secure_boot: bool | None = None
    vtpm: bool = False


def check(xen: Xen, machine: ObjectRef, wanted: Settings) -> int:
    """Refuse settings that a VM, or one that is made of this template, cannot have.

    Returns the least memory of the VM where memory is among them.
    """
    boot, secure_boot = wanted.boot, wanted.secure_boot
    _check_sockets(xen, machine, wanted.vcpus, wanted.cores_per_socket)
    _check_firmware(xen, machine, boot, wanted=bool(secure_boot) or wanted.vtpm)
    if boot and boot.firmware == "bios":
        _check_bios(xen, machine, is_set=secure_boot is not None)
    return _check_memory(xen, machine, wanted.memory) if wanted.memory is not None else 0


def _check_halted(xen: Xen, machine: ObjectRef) -> None:
    """Refuse a VM that XenServer gives no TPM, before it has the rest of the settings."""
    state = xen.VM.get_power_state(machine)
    if state != "Halted":
        raise errors.from_api("VM_BAD_POWER_STATE", [machine.ref, "halted", state.lower()])


def _check_sockets(xen: Xen, machine: ObjectRef, vcpus: int | None, cores: int | None) -> None:
    """Refuse processors that do not fill their sockets: XenServer would not start the VM."""
    if cores is None:
        return
    count = vcpus if vcpus is not None else int(xen.VM.get_VCPUs_max(machine))
    if count % cores:
        problem = f"cores_per_socket: {count} virtual processors do not fill sockets of {cores}"
        raise errors.invalid(problem)


def _check_given(*values: object) -> None:
    """Refuse a message that sets nothing: a field may be spelled wrongly or left out."""
    if all(value is None for value in values):
        names = "memory, vcpus, cores_per_socket, boot, secure_boot or vtpm"
        raise errors.invalid(f"memory: nothing to set: give {names}")


def _check_bios(xen: Xen, machine: ObjectRef, *, is_set: bool) -> None:
    """Refuse to take the firmware away from secure boot and a TPM that the VM has."""
    problem = ""
    if xen.VM.get_VTPMs(machine):
        problem = "boot.firmware: the VM has a TPM, which needs uefi"
    elif not is_set and xen.VM.get_platform(machine).get("secureboot") == "true":
        problem = "boot.firmware: the VM has secure boot, which needs uefi; give secure_boot=false"
    if problem:
        raise errors.invalid(problem)


def _check_firmware(xen: Xen, machine: ObjectRef, boot: Boot | None, *, wanted: bool) -> None:
    """Refuse secure boot and a TPM without the firmware that has them."""
    if not wanted or (boot and boot.firmware == "uefi"):
        return
    now = (boot and boot.firmware) or xen.VM.get_HVM_boot_params(machine).get("firmware", "bios")
    if now != "uefi":
        raise needs_uefi(now)


def needs_uefi(firmware: str) -> errors.XenflowError:
    """Return the refusal of secure boot or a TPM with another firmware."""
    problem = f"boot.firmware: is {firmware}; secure boot and a TPM need uefi"
    return errors.invalid(problem)


def _set_platform(
    xen: Xen, machine: ObjectRef, *, cores: int | None, secure_boot: bool | None
) -> None:
    wanted: dict[str, str] = {}
    if cores is not None:
        wanted["cores-per-socket"] = str(cores)
    if secure_boot is not None:
        wanted["secureboot"] = "true" if secure_boot else "false"
    if wanted:
        xen.VM.set_platform(machine, {**xen.VM.get_platform(machine), **wanted})


def _check_memory(xen: Xen, machine: ObjectRef, size: int) -> int:
    """Return the least memory, below which the guest is known not to run: it stays as it is."""
    least = int(xen.VM.get_memory_static_min(machine))
    if size < least:
        problem = f"memory: {_in_mib(size)} is less than VM {machine} needs"
        text = f"{problem}: {_in_mib(least)}, its memory_static_min; give that or more"
        raise errors.invalid(problem, text=text)
    return least


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
