"""A network interface for a VM."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from tasks import hotplug, vif
from tasks.engine.declaration.answers import Answer
from tasks.engine.declaration.field_types import Device, Ensures, Mac, Mtu, NetworkName, VmName
from tasks.engine.declaration.flow import Canvas, flow


class NetworkSetUp(Answer):
    """An interface of a VM on a network."""

    uuid: str = Field(description="the virtual interface")
    vm: str = Field(description="the VM, by UUID")
    device: str = Field(description="the device number")
    plugged: bool | None = Field(None, description="whether the guest sees it")


def _answer(_fields: Mapping[str, Any], last: Mapping[str, Any]) -> NetworkSetUp:
    fields_of_answer = {name: last.get(name) for name in ("uuid", "vm", "device", "plugged")}
    text = f"connected as device {last['device']}"
    return NetworkSetUp.model_validate({"return_result": text, **fields_of_answer})


@flow(answer=NetworkSetUp, shape=_answer)
def setup_network_devices(
    *,
    vm: VmName,
    network: NetworkName,
    device_id: Device = "autodetect",
    mac: Mac = "",
    mtu: Mtu = 1500,
    plug: hotplug.Plug = "auto",
    ensure: Ensures = False,
) -> Canvas:
    """Connect a VM to a network by a new interface, and plug it when the VM runs.

    With `ensure`, an existing interface of the VM on the network is used.
    """
    made = vif.create.s(
        vm=vm,
        network=network,
        device=device_id,
        mac=mac,
        mtu=mtu,
        ensure=ensure,
        must_run=plug == "yes",
    )
    if plug == "no":
        return made
    return made | vif.plug_if_running.s(feed={"vif": "uuid"}, must_run=plug == "yes")
