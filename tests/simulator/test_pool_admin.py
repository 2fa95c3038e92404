"""High availability, members of the pool, its coordinator, caching and repositories."""

import http.client
from typing import Any

import pytest

from simulator.server import Options, Served

pytestmark = pytest.mark.parametrize("wire", ["json"], indirect=True)
"""One dialect: others test that both say the same."""

NFS = "NFS virtual disk storage"


@pytest.fixture
def options() -> Options:
    """Serve the pool at great speed."""
    return Options(seed=1, speed=1000.0, control=True)


@pytest.fixture
def pool(xen: Any) -> str:
    """Find the pool."""
    return str(xen("pool.get_all")[0])


def _emptied(xen: Any, name: str) -> str:
    host = xen.find("host", name)
    for vm in xen("host.get_resident_VMs", host):
        if not xen("VM.get_is_control_domain", vm):
            xen("VM.hard_shutdown", vm)
    return str(host)


def test_high_availability_keeps_its_state_in_a_shared_repository(xen: Any, pool: str) -> None:
    """It cannot be on twice, nor off twice; a local repository will not do."""
    local = xen.find("SR", "Local storage xs1")

    assert xen.refusal("pool.disable_ha") == ["HA_NOT_ENABLED"]
    assert xen.refusal("pool.enable_ha", [local], {}) == [
        "HA_CONSTRAINT_VIOLATION_SR_NOT_SHARED", local
    ]  # fmt: skip  # a table, read by its columns
    xen("pool.enable_ha", [], {"timeout": "60"})

    record = xen("pool.get_record", pool)
    (state,) = record["ha_statefiles"]
    assert (record["ha_enabled"], record["ha_configuration"]) == (True, {"timeout": "60"})
    assert xen("VDI.get_SR", state) == xen.find("SR", NFS)
    assert "ha_enable" not in record["allowed_operations"]
    assert xen.refusal("pool.enable_ha", [], {}) == ["HA_IS_ENABLED"]
    xen("pool.disable_ha")
    assert xen("pool.get_ha_enabled", pool) is False
    assert xen.refusal("host.emergency_ha_disable", False) == ["HA_NOT_ENABLED"]


def test_a_member_without_running_vms_can_leave(xen: Any) -> None:
    """Its own repository goes with it; the coordinator stays."""
    first, last = xen.find("host", "xs1"), _emptied(xen, "xs3")
    xen("VM.start_on", xen.find("VM", "web02"), last, False, False)

    assert xen.refusal("pool.eject", first) == ["INTERNAL_ERROR", "Xapi_pool.Cannot_eject_master"]
    assert xen.refusal("pool.eject", last) == ["OPERATION_NOT_ALLOWED", "VM resident on host"]
    _emptied(xen, "xs3")
    xen("pool.eject", last)
    assert last not in xen("host.get_all")
    assert xen("SR.get_by_name_label", "Local storage xs3") == []
    assert len(xen("SR.get_PBDs", xen.find("SR", NFS))) == 2
    assert xen.refusal("pool.join", "10.0.0.1", "root", "x") == [
        "POOL_JOINING_HOST_CONNECTION_FAILED"
    ]


def test_another_host_can_become_the_coordinator(
    xen: Any, served: Served, make_wire: Any, control: Any
) -> None:
    """The answer comes first; then the toolstack restarts, and the old one is a member."""
    second = xen.find("host", "xs2")
    address = xen("host.get_address", second)
    control("hold")
    control("durations", set={"pool.handover": 1e6})
    xen("pool.designate_new_master", xen.find("host", "xs1"))

    job = xen.later("pool.designate_new_master", second)
    while not job.done():
        control("advance", seconds=1.0)
    assert job.result() == ""
    with pytest.raises(http.client.RemoteDisconnected):
        control("advance", seconds=1e6)

    old = make_wire(served.url, "json")
    assert old.refusal("session.login_with_password", "root", "xenflow", "1.0", "t") == [
        "HOST_IS_SLAVE", address
    ]  # fmt: skip  # a table, read by its columns


def test_disks_are_cached_on_a_host_out_of_service(xen: Any, pool: str) -> None:
    """The repository must support it."""
    host, sr = xen.find("host", "xs1"), xen.find("SR", "Local storage xs1")

    assert xen.refusal("host.enable_local_storage_caching", host, sr) == ["HOST_NOT_DISABLED"]
    assert xen.refusal("pool.enable_local_storage_caching", pool) == [
        "HOSTS_FAILED_TO_ENABLE_CACHING", *xen("host.get_all")
    ]  # fmt: skip  # a table, read by its columns
    xen("host.disable", _emptied(xen, "xs1"))
    assert xen.refusal("host.enable_local_storage_caching", host, sr) == [
        "SR_OPERATION_NOT_SUPPORTED", sr
    ]  # fmt: skip  # a table, read by its columns


def test_repositories_of_updates_are_records(xen: Any, pool: str) -> None:
    """One that the pool uses cannot be forgotten; two of a name cannot be."""
    fields = ("updates", "", "https://updates.example/bin", "https://updates.example/src", True, "")
    repository = xen("Repository.introduce", *fields)
    xen("pool.add_repository", pool, repository)

    assert xen.refusal("Repository.introduce", *fields) == ["REPOSITORY_ALREADY_EXISTS", repository]
    assert xen.refusal("Repository.forget", repository) == ["REPOSITORY_IS_IN_USE"]
    xen("pool.remove_repository", pool, repository)
    xen("Repository.forget", repository)
    assert xen("Repository.get_all") == []


def test_a_pool_without_a_directory_says_so(xen: Any, pool: str) -> None:
    """The kind of directory does not matter."""
    first = xen.find("host", "xs1")

    assert xen.refusal("host.enable_external_auth", first, {}, "x", "LDAP") == [
        "AUTH_UNKNOWN_TYPE", "LDAP"
    ]  # fmt: skip  # a table, read by its columns
    assert xen.refusal("pool.enable_external_auth", pool, {}, "x", "AD")[:2] == [
        "POOL_AUTH_ENABLE_FAILED_UNAVAILABLE", first
    ]  # fmt: skip  # a table, read by its columns
    assert xen("pool.disable_external_auth", pool, {}) == ""
    assert xen.refusal("pool.initialize_wlb", "u", "n", "p", "n", "p") == ["WLB_CONNECTION_REFUSED"]


def test_settings_of_the_pool_reach_its_hosts(xen: Any, pool: str) -> None:
    """They are HTTPS, the verification of certificates, and telemetry."""
    xen("pool.set_https_only", pool, True)
    xen("pool.enable_tls_verification")
    before = xen("pool.get_telemetry_uuid", pool)
    xen("pool.reset_telemetry_uuid", pool)

    hosts = xen("host.get_all_records").values()
    assert all(host["https_only"] and host["tls_verification_enabled"] for host in hosts)
    assert xen("pool.get_telemetry_uuid", pool) != before
    first = xen.find("host", "xs1")
    assert xen.refusal("SR.make", first, {}, "1", "", "", "nfs", "", {}) == ["MESSAGE_DEPRECATED"]


def test_a_schedule_takes_snapshots_of_its_vms(xen: Any, halted: str) -> None:
    """It takes one at once where asked to; it cannot go while VMs are assigned to it."""
    record = {
        "name_label": "nightly", "name_description": "", "enabled": True, "type": "snapshot",
        "retained_snapshots": "3", "frequency": "daily", "schedule": {},
    }  # fmt: skip  # a table, read by its columns
    schedule = xen("VMSS.create", record)
    xen("VM.set_snapshot_schedule", halted, schedule)

    assert xen("VMSS.snapshot_now", schedule) == ""

    (kept,) = xen("VM.get_snapshots", halted)
    assert xen("VM.get_is_vmss_snapshot", kept) is True
    assert xen.refusal("VMSS.destroy", schedule) == ["VMSS_HAS_VM"]
