"""Dispatcher of calls; it checks in the order of the toolstack.

Count of parameters, their types, session, async form; then the task is made; then role and objects,
whose errors an `Async.` call therefore leaves in its task. (gen_server.ml, server_helpers.ml)
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator import (
    datamodel,
    forwarding,
    generic,
    old_forms,
    operation_faults,
    roles,
    unmarshal,
    xmlrpc,
)
from simulator.call import Call
from simulator.datamodel import Message, Type
from simulator.errors import Failure, internal
from simulator.exchange import Answer
from simulator.methods import Method
from simulator.pool import Pool
from simulator.sessions import SUPERUSER
from simulator.stats import Stats
from simulator.tables import NULL
from simulator.tasks import Task

_log = logging.getLogger(__name__)

_ASYNC = "Async."
_TASK_REF = Type("ref", "task")
_NAMES = Type("set", items=(Type("string"),))
_ANYTHING = Type("anything")
_HEADER = "x-http-other-config-"
_LOOKING = ("get_", "assert_", "query_", "has_", "is_", "retrieve_")
_UNTOLD = frozenset({"session", "task", "event"})
_LOGIN = "session.login_with_password"


@dataclass(frozen=True, slots=True)
class Request:
    """A call as a codec read it; `address` is the one it was sent to."""

    method: str
    params: list[Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    address: str = ""


class Dispatcher:
    """Dispatcher of requests to custom and generic methods."""

    def __init__(self, pool: Pool, methods: Mapping[str, Method], stats: Stats) -> None:
        self._pool = pool
        self._stats = stats
        self._reader = unmarshal.Reader(pool.db.model)
        self._messages = pool.db.model.messages
        self._names = _names(pool.db.model)
        self._handlers = dict(methods)  # those of the data model are added by their first call
        self._background: set[asyncio.Task[None]] = set()

    async def answer(self, request: Request) -> Answer:
        """Return the answer; raises Failure for a refusal."""
        self._stats.count(request.method)
        if request.method.startswith("system."):
            return self._system(request)
        is_async = request.method.startswith(_ASYNC)
        plain = request.method.removeprefix(_ASYNC)
        message = self._messages.get(plain) if is_async else self._names.get(plain)
        if message is None:
            raise self._unknown(plain, request)
        session = _session(message, request.params)
        args = [] if message.removed else self._arguments(message, request.params)
        role = self._admit(message, session, request)
        if message.removed:
            raise Failure("MESSAGE_REMOVED")
        if is_async and not message.has_async:
            raise Failure("Fault", f"No async mode for this operation (rpc: {plain})")
        call = self._call(message, session, request, args)
        if is_async:
            self._start(call, message, role, args)
            return Answer(call.task, _TASK_REF)
        return Answer(await self._finish_sync(call, message, role, args), message.result)

    def stop(self) -> None:
        """Cancel every operation in the background."""
        for job in self._background:
            job.cancel()

    def _system(self, request: Request) -> Answer:
        if request.method == "system.listMethods":
            names = [message.method for message in self._messages.values()]
            return Answer(names, _NAMES, bare=True)
        if request.method.startswith("system.isAlive:") and request.params:
            return Answer(request.params[0], _ANYTHING, bare=True)
        raise Failure("MESSAGE_METHOD_UNKNOWN", request.method)

    def _unknown(self, plain: str, request: Request) -> Failure:
        """Refuse an unknown name; the first parameter is taken as a session."""
        if request.params:
            role = self._pool.sessions.role(unmarshal.session(request.params[0]))
            if not roles.suffices(role, "pool-admin"):
                return roles.denied("host.call_extension", "pool-admin")
        return Failure("MESSAGE_METHOD_UNKNOWN", plain)

    def _arguments(self, message: Message, params: list[Any]) -> list[Any]:
        own = params if message.sessionless else params[1:]
        pairs = zip(own, message.params, strict=False)
        return [self._reader.read(value, param.type) for value, param in pairs]

    def _admit(self, message: Message, session: str, request: Request) -> str:
        """Check session and host; return the role of the caller (session_check.ml)."""
        sessions = self._pool.sessions
        if sessions.is_local(session, self._pool.member(request.address)):
            return roles.SUPERUSER
        role = roles.SUPERUSER if message.sessionless else sessions.role(session)
        if message.internal:
            raise _not_for_clients(message.method)
        bound = not message.sessionless or message.method == _LOGIN
        if bound and self._pool.member(request.address):
            raise Failure("HOST_IS_SLAVE", self._pool.address)
        sessions.used(session)
        return role

    def _call(self, message: Message, session: str, request: Request, args: list[Any]) -> Call:
        return Call(
            self._pool,
            self._task(message, session, request),
            method=request.method,
            session=session,
            headers=request.headers,
            args=args,
            member=self._pool.member(request.address),
        )

    def _task(self, message: Message, session: str, request: Request) -> Task:
        if not message.has_async:
            return self._pool.tasks.nameless(request.method, session)
        return self._pool.tasks.start(
            request.method,
            session=session,
            subtask_of=request.headers.get("subtask-of", NULL),
            other_config={
                f"http:{name.removeprefix(_HEADER)}": value
                for name, value in request.headers.items()
                if name.startswith(_HEADER)
            },
        )

    def _start(self, call: Call, message: Message, role: str, args: list[Any]) -> None:
        job = asyncio.create_task(self._finish_async(call, message, role, args))
        self._background.add(job)
        job.add_done_callback(self._background.discard)

    async def _finish_async(self, call: Call, message: Message, role: str, args: list[Any]) -> None:
        try:
            result = await self._perform(call, message, role, args)
        except Failure as failure:
            call.running.fail(old_forms.refusal(failure, self._pool.db.model.release))
        else:
            call.running.succeed(xmlrpc.encode(result, message.result).decode())

    async def _finish_sync(self, call: Call, message: Message, role: str, args: list[Any]) -> Any:  # noqa: ANN401 - wire value
        try:
            return await self._perform(call, message, role, args)
        except Failure as failure:
            raise old_forms.refusal(failure, self._pool.db.model.release) from failure
        finally:
            call.running.end()

    async def _perform(self, call: Call, message: Message, role: str, args: list[Any]) -> Any:  # noqa: ANN401 - wire value
        roles.check(role, message)
        await self._meter(call)
        await operation_faults.apply(call, args, "before")
        result = await self._run(call, message, args)
        self._note(call, message, args, result)
        await operation_faults.apply(call, args, "after")
        return "" if result is None else result

    async def _meter(self, call: Call) -> None:
        """Delay a call that exceeds its caller's budget."""
        meter, db = self._pool.meter, self._pool.db
        if not meter.on or not db.exists("session", call.session):
            return
        session = db.get("session", call.session)
        user = session["auth_user_name"] or SUPERUSER
        caller = (user, session["originator"], call.headers.get("user-agent", ""))
        if wait := meter.delay(call.method, caller, self._pool.clock.now()):
            await call.running.sleep(wait)

    async def _run(self, call: Call, message: Message, args: list[Any]) -> Any:  # noqa: ANN401 - wire value
        try:
            forwarding.forward_whole(call, message.cls, message.name, args)
            return await self._handler(message)(call, *args)
        except Failure:
            raise
        except Exception as error:
            _log.exception("%s failed", message.method)
            self._stats.unforeseen += 1
            raise internal(repr(error)) from error

    def _handler(self, message: Message) -> Method:
        known = self._handlers.get(message.method)
        if known is None:
            known = generic.handler(message, self._pool.db.model)
            self._handlers[message.method] = known
        return known

    def _note(self, call: Call, message: Message, args: list[Any], result: Any) -> None:  # noqa: ANN401 - wire value
        """Record the effect of a call that changed something."""
        if message.cls in _UNTOLD or message.name.startswith(_LOOKING):
            return
        now = self._pool.clock.now()
        self._pool.effects.add(now, message.method, args, result, call.task)


def _names(model: datamodel.Model) -> dict[str, Message]:
    """Key the messages by both their synchronous names: `VM.start` and `VM_start`."""
    named = dict(model.messages)
    named.update({f"{m.cls}_{m.name}": m for m in model.messages.values()})
    return named


def _check_count(message: Message, received: int) -> None:
    if not message.required <= received <= message.most:
        raise Failure(
            "MESSAGE_PARAMETER_COUNT_MISMATCH", message.method, message.required, received
        )


def _session(message: Message, params: list[Any]) -> str:
    """Return the session of a call, after a check of the number of parameters."""
    _check_count(message, len(params) - (not message.sessionless))
    return "" if message.sessionless else unmarshal.session(params[0])


def _not_for_clients(method: str) -> Failure:
    return internal(f'Internal API "{method}" call attempted with non-pool (external) session')
