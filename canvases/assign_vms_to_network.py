"""Connect many VMs to one network."""

from collections.abc import Iterable, Mapping
from typing import Any

from celery import chord
from pydantic import BaseModel, ConfigDict, Field

from tasks import gather, hotplug, vif
from tasks.engine.declaration.answers import Answer, HowMany
from tasks.engine.declaration.field_types import Ensures, NetworkName
from tasks.engine.declaration.flow import Canvas, flow
from tasks.vm import resolution
from xenserver import lookup


class Assigned(BaseModel):
    """One VM's new interface."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    uuid: str = Field(description="the virtual interface")
    vm: str = Field(description="the VM, by UUID")
    device: str = Field(description="the device number")
    plugged: bool | None = Field(None, description="whether the guest sees it")


class Report(Answer):
    """Which VM got which interface, in the order in which the VMs were named."""

    assigned: list[Assigned] = Field(description="each VM and its interface")
    count: HowMany


def _report(fields: Mapping[str, Any], last: Mapping[str, Any]) -> Report:
    if "assigned" in last:
        return Report.model_validate(last)
    assigned = [Assigned.model_validate(answer) for answer in last["answers"]]
    count = len(assigned)
    text = f"{count} VM{'' if count == 1 else 's'} assigned to {fields['network']}"
    return Report(return_result=text, assigned=assigned, count=count)


@flow(answer=Report, shape=_report)
def assign_vms_to_network(
    *,
    vms: resolution.VmNames,
    network: NetworkName,
    plug: hotplug.Plug = "auto",
    ensure: Ensures = False,
) -> Canvas:
    """Connect each of the VMs to a network, in parallel; all of them, or none.

    A VM that is named twice, by whatever spelling, gets one interface. With `ensure` one that it
    has on the network already will do.
    """
    resolved = resolution.resolve.s(vms=vms, network=network, must_run=plug == "yes")
    return resolved | assign_each_to_network.s(
        feed={"vms": "vms"}, network=network, plug=plug, ensure=ensure
    )


@flow(name="xenserver.vm.assign_each_to_network", answer=Report, shape=_report, internal=True)
def assign_each_to_network(
    *,
    vms: resolution.VmNames,
    network: NetworkName,
    plug: hotplug.Plug = "auto",
    ensure: Ensures = False,
) -> Canvas:
    """Connect each of the VMs to a network; each VM is named once."""
    return _side_by_side(vms, network, plug, ensure=ensure)


def _side_by_side(vms: Iterable[str], network: str, plug: hotplug.Plug, *, ensure: bool) -> Canvas:
    each = [
        _assigned(vm, network, plug, ensure=ensure)
        for vm in dict.fromkeys(map(lookup.spelled_once, vms))
    ]
    return chord(each, gather.gather.s(feed={"answers": "*"}))


def _assigned(vm: str, network: str, plug: hotplug.Plug, *, ensure: bool) -> Canvas:
    made = vif.create.s(vm=vm, network=network, ensure=ensure)
    if plug == "no":
        return made
    return made | vif.plug_if_running.s(feed={"vif": "uuid"}, must_run=plug == "yes")
