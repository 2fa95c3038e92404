"""What a flow is known to fail for is found before it makes anything."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.canvases.test_rollback import CONFIGURED, EVERYTHING, NEW_DISK, NFS, UNCONFIGURED
from tests.stack import StackHarness
from tests.tasks.fixtures import LIBRARY, LOCAL, Maker
from xenserver import errors

DISK = "flow.setup_disk_or_cd"
NETWORK = "flow.setup_network_devices"
ASSIGN = "flow.assign_vms_to_network"
UNKNOWN = "XENFLOW_NO_SUCH_OBJECT"
INVALID = "XENFLOW_MESSAGE_INVALID"
STATE = "VM_BAD_POWER_STATE"
GIB = "1GiB"

Fields = dict[str, Any]


def effects(stack: StackHarness) -> list[str]:
    """Return what the pool has done, but for its tasks and sessions."""
    done = [effect["method"] for effect in stack.xenserver.control("journal")["effects"]]
    return [method for method in done if not method.startswith(("task.", "session."))]


def refusal(stack: StackHarness, flow: str, **fields: object) -> errors.XenflowError:
    """Return the error of a flow, which has had no effect."""
    before = effects(stack)
    with pytest.raises(errors.XenflowError) as caught:
        stack.do(flow, **fields)
    assert effects(stack) == before
    assert "undone" not in caught.value.message
    return caught.value


NEW_VMS: dict[str, tuple[Fields, str, str]] = {
    "an SR nobody knows": ({"sr": "none"}, UNKNOWN, "no SR is named none"),
    "an SR of a disk": ({"disks": [{"size": GIB, "sr": "none"}]}, UNKNOWN, "no SR is named none"),
    "an SR by a wrong UUID": (
        {"disks": [{"size": GIB, "sr": "00000000-0000-0000-0000-000000000000"}]},
        UNKNOWN,
        "no SR has the UUID",
    ),
    "an SR of media": ({"sr": LIBRARY}, "SR_OPERATION_NOT_SUPPORTED", "use another SR"),
    "a reference": (
        {"template": "OpaqueRef:5af417eb-699b-4047-83c2-861318a18fcf"},
        INVALID,
        "template: is a reference of XenServer; give the UUID, or the name label",
    ),
    "a template of two lines": ({"template": "a\nb"}, UNKNOWN, "no template is named a\nb"),
    "a network": ({"networks": [{"network": "none"}]}, UNKNOWN, "no network is named none"),
    "a CD nobody knows": ({"cd": "none"}, UNKNOWN, "no VDI is named none"),
    "too little memory": ({"memory": "1MiB"}, INVALID, "is less than VM blank needs"),
    "half a socket": ({"vcpus": 3, "cores_per_socket": 2}, INVALID, "do not fill sockets"),
    "secure boot on bios": ({"secure_boot": True}, INVALID, "is bios; secure boot and"),
    "a TPM on bios": ({"vtpm": True}, INVALID, "is bios; secure boot and"),
    "a disk on no device": (
        {"disks": [{"size": GIB, "device": "nowhere"}]},
        "INVALID_DEVICE",
        "no device nowhere",
    ),
    "an interface on no device": (
        {"networks": [{"network": "lab", "device": "eth0"}]},
        "INVALID_DEVICE",
        "no device eth0",
    ),
    "too many disks": ({"disks": [{"size": GIB}] * 255}, "INVALID_DEVICE", "255 disks need"),
    "too many interfaces": (
        {"networks": [{"network": "lab"}] * 17},
        "INVALID_DEVICE",
        "17 interfaces need",
    ),
    "a disk twice in a place": (
        {"disks": [{"size": GIB, "device": 1}, {"size": GIB, "device": "xvdb"}]},
        INVALID,
        "device 1 is given twice",
    ),
    "an interface twice in a place": (
        {"networks": [{"network": "lab", "device": 1}, {"network": "lab", "device": "01"}]},
        INVALID,
        "device 1 is given twice",
    ),
    "a MAC of five": (
        {"networks": [{"network": "lab", "mac": "00:16:3e:00:00"}]},
        INVALID,
        "networks.0.mac: '00:16:3e:00:00' is not a MAC address",
    ),
}


@pytest.mark.parametrize("case", NEW_VMS)
def test_a_vm_is_not_made_for_nothing(stack: StackHarness, name: str, case: str) -> None:
    wrong, code, text = NEW_VMS[case]

    error = refusal(stack, UNCONFIGURED, **{**EVERYTHING, "name": name, **wrong})

    assert error.code == code
    assert text in error.message


def test_a_vm_is_not_made_for_a_cd_that_is_no_iso(
    stack: StackHarness, maker: Maker, name: str
) -> None:
    error = refusal(stack, UNCONFIGURED, **{**EVERYTHING, "name": name, "cd": maker.disk()})

    assert error.code == "VDI_IS_NOT_ISO"


@pytest.mark.parametrize("wrong", [{"sr": "none"}, {"memory": "1MiB"}, {"secure_boot": True}])
def test_a_configured_template_is_not_copied_for_nothing(
    stack: StackHarness, name: str, wrong: Fields
) -> None:
    refusal(stack, CONFIGURED, template="deb12", name=name, **wrong)


def test_a_disk_beside_those_of_the_template_needs_a_number_of_its_own(
    stack: StackHarness, name: str
) -> None:
    """Its provisioning makes one on device 0, which is not there before."""
    fields = {"template": "Debian Bookworm 12", "name": name, "sr": NFS}

    error = refusal(stack, UNCONFIGURED, **fields, disks=[{"size": GIB, "device": "xvda"}])

    assert (error.code, error.params) == ("DEVICE_ALREADY_EXISTS", ["0"])


def test_a_named_device_keeps_its_number_from_the_others(stack: StackHarness, name: str) -> None:
    """The guest's name for it is the same device."""
    disks = [{"size": GIB, "device": "xvda"}, {"size": GIB}]

    made = stack.do(UNCONFIGURED, template="blank", name=name, sr=NFS, disks=disks, start=False)

    drives = stack.xenserver.records("VBD").values()
    [machine] = stack.xenserver.named("VM", name)
    assert made["uuid"] == machine["uuid"]
    assert sorted(d["userdevice"] for d in drives if d["VM"] == machine["ref"]) == ["1", "xvda"]


@pytest.mark.parametrize("flow", [CONFIGURED, UNCONFIGURED, "xenserver.vm.install"])
def test_a_pool_without_a_default_sr_is_named_before_a_copy(
    stack: StackHarness, name: str, flow: str
) -> None:
    [pool] = stack.xenserver("pool.get_all")
    default = stack.xenserver("pool.get_default_SR", pool)
    stack.xenserver("pool.set_default_SR", pool, "OpaqueRef:NULL")
    try:
        error = refusal(stack, flow, template="Debian Bookworm 12", name=name)
    finally:
        stack.xenserver("pool.set_default_SR", pool, default)

    assert "sr: is missing; the template makes disks" in error.message


@pytest.mark.parametrize("flow", [CONFIGURED, UNCONFIGURED, "xenserver.vm.install"])
def test_a_template_that_cannot_be_installed_is_not_copied(
    stack: StackHarness, name: str, flow: str
) -> None:
    source = stack.xenserver("VM.get_by_name_label", "deb12")[0]
    template = stack.xenserver("VM.clone", source, f"broken {name}")
    stack.xenserver("VM.remove_from_other_config", template, "disks")
    stack.xenserver("VM.add_to_other_config", template, "disks", "no xml")

    error = refusal(stack, flow, template=f"broken {name}", name=name)

    assert error.code == "XENFLOW_TEMPLATE_INVALID"


def test_a_disk_on_storage_that_is_not_attached_is_not_made_room_for(
    stack: StackHarness, name: str, halted: str
) -> None:
    [home] = stack.xenserver.named("SR", LOCAL)
    [pbd] = home["PBDs"]
    stack.xenserver("PBD.unplug", pbd)
    new_disk = {**NEW_DISK, "storage_repository": LOCAL}
    try:
        codes = [
            refusal(stack, UNCONFIGURED, **{**EVERYTHING, "name": name, "sr": LOCAL}).code,
            refusal(stack, DISK, vm=halted, **new_disk).code,
        ]
    finally:
        stack.xenserver("PBD.plug", pbd)

    assert codes == ["SR_HAS_NO_PBDS"] * 2


DEVICES: dict[str, tuple[str, Fields, str]] = {
    "a VM nobody knows": (DISK, {**NEW_DISK, "vm": "none"}, UNKNOWN),
    "a device that is taken": (DISK, {**NEW_DISK, "device": 0}, "DEVICE_ALREADY_EXISTS"),
    "a device that is none": (DISK, {**NEW_DISK, "device": "none"}, "INVALID_DEVICE"),
    "an SR nobody knows": (DISK, {**NEW_DISK, "storage_repository": "none"}, UNKNOWN),
    "a new disk that must be plugged": (DISK, {**NEW_DISK, "plug": "yes"}, STATE),
    "an interface that must be plugged": (NETWORK, {"network": "lab", "plug": "yes"}, STATE),
    "a MAC of a word": (NETWORK, {"network": "lab", "mac": "auto"}, INVALID),
}


@pytest.mark.parametrize("case", DEVICES)
def test_a_device_is_not_made_for_nothing(stack: StackHarness, halted: str, case: str) -> None:
    flow, wrong, code = DEVICES[case]

    assert refusal(stack, flow, **{"vm": halted, **wrong}).code == code


def test_a_disk_that_must_be_plugged_is_not_attached_to_a_halted_vm(
    stack: StackHarness, halted: str, maker: Maker
) -> None:
    disk = maker.disk()

    assert refusal(stack, DISK, vm=halted, existing_disk_name=disk, plug="yes").code == STATE


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (lambda _: {"vms": ["web01", "none"]}, UNKNOWN),
        (lambda _: {"network": "none"}, UNKNOWN),
        (lambda maker: {"vms": [maker.running(), maker.vm()], "plug": "yes"}, STATE),
    ],
    ids=["VM", "network", "state"],
)
def test_no_vm_is_assigned_where_one_cannot_be(
    stack: StackHarness, maker: Maker, wrong: Callable[[Maker], Fields], code: str
) -> None:
    fields = {"vms": ["web01", "web02"], "network": "lab", **wrong(maker)}

    assert refusal(stack, ASSIGN, **fields).code == code


def test_a_vm_that_runs_gets_no_tpm_and_none_of_the_other_settings(
    stack: StackHarness, running: str
) -> None:
    """XenServer adds a TPM to a halted VM only."""
    boot = {"firmware": "uefi"}

    error = refusal(
        stack, "xenserver.vm.configure", vm=running, boot=boot, secure_boot=True, vtpm=True
    )

    assert error.code == STATE
