"""A new VM from a template that brings its disks and networks along."""

from canvases import vm_creation
from tasks.engine.declaration.answers import Done
from tasks.engine.declaration.field_types import Description, Label, Size, SrName, TemplateName
from tasks.engine.declaration.flow import Canvas, flow
from tasks.vm import configuration
from tasks.vm.guest import WaitFor, WaitForAddress


@flow(answer=Done, shape=vm_creation.built)
def create_vm_from_configured_template(
    *,
    template: TemplateName,
    name: Label,
    description: Description | None = None,
    sr: SrName | None = None,
    memory: Size | None = None,
    vcpus: configuration.Vcpus | None = None,
    cores_per_socket: configuration.CoresPerSocket | None = None,
    boot: configuration.Boot | None = None,
    secure_boot: configuration.SecureBoot | None = None,
    vtpm: configuration.Vtpm = False,
    start: vm_creation.Start = True,
    wait_for: WaitFor = "running",
    wait_for_address: WaitForAddress | None = None,
) -> Canvas:
    """Clone a configured template, or copy it onto `sr`; install the VM, configure it, start it."""
    asked = vm_creation.Settings(memory, vcpus, cores_per_socket, boot, secure_boot, vtpm=vtpm)
    settings = vm_creation.given(asked)
    machine = vm_creation.installed(
        template=template,
        name=name,
        description=description,
        sr=sr,
        own_disks=True,
        wanted=settings,
    )
    machine = vm_creation.configured(machine, settings)
    return vm_creation.started(
        machine, start=start, wait_for=wait_for, wait_for_address=wait_for_address
    )
