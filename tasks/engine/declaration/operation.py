"""Declaring operations: one decorated function per verb.

    @operation(queue="change", undo=Undo("xenserver.vm.discard", "vm"))
    def clone(xen: Xen, *, vm: VmOrTemplateName, name: Label) -> Steps[Created]:
        \"\"\"Copy a halted VM or a template under a new name.\"\"\"
        new = yield xen.Async.VM.clone(xen.find.vm_or_template(vm), name)
        return created(xen.uuid.vm(new), name=name)

From the signature come the message model, the answer's schema, the wire name and the queue. A
generator is a long operation: each `yield` is one suspension point. A plain function answers at
once.
"""

from collections.abc import Callable

from config import queues
from tasks.engine.declaration import catalogue, checks, message
from tasks.engine.declaration.checks import Body
from tasks.engine.declaration.definition import Operation, Steps, Undo

__all__ = ["Operation", "Steps", "Undo", "operation"]


def operation(
    *,
    queue: str = queues.CHANGE,
    undo: Undo | None = None,
    name: str | None = None,
    internal: bool = False,
) -> Callable[[Body], Operation]:
    """Declare an operation; its name is `xenserver.<module>.<function>` unless one is given.

    An `internal` one is a step of our own flows: lists of operations leave it out.
    """

    def declare(body: Body) -> Operation:
        answer = checks.check_operation(body, queue)
        base = message.Message if queue == queues.FIND else message.ChangingMessage
        wire = name or f"xenserver.{_noun(body)}.{body.__name__}"
        declared = Operation(
            name=wire,
            body=body,
            model=message.model_of(body, wire, base),
            answer=answer,
            queue=queue,
            undo=undo,
            is_internal=internal,
        )
        catalogue.declare(declared)
        return declared

    return declare


def _noun(body: Body) -> str:
    """Return the class of a body: its module, or the package where a class fills several."""
    parts = body.__module__.split(".")
    return parts[1] if len(parts) > 1 else parts[0]
