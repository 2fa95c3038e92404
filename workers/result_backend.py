"""The result backend: Celery's own for Redis, save that only ends are published.

Clients of other languages take the first publication on a result's channel as its end. So what is
not an end (PARKED, PROGRESS) is written under the result's key, where those who ask find it, but
published to nobody; and it never overwrites an end that came first.

A parked operation is PARKED, where Celery has RETRY: clients wait on in either, but a plain worker
that is to revoke an operation in RETRY stores REVOKED, a false end.
"""

from collections.abc import Callable
from functools import cached_property
from traceback import format_exception
from typing import Any, cast

from celery import Celery, states
from celery.backends.redis import RedisBackend, SentinelBackend
from celery.exceptions import TaskRevokedError
from kombu.exceptions import DecodeError
from redis import Redis
from redis.exceptions import ResponseError

from config import redis_replies
from tasks.engine import infrastructure
from tasks.engine.journal.scripts import Scripts
from workers.chord_joins import JoinsChords

PARKED = "PARKED"
PROGRESS = "PROGRESS"

_NO_RESULT = (DecodeError, TypeError, LookupError, AttributeError)  # by what it is noticed
_STORE_RESULT = 3  # the place of that argument where Celery calls `mark_as_done`


class _OnlyEndsArePublished:
    """Write a state that is not an end quietly, unless the end is there already."""

    client: Any
    expires: Any

    get_key_for_task: Any
    encode: Any
    _get_result_meta: Any

    def results_prefix(self) -> str:
        """Return what stands before the id in the key of a result."""
        key: bytes = self.get_key_for_task("*")
        return key.decode().removesuffix("*")

    def progress_document(self) -> str:
        """Return the result of an operation under way; "%ID%" and "%PROGRESS%" are to fill in."""
        meta = self._get_result_meta(
            result={"progress": "%PROGRESS%"}, state=PROGRESS, traceback=None, request=None
        )
        return str(self.encode({**meta, "task_id": "%ID%"}))

    @cached_property
    def _scripts(self) -> Scripts:
        return Scripts(self.client)

    def decode_result(self, payload: Any) -> dict[str, Any]:
        """Read a stored result; anything else counts as nothing, and an end replaces it."""
        try:
            return dict(super().decode_result(payload))  # type: ignore[misc]  # the backend it is mixed into has it
        except _NO_RESULT:
            return {"status": states.PENDING, "result": None}

    def _get_task_meta_for(self, task_id: str) -> dict[str, Any]:
        try:
            return dict(super()._get_task_meta_for(task_id))  # type: ignore[misc]  # likewise
        except ResponseError as error:
            if "WRONGTYPE" not in str(error):
                raise
        return {"status": states.PENDING, "result": None}

    def _get_client(self) -> type[Redis]:
        return redis_replies.NamingRedis

    def forget_failure(self, task_id: str) -> None:
        """Delete a stored end, unless it is a success by now."""
        self._scripts.run("forget_failure", [self.get_key_for_task(task_id)], [])

    def _set_with_state(self, key: str, value: str, state: str) -> None:
        if state in states.READY_STATES:
            super()._set_with_state(key, value, state)  # type: ignore[misc]  # the backend it is mixed into has it
        else:
            self._scripts.run("store_state", [key], [value, int(self.expires or 0), "0"])


class _OfAWorker(JoinsChords):
    """Send without listening for the answer, and report an end when it has come.

    What Redis cannot store now is not a failure of the task: its message comes again.
    """

    client: Any
    failure_expires: Any
    get_key_for_task: Any
    encode: Any
    prepare_exception: Any
    store_result: Any
    _get_result_meta: Any
    _get_task_meta_for: Any
    _scripts: Scripts
    _set_with_state: Any
    _fail_chain: Any

    def _store_result(
        self,
        task_id: str,
        result: Any,
        state: str,
        traceback: Any = None,
        request: Any = None,
        **options: Any,
    ) -> Any:
        """Store a state; the end of a request replaces whatever somebody else has stored.

        Celery lets any SUCCESS stand. Here the journal sees to it that an id has one end.
        """
        if request is None or request.id != task_id or state not in states.READY_STATES:
            return super()._store_result(task_id, result, state, traceback, request, **options)  # type: ignore[misc]  # the backend it is mixed into has it
        document = self._document(task_id, result, state, traceback, request)
        self._set_with_state(self.get_key_for_task(task_id), document, state)
        return result

    def store_refusal(self, request: Any, error: Exception) -> bool:
        """Store that a message was refused, unless an end is stored; return whether it is."""
        if request.ignore_result:
            return False
        trace = "".join(format_exception(error))
        described = self.prepare_exception(error)
        document = self._document(request.id, described, states.FAILURE, trace, request)
        lifetime = int(self.failure_expires or 0)
        keys = [self.get_key_for_task(request.id)]
        return bool(self._scripts.run("store_state", keys, [document, lifetime, "1"]))

    def _document(self, task_id: str, result: Any, state: str, trace: Any, request: Any) -> Any:
        meta = self._get_result_meta(result=result, state=state, traceback=trace, request=request)
        return self.encode({**meta, "task_id": task_id})

    def pass_on_refusal(self, request: Any, error: Exception) -> None:
        """Fail the chord of a refused message, and send its error callbacks; store nothing."""
        _stored(
            super().mark_as_failure,  # type: ignore[misc]  # likewise
            request.id,
            error,
            "".join(format_exception(error)),
            request=request,
            store_result=False,
        )

    def mark_as_done(self, *args: Any, **options: Any) -> None:
        """Store a success; of one whose result is ignored, forget the progress."""
        _stored(super().mark_as_done, *args, **options)  # type: ignore[misc]  # the backend it is mixed into has it
        stores = (
            args[_STORE_RESULT] if len(args) > _STORE_RESULT else options.get("store_result", True)
        )
        if not stores:
            _stored(self._forget_progress, args[0])

    def mark_as_failure(self, *args: Any, **options: Any) -> None:
        """Store a failure; of one whose result is ignored, forget the progress."""
        _stored(super().mark_as_failure, *args, **options)  # type: ignore[misc]  # likewise
        if not options.get("store_result", True):
            _stored(self._forget_progress, args[0])

    def _forget_progress(self, task_id: str) -> None:
        """Delete a state that is not an end: nobody would, before it expires."""
        if self._get_task_meta_for(task_id)["status"] not in states.READY_STATES:
            self.client.delete(self.get_key_for_task(task_id))

    def mark_as_retry(self, task_id: str, exc: Exception, *_: Any, **options: Any) -> None:
        """Store that it is parked, and what it waits for."""
        request = options.get("request")
        _stored(self.store_result, task_id, {"reason": str(exc)}, PARKED, request=request)

    def on_task_call(self, producer: object, task_id: str) -> None:
        """Subscribe to nothing: a worker waits for nobody."""

    def mark_as_revoked(
        self, task_id: str, reason: str = "", request: Any = None, *rest: Any, **options: Any
    ) -> None:
        """Store that a request ended so, and with it the steps that were to follow.

        Asked to revoke, Celery stores that at once and without a request: the engine has yet
        to cancel and to undo. After a failure Celery ends the rest of a chain; after a revocation
        or an expiry it does not, and who waits for the end of the chain would wait for ever.
        """
        if request is None:
            return
        super().mark_as_revoked(task_id, reason, request, *rest, **options)  # type: ignore[misc]  # the backend it is mixed into has it
        self._fail_chain(
            getattr(request, "chain", None),
            TaskRevokedError(reason),
            store_result=options.get("store_result", True),
            state=states.REVOKED,
        )


def _stored(store: Callable[..., Any], *args: Any, **options: Any) -> None:
    try:
        store(*args, **options)
    except infrastructure.POSSIBLE as error:
        infrastructure.requeue(error)


class Backend(_OnlyEndsArePublished, RedisBackend):
    """For one Redis server."""


class BehindSentinels(_OnlyEndsArePublished, SentinelBackend):
    """For Redis behind Sentinels."""


class WorkersBackend(_OfAWorker, Backend):
    """For one Redis server, in a worker."""


class WorkersBehindSentinels(_OfAWorker, BehindSentinels):
    """For Redis behind Sentinels, in a worker."""


def of(app: Celery) -> Backend | BehindSentinels:
    """Return the result backend of a xenflow application."""
    return cast("Backend | BehindSentinels", app.backend)  # as `url` has it made


def url(result_backend: str, *, listens: bool = True) -> str:
    """Return the address of a result backend as Celery takes one of our classes."""
    sentinels = result_backend.startswith("sentinel://")
    cls: type[object]
    if listens:
        cls = BehindSentinels if sentinels else Backend
    else:
        cls = WorkersBehindSentinels if sentinels else WorkersBackend
    return f"{cls.__module__}.{cls.__qualname__}+{result_backend}"
