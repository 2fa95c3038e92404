"""A new VM from a template that brings its disks and networks along."""

from tasks.frame.answers import Done
from tasks.frame.flow import Canvas, flow
from tasks.frame.vocabulary import Label, TemplateName
from tasks.vm import copies, lifecycle, power


@flow(answer=Done)
def create_vm_from_configured_template(
    *, template: TemplateName, name: Label, start: bool = True
) -> Canvas:
    """Clone a configured template, install the VM, start it."""
    built = copies.clone.s(vm=template, name=name) | lifecycle.install.s(
        feed={"template": "uuid"}, in_place=True
    )
    return built | power.start.s(feed={"vm": "uuid"}) if start else built
