"""Groups of devices, PVS sites, and settings for updates: records with rules of their own."""

from typing import Any

import pytest

NULL = "OpaqueRef:NULL"
DEAD = "OpaqueRef:dead"


@pytest.mark.parametrize("cls", ["GPU_group", "USB_group"])
def test_a_group_can_be_made_and_destroyed(xen: Any, cls: str) -> None:
    group = xen(f"{cls}.create", "mine", "a group", {"a": "b"})

    assert xen(f"{cls}.get_other_config", group) == {"a": "b"}
    xen(f"{cls}.destroy", group)
    assert xen.refusal(f"{cls}.destroy", group) == ["HANDLE_INVALID", cls, group]


def test_a_vm_with_a_usb_device_does_not_start(xen: Any, halted: str) -> None:
    """No host has one; a group has one device for one VM."""
    group = xen("USB_group.create", "mine", "", {})
    vusb = xen("VUSB.create", halted, group, {})
    here = xen.find("host", "xs1")

    assert xen.refusal("VUSB.create", halted, group, {}) == ["USB_GROUP_CONFLICT", group]
    assert xen.refusal("USB_group.destroy", group) == ["USB_GROUP_CONTAINS_VUSB", vusb]
    assert xen.refusal("VM.start_on", halted, here, False, False)[0] == "OPERATION_NOT_ALLOWED"
    assert xen.refusal("VM.start", halted, False, False) == ["NO_HOSTS_AVAILABLE"]
    assert xen.refusal("VUSB.unplug", vusb)[0] == "VM_BAD_POWER_STATE"
    xen("VUSB.destroy", vusb)
    xen("VM.start", halted, False, False)


def test_no_interface_is_divided(xen: Any) -> None:
    """A VLAN could not be, a physical one lacks the ability."""
    network = xen.find("network", "lab")
    (pool,) = xen("pool.get_all")
    (pif,) = (
        ref
        for ref in xen("host.get_PIFs", xen("pool.get_master", pool))
        if xen("PIF.get_management", ref)
    )
    fresh = xen("network.create", {"name_label": "made", "other_config": {}})
    (vlan, *_) = xen("pool.create_VLAN_from_PIF", pif, fresh, 77)

    assert xen.refusal("network_sriov.create", pif, network) == ["PIF_IS_NOT_SRIOV_CAPABLE", pif]
    assert xen.refusal("network_sriov.create", vlan, network) == ["PIF_IS_NOT_PHYSICAL", vlan]


def test_a_site_keeps_its_servers(xen: Any) -> None:
    """An address belongs to one server; a site with servers is not forgotten."""
    site = xen("PVS_site.introduce", "site", "", "u")
    introduce = "PVS_server.introduce"
    server = xen(introduce, ["192.0.2.1", "192.0.2.1"], 1, 2, site)

    assert xen("PVS_server.get_addresses", server) == ["192.0.2.1"]
    assert xen.refusal(introduce, ["x"], 1, 2, site) == [
        *("INVALID_IP_ADDRESS_SPECIFIED", "addresses"),
    ]
    assert xen.refusal(introduce, ["192.0.2.1"], 1, 2, site) == [
        *("PVS_SERVER_ADDRESS_IN_USE", "192.0.2.1"),
    ]
    assert xen.refusal(introduce, [], 2, 1, site)[:3] == ["VALUE_NOT_SUPPORTED", "last_port", "1"]
    assert xen.refusal(introduce, [], 1, 2, DEAD) == ["INVALID_VALUE", "site", DEAD]
    assert xen.refusal("PVS_site.forget", site) == ["PVS_SITE_CONTAINS_SERVERS", server]
    xen("PVS_server.forget", server)
    xen("PVS_site.forget", site)


def test_a_proxy_for_repositories_has_both_credentials_or_none(xen: Any) -> None:
    """The password becomes a secret, which goes with the proxy."""
    (pool,) = xen("pool.get_all")
    configure = "pool.configure_repository_proxy"
    secrets = len(xen("secret.get_all"))

    assert xen.refusal(configure, pool, "ftp://x", "", "") == [
        *("INVALID_REPOSITORY_PROXY_URL", "ftp://x"),
    ]
    assert xen.refusal(configure, pool, "http://x", "me", "") == [
        "INVALID_REPOSITORY_PROXY_CREDENTIAL"
    ]
    xen(configure, pool, "http://proxy:3128", "me", "word")
    assert xen("pool.get_repository_proxy_url", pool) == "http://proxy:3128"
    assert len(xen("secret.get_all")) == secrets + 1
    xen("pool.disable_repository_proxy", pool)
    assert xen("pool.get_repository_proxy_username", pool) == ""
    assert len(xen("secret.get_all")) == secrets


def test_looking_for_updates_needs_a_repository(xen: Any) -> None:
    """A weekly look needs a day of the week."""
    (pool,) = xen("pool.get_all")

    assert xen.refusal("pool.set_update_sync_enabled", pool, True) == ["NO_REPOSITORIES_CONFIGURED"]
    assert xen.refusal("pool.sync_updates", pool, False, "", "") == ["NO_REPOSITORY_ENABLED"]
    assert xen.refusal("pool.configure_update_sync", pool, "weekly", 7) == [
        *("INVALID_UPDATE_SYNC_DAY", "7"),
    ]
    xen("pool.configure_update_sync", pool, "weekly", 6)
    assert int(xen("pool.get_update_sync_day", pool)) == 6
    xen("pool.configure_update_sync", pool, "daily", 6)
    assert int(xen("pool.get_update_sync_day", pool)) == 0


def test_what_is_not_simulated_looks_at_references_first(xen: Any, halted: str) -> None:
    """A dead one is refused in wire order; NULL may stand for nothing."""
    group = xen("GPU_group.create", "mine", "", {})
    create = "VGPU.create"

    assert xen.refusal(create, DEAD, DEAD, "0", {}, NULL) == ["HANDLE_INVALID", "VM", DEAD]
    assert xen.refusal(create, halted, DEAD, "0", {}, NULL) == ["HANDLE_INVALID", "GPU_group", DEAD]
    assert xen.refusal(create, halted, group, "0", {}, NULL) == ["NOT_IMPLEMENTED", create]
