"""Groups of devices that are passed through to VMs; simulated hosts have no such devices.

(xapi_gpu_group.ml, xapi_usb_group.ml, xapi_vusb.ml, xapi_network_sriov.ml)
"""

from simulator.call import Call
from simulator.errors import Failure
from simulator.methods import method

_MOST = 6


def _register(cls: str, members: tuple[str, ...]) -> None:
    async def create(
        call: Call, name_label: str, name_description: str, other_config: dict[str, str]
    ) -> str:
        return call.db.create(
            cls,
            name_label=name_label,
            name_description=name_description,
            other_config=other_config,
        )

    async def destroy(call: Call, group: str) -> None:
        for member in members:
            if found := call.db.get(cls, group)[f"{member}s"]:
                raise Failure(f"{cls.upper()}_CONTAINS_{member.upper()}", *found)
        call.db.destroy(cls, group)

    method(f"{cls}.create")(create)
    method(f"{cls}.destroy")(destroy)


_register("GPU_group", ("PGPU", "VGPU"))
_register("USB_group", ("PUSB", "VUSB"))


@method("VUSB.create")
async def create_vusb(call: Call, vm: str, group: str, other_config: dict[str, str]) -> str:
    """Assign the USB device of a group to a VM."""
    record = call.db.get("VM", vm)
    if len(record["VUSBs"]) >= _MOST:
        raise Failure("TOO_MANY_VUSBS", _MOST)
    if call.db.get("USB_group", group)["VUSBs"]:
        raise Failure("USB_GROUP_CONFLICT", group)
    if record["ha_restart_priority"] == "restart":
        text = f"VM {vm} ha_restart_priority has been set to 'restart', cannot create VUSB for it. "
        raise Failure("OPERATION_NOT_ALLOWED", text)
    return call.db.create("VUSB", VM=vm, USB_group=group, other_config=other_config)


@method("VUSB.destroy")
async def destroy_vusb(call: Call, vusb: str) -> None:
    """Take a USB device back from a VM."""
    call.db.destroy("VUSB", vusb)


@method("VUSB.unplug")
async def unplug_vusb(call: Call, vusb: str) -> None:
    """Refuse: no VM has a USB device attached, for none that has one starts."""
    vm = call.db.get("VUSB", vusb)["VM"]
    state = call.db.get("VM", vm)["power_state"]
    raise Failure("VM_BAD_POWER_STATE", vm, "running", state.lower())


@method("PUSB.scan")
async def scan_usb(call: Call, host: str) -> None:
    """Look for USB devices: there are none."""
    call.db.get("host", host)


@method("network_sriov.create")
async def create_sriov(call: Call, pif: str, network: str) -> str:
    """Refuse: no interface can be divided."""
    call.db.get("network", network)
    if not call.db.get("PIF", pif)["physical"]:
        raise Failure("PIF_IS_NOT_PHYSICAL", pif)
    raise Failure("PIF_IS_NOT_SRIOV_CAPABLE", pif)
