"""What is done to networks, to the interfaces of hosts, and to hosts."""

from typing import Any

import pytest

NULL = "OpaqueRef:NULL"


@pytest.fixture
def other_hosts(xen: Any, running: str) -> list[str]:
    """Return the hosts on which web01 does not run."""
    here = xen("VM.get_resident_on", running)
    return [host for host in xen("host.get_all") if host != here]


def network_record(**fields: Any) -> dict[str, Any]:
    """Return the record of a network for network.create, with what differs."""
    return {"name_label": "made", "name_description": "", "other_config": {}, **fields}


def pif_of_coordinator(xen: Any) -> str:
    """Return the first host's own interface."""
    network = xen.find("network", "Pool-wide network associated with eth0")
    return str(xen("network.get_PIFs", network)[0])


def test_a_network_gets_the_next_bridge_and_an_mtu(xen: Any) -> None:
    """F121: The bridge is named by a counter, an MTU of 0 or none is 1500."""
    first, second = (
        xen("network.get_record", xen("network.create", record))
        for record in (network_record(), network_record(MTU=0))
    )

    assert [first["bridge"], second["bridge"]] == ["xapi1", "xapi2"]
    assert [int(first["MTU"]), int(second["MTU"])] == [1500, 1500]


def test_a_bridge_asked_for_must_be_free_and_allowed(xen: Any) -> None:
    """F121: Names of hardware and of the toolstack's own are reserved."""
    xen("network.create", network_record(bridge="mine"))

    def refused(bridge: str) -> list[str]:
        return list(xen.refusal("network.create", network_record(bridge=bridge)))

    assert refused("mine") == ["BRIDGE_NAME_EXISTS", "mine"]
    for bad in ("eth9", "xenbr7", "a-name-too-long-for-linux"):
        assert refused(bad) == ["INVALID_VALUE", "bridge", bad]


def test_a_network_in_use_is_not_destroyed(xen: Any, running: str, interface_record: Any) -> None:
    """F122: Attached interfaces are named each, unattached ones go along."""
    network = xen("network.create", network_record())
    vifs = [
        xen("VIF.create", interface_record(running, network=network, device=device))
        for device in ("1", "2", "3")
    ]
    for vif in vifs[:2]:
        xen("VIF.plug", vif)

    assert xen.refusal("network.destroy", network) == ["NETWORK_CONTAINS_VIF", *vifs[:2]]

    for vif in vifs[:2]:
        xen("VIF.unplug", vif)
    xen("network.destroy", network)
    assert len(xen("VM.get_VIFs", running)) == 1


def test_the_pools_own_networks_are_not_destroyed(xen: Any) -> None:
    """F122: They are those with interfaces of hosts, and the internal one."""
    outer = xen("network.create", network_record())
    pifs = xen("pool.create_VLAN_from_PIF", pif_of_coordinator(xen), outer, 7)
    inner = xen.find("network", "Host internal management network")

    code, *named = xen.refusal("network.destroy", outer)

    assert (code, set(named)) == ("NETWORK_CONTAINS_PIF", set(pifs))
    assert xen.refusal("network.destroy", inner) == ["CANNOT_DESTROY_SYSTEM_NETWORK", inner]


def test_a_vlan_spans_the_live_hosts(xen: Any) -> None:
    """F123: Each host gets one interface, tagged, with the parent's metrics."""
    parent = pif_of_coordinator(xen)
    network = xen("network.create", network_record())

    pifs = xen("pool.create_VLAN_from_PIF", parent, network, 42)

    assert {xen("PIF.get_host", pif) for pif in pifs} == set(xen("host.get_all"))
    assert {int(xen("PIF.get_VLAN", pif)) for pif in pifs} == {42}
    first = xen("PIF.get_record", pifs[0])
    assert (first["MAC"], first["physical"]) == ("fe:ff:ff:ff:ff:ff", False)
    assert first["metrics"] == xen("PIF.get_metrics", parent)
    assert xen("VLAN.get_tagged_PIF", first["VLAN_master_of"]) == parent


def test_what_is_wrong_with_a_vlan(xen: Any) -> None:
    """F123: The tag, the interface and the network are checked."""
    parent = pif_of_coordinator(xen)
    network, other = (xen("network.create", network_record()) for _ in range(2))
    refusal = xen.refusal("pool.create_VLAN_from_PIF", parent, network, 4095)
    assert refusal == ["VLAN_TAG_INVALID", "4095"]
    assert xen("network.get_PIFs", network) == []

    pif, *_ = xen("pool.create_VLAN_from_PIF", parent, network, 42)

    def refused(*params: Any) -> list[str]:
        return list(xen.refusal("pool.create_VLAN_from_PIF", *params))

    host = xen("PIF.get_host", parent)
    assert refused(pif, other, 43) == ["PIF_IS_VLAN", pif]
    assert refused(parent, other, 42) == ["PIF_VLAN_EXISTS", "eth0"]
    assert refused(parent, network, 43) == ["NETWORK_ALREADY_CONNECTED", host, pif]


def test_a_vlan_is_destroyed_and_its_network_stays(xen: Any) -> None:
    """F123: The tagged interface goes."""
    network = xen("network.create", network_record())
    for pif in xen("pool.create_VLAN_from_PIF", pif_of_coordinator(xen), network, 42):
        xen("VLAN.destroy", xen("PIF.get_VLAN_master_of", pif))

    assert xen("network.get_PIFs", network) == []
    xen("network.destroy", network)


def test_an_interface_in_need_is_not_unplugged(xen: Any, running: str) -> None:
    """F123: Neither that of the management nor one that a VM of the host uses."""
    parent = pif_of_coordinator(xen)
    assert xen.refusal("PIF.unplug", parent) == ["PIF_IS_MANAGEMENT_INTERFACE", parent]
    network = xen("network.create", network_record())
    pifs = xen("pool.create_VLAN_from_PIF", parent, network, 42)
    (vif,) = xen("VM.get_VIFs", running)
    xen("VIF.move", vif, network)
    here = xen("VM.get_resident_on", running)
    used, *_ = (pif for pif in pifs if xen("PIF.get_host", pif) == here)
    free, *_ = (pif for pif in pifs if xen("PIF.get_host", pif) != here)

    assert xen.refusal("PIF.unplug", used) == ["VIF_IN_USE", network, vif]
    xen("PIF.unplug", free)
    assert xen("PIF.get_currently_attached", free) is False
    xen("PIF.plug", free)
    assert xen("PIF.get_currently_attached", free) is True


def test_only_a_disabled_host_reboots(xen: Any, other_hosts: list[str]) -> None:
    """F124: Disabling is idempotent; what only a disabled host allows is shown."""
    host = other_hosts[0]
    assert xen.refusal("host.reboot", host) == ["HOST_NOT_DISABLED"]
    assert xen.refusal("host.shutdown", host) == ["HOST_NOT_DISABLED"]
    assert [xen("host.disable", host) for _ in range(2)] == ["", ""]
    assert xen("host.get_enabled", host) is False

    assert "reboot" in xen("host.get_allowed_operations", host)
    assert "apply_updates" in xen("host.get_allowed_operations", host)
    xen("host.enable", host)
    assert not {"reboot", "apply_updates"} & set(xen("host.get_allowed_operations", host))


def test_a_reboot_is_over_when_the_host_goes_down(
    xen: Any, held: Any, other_hosts: list[str]
) -> None:
    """The call does not wait until it is back; nothing can be asked of it meanwhile."""
    host = other_hosts[0]
    metrics = xen("host.get_metrics", host)
    xen("host.disable", host)
    task = xen("Async.host.reboot", host)
    held(25.0)

    assert xen("task.get_status", task) == "success"
    assert xen("host_metrics.get_live", metrics) is False
    for method in ("get_servertime", "dmesg", "disable", "enable", "reboot"):
        assert xen.refusal(f"host.{method}", host) == ["HOST_OFFLINE", host]
    held(60.0)
    assert xen("host_metrics.get_live", metrics) is True
    assert xen("host.get_enabled", host) is True


def test_a_coordinator_that_reboots_takes_its_toolstack_along(
    xen: Any, running: str, login: Any, held: Any, control: Any
) -> None:
    """Connections and sessions end; VMs that ran there are halted; it comes back enabled."""
    (pool,) = xen("pool.get_all")
    host = xen("pool.get_master", pool)
    control("release")
    if xen("VM.get_resident_on", running) != host:
        xen("VM.pool_migrate", running, host, {})
    xen("host.disable", host)
    control("hold")
    xen("Async.host.reboot", host)
    held(25.0)
    assert xen("VM.get_power_state", running) == "Halted"

    with pytest.raises(OSError, match="closed connection"):
        held(10.0)

    assert xen.refusal("VM.get_all") == ["SESSION_INVALID", xen.session]
    assert login("root")("host.get_enabled", host) is True


def test_a_host_that_is_down_runs_nothing(xen: Any, halted: str, other_hosts: list[str]) -> None:
    """F124: It runs nothing until it is switched on."""
    host = other_hosts[0]
    xen("host.disable", host)
    xen("host.shutdown", host)

    refusal = xen.refusal("VM.start_on", halted, host, False, False)

    assert refusal == ["HOST_NOT_LIVE"]
    assert xen.refusal("host.power_on", host) == ["HOST_POWER_ON_MODE_DISABLED"]
    xen("host.set_power_on_mode", host, "wake-on-lan", {})
    xen("host.power_on", host)
    xen("VM.start_on", halted, host, False, False)


def test_a_host_with_nowhere_to_go_is_not_evacuated(
    xen: Any, running: str, other_hosts: list[str]
) -> None:
    """F125: The refusal names the VM; without VMs there is nothing to move."""
    here = xen("VM.get_resident_on", running)
    for host in other_hosts:
        xen("host.disable", host)

    assert xen.refusal("host.evacuate", here) == ["NO_HOSTS_AVAILABLE", running]
    assert xen.refusal("host.assert_can_evacuate", here) == [
        "CANNOT_EVACUATE_HOST",
        f"NO_HOSTS_AVAILABLE,{running}",
    ]
    xen("VM.hard_shutdown", running)
    assert xen("host.evacuate", here) == ""


def test_an_evacuation_moves_every_vm(xen: Any, running: str) -> None:
    """F125: None is left, all run on."""
    here = xen("VM.get_resident_on", running)
    more = [xen("VM.clone", xen.find("VM", "web02"), f"more {number}") for number in range(2)]
    for vm in more:
        xen("VM.start_on", vm, here, False, False)

    xen("host.evacuate", here)

    for vm in (running, *more):
        assert xen("VM.get_power_state", vm) == "Running"
        assert xen("VM.get_resident_on", vm) != here


def test_an_immovable_vm_keeps_all_others_on_its_host(xen: Any, halted: str) -> None:
    """F125: Nothing moves before it is known that everything can."""
    silent = xen.find("VM", "db01")
    here = xen("VM.get_resident_on", silent)
    xen("VM.start_on", halted, here, False, False)

    assert xen.refusal("host.evacuate", here) == ["VM_LACKS_FEATURE", silent]

    assert xen("VM.get_resident_on", halted) == here


def test_nothing_comes_to_a_host_that_is_being_emptied(
    xen: Any, running: str, halted: str, held: Any
) -> None:
    """F125: Start passes it over, the others answer with the reason, at once."""
    here = xen("VM.get_resident_on", running)
    task = xen("Async.host.evacuate", here)
    asleep = xen.find("VM", "batch01")

    start_on = xen.refusal("VM.start_on", halted, here, False, False)
    resume_on = xen.refusal("VM.resume_on", asleep, here, False, False)

    assert start_on == ["HOST_EVACUATE_IN_PROGRESS", here]
    assert resume_on == ["OTHER_OPERATION_IN_PROGRESS", "host", here, "evacuate", task]
    started = xen("Async.VM.start", halted, False, False)
    held(60)
    assert xen("task.get_status", started) == "success"
    assert xen("VM.get_resident_on", halted) != here


def test_agile_vms_could_run_on_any_host(
    xen: Any, halted: str, disk_record: Any, drive_record: Any
) -> None:
    """A local disk ties a VM to its host."""
    assert xen("VM.assert_agile", halted) == ""
    assert set(xen("VM.get_possible_hosts", halted)) == set(xen("host.get_all"))
    local = xen.find("SR", "Local storage xs2")
    disk = xen("VDI.create", disk_record(SR=local))
    xen("VBD.create", drive_record(halted, VDI=disk))

    refusal = xen.refusal("VM.assert_agile", halted)

    assert refusal == ["HA_CONSTRAINT_VIOLATION_SR_NOT_SHARED", local]
    (host,) = xen("VM.get_possible_hosts", halted)
    assert xen("host.get_name_label", host) == "xs2"


def test_a_host_tells_the_time(xen: Any) -> None:
    host = xen("host.get_all")[0]

    assert str(xen("host.get_servertime", host)).endswith("Z")


def test_memory_limits_keep_their_order(xen: Any, halted: str, running: str) -> None:
    """Static limits change while the VM is halted."""
    size = 1 << 28
    xen("VM.set_memory_limits", halted, 0, size * 2, size, size * 2)
    assert int(xen("VM.get_memory_static_max", halted)) == size * 2

    wrong = xen.refusal("VM.set_memory_limits", halted, size, size, size * 2, size)

    assert wrong == ["MEMORY_CONSTRAINT_VIOLATION_ORDER"]
    assert xen.refusal("VM.set_memory", running, size)[0] == "VM_BAD_POWER_STATE"


def test_a_running_vm_gives_memory_back(xen: Any, halted: str) -> None:
    """Its share of the host follows its dynamic limits."""
    host, size = xen("host.get_all")[0], 1 << 28
    xen("VM.set_memory_limits", halted, 0, size, size, size)
    xen("VM.start_on", halted, host, False, False)
    free = int(xen("host.compute_free_memory", host))

    xen("VM.set_memory_dynamic_range", halted, size // 2, size)

    assert int(xen("host.compute_free_memory", host)) == free + size // 2


def test_processors_are_at_least_one_and_at_most_all(xen: Any, halted: str) -> None:
    """The refusal tells the rule and the number."""
    xen("VM.set_VCPUs_max", halted, 4)
    xen("VM.set_VCPUs_at_startup", halted, 2)

    code, rule, number = xen.refusal("VM.set_VCPUs_at_startup", halted, 5)

    assert (code, number) == ("INVALID_VALUE", "5")
    assert rule.startswith("VCPU values must satisfy")
    assert int(xen("VM.get_VCPUs_at_startup", halted)) == 2
