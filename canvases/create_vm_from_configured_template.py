"""A new VM from a template that brings its disks and networks along."""

from canvases import building
from tasks.engine.declaration.answers import Done
from tasks.engine.declaration.field_types import Description, Label, SrName, TemplateName
from tasks.engine.declaration.flow import Canvas, flow
from tasks.vm.addresses import WaitFor


@flow(answer=Done, shape=building.built)
def create_vm_from_configured_template(
    *,
    template: TemplateName,
    name: Label,
    description: Description | None = None,
    sr: SrName | None = None,
    start: building.Start = True,
    wait_for: WaitFor = "running",
) -> Canvas:
    """Clone a configured template, or copy it onto `sr`; install the VM, start it."""
    machine = building.installed(
        template=template, name=name, description=description, sr=sr, own_disks=True
    )
    return building.started(machine, start=start, wait_for=wait_for)
