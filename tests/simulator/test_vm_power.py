"""What moves a VM between its power states, and what refuses to."""

from collections.abc import Callable
from typing import Any

import pytest

from simulator import preconditions
from simulator.server import Served

NULL = "OpaqueRef:NULL"
HUGE = str(1 << 50)


def state(xen: Any, vm: str) -> str:
    """Return a VM's power state."""
    return str(xen("VM.get_power_state", vm))


def attached(xen: Any, vm: str, cls: str) -> set[bool]:
    """Return whether a VM's devices of a class are attached."""
    devices = xen(f"VM.get_{cls}s", vm)
    return {xen(f"{cls}.get_currently_attached", device) for device in devices}


def hosts(xen: Any, vm: str) -> tuple[str, str]:
    """Return the host that a VM runs on and another one."""
    here = xen("VM.get_resident_on", vm)
    return here, next(host for host in xen("host.get_all") if host != here)


def set_memory(xen: Any, vm: str, size: str) -> None:
    """Return a VM this much memory."""
    xen("VM.set_memory_limits", vm, "0", size, size, size)


def detach_storage(xen: Any, hosts: list[str]) -> str:
    """Unplug the shared repository from hosts; nothing of it may be in use."""
    sr = xen.find("SR", "NFS virtual disk storage")
    for vm in ("web01", "db01", "batch01"):
        xen("VM.hard_shutdown", xen.find("VM", vm))
    for pbd in xen("SR.get_PBDs", sr):
        if xen("PBD.get_host", pbd) in hosts:
            xen("PBD.unplug", pbd)
    return str(sr)


def test_a_start_runs_a_halted_vm(xen: Any, halted: str) -> None:
    """F075: The VM is Running on a host, in a domain, its devices attached."""
    xen("VM.start", halted, False, False)

    vm = xen("VM.get_record", halted)
    assert vm["power_state"] == "Running"
    assert vm["resident_on"] in xen("host.get_all")
    assert int(vm["domid"]) > 0
    assert vm["scheduled_to_be_resident_on"] == NULL
    assert attached(xen, halted, "VBD") == {True}
    assert attached(xen, halted, "VIF") == {True}


def test_a_start_leaves_an_empty_drive_of_a_paravirtual_vm_detached(
    xen: Any, halted: str, drive_record: Any
) -> None:
    """F075: Only drives that hold something are attached."""
    drive = xen("VBD.create", drive_record(halted, type="CD", mode="RO"))

    xen("VM.start", halted, False, False)

    assert xen("VBD.get_currently_attached", drive) is False


def test_a_vm_started_paused_waits_for_unpause(xen: Any, halted: str) -> None:
    """F076: start_paused ends Paused, unpause ends Running, a second unpause is refused."""
    xen("VM.start", halted, True, False)
    assert state(xen, halted) == "Paused"

    xen("VM.unpause", halted)

    assert state(xen, halted) == "Running"
    refusal = xen.refusal("VM.unpause", halted)
    assert refusal == ["VM_BAD_POWER_STATE", halted, "paused", "running"]


def test_pause_takes_only_a_running_vm(xen: Any, running: str) -> None:
    """F076: A paused VM keeps its host and its devices."""
    xen("VM.pause", running)

    assert state(xen, running) == "Paused"
    assert xen("VM.get_resident_on", running) != NULL
    assert xen.refusal("VM.pause", running)[2:] == ["running", "paused"]


def test_a_running_vm_does_not_start(xen: Any, running: str) -> None:
    """F077: Start wants halted and tells what it found."""
    refusal = xen.refusal("VM.start", running, False, False)

    assert refusal == ["VM_BAD_POWER_STATE", running, "halted", "running"]


def test_neither_template_nor_snapshot_starts(xen: Any, halted: str) -> None:
    """F078: The refusal tells which of the two it is."""
    template = xen.find("VM", "deb12")
    snapshot = xen("VM.snapshot", halted, "kept")

    assert xen.refusal("VM.start", template, False, False) == ["VM_IS_TEMPLATE", template, "start"]
    assert xen.refusal("VM.start", snapshot, False, False) == ["VM_IS_SNAPSHOT", snapshot, "start"]


def test_no_vm_starts_on_disabled_hosts(xen: Any, halted: str) -> None:
    """F079: Start swallows the reason, start_on names the host."""
    for host in xen("host.get_all"):
        xen("host.disable", host)
    host = xen("host.get_all")[0]

    assert xen.refusal("VM.start", halted, False, False) == ["NO_HOSTS_AVAILABLE"]
    assert xen.refusal("VM.start_on", halted, host, False, False) == ["HOST_DISABLED", host]


def test_a_vm_larger_than_any_host_starts_nowhere(xen: Any, halted: str) -> None:
    """F080: Both are refused at once and nothing has changed."""
    set_memory(xen, halted, HUGE)
    host = xen("host.get_all")[0]

    assert xen.refusal("VM.start", halted, False, False) == ["NO_HOSTS_AVAILABLE"]
    code, needed, available = xen.refusal("VM.start_on", halted, host, False, False)
    assert code == "HOST_NOT_ENOUGH_FREE_MEMORY"
    assert int(needed) > int(available) > 0
    assert state(xen, halted) == "Halted"
    assert xen("VM.get_resident_on", halted) == NULL
    assert attached(xen, halted, "VBD") == {False}


def test_hosts_run_out_of_memory(xen: Any, halted: str) -> None:
    """F080: What running VMs take is not there for others, and comes back when they halt."""
    metrics = xen("host.get_metrics", xen("host.get_all")[0])
    free = int(xen("host_metrics.get_record", metrics)["memory_free"])
    set_memory(xen, halted, str(free * 2 // 3))
    other = xen("VM.clone", halted, "twin")
    host = xen("host.get_all")[0]
    xen("VM.start_on", halted, host, False, False)

    refusal = xen.refusal("VM.start_on", other, host, False, False)

    assert refusal[0] == "HOST_NOT_ENOUGH_FREE_MEMORY"
    xen("VM.hard_shutdown", halted)
    assert int(xen("host_metrics.get_record", metrics)["memory_free"]) == free
    xen("VM.start_on", other, host, False, False)


def test_a_host_without_the_storage_does_not_run_a_vm(xen: Any, halted: str) -> None:
    """F081: start_on names the repository; with it unplugged everywhere, start finds no host."""
    everywhere = xen("host.get_all")
    sr = detach_storage(xen, everywhere[:1])

    refusal = xen.refusal("VM.start_on", halted, everywhere[0], False, False)

    assert refusal == ["VM_REQUIRES_SR", halted, sr]
    for pbd in xen("SR.get_PBDs", sr):
        xen("PBD.unplug", pbd)
    assert xen.refusal("VM.start", halted, False, False) == ["NO_HOSTS_AVAILABLE"]


def test_a_host_without_the_network_does_not_run_a_vm(
    xen: Any, halted: str, served: Served
) -> None:
    """F082: start_on names the network that other hosts have an interface on."""
    network = xen.find("network", "Pool-wide network associated with eth0")
    host = xen("host.get_all")[1]
    (pif,) = (p for p in xen("network.get_PIFs", network) if xen("PIF.get_host", p) == host)
    served.pool.db.destroy("PIF", pif)

    refusal = xen.refusal("VM.start_on", halted, host, False, False)

    assert refusal == ["VM_REQUIRES_NETWORK", halted, network]


def test_a_halted_vm_is_not_shut_down(xen: Any, halted: str) -> None:
    """F083: Clean wants running, hard takes whatever is not halted."""
    clean = xen.refusal("VM.clean_shutdown", halted)
    hard = xen.refusal("VM.hard_shutdown", halted)

    assert clean == ["VM_BAD_POWER_STATE", halted, "running", "halted"]
    assert hard == ["VM_BAD_POWER_STATE", halted, "paused, suspended, running", "halted"]


def test_a_suspended_vm_is_not_rebooted(xen: Any) -> None:
    """F084: hard_reboot wants a domain."""
    asleep = xen.find("VM", "batch01")

    refusal = xen.refusal("VM.hard_reboot", asleep)

    assert refusal == ["VM_BAD_POWER_STATE", asleep, "paused, running", "suspended"]


@pytest.mark.parametrize("verb", ["clean_shutdown", "hard_shutdown", "shutdown"])
def test_a_shutdown_ends_the_domain(xen: Any, running: str, verb: str) -> None:
    """F085: Host, domain and attachments go, what the guest reported stays."""
    reported = xen("VM.get_guest_metrics", running)

    xen(f"VM.{verb}", running)

    vm = xen("VM.get_record", running)
    assert (vm["power_state"], vm["resident_on"], int(vm["domid"])) == ("Halted", NULL, -1)
    assert vm["guest_metrics"] == reported
    assert vm["consoles"] == []
    assert attached(xen, running, "VBD") == {False}
    assert attached(xen, running, "VIF") == {False}


@pytest.mark.parametrize("verb", ["clean_reboot", "hard_reboot"])
def test_a_reboot_runs_on_in_a_new_domain(xen: Any, running: str, verb: str) -> None:
    """F085: Only a new domain id shows that the VM was down."""
    before = xen("VM.get_record", running)

    xen(f"VM.{verb}", running)

    after = xen("VM.get_record", running)
    assert after["power_state"] == "Running"
    assert after["resident_on"] == before["resident_on"]
    assert after["domid"] != before["domid"]


def test_suspend_keeps_memory_and_attachments_and_resume_brings_them_back(
    xen: Any, running: str
) -> None:
    """F086: The image exists as long as the VM sleeps."""
    xen("VM.suspend", running)

    asleep = xen("VM.get_record", running)
    assert (asleep["power_state"], asleep["resident_on"]) == ("Suspended", NULL)
    assert xen("VDI.get_type", asleep["suspend_VDI"]) == "suspend"
    assert attached(xen, running, "VBD") == {True}

    xen("VM.resume", running, False, False)

    awake = xen("VM.get_record", running)
    assert (awake["power_state"], awake["suspend_VDI"]) == ("Running", NULL)
    assert xen.refusal("VDI.get_uuid", asleep["suspend_VDI"])[0] == "HANDLE_INVALID"


def test_hard_shutdown_throws_a_suspended_vms_memory_away(xen: Any) -> None:
    """F087: The image goes."""
    asleep = xen.find("VM", "batch01")
    image = xen("VM.get_suspend_VDI", asleep)

    xen("VM.hard_shutdown", asleep)

    assert state(xen, asleep) == "Halted"
    assert xen.refusal("VDI.get_uuid", image)[0] == "HANDLE_INVALID"


def test_a_vm_whose_image_is_lost_falls_to_halted(xen: Any) -> None:
    """F087: Resume without an image is refused and leaves the VM halted."""
    asleep = xen.find("VM", "batch01")
    xen("VDI.destroy", xen("VM.get_suspend_VDI", asleep))

    refusal = xen.refusal("VM.resume", asleep, False, False)

    assert refusal == ["VM_HAS_NO_SUSPEND_VDI", "VM", asleep]
    assert state(xen, asleep) == "Halted"


def test_suspend_needs_a_repository_for_the_image(xen: Any, running: str) -> None:
    """F088: With none chosen for VM, pool or host, suspend is refused."""
    (pool,) = xen("pool.get_all")
    xen("pool.set_suspend_image_SR", pool, NULL)

    assert xen.refusal("VM.suspend", running) == ["VM_NO_SUSPEND_SR", running]


def test_the_image_is_kept_where_the_host_sees_it(xen: Any, running: str) -> None:
    """The repository of the VM is passed over for that of the pool if the host has no PBD."""
    here = xen("VM.get_resident_on", running)
    pbds = xen("PBD.get_all_records").values()
    seen = {pbd["SR"] for pbd in pbds if pbd["host"] == here}
    elsewhere = next(pbd["SR"] for pbd in pbds if pbd["SR"] not in seen)
    xen("VM.set_suspend_SR", running, elsewhere)
    (pool,) = xen("pool.get_all")

    xen("VM.suspend", running)

    image = xen("VM.get_suspend_VDI", running)
    assert xen("VDI.get_SR", image) == xen("pool.get_suspend_image_SR", pool)


def test_a_running_vm_migrates(xen: Any, running: str) -> None:
    """F089: It runs on, elsewhere."""
    here, there = hosts(xen, running)

    xen("VM.pool_migrate", running, there, {})

    assert (xen("VM.get_resident_on", running), state(xen, running)) == (there, "Running")
    assert running in xen("host.get_resident_VMs", there)
    assert running not in xen("host.get_resident_VMs", here)


def test_what_does_not_run_does_not_migrate_and_nothing_migrates_to_a_disabled_host(
    xen: Any, running: str, halted: str
) -> None:
    """F089: The state of the VM is checked first, then the target."""
    _, there = hosts(xen, running)
    xen("host.disable", there)

    halted_refusal = xen.refusal("VM.pool_migrate", halted, there, {})
    refusal = xen.refusal("VM.pool_migrate", running, there, {})

    assert halted_refusal == ["VM_BAD_POWER_STATE", halted, "running", "halted"]
    assert refusal == ["HOST_DISABLED", there]


def test_a_blocked_operation_is_refused_before_anything_else(xen: Any, running: str) -> None:
    """F090: The block comes before the wrong power state."""
    xen("VM.set_blocked_operations", running, {"start": "why"})

    refusal = xen.refusal("VM.start", running, False, False)

    assert refusal == ["OPERATION_BLOCKED", running, "why"]


def test_a_guest_without_agent_is_only_switched_off(xen: Any) -> None:
    """F091: An HVM guest that reports nothing lacks everything."""
    silent = xen.find("VM", "db01")

    for verb in ("clean_shutdown", "clean_reboot", "suspend"):
        assert xen.refusal(f"VM.{verb}", silent) == ["VM_LACKS_FEATURE", silent]
    xen("VM.hard_shutdown", silent)

    assert state(xen, silent) == "Halted"


def test_shutdown_switches_a_guest_off_that_does_not_listen(xen: Any) -> None:
    """F091: VM.shutdown is clean first and hard in the end."""
    silent = xen.find("VM", "db01")

    xen("VM.shutdown", silent)

    assert state(xen, silent) == "Halted"


def test_a_start_shows_on_the_vm_and_its_devices(xen: Any, halted: str, held: Any) -> None:
    """F092: Start on the VM, attach on drives and interfaces, nothing allowed meanwhile."""
    task = xen("Async.VM.start", halted, False, False)
    vm = xen("VM.get_record", halted)

    assert vm["current_operations"] == {task: "start"}
    assert vm["allowed_operations"] == []
    for cls in ("VBD", "VIF"):
        for device in vm[f"{cls}s"]:
            assert xen(f"{cls}.get_current_operations", device) == {task: "attach"}
    held(10)
    assert xen("VM.get_current_operations", halted) == {}


def test_a_second_start_waits_and_then_finds_the_vm_running(
    xen: Any, halted: str, held: Any
) -> None:
    """F093: No caller gets OTHER_OPERATION_IN_PROGRESS."""
    first = xen("Async.VM.start", halted, False, False)
    second = xen("Async.VM.start", halted, False, False)
    assert xen("task.get_status", second) == "pending"

    held(30)

    assert xen("task.get_status", first) == "success"
    refusal = xen("task.get_error_info", second)
    assert refusal == ["VM_BAD_POWER_STATE", halted, "halted", "running"]


def test_hard_shutdown_cancels_a_clean_one(xen: Any, running: str, held: Any) -> None:
    """F094: The clean one's task ends cancelled, the VM halted."""
    clean = xen("Async.VM.clean_shutdown", running)
    hard = xen("Async.VM.hard_shutdown", running)

    held(3)

    assert xen("task.get_status", clean) == "cancelled"
    assert xen("task.get_status", hard) == "success"
    assert state(xen, running) == "Halted"


def test_a_clean_shutdown_leaves_room_for_a_hard_one(xen: Any, running: str, held: Any) -> None:
    """F094: Meanwhile allowed_operations name the two hard verbs alone."""
    xen("Async.VM.clean_shutdown", running)

    assert set(xen("VM.get_allowed_operations", running)) == {"hard_shutdown", "hard_reboot"}
    held(10)


def test_allowed_operations_of_a_halted_vm(xen: Any, halted: str) -> None:
    """F095: They are what a plain halted VM admits."""
    allowed = set(xen("VM.get_allowed_operations", halted))

    assert allowed >= {"start", "clone", "copy", "destroy", "snapshot", "make_into_template"}
    assert not allowed & {"clean_shutdown", "provision", "revert", "shutdown"}


def test_allowed_operations_are_always_up_to_date(xen: Any, halted: str, served: Served) -> None:
    """F095: Each object admits what its rules say, after every verb."""
    for verb, *more in (["start", False, False], ["pause"], ["unpause"], ["suspend"]):
        xen(f"VM.{verb}", halted, *more)
        assert _outdated(served) == []


def _outdated(served: Served) -> list[str]:
    db = served.pool.db
    return [
        ref
        for cls in ("VM", "VBD", "VIF", "VDI", "SR")
        for ref in db.refs(cls)
        if db.get(cls, ref)["allowed_operations"] != preconditions.allowed(db, cls, ref)
    ]


def test_a_guest_with_tools_tells_its_addresses_some_time_after_boot(
    xen: Any, halted: str, held: Callable[[float], Any]
) -> None:
    """The agent of a new domain has reported nothing yet, that of an old one its addresses."""
    task = xen("Async.VM.start", halted, False, False)
    held(3)
    assert xen("task.get_status", task) == "success"
    agent = xen("VM.get_guest_metrics", halted)
    assert xen("VM_guest_metrics.get_networks", agent) == {}

    held(10)

    assert {"0/ip", "0/ipv4/0"} <= set(xen("VM_guest_metrics.get_networks", agent))
    assert xen("VM_guest_metrics.get_PV_drivers_version", agent)["major"] == "8"


def test_a_guest_without_tools_never_tells_its_address(xen: Any, held: Any) -> None:
    """However long one waits."""
    silent = xen.find("VM", "db01")
    held(3600)

    assert xen("VM_guest_metrics.get_networks", xen("VM.get_guest_metrics", silent)) == {}


def test_power_verbs_leave_messages(xen: Any, halted: str) -> None:
    """Each change is reported once, under the VM's UUID."""
    xen("VM.start", halted, False, False)
    xen("VM.hard_shutdown", halted)

    uuid = xen("VM.get_uuid", halted)
    reported = [m for m in xen("message.get_all_records").values() if m["obj_uuid"] == uuid]
    assert [message["name"] for message in reported] == ["VM_STARTED", "VM_SHUTDOWN"]


def test_a_cancelled_start_leaves_the_vm_as_it_was(xen: Any, halted: str, held: Any) -> None:
    """The reserved memory is given back, too."""
    task = xen("Async.VM.start", halted, False, False)
    host = xen("VM.get_scheduled_to_be_resident_on", halted)
    metrics = xen("host.get_metrics", host)
    reserved = int(xen("host_metrics.get_record", metrics)["memory_free"])

    xen("task.cancel", task)
    held(1)

    assert xen("task.get_status", task) == "cancelled"
    assert state(xen, halted) == "Halted"
    assert xen("VM.get_scheduled_to_be_resident_on", halted) == NULL
    assert int(xen("host_metrics.get_record", metrics)["memory_free"]) > reserved


def test_power_state_reset_is_refused_while_the_host_lives(xen: Any, running: str) -> None:
    """A domain on the coordinator exists; one on another live host may not be called lost."""
    here, there = hosts(xen, running)
    assert xen.refusal("VM.power_state_reset", running) == ["DOMAIN_EXISTS", running]

    xen("VM.pool_migrate", running, there, {})

    assert here != there
    assert xen.refusal("VM.power_state_reset", running) == ["HOST_IS_LIVE", there]


def test_a_toolstack_restart_breaks_a_start_off(
    xen: Any, halted: str, held: Any, control: Callable[..., dict[str, Any]], served: Served
) -> None:
    """The VM is halted and may start again; no host keeps memory for it."""
    db = served.pool.db
    free = {ref: db.get("host_metrics", ref)["memory_free"] for ref in db.refs("host_metrics")}
    xen("Async.VM.start", halted, False, False)

    control("restart_toolstack")
    held(1)

    vm = db.get("VM", halted)
    assert (vm["power_state"], vm["current_operations"]) == ("Halted", {})
    assert "start" in vm["allowed_operations"]
    assert {ref: db.get("host_metrics", ref)["memory_free"] for ref in free} == free
