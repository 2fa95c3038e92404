r"""The engine as it reads: check the message, claim its entry, run the body to its next suspension.

    delivery --check--> message --claim--> entry --body--> answer --finish--> Celery SUCCESS
                                             |  \--suspension--> launch, park -> Celery RETRY
                                             \--error--> busy, unreachable: deferred, tried again
                                                         else: failing (see `failing.py`), and at
                                                         its end Celery FAILURE

Nothing here waits. Whatever takes time makes the execution end as Suspended; the same message is
sent again when there is something to do, and the body runs from its top, each finished suspension
point handing back what the journal says of it.
"""

from collections.abc import Callable, Generator, Mapping
from functools import partial
from typing import Any

from tasks.engine import infrastructure
from tasks.engine.declaration import message
from tasks.engine.declaration.answers import Accepted, Answer
from tasks.engine.declaration.definition import Operation
from tasks.engine.declaration.suspensions import Expand, Suspension
from tasks.engine.execution import begin, cancellation, failing, failures, retry, rollback
from tasks.engine.execution.begin import Delivery
from tasks.engine.execution.execution import Answered, End, Execution, Failed, Ignored, Suspended
from tasks.engine.execution.runtime import Runtime
from tasks.engine.execution.suspensions import reach
from tasks.engine.journal.entry import Entry
from tasks.engine.journal.record import CancelRequest, ClaimResult, Failing, Record
from tasks.engine.journal.scripts import Overtaken
from xenserver import errors


def execute(operation: Operation, delivery: Delivery, runtime: Runtime) -> End:
    """Carry an operation on as far as it goes now."""
    try:
        checked = begin.check(operation, delivery)
    except errors.Refused as refused:
        first = begin.first(operation, delivery, None)
        return _claim(delivery, runtime, first, partial(_refuse, delivery, runtime, refused))

    def act(entry: Entry) -> End:
        return _advance(Execution(operation, checked, delivery.place, runtime, entry))

    first = begin.first(operation, delivery, checked)
    return _claim(delivery, runtime, first, act, timeout=checked.timeout)


def _claim(
    delivery: Delivery,
    runtime: Runtime,
    first: Record,
    act: Callable[[Entry], End],
    timeout: float | None = None,
) -> End:
    """Claim the entry of an operation, and act on it while the claim is held."""
    entry = runtime.journal.claim(
        delivery.id,
        delivery.place,
        first,
        timeout=timeout or runtime.settings.timeout,
        sending=delivery.sending,
    )
    if entry.result is ClaimResult.HELD:
        return Ignored("another delivery of it acts")
    if entry.result is ClaimResult.ENDED:
        return _stored(entry.record, delivery)
    try:
        with runtime.leases.hold(entry):
            if not begin.is_same_request(entry.record, first):
                runtime.journal.defer(entry, until=entry.now())
                return Ignored("its id is that of another message, which goes on")
            return act(entry)
    except Overtaken:
        return Ignored("another delivery has claimed it")


def _refuse(delivery: Delivery, runtime: Runtime, refused: errors.Refused, entry: Entry) -> Failed:
    """End an operation whose message is wrong: it has made nothing."""
    reason = Failing(entry.id, entry.record.name, failures.record(refused, refused))
    failure = rollback.failure(reason, rollback.NOTHING, keep=False)
    runtime.publisher.resume(runtime.journal.finish(entry, delivery.place, failure))
    return Failed(refused)


def _stored(record: Record, delivery: Delivery) -> End:
    """Return the end of an operation again, unless Celery has passed it on and keeps it.

    A step that others follow answers again even so: where the message of the next step was lost,
    or the count of a chord's parts, a flow that is expanded a second time sends it so.
    """
    goes_on = record.answer is not None and delivery.has_next
    if record.answered or (record.published and not goes_on and delivery.is_kept()):
        return Ignored("it has ended, and everybody was told")
    if record.failure:
        revoked = record.cancel is CancelRequest.REVOKED
        return Failed(failures.error(record.failure), revoked=revoked)
    return Answered(record.answer or {})


def _advance(execution: Execution) -> End:
    """Go as far as it goes; every error ends here, in the journal and then with Celery."""
    try:
        return failing.answer_early(execution, _go_on(execution))
    except Overtaken:
        raise
    except errors.XenflowError as error:
        if retry.is_passing(execution.entry.record, error):
            return failing.answer_early(execution, _try_again(execution, error))
        return failing.fail(execution, error)
    except Exception as error:
        if infrastructure.is_trouble(error):
            raise
        return failing.fail(execution, error)


def _go_on(execution: Execution) -> End:
    record = execution.entry.record
    if record.failing:
        return failing.go_on(execution)
    if execution.entry.result is ClaimResult.FLOW_FAILING:
        raise errors.Cancelled("XENFLOW_NOT_BEGUN", [execution.operation.name])
    if not record.points:
        cancellation.stop_here(execution)
    answer = _run_body(execution, _body(execution))
    return answer if isinstance(answer, Suspended) else _finish(execution, answer)


def _body(execution: Execution) -> Any:
    names = message.own_fields(execution.operation.model)
    fields = {name: getattr(execution.message, name) for name in names}
    if execution.operation.is_flow:
        return _body_of_flow(execution.operation, fields)
    return execution.operation.body(execution.body_xen(), **fields)


def _body_of_flow(
    operation: Operation, fields: Mapping[str, Any]
) -> Generator[Suspension, Any, Answer]:
    """Return a flow the shape of a long operation: one suspension point, its canvas."""
    last = yield Expand(operation.body(**fields))
    if operation.shape:
        return operation.shape(fields, last)
    return operation.answer.model_validate(last)


def _run_body(execution: Execution, body: Any) -> Answer | Suspended:
    """Run a body to its answer, or to the first suspension point whose outcome is not known."""
    if not isinstance(body, Generator):
        return body  # type: ignore[no-any-return]  # checked at declaration
    step: Callable[[], Suspension] = partial(next, body)
    number = 0
    while True:
        try:
            suspension = step()
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]  # checked at declaration
        result = reach(execution, str(number), suspension)
        if isinstance(result, Accepted | Suspended):
            body.close()
            return result
        step = result.resume(body)
        number += 1


def _finish(execution: Execution, answer: Answer) -> Answered:
    document = answer.document()
    made = rollback.own(execution) if execution.place.flow else []
    sending = execution.runtime.journal.finish(
        execution.entry, execution.place, document, made=made
    )
    execution.runtime.publisher.resume(sending)
    return Answered(document)


def _try_again(execution: Execution, error: errors.XenflowError) -> End:
    """Defer after a passing error, longer each time; fail when patience or time is over.

    What fails already is deferred as long as it takes: nothing is given up of which nobody knows
    how it ended.
    """
    entry, settings, now = execution.entry, execution.runtime.settings, execution.now()
    deferral = retry.after(entry.record, error, settings, now)
    is_over = entry.record.cancel or now >= retry.limit(entry.record, error, settings)
    if is_over and entry.record.failing is None:
        return failing.fail(execution, error)
    entry.update(retry=deferral.retry)
    reason = f"{error.message}; tried again in {deferral.seconds:.1f} s"
    execution.defer(reason, until=deferral.until)
    return Suspended(reason)
