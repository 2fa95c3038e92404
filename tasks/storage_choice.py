"""Which storage repository a message means: one by name or UUID, or one by a rule.

@default      the default repository of the pool
@room         of those that keep disks and are attached, the one with most room
@room:NAME    the same among those that bear a name: "Local storage" names one for each host
"""

from collections.abc import Mapping

from xenserver import errors
from xenserver.client import Xen
from xenserver.objects import ObjectRef

DEFAULT = "@default"
ROOM = "@room"


def choose(xen: Xen, text: str, size: int = 0) -> ObjectRef:
    """Return the repository that a message means; by a rule, one with room for this many bytes.

    Raises Refused where the pool has no default, Full (SR_FULL) where no repository has the room.
    """
    match text.partition(":"):
        case "@default", "", "":
            return _default(xen)
        case "@room", colon, name if bool(colon) == bool(name):
            return _roomiest(xen, name, size)
        case _:
            return xen.find.sr(text)


def _default(xen: Xen) -> ObjectRef:
    [pool] = xen.search.pool(fields=("default_SR",))
    if not pool["default_SR"]:
        text = f"sr: {DEFAULT} is wanted, and the pool has no default SR; name one"
        raise errors.invalid(f"sr: no {DEFAULT}", text=text)
    return xen.find.sr(str(pool["default_SR"]))


def _roomiest(xen: Xen, name: str, size: int) -> ObjectRef:
    attached = {pbd["SR"] for pbd in xen.search.pbd(where={"currently_attached": True})}
    fields = ("physical_size", "physical_utilisation", "PBDs")
    found = xen.search.sr(where={"content_type": ["user", ""]}, name=name or None, fields=fields)
    usable = [sr for sr in found if sr["uuid"] in attached]
    room = {str(sr["uuid"]): _free(sr) for sr in usable if _free(sr) >= size}
    if not room:
        among = f" named {name}" if name else ""
        text = f"no attached SR{among} has room for {size} bytes; free some, or name another"
        raise errors.from_api("SR_FULL", [str(size), "0"], text=text)
    return xen.find.sr(max(room, key=lambda uuid: (room[uuid], uuid)))


def _free(sr: Mapping[str, object]) -> int:
    return int(str(sr["physical_size"])) - int(str(sr["physical_utilisation"]))
