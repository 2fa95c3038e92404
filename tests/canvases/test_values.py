"""Flows are values: chains and chords of operations, made without speaking to anybody."""

from typing import Any

import pytest

from canvases import find_list_of_vms as listing
from canvases.assign_vms_to_network import assign_each_to_network, assign_vms_to_network
from canvases.check_for_task_success import check_for_task_success
from canvases.create_vm_from_configured_template import create_vm_from_configured_template
from canvases.create_vm_from_unconfigured_template import create_vm_from_unconfigured_template
from canvases.destroy_vm_and_disks import destroy_vm_and_disks, destroy_with_disks
from canvases.find_list_of_vms import find_list_of_vms
from canvases.setup_disk_or_cd import setup_disk_or_cd
from canvases.setup_network_devices import setup_network_devices
from tests.canvases.reading import canvas, names, steps
from xenserver import errors

NEW_DISK = {
    "vdi_type": "user",
    "new_disk_name": "data",
    "disk_size": "10GiB",
    "storage_repository": "NFS",
}
BLANK = {"template": "blank", "name": "web01", "sr": "NFS"}


def _kwargs(step: Any) -> dict[str, Any]:
    return dict(step.kwargs)


def test_a_task_is_followed() -> None:
    [step] = steps(canvas(check_for_task_success, task="t1", sleepIncrement="2s"))

    assert step.task == "xenserver.task.follow"
    assert _kwargs(step) == {"task": "t1", "every": 2.0}


def test_a_configured_template_is_cloned_installed_in_place_and_started() -> None:
    """Each step takes its VM from the answer of the one before."""
    made = canvas(create_vm_from_configured_template, template="deb12", name="web01")

    assert names(made) == ["xenserver.vm.clone", "xenserver.vm.install", "xenserver.vm.start"]
    _clone, install, start = map(_kwargs, steps(made))
    assert install["feed"] == {"template": "uuid"}
    assert install["in_place"]
    assert start["feed"] == {"vm": "uuid"}


def test_start_is_left_out_where_it_is_not_wanted() -> None:
    """The VM stays halted."""
    made = canvas(create_vm_from_configured_template, template="deb12", name="web01", start=False)

    assert names(made) == ["xenserver.vm.clone", "xenserver.vm.install"]


def test_a_configured_template_is_copied_onto_another_repository() -> None:
    """A clone shares its disks' repository; a copy does not."""
    made = canvas(create_vm_from_configured_template, template="deb12", name="web01", sr="Local")

    copied = steps(made)[0]
    assert copied.task == "xenserver.vm.copy"
    assert _kwargs(copied)["sr"] == "Local"


def test_an_unconfigured_template_without_wishes_is_cloned_installed_and_started() -> None:
    """Nothing is asked of XenServer that nobody wants."""
    made = canvas(create_vm_from_unconfigured_template, template="blank", name="web01")

    assert names(made) == ["xenserver.vm.clone", "xenserver.vm.install", "xenserver.vm.start"]


def test_disks_cd_and_networks_are_built_side_by_side_before_the_start() -> None:
    """A chord whose body looks whether everything is there."""
    made = canvas(
        create_vm_from_unconfigured_template,
        **BLANK,
        memory="1GiB",
        disks=[{"size": "8GiB"}, {"size": "16GiB"}],
        cd="debian-12.iso",
        networks=[{"network": "lab"}],
    )

    assert names(made) == [
        "xenserver.vm.check_creation",
        "xenserver.vm.clone",
        "xenserver.vm.install",
        "xenserver.vm.configure",
        "xenserver.vm.free_devices",
        [
            ["flow.setup_disk_or_cd"],
            ["flow.setup_disk_or_cd"],
            ["xenserver.vm.insert_cd"],
            ["xenserver.vif.create"],
        ],
        "xenserver.vm.check_devices",
        "xenserver.vm.start",
    ]


def test_parts_that_name_no_device_take_free_ones_in_their_order() -> None:
    """So that the first disk is the first, whichever part is quicker; what is named is kept out."""
    made = canvas(
        create_vm_from_unconfigured_template,
        **BLANK,
        disks=[{"size": 1 << 20}, {"size": 1 << 20, "device": 0}, {"size": 1 << 20}],
        cd="debian-12.iso",
        networks=[{"network": "lab"}],
    )

    found = {step.task: step for step in steps(made)}
    assert _kwargs(found["xenserver.vm.free_devices"])["drives"] == ["0"]
    disks = [_kwargs(step) for step in steps(made) if step.task == "flow.setup_disk_or_cd"]
    assert [disk["feed"].get("device", disk.get("device")) for disk in disks] == [
        "drives.0",
        "0",
        "drives.1",
    ]
    inserted = _kwargs(found["xenserver.vm.insert_cd"])
    assert inserted["feed"] == {"vm": "uuid", "new_device": "cd"}
    assert _kwargs(found["xenserver.vif.create"])["feed"]["device"] == "interfaces.0"


def test_disks_have_names_homes_and_one_to_boot_from() -> None:
    """Unless they say otherwise: the VM's name, the flow's repository, the first."""
    made = canvas(
        create_vm_from_unconfigured_template,
        **BLANK,
        disks=[{"size": "1GiB"}, {"size": "2GiB", "name": "data", "sr": "Local"}],
    )

    disks = [_kwargs(step) for step in steps(made) if step.task == "flow.setup_disk_or_cd"]
    assert [
        (d["new_disk_name"], d["storage_repository"], d["bootable"], d["disk_size"]) for d in disks
    ] == [("web01 disk 0", "NFS", True, 1 << 30), ("data", "Local", False, 2 << 30)]


def test_a_disk_without_a_repository_is_refused_and_named() -> None:
    with pytest.raises(errors.Refused, match=r"disks\.1\.sr: is missing") as refused:
        canvas(
            create_vm_from_unconfigured_template,
            template="blank",
            name="web01",
            disks=[{"size": 1 << 20, "sr": "NFS"}, {"size": 1 << 20}],
        )

    assert refused.value.code == "XENFLOW_MESSAGE_INVALID"


def test_a_wrong_field_of_a_disk_is_refused_and_named() -> None:
    """Structures are checked as closely as fields are."""
    with pytest.raises(errors.Refused, match=r"disks\.0\.sice"):
        canvas(create_vm_from_unconfigured_template, **BLANK, disks=[{"size": 1 << 20, "sice": 1}])


def test_disks_are_chosen_before_anything_is_destroyed() -> None:
    """The choice feeds the destruction."""
    chosen, destroyed = steps(canvas(destroy_vm_and_disks, vm="web01", deleteDisks=True))

    assert chosen.task == "xenserver.vm.choose_disks"
    reply = _kwargs(chosen)
    assert (reply["vm"], reply["delete"], reply["even_shared"]) == ("web01", True, False)
    assert (reply["image"], reply["snapshots"], reply["shutdown"]) == (True, "delete", "no")
    assert destroyed.task == "xenserver.vm.destroy_with_disks"


@pytest.mark.parametrize(("shutdown", "force"), [("clean", False), ("force", True)])
def test_a_vm_is_shut_down_first_where_that_is_wanted(shutdown: str, force: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """A VM that is halted already is fine."""
    down, gone = steps(canvas(destroy_with_disks, vm="v", name_label="web01", shutdown=shutdown))

    assert down.task == "xenserver.vm.shutdown"
    reply = _kwargs(down)
    assert {name: value for name, value in reply.items() if value is not None} == {
        "vm": "v",
        "force": force,
        "ensure": True,
    }
    assert gone.task == "xenserver.vm.destroy"


def test_the_fall_back_of_a_shutdown_is_that_of_its_operation() -> None:
    fields = {"vm": "v", "name_label": "web01", "shutdown": "clean", "fall_back_after": "2m"}
    down, _gone = steps(canvas(destroy_with_disks, **fields))

    assert _kwargs(down)["fall_back_after"] == 120.0


def test_disks_go_side_by_side_after_their_vm() -> None:
    """XenServer says first whether the VM may go."""
    disks = [{"uuid": "d1"}, {"uuid": "d2"}]

    made = canvas(destroy_with_disks, vm="v", name_label="web01", disks=disks)

    sides = [["xenserver.vdi.destroy_or_report"], ["xenserver.vdi.destroy_or_report"]]
    first = ["xenserver.vm.mark_leftovers", "xenserver.vm.destroy"]
    assert names(made) == [*first, sides, "xenserver.vm.report_destruction"]


def test_a_list_of_vms_is_a_search() -> None:
    [step] = steps(canvas(find_list_of_vms, name="web", isSearchExpression=True))

    assert step.task == "xenserver.vm.find"
    assert _kwargs(step)["name"] == "web"
    assert _kwargs(step)["is_search_expression"]


def test_a_uuid_goes_before_a_name() -> None:
    [step] = steps(canvas(find_list_of_vms, uuid="u1", name="web"))

    assert (_kwargs(step)["uuid"], _kwargs(step)["name"]) == ("u1", None)


def test_a_list_that_goes_on_says_so() -> None:
    vms = [{"uuid": "u1", "name_label": "web01", "power_state": "Running"}]
    assert find_list_of_vms.shape

    reply = find_list_of_vms.shape({}, {"records": vms, "after": "u1"}).document()

    assert reply["after"] == "u1"
    assert str(reply["return_result"]).endswith("... and more: list them with vm.find, after=u1")


def test_a_list_of_vms_is_written_as_a_table() -> None:
    """A head, a line for each, columns that stand under one another."""
    vms = [
        {"uuid": "u1", "name_label": "web01", "power_state": "Running"},
        {"uuid": "u2", "name_label": "db", "power_state": "Halted"},
    ]

    assert listing.table(vms).splitlines() == [
        "UUID  NAME   POWER STATE",
        "u1    web01  Running",
        "u2    db     Halted",
    ]
    assert listing.table([]) == "no VMs"


def test_a_new_disk_is_made_attached_and_plugged_if_the_vm_runs() -> None:
    """Each step takes what it needs from the one before."""
    checked, made, attached, plugged = steps(canvas(setup_disk_or_cd, vm="web01", **NEW_DISK))

    assert checked.task == "xenserver.vm.check_drive"
    place = {"size": 10 << 30, "sr": "NFS"}
    assert {**place, "vm": "web01"}.items() <= _kwargs(checked).items()
    assert made.task == "xenserver.vdi.create"
    assert _kwargs(made) == {"type": "user", "name": "data", "size": 10 << 30, "sr": "NFS"}
    assert (attached.task, _kwargs(attached)["feed"]) == ("xenserver.vbd.create", {"vdi": "uuid"})
    assert plugged.task == "xenserver.vbd.plug_if_running"
    assert _kwargs(plugged)["feed"] == {"vbd": "uuid", "was_there": "was_there"}


def test_an_existing_disk_is_attached_unless_it_is() -> None:
    """No disk is made."""
    attached, plugged = steps(canvas(setup_disk_or_cd, vm="web01", existingDiskName="data"))

    assert attached.task == "xenserver.vbd.create"
    assert _kwargs(attached)["ensure"]
    assert plugged.task == "xenserver.vbd.plug_if_running"


@pytest.mark.parametrize("missing", sorted(NEW_DISK))
def test_a_new_disk_with_something_missing_is_refused_and_that_named(missing: str) -> None:
    given = {name: value for name, value in NEW_DISK.items() if name != missing}

    with pytest.raises(errors.Refused) as refused:
        canvas(setup_disk_or_cd, vm="web01", **given)

    assert refused.value.params == [f"{missing}: is missing"]
    assert "give existing_disk_name, or all of vdi_type" in refused.value.message


@pytest.mark.parametrize(
    "flow", [create_vm_from_configured_template, create_vm_from_unconfigured_template]
)
@pytest.mark.parametrize("needs", ["secure_boot", "vtpm"])
def test_bios_with_what_needs_uefi_is_refused_before_a_vm_is_made(flow: Any, needs: str) -> None:
    with pytest.raises(errors.Refused, match="is bios; secure boot and a TPM need uefi"):
        canvas(flow, template="deb12", name="web03", boot={"firmware": "bios"}, **{needs: True})


def test_a_new_disk_is_no_cd() -> None:
    """XenServer takes ISOs only; the disk would be made and destroyed again."""
    with pytest.raises(errors.Refused, match="CD applies to an existing ISO, not to a new disk"):
        canvas(setup_disk_or_cd, vm="web01", type="CD", **NEW_DISK)


def test_a_disk_is_either_existing_or_new() -> None:
    """What is given for the other is refused and named."""
    with pytest.raises(errors.Refused, match="disk_size: applies to a new disk"):
        canvas(setup_disk_or_cd, vm="web01", existing_disk_name="data", disk_size=1 << 20)


def test_an_interface_is_made_and_plugged_if_the_vm_runs() -> None:
    made, plugged = steps(
        canvas(setup_network_devices, vm="web01", network="lab", deviceId=2, mtu=9000)
    )

    assert made.task == "xenserver.vif.create"
    assert _kwargs(made)["device"] == "2"
    assert _kwargs(made)["mtu"] == 9000
    assert plugged.task == "xenserver.vif.plug_if_running"


@pytest.mark.parametrize(
    ("flow", "fields"),
    [
        (setup_disk_or_cd, {"vm": "web01", **NEW_DISK}),
        (setup_network_devices, {"vm": "web01", "network": "lab"}),
        (assign_each_to_network, {"vms": ["web01"], "network": "lab"}),
    ],
)
def test_a_device_is_plugged_in_any_case_or_never_where_that_is_said(
    flow: Any,
    fields: dict[str, Any],
) -> None:
    """`plug` is auto, yes or no."""
    always = [s for s in steps(canvas(flow, **fields, plug="yes")) if "plug" in str(s.task)]
    never = [s for s in steps(canvas(flow, **fields, plug="no")) if "plug" in str(s.task)]

    assert [_kwargs(step)["must_run"] for step in always] == [True]
    assert never == []


def test_many_vms_are_assigned_side_by_side_each_once() -> None:
    """A chord of interfaces, whose body is the report, when all are known to be there."""
    fields = {"vms": ["web01", "web02", "web01"], "network": "lab"}

    resolved, assigned = steps(canvas(assign_vms_to_network, **fields))
    made = canvas(assign_each_to_network, **fields)

    assert (resolved.task, _kwargs(resolved)["network"]) == ("xenserver.vm.resolve", "lab")
    assert assigned.task == "xenserver.vm.assign_each_to_network"
    each = ["xenserver.vif.create", "xenserver.vif.plug_if_running"]
    assert names(made) == [[each, each], "xenflow.gather"]


def test_no_vms_at_all_are_refused() -> None:
    """An empty list is a mistake of somebody's."""
    with pytest.raises(errors.Refused, match="vms"):
        canvas(assign_vms_to_network, vms=[], network="lab")
