"""What a failing operation has destroyed, and what it was to destroy and has not.

Nobody can undo a destruction. So, however a flow ends that destroys (a refusal, a deadline, a
cancellation), its failure lists what is gone and what is left. The pool is asked, as it alone knows
what came of a call that was cut off; when it cannot be reached, the end waits for it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tasks.engine.declaration.definition import Destruction
from tasks.engine.execution.execution import Execution
from tasks.engine.journal.record import Document, OutcomeStatus, Record
from tasks.engine.messages import publisher
from xenserver import errors, objects

DESTROY = ".destroy"
_KINDS = {"VDI": "disk", "VBD": "drive", "VIF": "interface"}
_FINISH = "send the same message under a new id to finish"


@dataclass(frozen=True)
class Remains:
    """What is gone and what is left; `planned` where it was known before what was to go."""

    gone: Sequence[Destruction] = ()
    left: Sequence[Destruction] = ()
    planned: bool = False

    def text(self) -> str:
        """Return it in text; nothing where nothing was destroyed or was to be."""
        if not self.gone:
            return "nothing is gone" if self.planned else ""
        text = f"gone: {_listed(self.gone)}"
        return f"{text}; left: {_listed(self.left)}; {_FINISH}" if self.left else text


NOTHING = Remains()


def plan(execution: Execution) -> None:
    """Write down what a flow is to destroy, before a step of it begins."""
    destroys, entry = execution.operation.destroys, execution.entry
    if destroys and entry.record.to_destroy is None:
        entry.update(to_destroy=documents(destroys(execution.own_fields())))
        execution.save()


def records_of(execution: Execution) -> list[Record]:
    """Return the record of an operation, and those of its steps."""
    return [execution.entry.record, *_steps(execution)]


def remains(execution: Execution, records: Sequence[Record]) -> Remains:
    """Return what the calls of a failing operation, or of its steps, have destroyed."""
    listed = [one for record in records for one in record.to_destroy or ()]
    planned = {one.uuid: one for one in map(_read, listed)}
    there = {uuid: _exists(execution, one) for uuid, one in planned.items()}
    called = [one for record in records for one in _destroyed(record) if one.uuid not in planned]
    return Remains(
        gone=[*(one for uuid, one in planned.items() if not there[uuid]), *called],
        left=[one for uuid, one in planned.items() if there[uuid]],
        planned=bool(planned),
    )


def documents(destroyed: Iterable[Destruction]) -> list[Document]:
    """Return objects as a record of a failure has them."""
    return [
        {"class": one.cls, "uuid": one.uuid, "name": one.name, "kind": one.kind}
        for one in destroyed
    ]


def _read(document: Document) -> Destruction:
    cls, uuid, name, kind = (str(document[name]) for name in ("class", "uuid", "name", "kind"))
    return Destruction(cls, uuid, name, kind)


def _steps(execution: Execution) -> Iterator[Record]:
    """Yield the steps of a flow that work on the same target, save those that undo."""
    if not execution.operation.is_flow:
        return
    journal, own = execution.runtime.journal, execution.entry
    for step in journal.read_all(journal.run(execution.place.root)).values():
        inside = own.id in publisher.path_of(step.path)
        if inside and not step.undoes and step.target == own.record.target:
            yield step


def _destroyed(record: Record) -> Iterator[Destruction]:
    """Yield what the calls of an operation destroyed, under the names by which it looked it up."""
    known = {one.ref: one for one in objects.remembered(record.known)}
    for point in record.points.values():
        if point.call is None or not point.call.method.endswith(DESTROY):
            continue
        if point.outcome and point.outcome.status is OutcomeStatus.SUCCESS:
            cls = point.call.method.removesuffix(DESTROY)
            one = known.get(str(point.call.params[0])) or objects.ObjectRef(cls, "", "")
            yield Destruction(cls, one.uuid, one.name, _KINDS.get(cls, cls))


def _exists(execution: Execution, one: Destruction) -> bool:
    """Return whether an object is still there, as far as XenServer lets itself be asked."""
    try:
        getattr(execution.xen, one.cls).get_by_uuid(one.uuid)
    except errors.Missing:
        return False
    except (errors.Busy, errors.Unreachable):
        raise
    except errors.XenflowError:
        return True
    return True


def _listed(destroyed: Sequence[Destruction]) -> str:
    unnamed = Counter(one.kind for one in destroyed if not one.uuid)
    several = (f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in unnamed.items())
    return ", ".join((*(_label(one) for one in destroyed if one.uuid), *several))


def _label(one: Destruction) -> str:
    return f"{one.kind} {one.name} ({one.uuid})" if one.name else f"{one.kind} {one.uuid}"
