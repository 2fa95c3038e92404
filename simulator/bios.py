"""BIOS strings: those of hosts, and the generic ones that VMs boot with."""

from simulator.errors import Failure
from simulator.tables import Database

GENERIC = {
    "bios-vendor": "Xen",
    "bios-version": "",
    "system-manufacturer": "Xen",
    "system-product-name": "HVM domU",
    "system-version": "",
    "system-serial-number": "",
    "baseboard-manufacturer": "",
    "baseboard-product-name": "",
    "baseboard-version": "",
    "baseboard-serial-number": "",
    "baseboard-asset-tag": "",
    "baseboard-location-in-chassis": "",
    "enclosure-asset-tag": "",
    "hp-rombios": "",
    "oem-1": "Xen",
    "oem-2": "MS_VM_CERT/SHA1/bdbeb6e0a816d43fa6d3fe8aaef04c2bad9d3e3d",
}
SETTABLE = frozenset(
    {
        *("bios-vendor", "bios-version", "system-manufacturer", "system-product-name"),
        *("system-version", "system-serial-number", "baseboard-manufacturer"),
        *("baseboard-product-name", "baseboard-version", "baseboard-serial-number"),
        *("baseboard-asset-tag", "baseboard-location-in-chassis", "enclosure-asset-tag"),
    }
)
_LONGEST = 512


def fill_in(db: Database, vm: str) -> None:
    """Set the generic BIOS strings of a VM that boots without any."""
    if not db.get("VM", vm)["bios_strings"]:
        db.put("VM", vm, bios_strings=dict(GENERIC))


def assert_unset(db: Database, vm: str) -> None:
    """Refuse to set BIOS strings twice."""
    if db.get("VM", vm)["bios_strings"]:
        raise Failure("VM_BIOS_STRINGS_ALREADY_SET")


def assert_valid(strings: dict[str, str]) -> None:
    """Refuse unknown keys and values that are empty, too long or not printable."""
    for key, value in strings.items():
        if key not in SETTABLE:
            raise Failure("INVALID_VALUE", key, "Unknown key")
        if not value:
            raise Failure("INVALID_VALUE", key, "Value provided is empty")
        if len(value) > _LONGEST:
            raise Failure("INVALID_VALUE", key, f"{value} is longer than {_LONGEST}")
        if not (value.isascii() and value.isprintable()):
            raise Failure("INVALID_VALUE", key, f"{value} has non-printable ASCII characters")
