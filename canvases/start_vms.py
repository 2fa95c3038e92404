"""Many VMs started one after the other."""

from collections.abc import Mapping
from typing import Any

from celery import chain
from pydantic import Field

from tasks.engine.declaration.answers import Answer, HowMany
from tasks.engine.declaration.definition import Goal
from tasks.engine.declaration.flow import Canvas, flow
from tasks.vm import power, resolution
from tasks.vm.guest import WaitFor, WaitForAddress


class Started(Answer):
    """The VMs that run, in the order in which they were started."""

    vms: list[str] = Field(description="by UUID")
    count: HowMany


def _started(fields: Mapping[str, Any], _last: Mapping[str, Any]) -> Started:
    vms = list(fields["vms"])
    text = "1 VM runs" if len(vms) == 1 else f"{len(vms)} VMs run"
    return Started(return_result=text, vms=vms, count=len(vms))


@flow(answer=Started)
def start_vms(
    *,
    vms: resolution.VmNames,
    wait_for: WaitFor = "running",
    wait_for_address: WaitForAddress | None = None,
) -> Canvas:
    """Start VMs in the order of the list, each when the one before runs or has its address.

    A VM that is named twice, however it is spelled, counts once; one that runs already is fine.
    If a name matches no VM, none is started. Where a VM cannot be started, those after it are not,
    and those before it go on running; the error says which run, and which do not.
    """
    return resolution.resolve.s(vms=vms) | start_each.s(
        feed={"vms": "vms"}, wait_for=wait_for, wait_for_address=wait_for_address
    )


@flow(
    name="xenserver.vm.start_each",
    answer=Started,
    shape=_started,
    internal=True,
    goal=Goal("Running", lambda fields: fields["vms"]),
)
def start_each(
    *,
    vms: resolution.VmNames,
    wait_for: WaitFor = "running",
    wait_for_address: WaitForAddress | None = None,
) -> Canvas:
    """Start VMs one after the other: the second step of start_vms."""
    each = [
        power.start.s(
            vm=vm,
            ensure=True,
            wait_for=wait_for,
            wait_for_address=wait_for_address,
        )
        for vm in vms
    ]
    return each[0] if len(each) == 1 else chain(*each)
