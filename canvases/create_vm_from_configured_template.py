"""A new VM from a template that brings its disks and networks along."""

from canvases import vm_creation
from tasks.engine.declaration.answers import Done
from tasks.engine.declaration.field_types import Description, Label, SrName, TemplateName
from tasks.engine.declaration.flow import Canvas, flow
from tasks.vm.guest import WaitFor, WaitForAddress


@flow(answer=Done, shape=vm_creation.built)
def create_vm_from_configured_template(
    *,
    template: TemplateName,
    name: Label,
    description: Description | None = None,
    sr: SrName | None = None,
    start: vm_creation.Start = True,
    wait_for: WaitFor = "running",
    wait_for_address: WaitForAddress | None = None,
) -> Canvas:
    """Clone a configured template, or copy it onto `sr`; install the VM, start it."""
    machine = vm_creation.installed(
        template=template, name=name, description=description, sr=sr, own_disks=True
    )
    return vm_creation.started(
        machine, start=start, wait_for=wait_for, wait_for_address=wait_for_address
    )
