"""The storage drivers (SM) of a pool, with the features that each back end announces."""

from simulator.inventory.site import Site
from simulator.rules.storage import ABILITIES, THICK

_DISKS = (
    *("SR_PROBE", "SR_UPDATE", "VDI_CREATE", "VDI_DELETE", "VDI_ATTACH", "VDI_DETACH"),
    *("VDI_UPDATE", "VDI_CLONE", "VDI_SNAPSHOT", "VDI_RESIZE", "VDI_MIRROR", "ATOMIC_PAUSE"),
    *("VDI_CONFIG_CBT", "VDI_ACTIVATE", "VDI_DEACTIVATE"),
)
_FILES = ("VDI_GENERATE_CONFIG", "THIN_PROVISIONING", "VDI_READ_CACHING")
_VOLUMES = ("SR_TRIM",)
_OWN = {
    "ext": ("SR_SUPPORTS_LOCAL_CACHING",),
    "lvmoiscsi": ("SR_METADATA", "VDI_GENERATE_CONFIG"),
    "lvmohba": ("SR_METADATA", "VDI_GENERATE_CONFIG"),
}
_LUNS = ("SR_PROBE", "VDI_CREATE", "VDI_DELETE", "VDI_ATTACH", "VDI_DETACH", "VDI_INTRODUCE")
_MEDIA = ("VDI_ATTACH", "VDI_DETACH", "SR_SCAN", "SR_ATTACH", "SR_DETACH")
_DEVICE = {"device": "local device path (required) (e.g. /dev/sda3)"}
_CONFIGURATION = {
    "nfs": {
        "server": "hostname or IP address of NFS server (required)",
        "serverpath": "path on remote server (required)",
    },
    "ext": _DEVICE,
    "lvm": _DEVICE,
    "file": {"location": "local directory path (required)"},
}
_FILES_ON = "SR plugin which represents disks as VHD files stored on"
_INSIDE = "created inside an LVM volume"
_ON_VOLUMES = "SR plugin which represents disks as VHD disks on Logical Volumes within"
_IN_GROUP = "SR plugin which represents disks as Logical Volumes within a Volume Group"
_NAMES = {
    "nfs": ("NFS VHD", "SR plugin which stores disks as VHD files on a remote NFS filesystem"),
    "smb": ("SMB VHD", "SR plugin which stores disks as VHD files on a remote SMB filesystem"),
    "ext": ("Local EXT3 VHD", f"{_FILES_ON} a local EXT3 filesystem, {_INSIDE}"),
    "file": ("Local Path VHD", "SR plugin which represents disks as VHD files in a local path"),
    "lvm": ("Local VHD on LVM", f"{_ON_VOLUMES} a locally-attached Volume Group"),
    "lvmoiscsi": ("LVHD over iSCSI", f"{_IN_GROUP} created on an iSCSI LUN"),
    "lvmohba": ("LVHD over FC", "SR plugin which represents disks as VHDs on LVs within an HBA"),
    "iscsi": ("iSCSI", "Base ISCSI SR driver, provides a LUN-per-VDI"),
    "hba": ("HBA", "SR plugin which represents LUNs as VDIs sourced by hardware HBAs"),
    "iso": ("ISO", "Handles CD images stored as files in iso format"),
    "udev": ("udev", "SR plugin which represents devices plugged in via udev as VDIs"),
}


def build(site: Site) -> None:
    """Create one driver for each type of storage."""
    for kind in ABILITIES:
        name, description = _NAMES[kind]
        features = _features(kind)
        site.db.create(
            "SM",
            type=kind,
            name_label=name,
            name_description=description,
            vendor="Citrix Systems Inc",
            copyright="(C) 2008 Citrix Systems Inc",
            version="1.0",
            required_api_version="1.0",
            configuration=_CONFIGURATION.get(kind, {}),
            capabilities=list(features),
            features=features,
            driver_filename=f"/opt/xensource/sm/{_file(kind)}",
        )


def _features(kind: str) -> dict[str, int]:
    """Return a driver's features and their versions."""
    if "vdi_clone" in ABILITIES[kind]:
        kept = _VOLUMES if kind in THICK else _FILES
        known = dict.fromkeys((*_DISKS, *kept, *_OWN.get(kind, ())), 1)
        return {**known, "VDI_RESET_ON_BOOT": 2}
    return dict.fromkeys(_LUNS if "vdi_create" in ABILITIES[kind] else _MEDIA, 1)


def _file(kind: str) -> str:
    stem = {"lvmoiscsi": "LVMoISCSI", "lvmohba": "LVMoHBA"}.get(kind, kind.upper())
    return f"{stem}SR"
