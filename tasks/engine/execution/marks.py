"""Marks: how a copy is found that XenServer makes without taking a name or a record for it.

XenServer copies the `other_config` of a disk into its clones and snapshots. So the source is marked
before the call, with a key that holds the call's tag, and what is made bears the mark. Afterwards
the mark is taken off both, and what was made is stamped.

Two calls with the same source may be at work at once, and each may make an object with both marks.
Which call made such an object is unknown until one of them has ended.
"""

from collections.abc import Iterator, Mapping, Sequence

from tasks.engine.execution.findings import Effect, Finding
from tasks.engine.execution.probes import INHERITED, STAMP
from xenserver import errors, other_pools, values
from xenserver.client import Xen
from xenserver.objects import Call
from xenserver.values import Record, Value

MARK = "xenflow:mark:"


def put(xen: Xen, call: Call, mark: str) -> None:
    """Mark the source of what a call makes."""
    objects = getattr(xen, INHERITED[call.method])
    try:
        objects.add_to_other_config(call.params[0], MARK + mark, "")
    except errors.Refused as refused:
        if refused.code != "MAP_DUPLICATE_KEY":
            raise


def take_off(xen: Xen, call: Call, mark: str) -> None:
    """Take the mark off the source, if that is still there."""
    try:
        objects = getattr(xen, INHERITED[call.method])
        objects.remove_from_other_config(call.params[0], MARK + mark)
    except errors.Missing:
        return


def claim(xen: Xen, call: Call, mark: str, ref: str) -> None:
    """Stamp what a call made, in place of all marks that it has inherited; a VM needs no stamp."""
    cls = INHERITED[call.method]
    objects = getattr(where_made(xen, call.params), cls)
    config = objects.get_other_config(ref)
    own = {key: value for key, value in config.items() if not key.startswith(MARK)}
    objects.set_other_config(ref, own if cls == "VM" else {**own, STAMP: mark})


def where_made(xen: Xen, params: Sequence[Value]) -> Xen:
    """Return the pool in which a call makes something."""
    target = other_pools.target_of(params)
    return xen.at(target) if target else xen


def heir(xen: Xen, call: Call, mark: str) -> Finding:
    """Find what a call made whose task is gone; several marks on it tell nothing for certain."""
    objects = getattr(where_made(xen, call.params), INHERITED[call.method])
    found = dict(_heirs(values.records(objects.get_all_records()), call, mark))
    if found and _is_half_sent(xen, call):
        return Finding(Effect.UNKNOWN)
    match list(found.items()):
        case []:
            return Finding(Effect.NOT_DONE)
        case [(ref, [_])]:
            return Finding(Effect.DONE, made=(ref,))
        case _:
            return Finding(Effect.UNKNOWN)


def _heirs(records: Mapping[str, Record], call: Call, mark: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each object with the mark, but for the source, and all the marks that it has."""
    for ref, record in records.items():
        config = values.record(record["other_config"])
        marks = [key for key in config if key.startswith(MARK)]
        if MARK + mark in marks and ref != call.params[0]:
            yield ref, marks


def _is_half_sent(xen: Xen, call: Call) -> bool:
    """Return whether a VM that was to move is in both pools."""
    options = call.params[-1]
    copies = isinstance(options, dict) and options.get("copy") == "true"
    if call.method != "VM.migrate_send" or copies:
        return False
    try:
        xen.VM.get_uuid(call.params[0])
    except errors.Missing:
        return False
    return True
