"""What hosts and pool say of their software: versions, licence, restrictions, of one release."""

from simulator.datamodel import Release

EDITION = "enterprise-per-socket"
EDITIONS = ["xcp", "enterprise-per-socket", "free", "standard-per-socket"]
_TOOLSTACK = "24.16.0"
_SCHEMA = "5.779"
_XEN = {"5.0": "3.2.1", "5.5": "3.3.1", "5.6": "3.4.2", "6.0": "4.1.1", "6.5": "4.4.1"}
_RESTRICTIONS = (
    *("vswitch_controller", "lab", "stage", "storagelink", "storagelink_site_recovery"),
    *("web_selfservice", "web_selfservice_manager", "hotfix_apply", "export_resource_data"),
    *("read_caching", "cifs", "health_check", "xcm", "vm_memory_introspection"),
    *("batch_hotfix_apply", "management_on_vlan", "ws_proxy", "cloud_management", "nrpe"),
    *("vlan", "qos", "pool_attached_storage", "netapp", "equalogic", "pooling", "marathon"),
    *("email_alerting", "historical_performance", "wlb", "rbac", "dmc", "checkpoint"),
    *("cpu_masking", "connection", "vmpr", "vmss", "intellicache", "gpu", "dr", "vif_locking"),
    *("storage_xen_motion", "vgpu", "integrated_gpu_passthrough", "vss"),
    *("guest_agent_auto_update", "pci_device_for_auto_update", "xen_motion", "guest_ip_setting"),
    *("ad", "nested_virt", "live_patching", "set_vcpus_number_live", "pvs_proxy"),
    *("igmp_snooping", "rpu", "pool_size", "cbt", "usb_passthrough", "network_sriov"),
    *("corosync", "zstd_export", "pool_secret_rotation", "certificate_verification", "updates"),
    *("internal_repo_access", "vtpm"),
)
_SWITCHES = {"enable_xha": "true", "platform_filter": "false", "regular_nag_dialog": "false"}
_LICENCE = {
    **dict.fromkeys(("company", "address1", "address2", "city", "state"), ""),
    **dict.fromkeys(("postalcode", "country", "serialnumber"), ""),
    "expiry": "20351231T23:59:59Z",
    "grace": "no",
    "name": "",
    "productcode": "",
    "sku_marketing_name": "Citrix XenServer Enterprise Per-Socket",
    "sku_type": EDITION,
    "sockets": "2",
    "version": "",
}


def versions(release: Release) -> dict[str, str]:
    """Return a host's `software_version` in a release."""
    named = release.newest and not release.newest[0].isdigit()
    return {**_current(release), **(_old(release) if named else {})}


def restrictions() -> dict[str, str]:
    """Return what the licence forbids: nothing."""
    return {**_SWITCHES, **{f"restrict_{name}": "false" for name in _RESTRICTIONS}}


def licence() -> dict[str, str]:
    """Return a host's `license_params`."""
    return {**_LICENCE, **restrictions()}


def _current(release: Release) -> dict[str, str]:
    toolstack = release.newest or _TOOLSTACK
    api = ".".join(str(number) for number in release.api)
    return {
        "product_brand": "XenServer",
        "product_version": "8.4.0",
        "product_version_text": "8",
        "product_version_text_short": "8",
        "platform_name": "XCP",
        "platform_version": "3.4.0",
        "build_number": "stream",
        "hostname": "localhost",
        "date": "20240626T09:03:12Z",
        "dbv": "0.0.1",
        "db_schema": _SCHEMA,
        "xapi": toolstack.rpartition(".")[0],
        "xapi_build": toolstack,
        "xen": "4.17.4-3",
        "linux": "4.19.0+1",
        "xencenter_min": api,
        "xencenter_max": api,
        "network_backend": "openvswitch",
    }


def _old(release: Release) -> dict[str, str]:
    api = ".".join(str(number) for number in release.api)
    whole = ".".join((*release.name.split("."), "0", "0")[:3])
    shown = ("product_version_text", "product_version_text_short")
    xen = {"xen": _XEN[release.name]} if release.name in _XEN else {}
    return {"product_version": whole, **dict.fromkeys(shown, release.name), "xapi": api, **xen}
