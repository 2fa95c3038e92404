"""Refusals in the order, and with the parameters, of the toolstack's source."""

from typing import Any

import pytest

pytestmark = pytest.mark.parametrize("wire", ["json"], indirect=True)
"""One dialect: others test that both say the same."""

NFS = "NFS virtual disk storage"


@pytest.fixture
def dom0(xen: Any) -> str:
    """Find the control domain of the coordinator."""
    return str(xen("host.get_control_domain", xen.find("host", "xs1")))


@pytest.fixture
def card(xen: Any) -> str:
    """Find the management interface of the coordinator."""
    return str(xen("host.get_management_interface", xen.find("host", "xs1")))


def _pbd(xen: Any, sr: str, host: str) -> str:
    pbds = xen("PBD.get_all_records").items()
    return str(next(ref for ref, pbd in pbds if (pbd["SR"], pbd["host"]) == (sr, host)))


def test_a_control_domain_may_have_other_memory_but_not_end(xen: Any, dom0: str) -> None:
    """Its memory limits may be set while it runs; it cannot be destroyed, cloned or shut down."""
    size = str(4 << 30)

    assert xen.refusal("VM.destroy", dom0) == [
        "VM_BAD_POWER_STATE", dom0, "halted, suspended", "running"
    ]  # fmt: skip  # a table, read by its columns
    assert xen.refusal("VM.set_VCPUs_max", dom0, "2") == [
        "OPERATION_NOT_ALLOWED", "This operation is not allowed on dom0"
    ]  # fmt: skip  # a table, read by its columns
    assert xen.refusal("VM.clean_shutdown", dom0) == [
        "OPERATION_NOT_ALLOWED", "This operation is not allowed on a control domain"
    ]  # fmt: skip  # a table, read by its columns
    assert xen("VM.set_memory_limits", dom0, size, size, size, size) == ""


def test_a_template_marked_as_default_only_in_other_config_stays(xen: Any) -> None:
    """The mark of old releases counts too."""
    template = xen.find("VM", "blank")
    xen("VM.add_to_other_config", template, "default_template", "True")

    assert xen.refusal("VM.destroy", template) == ["VM_IS_TEMPLATE", template, "destroy"]


def test_a_guest_with_nested_virtualisation_keeps_its_memory(xen: Any, running: str) -> None:
    """Its dynamic range cannot change while it runs."""
    xen("VM.set_platform", running, {"nested-virt": "true"})

    assert xen.refusal("VM.set_memory_dynamic_range", running, "1", "2") == [
        "VM_IS_USING_NESTED_VIRT", running
    ]  # fmt: skip  # a table, read by its columns


def test_a_repository_is_refused_for_what_does_not_pass_before_for_what_does(
    xen: Any, held: Any
) -> None:
    """SR.destroy during a scan does not wait: the repository is plugged."""
    sr = xen.find("SR", NFS)
    token = xen.token()
    scan = xen.later("SR.scan", sr)
    xen.appeared(token, "SR.scan")

    assert xen.refusal("SR.destroy", sr) == ["SR_HAS_PBD", sr]
    held(60)
    assert scan.result() == ""


def test_the_coordinator_does_the_work_of_a_shared_repository(
    xen: Any, halted: str, disk_record: Any
) -> None:
    """Detached from the coordinator it makes no disks, though its operations stay allowed."""
    sr = xen.find("SR", NFS)
    for vm in xen("host.get_resident_VMs", xen.find("host", "xs1")):
        if not xen("VM.get_is_control_domain", vm):
            xen("VM.hard_shutdown", vm)
    xen("PBD.unplug", _pbd(xen, sr, xen.find("host", "xs1")))

    assert xen.refusal("VDI.create", disk_record()) == ["SR_HAS_NO_PBDS", sr]
    assert "vdi_create" in xen("SR.get_allowed_operations", sr)
    assert xen("VM.start", halted, False, False) == ""


def test_a_repository_that_is_not_shared_has_one_host(xen: Any) -> None:
    """Another host may know it, and not attach it; `SRmaster` is the toolstack's own."""
    sr, first = xen.find("SR", "Local storage xs1"), xen.find("host", "xs1")
    record = {"host": xen.find("host", "xs2"), "SR": sr, "device_config": {}, "other_config": {}}
    internal = {**record, "device_config": {"SRmaster": "true"}}

    assert xen.refusal("PBD.create", internal) == [
        "VALUE_NOT_SUPPORTED", "SRmaster", "true", "This key is for internal use only"
    ]  # fmt: skip  # a table, read by its columns
    second = xen("PBD.create", record)
    assert xen.refusal("PBD.plug", second) == ["SR_NOT_SHARABLE", sr, first]
    assert xen.refusal("PBD.create", record)[0] == "PBD_EXISTS"


def test_a_disk_is_introduced_once(xen: Any, halted: str) -> None:
    """Its place must be new, and its UUID one."""
    disk = xen("VBD.get_VDI", xen("VM.get_VBDs", halted)[0])
    sr, place = xen("VDI.get_SR", disk), xen("VDI.get_location", disk)

    def refusal(uuid: str, location: str) -> list[str]:
        rest: tuple[Any, ...] = ("n", "", sr, "user", False, False, {}, location, {}, {}, True)
        return list(xen.refusal("VDI.introduce", uuid, *rest))

    assert refusal("x", place) == ["LOCATION_NOT_UNIQUE", sr, place]
    assert refusal("x", "new.vhd") == ["UUID_INVALID", "VDI", "x"]


def test_addresses_of_interfaces_are_checked(xen: Any, card: str) -> None:
    """The refusal names the parameter; the management interface keeps an address."""

    def refusal(*parameters: str) -> list[str]:
        return list(xen.refusal("PIF.reconfigure_ip", card, *parameters))

    assert refusal("Static", "x", "y", "", "") == ["INVALID_IP_ADDRESS_SPECIFIED", "IP"]
    assert refusal("Static", "10.0.0.1", "", "", "") == ["INVALID_IP_ADDRESS_SPECIFIED", "netmask"]
    assert refusal("DHCP", "", "", "z", "") == ["INVALID_IP_ADDRESS_SPECIFIED", "gateway"]
    assert refusal("None", "", "", "", "") == ["PIF_IS_MANAGEMENT_INTERFACE", card]
    assert xen("PIF.reconfigure_ip", card, "DHCP", "", "", "", "") == ""


def test_an_interface_that_must_stay_plugged_stays(xen: Any, card: str) -> None:
    """The management interface by itself, others where `disallow_unplug` is set."""
    host, network = xen.find("host", "xs1"), xen("PIF.get_network", card)
    other = xen("PIF.introduce", host, "00:16:3e:aa:00:01", "eth7", True)
    xen("PIF.plug", other)
    xen("PIF.set_disallow_unplug", other, True)

    assert xen.refusal("PIF.unplug", card) == ["PIF_IS_MANAGEMENT_INTERFACE", card]
    assert xen.refusal("PIF.unplug", other) == ["PIF_DOES_NOT_ALLOW_UNPLUG", other]
    assert xen.refusal("PIF.set_primary_address_type", card, "IPv6") == [
        "PIF_IS_MANAGEMENT_INTERFACE", card
    ]  # fmt: skip  # a table, read by its columns
    assert xen.refusal("PIF.create_VLAN", "eth9", network, host, "9") == [
        "INVALID_VALUE", "device", "eth9"
    ]  # fmt: skip  # a table, read by its columns


def test_the_mac_is_looked_at_before_the_device(
    xen: Any, running: str, interface_record: Any
) -> None:
    """VIF.create: the number, the MAC, then whether the number is taken."""
    taken = {"device": "0", "MAC": "x"}

    assert xen.refusal("VIF.create", interface_record(running, **taken)) == ["MAC_INVALID", "x"]


def test_the_default_locking_mode_stays_while_an_interface_is_attached(
    xen: Any, running: str
) -> None:
    vif = xen("VM.get_VIFs", running)[0]
    network = xen("VIF.get_network", vif)
    xen("VIF.set_locking_mode", vif, "unlocked")

    refusal = xen.refusal("network.set_default_locking_mode", network, "disabled")
    assert refusal[:2] == ["VIF_IN_USE", network]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "hostname empty"),
        ("a" * 256, "hostname is too long"),
        ("-a", "hostname contains invalid characters"),
        ("a_b", "hostname contains invalid characters"),
    ],
)
def test_a_hostname_is_checked(xen: Any, name: str, why: str) -> None:
    host = xen.find("host", "xs1")

    assert xen.refusal("host.set_hostname_live", host, name) == ["HOST_NAME_INVALID", why]


def test_failures_to_tolerate_are_limited_by_the_plan_only(xen: Any, control: Any) -> None:
    """Any number will do where there is no plan."""
    (pool,) = xen("pool.get_all")

    def refusal(value: str) -> list[str]:
        return list(xen.refusal("pool.set_ha_host_failures_to_tolerate", pool, value))

    assert xen("pool.set_ha_host_failures_to_tolerate", pool, "9") == ""
    assert refusal("-1") == ["INVALID_VALUE", "ha_host_failures_to_tolerate", "-1"]
    control("ha", enabled=True)
    assert refusal("9") == ["HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN"]


def test_a_dead_host_stays_in_the_pool_while_high_availability_is_on(
    xen: Any, control: Any
) -> None:
    """A host that lives does not go either."""
    host = xen.find("host", "xs2")
    assert xen.refusal("host.destroy", host) == ["HOST_IS_LIVE", host]
    xen("pool.enable_ha", [], {})
    control("host", host="xs2", state="dead")

    assert xen.refusal("host.destroy", host) == ["HA_IS_ENABLED"]


def test_what_hinders_the_evacuation_of_a_host_is_said_for_each_vm(xen: Any, running: str) -> None:
    """A disk that other hosts do not see; high availability that does not protect the VM."""
    here = xen("VM.get_resident_on", running)
    pbds = [xen("PBD.get_record", pbd) for pbd in xen("host.get_PBDs", here)]
    local = next(sr for pbd in pbds if _is_local(xen, sr := pbd["SR"]))
    (drive,) = xen("VM.get_VBDs", running)
    disk = xen("VBD.get_VDI", drive)
    xen("VM.hard_shutdown", running)
    xen("VBD.destroy", drive)
    moved = xen("VDI.copy", disk, local)
    record = {"VM": running, "VDI": moved, "userdevice": "0", "bootable": True, "mode": "RW"}
    xen("VBD.create", record | {"type": "Disk", "empty": False, **_NO_LIMITS})
    xen("VM.start_on", running, here, False, False)
    obstacle = ["VM_REQUIRES_SR", running, local]

    assert xen.refusal("host.evacuate", here) == obstacle
    assert xen("host.get_vms_which_prevent_evacuation", here) == {running: obstacle}

    protected = xen("VM.clone", xen.find("VM", "web02"), "protected")
    xen("VM.set_ha_restart_priority", protected, "restart")
    plain = xen("VM.clone", xen.find("VM", "web02"), "plain")
    for vm in (protected, plain):
        xen("VM.start_on", vm, here, False, False)
    xen("pool.enable_ha", [], {})
    prevent = xen("host.get_vms_which_prevent_evacuation", here)
    assert prevent == {running: obstacle, plain: ["HOST_NOT_ENOUGH_FREE_MEMORY", plain]}


_NO_LIMITS = {"other_config": {}, "qos_algorithm_type": "", "qos_algorithm_params": {}}


def _is_local(xen: Any, sr: str) -> bool:
    record = xen("SR.get_record", sr)
    return not record["shared"] and "vdi_create" in record["allowed_operations"]
