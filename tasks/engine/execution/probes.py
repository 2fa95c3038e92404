"""Effect probes: what shows, in the state of objects, that a call has had its effect.

Every asynchronous call that an operation makes is in exactly one of six tables. It makes an object
that bears its tag as a name (`NAMED`), in its `other_config` (`STAMPED`), or because its source
does (`INHERITED`), or objects that only its answer names (`ANSWERED`); its effect shows in the
state of its objects (`PROBES`), or nothing shows it (`UNTRACEABLE`).
"""

from collections.abc import Callable
from dataclasses import dataclass

from xenserver import errors
from xenserver.client import Xen
from xenserver.values import Value


@dataclass(frozen=True)
class Named:
    """A creating call without a record: its class, and the index of the name in its parameters."""

    cls: str
    at: int


NAMED = {
    "VM.clone": Named("VM", 1),
    "VM.copy": Named("VM", 1),
    "VM.snapshot": Named("VM", 1),
    "VM.checkpoint": Named("VM", 1),
}
"""Creating calls whose object has the tag as its name until its reference is in the journal."""

STAMP = "xenflow:operation"
"""The key of `other_config` that has the tag of the call that made an object."""

STAMPED = {"VDI.create": "VDI", "VBD.create": "VBD", "VIF.create": "VIF"}
STAMPED |= {"network.create": "network"}
"""Creating calls that take a record with an `other_config` for the tag: the class created."""

INHERITED = {"VDI.clone": "VDI", "VDI.snapshot": "VDI", "VM.migrate_send": "VM"}
"""Creating calls whose object inherits `other_config` from their first parameter: the class. A VM
that is sent to another pool is made there."""

ANSWERED = {"VM.import": "VM"}
"""Creating calls that only their answer, a list, shows: a VM that was half imported when a
toolstack restarted looks like a whole one. The class of what they make."""

UNTRACEABLE = frozenset({"VM.clean_reboot", "VM.hard_reboot", "VM.revert"})
"""Calls after which the objects look as before: whether they were done, only the task shows it."""


def made_by(method: str) -> str | None:
    """Return the class of the object that a call makes; None when it makes none."""
    if method in NAMED:
        return NAMED[method].cls
    return STAMPED.get(method) or INHERITED.get(method) or ANSWERED.get(method)


Params = tuple[Value, ...]


def refs_of(result: object) -> list[str]:
    """Return the references of what a call answered that it made, one or several."""
    return [str(ref) for ref in result] if isinstance(result, list) else [str(result)]


def is_tagged(method: str) -> bool:
    """Return whether what a call makes bears its tag, and nothing else does."""
    return method in NAMED or method in STAMPED


Probe = Callable[[Xen, Params], bool]


def _power(*states: str) -> Probe:
    def probe(xen: Xen, params: Params) -> bool:
        return xen.VM.get_power_state(params[0]) in states

    return probe


def _attached(cls: str, *, wanted: bool) -> Probe:
    def probe(xen: Xen, params: Params) -> bool:
        return getattr(xen, cls).get_currently_attached(params[0]) is wanted

    return probe


def _exists(cls: str) -> Probe:
    """Probe a destruction: an object that answers is not destroyed, and Missing says that it is."""

    def probe(xen: Xen, params: Params) -> bool:
        getattr(xen, cls).get_uuid(params[0])
        return False

    return probe


def _started(xen: Xen, params: Params) -> bool:
    wanted = "Paused" if params[-2] else "Running"
    return bool(xen.VM.get_power_state(params[0]) == wanted)


def _on_host(xen: Xen, params: Params) -> bool:
    return bool(xen.VM.get_resident_on(params[0]) == params[1])


def _provisioned(xen: Xen, params: Params) -> bool:
    record = xen.VM.get_record(params[0])
    return not record["is_a_template"] and "disks" not in record["other_config"]


def _carried(xen: Xen, params: Params) -> bool:
    return bool(xen.network.get_PIFs(params[1]))


def _inserted(xen: Xen, params: Params) -> bool:
    return bool(xen.VBD.get_VDI(params[0]) == params[1])


def _resized(xen: Xen, params: Params) -> bool:
    return int(xen.VDI.get_virtual_size(params[0])) >= int(str(params[1]))


def _relocated(xen: Xen, params: Params) -> bool:
    """Probe a move: the disk is on the repository, or is gone, as another is in its place."""
    try:
        return bool(xen.VDI.get_SR(params[0]) == params[1])
    except errors.Missing:
        return True


def _never(_xen: Xen, _params: Params) -> bool:
    """Return false: a repetition changes nothing, for a disk is copied over its copy."""
    return False


def _has_vtpm(xen: Xen, params: Params) -> bool:
    return bool(xen.VM.get_VTPMs(params[0]))


def _ejected(xen: Xen, params: Params) -> bool:
    return bool(xen.VBD.get_empty(params[0]))


PROBES: dict[str, Probe] = {
    "VM.start": _started,
    "VM.start_on": _started,
    "VM.resume": _started,
    "VM.resume_on": _started,
    "VM.clean_shutdown": _power("Halted"),
    "VM.hard_shutdown": _power("Halted"),
    "VM.pause": _power("Paused"),
    "VM.unpause": _power("Running"),
    "VM.suspend": _power("Suspended"),
    "VM.pool_migrate": _on_host,
    "VM.provision": _provisioned,
    "pool.create_VLAN_from_PIF": _carried,
    "VDI.resize": _resized,
    "VDI.pool_migrate": _relocated,
    "VDI.copy": _never,
    "VTPM.create": _has_vtpm,
    "VBD.insert": _inserted,
    "VBD.eject": _ejected,
    "VBD.plug": _attached("VBD", wanted=True),
    "VBD.unplug": _attached("VBD", wanted=False),
    "VBD.unplug_force": _attached("VBD", wanted=False),
    "VIF.plug": _attached("VIF", wanted=True),
    "VIF.unplug": _attached("VIF", wanted=False),
    "VIF.unplug_force": _attached("VIF", wanted=False),
    **{f"{cls}.destroy": _exists(cls) for cls in ("VM", "VDI", "VBD", "VIF", "VLAN", "network")},
}
"""Calls that change objects: whether the change is there."""
