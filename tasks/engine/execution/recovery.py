"""Recovery: finding out whether XenServer received a call whose answer never arrived.

Each call carries a tag in a header, which XenServer copies into the task it makes; a task that
exists is found by it. Where the task is gone (swept among many, or the toolstack restarted) the
effect is probed: what was made bears the tag, what was changed shows it in its state.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import quote

from tasks.engine.execution import marks
from tasks.engine.execution.findings import Effect, Finding
from tasks.engine.execution.probes import (
    ANSWERED,
    INHERITED,
    NAMED,
    PROBES,
    STAMP,
    STAMPED,
    made_by,
)
from xenserver import errors, events, values
from xenserver.client import Xen
from xenserver.objects import Call
from xenserver.values import Record, Value

TAG_HEADER = "X-Http-Other-Config-xenflow-operation"
WORKING_NAME = "xenflow:"
_PLAIN = "".join(map(chr, range(0x20, 0x7F)))


def tag(identity: str, label: str) -> str:
    """Return the tag of a call: in ASCII, as a header wants it."""
    return f"{quote(identity, safe=_PLAIN)}/{label}"


def tagged(call: Call, tag: str) -> Call:
    """Return a creating call with its working name or stamp, which its object is found by."""
    params = list(call.params)
    if call.method in NAMED:
        params[NAMED[call.method].at] = working_name(tag)
    elif call.method in STAMPED:
        record = values.record(params[0])
        stamped = {**values.record(record.get("other_config", {})), STAMP: tag}
        params[0] = {**record, "other_config": stamped}
    return replace(call, params=tuple(params))


def working_name(tag: str) -> str:
    """Return the name under which something is made until its reference is in the journal."""
    return f"{WORKING_NAME}{tag}"


def find(xen: Xen, call: Call, tag: str, mark: str = "") -> Finding:
    """Find out what became of a call: by its tag, else by its effect."""
    tasks = xen.task.get_all_records()
    for ref, record in tasks.items():
        if record["other_config"].get(events.TAG) == tag:
            return Finding(Effect.UNKNOWN, task=ref)
    return probe(xen, call, mark)


def probe(xen: Xen, call: Call, mark: str = "") -> Finding:
    """Find out what became of a call whose task is gone."""
    if call.method in INHERITED:
        return marks.heir(xen, call, mark)
    if call.method in ANSWERED:
        return Finding(Effect.UNKNOWN)
    if made_by(call.method):
        refs = made(xen, call)
        return Finding(Effect.DONE if refs else Effect.NOT_DONE, made=refs)
    known = PROBES.get(call.method)
    if known is None:
        return Finding(Effect.UNKNOWN)
    try:
        return Finding(Effect.DONE if known(xen, call.params) else Effect.NOT_DONE)
    except errors.Missing:
        gone = call.method.endswith(".destroy")
        return Finding(Effect.DONE if gone else Effect.NOT_DONE)


def made(xen: Xen, call: Call) -> tuple[str, ...]:
    """Return the references of all objects that bear the tag with which a call was launched."""
    if call.method in NAMED:
        named = NAMED[call.method]
        return tuple(getattr(xen, named.cls).get_by_name_label(call.params[named.at]))
    asked = values.record(call.params[0])
    tag = _stamp(asked)
    records = values.records(getattr(xen, STAMPED[call.method]).get_all_records())
    return tuple(
        ref
        for ref, record in records.items()
        if _stamp(record) == tag and not is_copy(record, call.params)
    )


def _stamp(record: Record) -> Value:
    return values.record(record["other_config"]).get(STAMP)


def is_copy(record: Mapping[str, Value], params: Sequence[Value]) -> bool:
    """Return whether an object has its stamp from the one that it is a copy of.

    XenServer copies `other_config`: of a disk into its snapshots, and into its clones, which a VM
    has; of drives and interfaces into those of another VM.
    """
    if "VM" in record:
        return bool(record["VM"] != values.record(params[0])["VM"])
    return bool(record.get("is_a_snapshot") or record.get("VBDs"))
