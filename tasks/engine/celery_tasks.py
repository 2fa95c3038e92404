"""Operations as Celery tasks: the task class and the request class that lead to the engine.

To Celery a parked operation is a task that retries: its slot is free, its message comes again under
the same id. The result backend calls its state PARKED.
"""

import json
import traceback
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, cast

from billiard.einfo import ExceptionInfo
from celery import Task
from celery.exceptions import Ignore, Reject, Retry
from celery.worker import state as worker_state
from celery.worker.request import Request

from config import masking, queues, redis_replies
from tasks.engine import celery_events, infrastructure
from tasks.engine.declaration import message
from tasks.engine.declaration.definition import Operation
from tasks.engine.execution import executor, stored_ends
from tasks.engine.execution.begin import Delivery
from tasks.engine.execution.execution import Answered, End, Failed, Ignored, Rejected, Suspended
from tasks.engine.execution.runtime import EngineApp, Runtime
from tasks.engine.journal.entry import Place
from tasks.engine.journal.record import CancelRequest, Document, Record
from tasks.engine.messages import publisher, refusals
from xenserver import errors

if TYPE_CHECKING:
    from kombu.message import Message as Delivered

WIRE = "xenflow_wire"  # where a request keeps its message as it came
TAG = "xenflow_tag"  # what the broker knows this delivery by, also when it comes again
QUEUE = "xenflow_queue"  # where it is sent again: the queue, and the priority if it has one
REVOKED = "xenflow_revoked"  # where it keeps that it was revoked before this delivery
OWN = (WIRE, TAG, QUEUE, REVOKED)
"""What a worker itself puts beside the headers of a message."""

_JOURNAL_KEY = "XENFLOW_JOURNAL_KEY"


class Context(Protocol):
    """Celery's context of a delivery, which has more than the stubs know."""

    id: str
    task: str
    args: list[object]
    kwargs: dict[str, object]
    root_id: str | None
    chain: object
    chord: object
    ignore_result: bool | None

    def get(self, key: str, default: object = None) -> str | None:
        """Return a header; ours are texts."""
        ...


class Refusing(Protocol):
    """What the result backend of a worker does with refusals."""

    def store_refusal(self, request: Context, error: Exception) -> bool:
        """Store a refusal, unless an end is stored; return whether it is."""
        ...

    def pass_on_refusal(self, request: Context, error: Exception) -> None:
        """Fail the chord of a refused message, and send its error callbacks."""
        ...


class PutAside(Reject):
    """The message becomes a dead letter; Celery stores a failure for other rejections."""


class OperationRequest(Request):
    """A request that keeps its message as it came, and leaves revoking to the engine.

    Celery drops a revoked message where it meets it; but what runs on XenServer must be cancelled
    and what was made undone, so the journal notes the revocation, and ends the task as REVOKED
    itself. A message expires only before it has begun.
    """

    _request_dict: dict[str, object]
    _delivery_info: dict[str, object]
    _expires: datetime | None
    _message: "Delivered"
    task: "OperationTask"

    def __init__(self, delivered: "Delivered", **options: Any) -> None:  # noqa: ANN401 - Celery's own options
        super().__init__(delivered, **options)
        self._request_dict[TAG] = str(delivered.delivery_tag)
        self._began = celery_events.began(delivered.headers)
        priority = delivered.properties.get("priority")
        self._request_dict[QUEUE] = f"{self._queue()}:{priority}" if priority else self._queue()
        self._request_dict[WIRE] = publisher.capture(delivered, self._queue())
        kwargs = self._request_dict["kwargs"]
        if isinstance(kwargs, dict) and any(map(masking.is_secret, kwargs)):
            self._kwargsrepr = self._request_dict["kwargsrepr"] = repr(message.masked(kwargs))

    def revoked(self) -> bool:
        """Ignore the revocation: the operation is cancelled in the journal, and ends there."""
        if self.id in worker_state.revoked and not self._expires:
            self.task.runtime.journal.cancel(self.id, CancelRequest.REVOKED)
            self._request_dict[REVOKED] = True  # for one that the journal does not know yet
            return False
        if self._expires and self.task.runtime.journal.knows(self.id):
            return False
        return bool(super().revoked())

    def on_failure(
        self,
        exc_info: ExceptionInfo,
        send_failed_event: bool = True,  # noqa: FBT001, FBT002 - Celery's own signature
        return_ok: bool = False,  # noqa: FBT001, FBT002 - likewise
    ) -> None:
        """Put a message aside whose id is that of another one, and store nothing under it."""
        wrapped = exc_info.exception  # by billiard, when the task has run
        error = getattr(wrapped, "exc", wrapped)
        if not isinstance(error, PutAside):
            super().on_failure(exc_info, send_failed_event, return_ok)
            return
        worker_state.task_ready(self)
        self._message.properties[refusals.PROBLEM] = str(error.args[0])
        self.reject(requeue=False)

    def on_retry(self, exc_info: ExceptionInfo) -> None:
        """Acknowledge the message of a parked operation, and tell monitors what it waits for."""
        self.acknowledge()
        wrapped = exc_info.exception  # by billiard, when the task has run
        retry = wrapped if isinstance(wrapped, Retry) else vars(wrapped)["exc"]
        self.send_event(celery_events.PARKED, result=str(retry.message))

    def send_event(self, type: str, **fields: object) -> None:
        """Send an event with the times of the whole operation."""
        super().send_event(type, **celery_events.fields(type, fields, self._began))

    def _queue(self) -> str:
        """Return the queue to which it is sent again: where it says it was, if that is served."""
        queue = self._delivery_info["routing_key"]
        return queue if queue in queues.OPERATIONS else self.task.operation.queue


class OperationTask(Task):  # type: ignore[type-arg]  # Task is generic only in the stubs
    """The Celery task of one operation."""

    abstract = True
    acks_late = True
    throws = (errors.XenflowError,)
    Request = f"{OperationRequest.__module__}:{OperationRequest.__qualname__}"
    operation: Operation

    @property
    def runtime(self) -> Runtime:
        """The services of this process."""
        return cast("EngineApp", self.app).runtime  # `bind` binds to such alone

    @property
    def _context(self) -> Context:
        return cast("Context", self.request)  # complete within a delivery

    def __call__(self, /, *previous: object, **fields: object) -> Document:
        """Run in a worker; Celery's own way would take a field called `self` for another."""
        return self.run(*previous, **fields)

    def run(self, /, *previous: object, **fields: object) -> Document:
        """Execute the operation; park as Celery knows it: a retry that somebody else sends."""
        request = self._context
        request.kwargs = message.masked(request.kwargs)
        if message.feeds_a_secret(fields):
            request.args = [masking.STARS]  # kept with the answer, and shown
        try:
            delivery = _delivery(request, previous, fields, self._is_kept)
            return self._ended(executor.execute(self.operation, delivery, self.runtime))
        except infrastructure.POSSIBLE as trouble:
            self._check_entry(trouble)
            infrastructure.requeue(trouble)

    def _check_entry(self, error: BaseException) -> None:
        """Raise the error of an operation whose entry is a key that somebody else has written.

        No message of it can be claimed, so it is not waited out, as other trouble of Redis is.
        """
        key = self.runtime.journal.keys.entry(self._context.id)
        if isinstance(error, redis_replies.ReplyError) and error.key == key:
            raise errors.from_api(_JOURNAL_KEY, [self._context.id, str(error)]) from error

    def _ended(self, end: End) -> Document:
        """Return or raise the end of an execution as Celery knows it."""
        match end:
            case Answered(answer):
                return answer
            case Suspended(reason, early):
                if early:
                    self._answer_early(early)
                raise Retry(reason, exc=celery_events.Parked(reason))
            case Failed(error, revoked) if revoked and isinstance(error, errors.Cancelled):
                self._mark_revoked(error)
                raise Ignore(error.message)
            case Failed(error):
                raise error
            case Rejected() as refusal:
                raise self._rejected(refusal)
            case Ignored(reason):
                raise Ignore(reason)

    def _answer_early(self, error: errors.XenflowError) -> None:
        """Answer the caller while the run goes on."""
        request = self._context
        trace = "".join(traceback.format_exception(error))
        self.backend.mark_as_failure(request.id, error, trace, request=request)
        self.runtime.journal.mark_answered(request.id)

    def _mark_revoked(self, error: errors.Cancelled) -> None:
        request = self._context
        self.backend.mark_as_revoked(request.id, error.message, request=request)
        self.runtime.journal.mark_published(request.id)
        began = celery_events.began({celery_events.BEGAN: request.get(celery_events.BEGAN) or ""})
        self.send_event(celery_events.REVOKED, **celery_events.revoked(began))

    def _rejected(self, refusal: Rejected) -> Exception:
        """Return what puts a message aside; where nothing is stored any more, its error.

        A chord or error callbacks get to know in any case.
        """
        backend = cast("Refusing", self.backend)
        request, error = self._context, refusal.error
        if refusal.may_be_stored and backend.store_refusal(request, error):
            request.ignore_result = True  # it is stored
            return error
        if not refusal.is_step:
            backend.pass_on_refusal(request, error)
        return PutAside(error.message) if refusal.is_kept else Ignore(error.message)

    def _is_kept(self, known: Record) -> bool:
        """Return whether Celery keeps the end of this operation, and nothing else in its place."""
        stored = self.backend.get_task_meta(self._context.id, cache=False)
        return stored_ends.is_end_of(known, stored["status"], stored["result"])

    def after_return(
        self, _status: str, retval: Document | BaseException, task_id: str, *_: object
    ) -> None:
        """Note that Celery has stored the end and passed it on."""
        if isinstance(retval, errors.XenflowError) and retval.code == _JOURNAL_KEY:
            return
        backend: Any = self.backend  # its Redis part is without types
        self.runtime.journal.mark_published(
            task_id,
            result=backend.get_key_for_task(task_id).decode(),
            answer=retval if isinstance(retval, dict) else None,
        )


def _delivery(
    request: Context,
    previous: tuple[object, ...],
    fields: dict[str, object],
    is_kept: Callable[[Record], bool],
) -> Delivery:
    place = Place(
        root=request.root_id or request.id,
        path=publisher.path_of(request.get(publisher.PATH) or ""),
        undoes=bool(request.get(publisher.UNDOES)),
        repeats=int(request.get(publisher.REPEATS) or 0),
    )
    return Delivery(
        id=request.id,
        name=request.task,
        place=place,
        fields=fields,
        args=previous,
        follows=bool(request.get("parent_id") or place.path),
        wire=request.get(WIRE) or "",
        queue=request.get(QUEUE) or "",
        tag=request.get(TAG) or "",
        sending=int(request.get(publisher.SENDING) or 0),
        origin=request.get("origin") or "",
        has_next=bool(request.chord or (place.path and request.chain)),
        adopts=json.loads(request.get(publisher.ADOPTS) or "{}"),
        revoked=bool(request.get(REVOKED)),
        refusal=refusals.error_of(vars(request)),
        is_kept=is_kept,
    )


def bind(app: EngineApp, operation: Operation) -> None:
    """Make an operation a task of the app."""
    task = type(
        operation.name,
        (OperationTask,),
        {
            "name": operation.name,
            "operation": operation,
            "__doc__": operation.body.__doc__,
            "__module__": operation.body.__module__,
            "abstract": False,
        },
    )
    app.register_task(task())
