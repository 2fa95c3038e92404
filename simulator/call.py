"""What a verb gets: the pool, the task it runs in, and the two gestures every verb is made of.

`marking` takes the objects a verb works on, waiting its turn as XenServer does; `work` lets
simulated time pass. Between them a verb reads and writes `call.db` and raises `errors.Failure`.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import NamedTuple

from simulator import gates
from simulator.errors import Failure
from simulator.pool import Pool
from simulator.tables import Database
from simulator.tasks import Task

PATIENCE = 7200.0
DEVICE_PATIENCE = 120.0
_LOOK_AGAIN = 600.0
_WAITING_LIMIT = 100
_BUSY = "OTHER_OPERATION_IN_PROGRESS"


class Mark(NamedTuple):
    """An operation that shows in an object's `current_operations`."""

    cls: str
    ref: str
    op: str


class Call:
    """One call of one verb."""

    def __init__(  # noqa: PLR0913  # what a call is made of
        self,
        pool: Pool,
        running: Task,
        *,
        method: str = "",
        session: str = "",
        headers: Mapping[str, str] | None = None,
        part: bool = False,
    ) -> None:
        self.pool = pool
        self.running = running
        self.method = method
        self.session = session
        self.headers = headers or {}
        self.part = part

    @property
    def db(self) -> Database:
        """Give the pool's database."""
        return self.pool.db

    @property
    def task(self) -> str:
        """Give the reference under which this call shows in `current_operations`."""
        return self.running.ref

    @asynccontextmanager
    async def marking(
        self,
        cls: str,
        ref: str,
        op: str,
        also: Iterable[tuple[str, str, str]] = (),
        *,
        strict: bool = True,
    ) -> AsyncIterator[None]:
        """Hold objects for an operation: gates checked, busy ones waited for, marks shown.

        `strict` is off where the caller insists on what the guest is not known to be able to.

        On leaving, marks go and `allowed_operations` are computed anew, also when the body fails
        or destroys the object.
        """
        marks = [Mark(cls, ref, op), *(Mark(*mark) for mark in also)]
        await self._pass_gates(marks, strict=strict)
        for mark in marks:
            self.db.put_key(mark.cls, mark.ref, "current_operations", self.task, mark.op)
        self.refresh(marks)
        try:
            yield
        finally:
            self.release(marks)

    async def work(self, verb: str, scale: float = 1.0, *, cancellable: bool = True) -> None:
        """Let the verb's duration pass, progress rising from 0 to 1.

        A cancel ends it with TASK_CANCELLED, unless the work is not cancellable.
        """
        total = self.pool.duration(verb) * scale
        steps = max(1, min(10, int(total)))
        self.running.cancellable(allowed=cancellable)
        for step in range(1, steps + 1):
            if cancellable:
                await self.running.sleep(total / steps)
            else:
                await self.pool.clock.sleep(total / steps)
            self.running.progress(step / steps)
        self.running.cancellable(allowed=False)

    @asynccontextmanager
    async def subtask(self, name: str) -> AsyncIterator["Call"]:
        """Do a part under a task of its own, such as `Async.VDI.clone` in a `VM.clone`.

        A cancel of the whole reaches the part; the part's record goes when it ends.
        """
        task = self.pool.tasks.start(name, session=self.running.session, subtask_of=self.task)
        try:
            yield Call(self.pool, task, method=self.method, session=self.session, part=True)
            task.succeed("<value></value>")
        except Failure as failure:
            task.fail(failure)
            self.running.check()
            raise
        finally:
            if self.db.exists("task", task.ref):
                self.pool.tasks.destroy(task.ref)

    def release(self, marks: Iterable[Mark]) -> None:
        """Take marks away, compute `allowed_operations` anew, and let the next ones have a look."""
        freed = list(marks)
        for mark in freed:
            if self.db.exists(mark.cls, mark.ref):
                self.db.drop_key(mark.cls, mark.ref, "current_operations", self.task)
        self.refresh(freed)
        for mark in freed:
            self.pool.turns.pass_on(mark.ref)
            if mark.cls == "VBD" and self.db.exists("VBD", mark.ref):
                self.pool.turns.pass_on(self.db.get("VBD", mark.ref)["VDI"])

    def refresh(self, objects: Iterable[tuple[str, str, str]]) -> None:
        """Compute `allowed_operations` anew for objects and for those that hang on them."""
        for cls, ref, _ in objects:
            gates.refresh(self.db, cls, ref)

    def say(self, name: str, cls: str, obj_uuid: str, body: str = "") -> str:
        """Make a `message` object about an object, such as VM_STARTED; give its reference."""
        return self.db.create(
            "message",
            name=name,
            priority=5,
            cls=cls,
            obj_uuid=obj_uuid,
            timestamp=self.pool.clock.iso(),
            body=body,
        )

    async def _pass_gates(self, marks: list[Mark], *, strict: bool) -> None:
        """Wait until all gates are open at once; whoever waits behind is let look afterwards."""
        started, turn_at = self.pool.clock.now(), ""
        try:
            while busy := self._first_busy(marks, strict=strict):
                mark, refusal = busy
                patience = PATIENCE if mark is marks[0] else DEVICE_PATIENCE
                left = started + patience - self.pool.clock.now()
                if left <= 0:
                    raise refusal
                taken = refusal.params[1]
                if turn_at != taken:
                    self.pool.turns.pass_on(turn_at)
                await self._wait_for(taken, left, first=turn_at == taken)
                turn_at = taken
        finally:
            self.pool.turns.pass_on(turn_at)

    def _first_busy(self, marks: list[Mark], *, strict: bool) -> tuple[Mark, Failure] | None:
        for mark in marks:
            try:
                gates.check(self.db, mark.cls, mark.ref, mark.op, strict=strict)
            except Failure as refusal:
                if refusal.code != _BUSY:
                    raise
                return mark, refusal
        return None

    async def _wait_for(self, ref: str, patience: float, *, first: bool) -> None:
        """Wait for an object to be released; parts of calls wait beside the limit."""
        counted = not self.part
        if counted and self.pool.waiting >= _WAITING_LIMIT:
            raise Failure("TOO_MANY_PENDING_TASKS")
        self.running.cancellable(allowed=True)
        self.pool.waiting += counted
        turn = self.pool.turns.join(ref, first=first)
        try:
            await self.running.wake(turn, min(patience, _LOOK_AGAIN))
        except BaseException:
            self.pool.turns.leave(ref, turn)
            self.pool.turns.pass_on(ref)
            raise
        finally:
            self.pool.turns.leave(ref, turn)
            self.pool.waiting -= counted
            self.running.cancellable(allowed=False)
