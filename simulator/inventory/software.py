"""What hosts and pool say of their software: versions, licence, restrictions, of one release."""

from simulator.datamodel import Release

EDITION = "enterprise-per-socket"
EDITIONS = ["xcp", "enterprise-per-socket", "free", "standard-per-socket"]
_TOOLSTACK = "24.16.0"
_SCHEMA = "5.779"
_XEN = {"5.0": "3.2.1", "5.5": "3.3.1", "5.6": "3.4.2", "6.0": "4.1.1", "6.5": "4.4.1"}
_FEATURES = (
    *("vlan", "qos", "pool_attached_storage", "netapp", "equalogic", "pooling", "pool_size"),
    *("ha", "marathon", "email_alerting", "performance", "wlb", "rbac", "dmc", "checkpoint"),
    *("cifs", "integrated_gpu_passthrough", "vswitch_controller", "storage_xen_motion"),
    *("vif_locking", "gpu", "vgpu", "ad", "ssl_legacy_switch", "nested_virt", "live_patching"),
    *("set_vcpus_live", "pvs_proxy", "igmp_snooping", "rpu", "cbt", "usb_passthrough"),
    *("network_sriov", "corosync", "cluster_address", "zstd_export", "pool_secret_rotation"),
    *("certificate_verification", "updates", "internal_repo_access", "vtpm"),
)
_LICENCE = {
    "company": "",
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
    return {f"restrict_{name}": "false" for name in _FEATURES}


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
