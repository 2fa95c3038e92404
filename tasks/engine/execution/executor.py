r"""The engine as it reads: check the message, claim its entry, run the body to its next suspension.

    delivery --check--> message --claim--> entry --body--> answer --finish--> Celery SUCCESS
                                             |  \--suspension--> launch, park -> Celery Retry
                                             \--error--> busy, unreachable: deferred, tried again
                                                         else: failing (see `failing.py`), and at
                                                         its end Celery FAILURE

Nothing here waits. Whatever takes time makes the execution end as Suspended; the same message is
sent again when there is something to do, and the body runs from its top, each finished suspension
point handing back what the journal says of it.
"""

from collections.abc import Callable, Generator, Mapping
from functools import partial

import structlog

from tasks.engine import infrastructure
from tasks.engine.declaration.answers import Accepted, Answer
from tasks.engine.declaration.definition import Operation, Steps
from tasks.engine.declaration.suspensions import Expand, Suspension
from tasks.engine.execution import (
    begin,
    cancellation,
    deferral,
    destruction,
    failing,
    failures,
    goals,
    rollback,
    surplus,
)
from tasks.engine.execution.begin import Delivery
from tasks.engine.execution.execution import (
    Answered,
    End,
    Execution,
    Failed,
    Ignored,
    Rejected,
    Suspended,
)
from tasks.engine.execution.runtime import Runtime
from tasks.engine.execution.suspensions import advance
from tasks.engine.journal.entry import Entry, LeaseLapsed
from tasks.engine.journal.journal import Journal
from tasks.engine.journal.record import CancelRequest, ClaimResult, Failing, Record
from tasks.engine.journal.scripts import Overtaken
from xenserver import errors

log = structlog.get_logger()


def execute(operation: Operation, delivery: Delivery, runtime: Runtime) -> End:
    """Execute an operation up to its next suspension or its end."""
    try:
        checked = begin.check(operation, delivery)
    except errors.Refused as refused:
        first = begin.first(operation, delivery, None)
        return _claim(delivery, runtime, first, partial(_refuse, delivery, runtime, refused))

    def act(entry: Entry) -> End:
        return _advance(Execution(operation, checked, delivery.place, runtime, entry))

    first = begin.first(operation, delivery, checked)
    repeat = checked.repeat_failed and not delivery.sending
    return _claim(delivery, runtime, first, act, timeout=checked.timeout, repeat=repeat)


def _claim(
    delivery: Delivery,
    runtime: Runtime,
    first: Record,
    act: Callable[[Entry], End],
    *,
    timeout: float | None = None,
    repeat: bool = False,
) -> End:
    """Claim the entry of an operation, and act on it while the claim is held."""
    entry = runtime.journal.claim(
        delivery.id,
        delivery.place,
        first,
        timeout=timeout or runtime.settings.timeout,
        sending=delivery.sending,
        repeat=repeat,
    )
    if entry.result is ClaimResult.HELD:
        return Ignored("another delivery of it acts")
    if entry.result is ClaimResult.ID_TAKEN:
        return _reject(delivery, runtime, entry.record, is_sound=bool(first.message))
    if entry.result is ClaimResult.ENDED:
        return _stored(runtime.journal, entry.record, delivery)
    try:
        with runtime.leases.hold(entry):
            return act(entry)
    except Overtaken:
        return Ignored("another delivery has claimed it")


def _reject(delivery: Delivery, runtime: Runtime, known: Record, *, is_sound: bool) -> End:
    """Refuse a message whose id is that of another one.

    The result of an id is the answer of the operation under it, so the message is put aside; one
    that is also invalid may hold what is not kept anywhere.
    """
    error = begin.id_taken(delivery.id, delivery.name, known)
    runtime.journal.note_refused(delivery.id, error.message)
    log.warning("message.refused", id=delivery.id, task=delivery.name, problem=error.message)
    return Rejected(
        error,
        is_kept=is_sound,
        may_be_stored=known.published,
        is_step=delivery.place.flow is not None,
    )


def _refuse(delivery: Delivery, runtime: Runtime, refused: errors.Refused, entry: Entry) -> Failed:
    """End an operation whose message is wrong: it has made nothing."""
    reason = Failing(entry.id, entry.record.name, failures.record(refused, refused))
    failure = rollback.failure(reason, rollback.NOTHING, keep=False)
    runtime.publisher.resume(runtime.journal.finish(entry, delivery.place, failure))
    return Failed(refused)


def _stored(journal: Journal, record: Record, delivery: Delivery) -> End:
    """Return the end of an operation again, unless Celery has passed it on and keeps it.

    A step that others follow answers again even so: where the message of the next step was lost,
    or the count of a chord's parts, a flow that is expanded a second time sends it so.
    """
    goes_on = record.answer is not None and delivery.has_next
    is_passed_on = record.answered or (record.published and not goes_on)
    if is_passed_on and delivery.is_kept(record):
        return Ignored("it has ended, and its end is published")
    if record.failure:
        revoked = record.cancel is CancelRequest.REVOKED
        return Failed(failures.error(record.failure), revoked=revoked)
    return _answer_again(journal, record, delivery)


def _answer_again(journal: Journal, record: Record, delivery: Delivery) -> End:
    """Return a stored answer; a client may have deleted a large one with its result."""
    answer = journal.answer(record)
    if answer is not None:
        return Answered(answer)
    if delivery.sending or delivery.tag == record.delivery:
        return Ignored("it has ended, and its answer was deleted")
    return Failed(errors.from_api("XENFLOW_ANSWER_DELETED", [delivery.name, delivery.id]))


def _advance(execution: Execution) -> End:
    """Advance to the next suspension or the end; every error is handled here."""
    try:
        return failing.answer_early(execution, _attempt(execution))
    except LeaseLapsed:
        return _defer(execution, "its claim may be over: it is claimed again before it acts", 0.0)


def _attempt(execution: Execution) -> End:
    if execution.entry.record.failing:
        return _keep_failing(execution)
    try:
        return _run(execution)
    except (Overtaken, LeaseLapsed):
        raise
    except errors.XenflowError as error:
        entry = execution.entry
        entry.update(retry=deferral.tried_again(entry.record.retry, entry.clock))
        if _may_pass(execution, error):
            return _try_again(execution, error)
        failing.begin(execution, _why(execution, error))
    except Exception as error:
        if infrastructure.is_trouble(error):
            raise
        failing.begin(execution, error)
    return _keep_failing(execution)


def _keep_failing(execution: Execution) -> End:
    """Continue failing; retry what XenServer refuses meanwhile, as long as it takes.

    Nothing with an unknown end is given up.
    """
    try:
        return failing.advance(execution)
    except errors.XenflowError as error:
        return _try_again(execution, error)
    except Overtaken:
        raise
    except Exception as defect:
        if infrastructure.is_trouble(defect):
            raise
        return failing.give_up(execution, defect)


def _run(execution: Execution) -> End:
    if execution.entry.result is ClaimResult.FLOW_FAILING:
        raise errors.Cancelled("XENFLOW_NOT_BEGUN", [execution.operation.name])
    if not execution.entry.record.points:
        cancellation.stop_here(execution)
    destruction.plan(execution)
    goals.plan(execution)
    answer = _run_body(execution, _body(execution))
    return answer if isinstance(answer, Suspended) else _finish(execution, answer)


def _body(execution: Execution) -> Answer | Steps[Answer]:
    fields = execution.own_fields()
    if execution.operation.is_flow:
        return _body_of_flow(execution.operation, fields)
    body: Answer | Steps[Answer] = execution.operation.body(execution.body_xen(), **fields)
    return body


def _body_of_flow(operation: Operation, fields: Mapping[str, object]) -> Steps[Answer]:
    """Return a flow the shape of a long operation: one suspension point, its canvas."""
    last = yield Expand(operation.body(**fields))
    if operation.shape:
        return operation.shape(fields, last)
    return operation.answer.model_validate(last)


def _run_body(execution: Execution, body: Answer | Steps[Answer]) -> Answer | Suspended:
    """Run a body to its answer, or to the first suspension point whose outcome is not known."""
    if not isinstance(body, Generator):
        return body
    step: Callable[[], Suspension] = partial(next, body)
    number = 0
    while True:
        try:
            suspension = step()
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]  # checked at declaration
        result = advance(execution, str(number), suspension)
        if isinstance(result, Accepted | Suspended):
            body.close()
            return result
        step = result.resume(body)
        number += 1


def _finish(execution: Execution, answer: Answer) -> Answered:
    document = answer.document()
    undo = execution.operation.undo
    is_undoable = execution.place.flow is not None and undo is not None and undo.finished
    made = rollback.own(execution) if is_undoable else []
    sending = execution.runtime.journal.finish(
        execution.entry, execution.place, document, made=made
    )
    execution.runtime.publisher.resume(sending)
    surplus.undo_noted(execution)
    return Answered(document)


def _why(execution: Execution, error: errors.XenflowError) -> errors.XenflowError:
    """Return why an operation ends: a cancelled one does not for transient trouble."""
    record = execution.entry.record
    if record.cancel and deferral.is_passing(record, error):
        return cancellation.reason(execution) or error
    return error


def _may_pass(execution: Execution, error: errors.XenflowError) -> bool:
    """Return whether an error is transient, and there is time left to retry."""
    record, settings = execution.entry.record, execution.runtime.settings
    if record.cancel or not deferral.is_passing(record, error):
        return False
    return execution.entry.now() < deferral.limit(record, error, settings)


def _try_again(execution: Execution, error: errors.XenflowError) -> Suspended:
    """Defer after a transient error, longer each time."""
    entry = execution.entry
    wait = deferral.after(entry.record, error, execution.runtime.settings, execution.entry.now())
    entry.update(retry=wait.retry)
    reason = f"{error.message}; tried again in {wait.seconds:.1f} s"
    return _defer(execution, reason, wait.seconds)


def _defer(execution: Execution, reason: str, seconds: float) -> Suspended:
    execution.defer(reason, until=execution.entry.now() + seconds)
    return Suspended(reason)
