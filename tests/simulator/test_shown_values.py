"""Values that the pool shows: of one release, and nothing that tells a simulator."""

import re
from typing import Any

import pytest

VERSIONS = {
    *("product_brand", "product_version", "product_version_text", "product_version_text_short"),
    *("platform_name", "platform_version", "build_number", "hostname", "date", "dbv"),
    *("db_schema", "xapi", "xapi_build", "xen", "linux", "network_backend"),
    *("xencenter_min", "xencenter_max"),
}


def test_hosts_tell_the_version_whose_fields_they_show(xen: Any) -> None:
    """They run toolstack 24.16, the newest that the data model knows."""
    for host in xen("host.get_all_records").values():
        assert set(host["software_version"]) == VERSIONS
        assert host["software_version"]["xapi"] == "24.16"
        assert len(host["host_CPUs"]) == int(host["cpu_info"]["cpu_count"])
        assert host["license_params"]["restrict_wlb"] == "false"
        assert {"boot_time", "agent_start_time"} <= set(host["other_config"])
        assert host["bios_strings"]["system-manufacturer"]


def test_the_pool_shows_restrictions_and_operations(xen: Any) -> None:
    """High availability is off, so that it can be enabled and not disabled."""
    (pool,) = xen("pool.get_all_records").values()

    assert pool["restrictions"]["enable_xha"] == "true"
    assert pool["restrictions"]["restrict_rbac"] == "false"
    assert "ha_enable" in pool["allowed_operations"]
    assert "ha_disable" not in pool["allowed_operations"]


def test_control_domains_have_two_consoles(xen: Any) -> None:
    """One is graphical, one is text."""
    vms = xen("VM.get_all_records").values()
    domains = [vm for vm in vms if vm["is_control_domain"]]

    for domain in domains:
        protocols = {xen("console.get_protocol", console) for console in domain["consoles"]}
        assert protocols == {"rfb", "vt100"}


def test_storage_drivers_announce_their_features(xen: Any) -> None:
    """A driver of LUNs has no clones."""
    drivers = {driver["type"]: driver for driver in xen("SM.get_all_records").values()}

    assert int(drivers["nfs"]["features"]["VDI_CLONE"]) == 1
    assert "VDI_CLONE" in drivers["nfs"]["capabilities"]
    assert "VDI_CLONE" not in drivers["iscsi"]["features"]
    assert "THIN_PROVISIONING" not in drivers["lvm"]["features"]
    assert "SR_SUPPORTS_LOCAL_CACHING" in drivers["ext"]["capabilities"]


def test_consoles_follow_the_kind_of_a_guest(xen: Any) -> None:
    """HVM has a screen; what has a terminal instead shows it as screen and as text."""
    for kind, protocols in (("hvm", {"rfb"}), ("pvh", {"rfb", "vt100"})):
        vms = xen("VM.get_all_records").values()
        found = [vm for vm in vms if vm["domain_type"] == kind and vm["power_state"] == "Running"]
        assert found
        for vm in found:
            shown = {xen("console.get_protocol", console) for console in vm["consoles"]}
            assert shown == protocols


@pytest.mark.parametrize(
    ("memory", "vcpus", "overhead"), [(1024, 1, 11), (2048, 1, 19), (2048, 2, 20)]
)
def test_a_vm_has_the_overhead_of_its_memory_and_processors(
    xen: Any, machine_record: Any, memory: int, vcpus: int, overhead: int
) -> None:
    """The figures are those of real guests of type hvm, in MiB."""
    limits = ("static_max", "dynamic_max", "dynamic_min", "static_min")
    sizes = {f"memory_{limit}": str(memory << 20) for limit in limits}
    record = machine_record(
        HVM_boot_policy="BIOS order", VCPUs_max=vcpus, VCPUs_at_startup=vcpus, **sizes
    )

    vm = xen("VM.create", record)

    assert int(xen("VM.get_memory_overhead", vm)) == overhead << 20


@pytest.mark.parametrize(
    ("kind", "multiplier", "overhead"),
    [("hvm", 1.5, 15), ("pv", 1.0, 10), ("pv_in_pvh", 1.0, 40), ("hvm", 1e300, 3)],
)
def test_a_vm_has_the_overhead_of_its_kind_and_multiplier(
    xen: Any, machine_record: Any, kind: str, multiplier: float, overhead: int
) -> None:
    """What no integer holds counts as the least shadow memory, and nothing fails."""
    limits = ("static_max", "dynamic_max", "dynamic_min", "static_min")
    sizes = {f"memory_{limit}": str(1 << 30) for limit in limits}
    record = machine_record(
        domain_type=kind, HVM_shadow_multiplier=multiplier, VCPUs_max=1, VCPUs_at_startup=1, **sizes
    )

    vm = xen("VM.create", record)

    assert int(xen("VM.compute_memory_overhead", vm)) == overhead << 20


def test_messages_say_what_the_toolstack_says(xen: Any, halted: str) -> None:
    """Bodies name the VM and the host."""
    xen("VM.start", halted, False, False)
    xen("VM.clean_reboot", halted)
    xen("VM.hard_shutdown", halted)

    records = xen("message.get_all_records").values()
    bodies = [record["body"] for record in records if "web02" in record["body"]]
    assert re.fullmatch(r"VM 'web02' started on host: xs\d \(uuid: [0-9a-f-]{36}\)", bodies[0])
    assert bodies[1:] == ["VM 'web02' rebooted cleanly", "VM 'web02' shutdown forcibly"]


def test_a_snapshot_keeps_the_record_as_an_s_expression(xen: Any, halted: str) -> None:
    """Quotes in it are escaped, and a revert reads them back."""
    xen("VM.set_name_description", halted, "it's (so) \\ 'quoted'")
    snapshot = xen("VM.snapshot", halted, "before")
    xen("VM.set_name_description", halted, "changed")

    assert xen("VM.get_snapshot_metadata", snapshot).startswith("(('")
    xen("VM.revert", snapshot)
    assert xen("VM.get_name_description", halted) == "it's (so) \\ 'quoted'"


def test_nothing_tells_a_simulator(xen: Any, running: str) -> None:
    """No record and no backtrace has the word."""
    task = xen("Async.VM.start", running, False, False)
    while xen("task.get_status", task) == "pending":
        pass
    classes = ("VM", "host", "pool", "SR", "VDI", "network", "task", "VM_guest_metrics")

    shown = str([xen(f"{cls}.get_all_records") for cls in classes])

    assert "rbac.ml" in xen("task.get_backtrace", task)
    assert not re.search(r"simulat", shown, re.IGNORECASE)


@pytest.mark.parametrize(("asked", "made"), [(0, 2 << 20), (1, 2 << 20), (5 << 20, 6 << 20)])
def test_a_disk_has_whole_blocks(xen: Any, disk_record: Any, asked: int, made: int) -> None:
    """VHD back ends round up without a word."""
    disk = xen("VDI.create", disk_record(virtual_size=asked))

    assert int(xen("VDI.get_virtual_size", disk)) == made


@pytest.mark.parametrize("asked", [-1, (2040 << 30) + 1])
def test_a_size_that_no_vhd_can_have_is_refused(xen: Any, disk_record: Any, asked: int) -> None:
    """The back end says between which sizes it takes one."""
    refusal = xen.refusal("VDI.create", disk_record(virtual_size=str(asked)))

    reason = "VDI Invalid size [opterr=VDI size must be between 1 MB and 2088960 MB]"
    assert refusal == ["SR_BACKEND_FAILURE_79", "", reason, ""]


def test_a_snapshot_has_the_metrics_of_its_vm(xen: Any, running: str) -> None:
    """All but the UUID is copied."""
    snapshot = xen("VM.snapshot", running, "before")

    kept, own = (
        xen("VM_metrics.get_record", xen("VM.get_metrics", vm)) for vm in (snapshot, running)
    )
    assert {**kept, "uuid": ""} == {**own, "uuid": ""}
    assert int(own["memory_actual"]) > 0
