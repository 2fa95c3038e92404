"""Numbers and names of a VM's drives and interfaces, and MAC addresses."""

import hashlib
import re

from simulator.rules.view import records
from simulator.tables import Database

DRIVES = range(255)
INTERFACES = range(16)
_DRIVE = re.compile(r"(?P<number>\d+)|(?:xvd|sd)(?P<letters>[a-z]{1,2})|hd(?P<letter>[a-d])")
_MAC = re.compile(r"[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}")


def drive_number(userdevice: str) -> int | None:
    """Read `3`, `xvdd` or `hdd` as 3; nothing where the text names no drive."""
    read = _DRIVE.fullmatch(userdevice)
    if read is None:
        return None
    number = int(read["number"]) if read["number"] else _count(read["letters"] or read["letter"])
    return number if number in DRIVES else None


def drive_name(number: int) -> str:
    """Return the name that a guest gives to a drive: `xvda`, ..., `xvdz`, `xvdaa`, ..."""
    first, last = divmod(number, 26)
    return "xvd" + (chr(ord("a") + first - 1) if first else "") + chr(ord("a") + last)


def free_drives(db: Database, vm: str) -> list[str]:
    """Return the drive numbers that a VM has free, lowest first."""
    vbds = records(db, "VBD", db.get("VM", vm)["VBDs"])
    used = {drive_number(vbd["userdevice"]) for _, vbd in vbds}
    return [str(number) for number in DRIVES if number not in used]


def free_interfaces(db: Database, vm: str) -> list[str]:
    """Return the interface numbers that a VM has free, lowest first."""
    used = {vif["device"] for _, vif in records(db, "VIF", db.get("VM", vm)["VIFs"])}
    return [str(number) for number in INTERFACES if str(number) not in used]


def is_mac(text: str) -> bool:
    """Return whether a text is six pairs of hexadecimal digits with colons between."""
    return _MAC.fullmatch(text) is not None


def mac(seed: str, device: str) -> str:
    """Make a locally administered address: the same seed and device give the same one."""
    first, *rest = hashlib.md5(f"{seed}/{device}".encode(), usedforsecurity=False).digest()[:6]
    return ":".join(f"{octet:02x}" for octet in ((first | 0x02) & 0xFE, *rest))


def _count(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("a") + 1
    return number - 1
