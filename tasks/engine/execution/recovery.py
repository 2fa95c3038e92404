"""Looking first: finding out whether XenServer heard a call whose answer never reached us.

Each call carries our tag in a header, which XenServer copies into the task it makes; a task that
exists is found by it. Where the task is gone (swept among many, or the toolstack restarted) the
world is looked at: what was made carries our stamp or a working name, what was changed shows it in
its state.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from xenserver import errors, events
from xenserver.objects import Call

if TYPE_CHECKING:
    from xenserver.client import Xen

TAG_HEADER = "X-Http-Other-Config-xenflow-operation"
STAMP = "xenflow:operation"
_PLAIN = "".join(map(chr, range(0x20, 0x7F)))

NAMED = {"VM.clone": 1, "VM.copy": 1, "VM.snapshot": 1, "VM.checkpoint": 1}
"""Makings that take no record: where the new name stands among their parameters."""

MAKES = {
    "VM.clone": "VM",
    "VM.copy": "VM",
    "VM.snapshot": "VM",
    "VM.checkpoint": "VM",
    "VDI.create": "VDI",
    "VBD.create": "VBD",
    "VIF.create": "VIF",
    "network.create": "network",
}
"""Calls that make something: its class."""


class Seen(Enum):
    """What a look at the world says about a call."""

    DONE = "done"
    NOT_DONE = "not done"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Look:
    """What was found: the XenServer task, or what the world shows and the reference of a making."""

    seen: Seen
    task: str | None = None
    made: str = ""


def tag(operation: str, label: str) -> str:
    """Return the tag of a leg: in ASCII, as a header wants it."""
    return f"{quote(operation, safe=_PLAIN)}/{label}"


def dress(call: Call, tag: str) -> Call:
    """Return a making its working name or stamp, to find what it makes without its task."""
    params = list(call.params)
    if call.method in NAMED:
        params[NAMED[call.method]] = working_name(tag)
    elif call.method in MAKES:
        record = cast("dict[str, Any]", params[0])  # these take a record, and nothing else
        stamped = {**record.get("other_config", {}), STAMP: tag}
        params[0] = {**record, "other_config": stamped}
    return replace(call, params=tuple(params))


def working_name(tag: str) -> str:
    """Return the name under which something is made until its reference is in the journal."""
    return f"xenflow:{tag}"


def look(xen: "Xen", call: Call, tag: str) -> Look:
    """Find out what became of a call: by its tag, else by the world."""
    tasks = xen.task.get_all_records()
    for ref, record in tasks.items():
        if record["other_config"].get(events.TAG) == tag:
            return Look(Seen.UNKNOWN, task=ref)
    return look_at_world(xen, call, tag)


def look_at_world(xen: "Xen", call: Call, tag: str) -> Look:
    """Find out what became of a call whose task is gone."""
    if call.method in NAMED:
        return _made(xen.VM.get_by_name_label(working_name(tag)))
    if call.method in MAKES:
        return _stamped(xen, MAKES[call.method], tag)
    witness = _WITNESSES.get(call.method)
    if witness is None:
        return Look(Seen.UNKNOWN)
    try:
        return Look(Seen.DONE if witness(xen, call.params) else Seen.NOT_DONE)
    except errors.Missing:
        return Look(Seen.DONE if call.method.endswith(".destroy") else Seen.NOT_DONE)


def _made(refs: list[str]) -> Look:
    return Look(Seen.DONE, made=refs[0]) if refs else Look(Seen.NOT_DONE)


def _stamped(xen: "Xen", cls: str, tag: str) -> Look:
    records: Mapping[str, Any] = getattr(xen, cls).get_all_records()
    return _made([r for r, record in records.items() if record["other_config"].get(STAMP) == tag])


Witness = Callable[["Xen", tuple[Any, ...]], bool]


def _power(*states: str) -> Witness:
    def seen(xen: "Xen", params: tuple[Any, ...]) -> bool:
        return xen.VM.get_power_state(params[0]) in states

    return seen


def _attached(cls: str, *, wanted: bool) -> Witness:
    def seen(xen: "Xen", params: tuple[Any, ...]) -> bool:
        return getattr(xen, cls).get_currently_attached(params[0]) is wanted

    return seen


def _there(cls: str) -> Witness:
    """Look whether an object still answers; that it was destroyed is told by Missing."""

    def seen(xen: "Xen", params: tuple[Any, ...]) -> bool:
        getattr(xen, cls).get_uuid(params[0])
        return False

    return seen


def _started(xen: "Xen", params: tuple[Any, ...]) -> bool:
    wanted = "Paused" if params[-2] else "Running"
    return bool(xen.VM.get_power_state(params[0]) == wanted)


def _on_host(xen: "Xen", params: tuple[Any, ...]) -> bool:
    return bool(xen.VM.get_resident_on(params[0]) == params[1])


def _provisioned(xen: "Xen", params: tuple[Any, ...]) -> bool:
    record = xen.VM.get_record(params[0])
    return not record["is_a_template"] and "disks" not in record["other_config"]


def _carried(xen: "Xen", params: tuple[Any, ...]) -> bool:
    return bool(xen.network.get_PIFs(params[1]))


def _inserted(xen: "Xen", params: tuple[Any, ...]) -> bool:
    return bool(xen.VBD.get_VDI(params[0]) == params[1])


def _ejected(xen: "Xen", params: tuple[Any, ...]) -> bool:
    return bool(xen.VBD.get_empty(params[0]))


_WITNESSES: dict[str, Witness] = {
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
    "VBD.insert": _inserted,
    "VBD.eject": _ejected,
    "VBD.plug": _attached("VBD", wanted=True),
    "VBD.unplug": _attached("VBD", wanted=False),
    "VBD.unplug_force": _attached("VBD", wanted=False),
    "VIF.plug": _attached("VIF", wanted=True),
    "VIF.unplug": _attached("VIF", wanted=False),
    "VIF.unplug_force": _attached("VIF", wanted=False),
    **{f"{cls}.destroy": _there(cls) for cls in ("VM", "VDI", "VBD", "VIF", "VLAN", "network")},
}
