r"""The frame as it reads: check the message, claim its entry, run the body to its next leg.

    delivery --check--> message --claim--> turn --body--> answer --finish--> Celery SUCCESS
                                             |  \--leg--> launch, park ----> Celery RETRY, slot free
                                             \--error--> busy, unreachable: rest, and try again
                                                         else: let steps settle, undo what was made,
                                                         then Celery FAILURE

Nothing here waits. Whatever takes time ends the turn by raising Suspended; the same message is sent
again when there is something to do, and the body runs from its top, each finished leg handing back
what the journal says of it.
"""

import json
import traceback
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any

from tasks.engine import infrastructure
from tasks.engine.declaration import message
from tasks.engine.declaration.answers import Answer
from tasks.engine.declaration.operation import Operation
from tasks.engine.declaration.suspensions import Expand, Leg
from tasks.engine.execution import cancellation, failures, ledger, rollback, suspensions
from tasks.engine.execution.execution import Execution, NothingToDo, Suspended
from tasks.engine.execution.runtime import Runtime
from tasks.engine.journal.journal import Entry, Place
from tasks.engine.journal.scripts import Overtaken
from xenserver import errors

OPEN_STEPS_CHECK = 30.0  # seconds after which a failing operation looks at its open steps again
TRANSIENT = (errors.Busy, errors.Unreachable)


@dataclass(frozen=True)
class Delivery:
    """One delivery of a message, as Celery hands it over."""

    id: str
    place: Place
    fields: Mapping[str, Any]
    previous: object
    wire: str
    origin: str
    in_chord: bool
    adopts: Mapping[str, str]
    revoked: bool
    refusal: errors.Refused | None
    is_kept: Callable[[], bool]


def execute(operation: Operation, delivery: Delivery, runtime: Runtime) -> dict[str, Any]:
    """Carry an operation on; return its answer, or raise its error, Suspended or GiveWay."""
    said = _checked(operation, delivery)
    first = ledger.first(operation, delivery, said, runtime)
    entry = runtime.journal.claim(delivery.id, delivery.place, first)
    if entry.word == "held":
        raise NothingToDo("another delivery of it acts")
    if entry.word == "ended":
        return _tell_again(entry, delivery)
    with runtime.leases.hold(entry):
        try:
            if ledger.is_of_another_message(entry, first):
                runtime.journal.rest(entry, until=runtime.now())
                raise NothingToDo("its id is that of another message, which goes on")
            if isinstance(said, errors.Refused):
                raise _refuse(entry, delivery.place, runtime, operation, said)
            return _take(Execution(operation, said, delivery.place, runtime, entry))
        except Overtaken:
            raise NothingToDo("another delivery has taken it over") from None


def _checked(operation: Operation, delivery: Delivery) -> message.Message | errors.Refused:
    if delivery.refusal:
        return delivery.refusal
    try:
        message.check_id(delivery.id)
        return message.check(operation.model, delivery.fields, delivery.previous)
    except errors.Refused as refused:
        return refused


def _refuse(
    entry: Entry, place: Place, runtime: Runtime, operation: Operation, wrong: errors.Refused
) -> errors.Refused:
    """End an operation whose message is wrong: it has made nothing."""
    told = failures.document(wrong, "".join(traceback.format_exception(wrong)))
    failing = {"step": entry.id, "name": operation.name, "error": told}
    fault = ledger.fault(failing, rollback.NOTHING, keep=False)
    runtime.publisher.again(runtime.journal.finish(entry, place, fault=fault))
    return wrong


def _tell_again(entry: Entry, delivery: Delivery) -> dict[str, Any]:
    """Return the answer of an ended operation again, unless Celery has passed it on and keeps it.

    A part of a chord is counted again even so: a flow that is expanded a second time starts its
    count anew, and Celery counts each part once.
    """
    answer = entry.get("answer")
    counts = answer is not None and delivery.in_chord
    if "told" in entry.fields and not counts and delivery.is_kept():
        raise NothingToDo("it has ended, and everybody was told")
    if answer is not None:
        return dict(answer)
    raise failures.error(entry.get("fault"))


def _take(execution: Execution) -> dict[str, Any]:
    """Go as far as it goes; every error ends here, in the journal and then with Celery."""
    try:
        return _go(execution)
    except (Suspended, NothingToDo, Overtaken):
        raise
    except TRANSIENT as trouble:
        return _try_again(execution, trouble)
    except Exception as error:
        if infrastructure.is_trouble(error):
            raise
        return _fall(execution, error)


def _go(execution: Execution) -> dict[str, Any]:
    if execution.entry.word == "fallen":
        raise errors.Cancelled("XENFLOW_NOT_BEGUN", [execution.operation.name])
    failing = execution.entry.get("failing")
    if failing:
        raise failures.error(failing["error"])
    if execution.entry.is_new:
        cancellation.stop_here(execution)
    return _finish(execution, _walk(execution, _body(execution)))


def _body(execution: Execution) -> Any:
    names = message.own_fields(execution.operation.model)
    fields = {name: getattr(execution.said, name) for name in names}
    if execution.operation.is_flow:
        return _legs_of_flow(execution.operation, fields)
    return execution.operation.body(execution.body_xen(), **fields)


def _legs_of_flow(operation: Operation, fields: Mapping[str, Any]) -> Generator[Leg, Any, Answer]:
    """Return a flow the shape of a long operation: one leg, its canvas."""
    last = yield Expand(operation.body(**fields))
    if operation.shape:
        return operation.shape(fields, last)
    return operation.answer.model_validate(last)


def _walk(execution: Execution, body: Any) -> Answer:
    """Run a body through its legs; a leg that has not landed ends the turn."""
    if not isinstance(body, Generator):
        return body  # type: ignore[no-any-return]  # checked at declaration
    step: Callable[[], Leg] = lambda: next(body)  # noqa: E731 - it changes with every leg
    number = 0
    while True:
        try:
            leg = step()
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]  # checked at declaration
        outcome = suspensions.pass_leg(execution, str(number), leg)
        if outcome.accepted:
            body.close()
            return outcome.accepted
        step = outcome.resume(body)
        number += 1


def _finish(execution: Execution, answer: Answer) -> dict[str, Any]:
    document = answer.document()
    made = rollback.record(execution) if execution.place.flow else []
    woken = execution.runtime.journal.finish(
        execution.entry, execution.place, answer=document, made=made
    )
    execution.runtime.publisher.again(woken)
    return document


def _try_again(execution: Execution, trouble: errors.XenflowError) -> dict[str, Any]:
    """Rest after a passing trouble, longer each time; fall when patience or time is over."""
    rest = ledger.patience(execution.entry, trouble, execution.runtime)
    if rest is None:
        return _fall(execution, trouble)
    fields = {"troubles": str(rest.count), "trouble": rest.told, "trouble_since": rest.since}
    reason = f"{trouble.message}; tried again in {rest.seconds:.1f} s"
    return execution.rest(reason, until=rest.until, **fields)  # type: ignore[no-any-return]  # it raises Suspended


def _fall(execution: Execution, error: Exception) -> dict[str, Any]:
    """End a failing operation: let open steps settle, undo what was made, then tell."""
    failing = _failing(execution, error)
    _let_steps_settle(execution, failing)
    undone = _undo(execution)
    fault = ledger.fault(failing, undone, keep=execution.keeps)
    if execution.place.undoes:
        return _finish_undoing(execution, fault)
    left = undone.left() if execution.place.flow else []
    execution.runtime.publisher.again(
        execution.runtime.journal.finish(execution.entry, execution.place, fault=fault, made=left)
    )
    raise failures.error(fault)


def _failing(execution: Execution, error: Exception) -> dict[str, Any]:
    """Write down why the operation fails: the first reason stays."""
    known = execution.entry.get("failing")
    if known:
        return dict(known)
    ours = execution.in_words(failures.foreign(error))
    told = failures.document(ours, "".join(traceback.format_exception(error)))
    failing = {"step": execution.entry.id, "name": execution.operation.name, "error": told}
    execution.runtime.journal.write(execution.entry, {"failing": json.dumps(failing)})
    return failing


def _let_steps_settle(execution: Execution, failing: Mapping[str, Any]) -> None:
    """Wait until no step is open; one that stops early itself calls its steps off."""
    open_steps = execution.runtime.journal.open_steps(execution.entry.id)
    if not open_steps:
        return
    stops = failing["error"]["type"] in {"Cancelled", "TimedOut"}
    if stops and failing["step"] == execution.entry.id:
        for step in open_steps:
            execution.runtime.publisher.again(
                execution.runtime.journal.call_off(step, "cancelled")[1]
            )
    until = execution.now() + OPEN_STEPS_CHECK
    execution.rest(f"{len(open_steps)} steps settle before it ends", until=until, phase="settling")


def _undo(execution: Execution) -> rollback.Undone:
    """Undo what was made, last made first, as steps of this run; return what came of it."""
    if execution.entry.word == "fallen":
        return rollback.NOTHING
    made = execution.entry.get("made_when_failing")
    if made is None:
        made = rollback.made(execution)
        execution.runtime.journal.write(execution.entry, {"made_when_failing": json.dumps(made)})
    if not made or execution.keeps:
        return rollback.Undone(kept=made)
    suspensions.pass_leg(execution, suspensions.UNDO, Expand(rollback.canvas(made)))
    return rollback.outcome(made, execution.entry.id, execution.runtime.journal)


def _finish_undoing(execution: Execution, fault: dict[str, Any]) -> dict[str, Any]:
    """Answer a failed undoing: what is gone is fine, the rest is reported and stops nobody."""
    answer = rollback.answer(fault)
    execution.runtime.journal.finish(execution.entry, execution.place, answer=answer)
    return answer
