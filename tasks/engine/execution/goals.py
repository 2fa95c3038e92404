"""What a failing flow has brought about for some of its VMs, and not for the others.

VMs that were started one after the other go on running when a later one fails. The error of the
flow says which do, as the pool itself says: what came of a call that was cut off, it alone knows.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from tasks.engine.execution.execution import Execution
from tasks.engine.journal.record import Document, Record
from xenserver import errors
from xenserver.client import Xen

if TYPE_CHECKING:
    from pydantic import JsonValue

_CONTINUE = "send the same message under a new id to continue"


def plan(execution: Execution) -> None:
    """Write down which VMs a flow is to bring to a power state, before a step of it begins."""
    goal, entry = execution.operation.goal, execution.entry
    if goal and entry.record.to_reach is None:
        uuids: list[JsonValue] = [*goal.vms(execution.own_fields())]
        entry.update(to_reach={"state": goal.state, "vms": uuids})
        execution.save()


def text(execution: Execution, records: Sequence[Record]) -> str:
    """Return as text which VMs have reached the goal of a failing flow, or of its steps."""
    planned = [record.to_reach for record in records if record.to_reach]
    try:
        return "; ".join(_reached(execution.xen, goal) for goal in planned)
    except errors.XenflowError as error:
        return f"how far it came is not known: {error.message}"


def _reached(xen: Xen, goal: Document) -> str:
    state, uuids = str(goal["state"]), cast("list[str]", goal["vms"])  # see `plan`
    found = {uuid: _record(xen, uuid) for uuid in uuids}
    reached = [uuid for uuid in uuids if found[uuid].get("power_state") == state]
    left = [uuid for uuid in uuids if uuid not in reached]
    parts = [
        f"{len(reached)} of {len(uuids)} VMs {_word(len(reached))} {state.lower()}",
        *([f"{state.lower()}: {_listed(reached, found)}"] if reached else []),
        *([f"not {state.lower()}: {_listed(left, found)}", _CONTINUE] if left else []),
    ]
    return "; ".join(parts)


def _word(count: int) -> str:
    return "is" if count == 1 else "are"


def _record(xen: Xen, uuid: str) -> Mapping[str, object]:
    """Return the record of a VM; an empty one if it is gone."""
    try:
        record: Mapping[str, object] = xen.VM.get_record(xen.VM.get_by_uuid(uuid))
    except errors.Missing:
        return {}
    return record


def _listed(uuids: Iterable[str], found: Mapping[str, Mapping[str, object]]) -> str:
    return ", ".join(_label(uuid, found[uuid]) for uuid in uuids)


def _label(uuid: str, record: Mapping[str, object]) -> str:
    return f"VM {record['name_label']} ({uuid})" if record else f"VM {uuid}, which is gone"
