"""The context of a method: the pool, its task, and the two calls every method is made of.

`current_operation` locks the objects of a method and waits for them as XenServer does; `work` lets
simulated time pass. Between them a method reads and writes `call.db` and raises `errors.Failure`.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from simulator import back_end, placement, preconditions
from simulator.errors import Failure
from simulator.pool import Pool
from simulator.tables import Database
from simulator.tasks import Task

WAIT_TIMEOUT = 7200.0
DEVICE_WAIT_TIMEOUT = 120.0
_RECHECK_SECONDS = 600.0
_DONE_BY_COORDINATOR = frozenset({"power_state_reset"})
_BUSY = "OTHER_OPERATION_IN_PROGRESS"


class CurrentOperation(NamedTuple):
    """An operation that shows in an object's `current_operations`."""

    cls: str
    ref: str
    op: str


class Call:
    """One call of one method."""

    def __init__(  # noqa: PLR0913 - what a call is made of
        self,
        pool: Pool,
        running: Task,
        *,
        method: str = "",
        session: str = "",
        headers: Mapping[str, str] | None = None,
        args: Sequence[Any] = (),
        member: str = "",
    ) -> None:
        self.pool = pool
        self.running = running
        self.method = method
        self.session = session
        self.headers = headers or {}
        self.args = args
        self.member = member  # the address of the host that was called, if not the coordinator

    @property
    def db(self) -> Database:
        """Return the pool's database."""
        return self.pool.db

    @property
    def task(self) -> str:
        """Return the reference under which this call shows in `current_operations`."""
        return self.running.ref

    @asynccontextmanager
    async def current_operation(
        self,
        cls: str,
        ref: str,
        op: str,
        also: Iterable[tuple[str, str, str]] = (),
        *,
        strict: bool = True,
    ) -> AsyncIterator[None]:
        """Lock objects for an operation: check preconditions, wait for busy ones, show it.

        `strict` is off where the caller forces what the guest does not report as supported.

        On exit the operations are removed and `allowed_operations` recomputed, also when the body
        fails or destroys the object.
        """
        operations = [
            CurrentOperation(cls, ref, op),
            *(CurrentOperation(*operation) for operation in also),
        ]
        await self._acquire(operations, strict=strict)
        try:
            for operation in operations:
                back_end.assert_available(self.pool, *operation)
            self._forward(cls, ref, op)
            self.refresh(operations)
            yield
        finally:
            self.release(operations)

    async def work(self, method: str, scale: float = 1.0, *, cancellable: bool = True) -> None:
        """Wait for the duration of a method while progress rises from 0 to 1.

        A cancel ends it with TASK_CANCELLED, unless the work is not cancellable.
        """
        total = self.pool.duration(method) * scale
        steps = max(1, min(10, int(total)))
        self.running.cancellable(allowed=cancellable)
        for step in range(1, steps + 1):
            await self.running.sleep(total / steps, cancellable=cancellable)
            self.running.progress(step / steps)
        self.running.cancellable(allowed=False)

    def _forward(self, cls: str, ref: str, op: str) -> None:
        """Leave the work to the host that a VM runs on; HOST_OFFLINE if that is dead."""
        host = placement.resident_host(self.db, cls, ref)
        if host is None or op in _DONE_BY_COORDINATOR:
            return
        if not placement.is_live(self.db, host):
            raise Failure("HOST_OFFLINE", host)
        self.running.forward(host)

    def release(self, operations: Iterable[CurrentOperation]) -> None:
        """Remove operations, recompute `allowed_operations`, and wake the next waiters."""
        freed = list(operations)
        self._hide(freed)
        self.refresh(freed)
        for operation in freed:
            self.pool.wait_queues.wake_next(operation.ref)
            if operation.cls == "VBD" and self.db.exists("VBD", operation.ref):
                self.pool.wait_queues.wake_next(self.db.get("VBD", operation.ref)["VDI"])

    def refresh(self, objects: Iterable[tuple[str, str, str]]) -> None:
        """Recompute `allowed_operations` of objects and of their neighbours."""
        for cls, ref, _ in objects:
            preconditions.refresh(self.db, cls, ref)

    def create_message(self, name: str, cls: str, obj_uuid: str, body: str = "") -> str:
        """Create a `message` about an object, such as VM_STARTED; return its reference."""
        return self.db.create(
            "message",
            name=name,
            priority=5,
            cls=cls,
            obj_uuid=obj_uuid,
            timestamp=self.pool.clock.iso(),
            body=body,
        )

    async def _acquire(self, operations: list[CurrentOperation], *, strict: bool) -> None:
        """Wait until all preconditions hold at once; the next waiter is woken afterwards."""
        started, waiting_on = self.pool.clock.now(), ""
        try:
            while busy := self._show_all(operations, strict=strict):
                operation, refusal = busy
                timeout = WAIT_TIMEOUT if operation is operations[0] else DEVICE_WAIT_TIMEOUT
                left = started + timeout - self.pool.clock.now()
                if left <= 0:
                    raise refusal
                taken = refusal.params[1]
                if waiting_on != taken:
                    self.pool.wait_queues.wake_next(waiting_on)
                await self._wait_for(taken, left, first=waiting_on == taken)
                waiting_on = taken
        finally:
            self.pool.wait_queues.wake_next(waiting_on)

    def _show_all(
        self, operations: list[CurrentOperation], *, strict: bool
    ) -> tuple[CurrentOperation, Failure] | None:
        """Show each operation as soon as its preconditions hold; none if one fails or must wait."""
        shown: list[CurrentOperation] = []
        for operation in operations:
            cls, ref, op = operation
            try:
                preconditions.check(self.db, cls, ref, op, strict=strict)
            except Failure as refusal:
                self._hide(shown)
                if refusal.code != _BUSY:
                    raise
                return operation, refusal
            self.db.put_key(cls, ref, "current_operations", self.task, op)
            shown.append(operation)
        return None

    def _hide(self, operations: Iterable[CurrentOperation]) -> None:
        for cls, ref, _ in operations:
            if self.db.exists(cls, ref):
                self.db.drop_key(cls, ref, "current_operations", self.task)

    async def _wait_for(self, ref: str, limit: float, *, first: bool) -> None:
        """Wait for an object to be released; too many waiters are refused."""
        if self.pool.waiting >= self.pool.limits.waiting:
            raise Failure("TOO_MANY_PENDING_TASKS")
        self.running.cancellable(allowed=True)
        self.pool.waiting += 1
        waiter = self.pool.wait_queues.join(ref, first=first)
        try:
            await self.running.wake(waiter, min(limit, _RECHECK_SECONDS))
        except BaseException:
            self.pool.wait_queues.leave(ref, waiter)
            self.pool.wait_queues.wake_next(ref)
            raise
        finally:
            self.pool.wait_queues.leave(ref, waiter)
            self.pool.waiting -= 1
            self.running.cancellable(allowed=False)
