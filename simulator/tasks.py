"""Task records and the operations behind them."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from simulator import clock, old_forms
from simulator.clock import Clock
from simulator.errors import Failure
from simulator.limits import Limits
from simulator.tables import NULL, Database

KEPT_SECONDS = 3900.0
STUCK_SECONDS = 24 * 3600.0
_PLACES = (("ocaml/xapi/rbac.ml", 205), ("ocaml/xapi/server_helpers.ml", 95))
_BACKTRACE = "".join(f"((process xapi)(filename {file})(line {line}))" for file, line in _PLACES)


class Task:
    """A running operation and its task record; the record may be deleted before the end.

    A call that gets no task record has a Task all the same, with a `DummyRef:` for its reference.
    """

    def __init__(self, db: Database, time: Clock, ref: str, name: str, session: str) -> None:
        self.ref = ref
        self.name = name
        self.session = session
        self.cancelled = False
        self.deaf = False
        self.host = NULL
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._db = db
        self._clock = time
        self._pause: asyncio.Future[None] | None = None
        self._is_cancellable = False
        self._interruption: Failure | None = None

    def progress(self, fraction: float) -> None:
        """Set the progress, 0 to 1."""
        self._put(progress=float(fraction))

    def cancellable(self, *, allowed: bool) -> None:
        """Set whether the operation can be cancelled now."""
        self._put(allowed_operations=["cancel"] if allowed else [])

    def forward(self, host: str) -> None:
        """Set the host that does the work."""
        self.host = host
        self._put(resident_on=host)

    def cancel(self) -> None:
        """Request cancellation; it takes effect at the next cancellable wait."""
        self.cancelled = True
        if self._pause and self._is_cancellable:
            _resolve(self._pause)

    def interrupt(self, failure: Failure) -> None:
        """Make the operation fail at its present or next wait, cancellable or not."""
        self._interruption = failure
        if self._pause:
            _resolve(self._pause)

    def check(self, *, cancellable: bool = True) -> None:
        """Raise what interrupted the operation, or TASK_CANCELLED if a cancel was asked for."""
        if self._interruption:
            raise self._interruption
        if self.cancelled and cancellable:
            raise Failure("TASK_CANCELLED", self.ref)

    async def sleep(self, seconds: float, *, cancellable: bool = True) -> None:
        """Wait in simulated time; a cancel ends a cancellable wait with TASK_CANCELLED."""
        self.check(cancellable=cancellable)
        self._pause, self._is_cancellable = self._clock.timer(seconds), cancellable
        await self._pause
        self.check(cancellable=cancellable)

    async def wake(self, change: asyncio.Future[None], seconds: float) -> None:
        """Wait for a change, at most `seconds`; a cancel ends the wait with TASK_CANCELLED."""
        pause = self._clock.timer(seconds)
        change.add_done_callback(lambda _: _resolve(pause))
        self.check()
        self._pause, self._is_cancellable = pause, True
        await pause
        change.cancel()
        self.check()

    def succeed(self, result: str) -> None:
        """Record success; `result` is XML-RPC text, `status` is written last."""
        self._put(allowed_operations=[])
        self._put(finished=self._clock.iso(), progress=1.0, result=result)
        self._end(status="success")

    def fail(self, failure: Failure) -> None:
        """Record the failure, or the cancellation for TASK_CANCELLED."""
        if failure.code == "TASK_CANCELLED":
            self._put(progress=1.0, finished=self._clock.iso())
            self._put(status="cancelled")
            self._end(allowed_operations=[])
            return
        self._put(progress=1.0, error_info=failure.description(), backtrace=f"({_BACKTRACE})")
        self._put(finished=self._clock.iso(), allowed_operations=[])
        self._end(status="failure")

    def end(self) -> None:
        """End and delete the record of a synchronous call."""
        if self._db.exists("task", self.ref):
            self._db.destroy("task", self.ref)
        self._end()

    def _put(self, **fields: Any) -> None:  # noqa: ANN401 - wire values
        if self._db.exists("task", self.ref):
            self._db.put("task", self.ref, **fields)

    def _end(self, **fields: Any) -> None:  # noqa: ANN401 - wire values
        self._put(**fields)
        _resolve(self.ended)


class Tasks:
    """All tasks of the pool: the records, and the operations still running behind them."""

    def __init__(self, db: Database, time: Clock, limits: Limits) -> None:
        self.running: dict[str, Task] = {}
        self.peak = 0
        self._db = db
        self._clock = time
        self._limits = limits
        self._seen: dict[str, float] = {}

    def start(
        self,
        name: str,
        *,
        session: str = NULL,
        subtask_of: str = NULL,
        other_config: Mapping[str, str] | None = None,
    ) -> Task:
        """Create a pending task record and the handle of its operation."""
        ref = self.record(name, subtask_of=subtask_of, other_config=other_config)
        task = Task(self._db, self._clock, ref, name, session)
        self.running[ref] = task
        self.peak = max(self.peak, len(self.running))
        task.ended.add_done_callback(lambda _: self.running.pop(ref, None))
        return task

    def record(
        self,
        name: str,
        description: str = "",
        *,
        subtask_of: str = NULL,
        other_config: Mapping[str, str] | None = None,
    ) -> str:
        """Make a pending task record with nothing behind it; return its reference."""
        return self._db.create(
            "task",
            name_label=name,
            name_description=description,
            status="pending",
            created=self._clock.iso(),
            resident_on=self._coordinator(),
            type="<none/>",
            backtrace="()",
            subtask_of=subtask_of if self._db.exists("task", subtask_of) else NULL,
            other_config=dict(other_config or {}),
        )

    def nameless(self, name: str, session: str) -> Task:
        """Return the handle of a call that gets no task record."""
        ref = f"DummyRef:|{self._db.new_uuid()}|{name}"
        return Task(self._db, self._clock, ref, name, session)

    def cancel(self, ref: str, by: str) -> None:
        """Request the cancellation of a task in the name of the call `by`."""
        self._db.put_key("task", ref, "current_operations", by, "cancel")
        if ref in self.running and self.running[ref].deaf:
            return
        for part in (ref, *self._db.get("task", ref)["subtasks"]):
            if part in self.running:
                self.running[part].cancel()

    async def stop(self, ref: str, by: str) -> None:
        """Cancel a task in the name of the call `by` and wait for its end, however it ends."""
        task = self.running.get(ref)
        if task:
            self.cancel(ref, by)
            await asyncio.shield(task.ended)

    def destroy(self, ref: str) -> None:
        """Delete a finished task's record; mark a pending one for the sweep."""
        record = self._db.get("task", ref)
        if record["status"] != "pending":
            self._db.destroy("task", ref)
        elif "task" in record["current_operations"]:
            raise Failure("MAP_DUPLICATE_KEY", "task", "current_operations", ref, "task")
        else:
            self._db.put_key("task", ref, "current_operations", "task", "destroy")

    def sweep(self) -> None:
        """Delete tasks that are finished or stuck for too long, or too many."""
        refs = self._db.refs("task")
        pending = [ref for ref in refs if self._db.get("task", ref)["status"] == "pending"]
        finished = [ref for ref in refs if self._db.get("task", ref)["status"] != "pending"]
        self._destroy(ref for ref in finished if self._is_over(ref))
        self._sweep_stuck(pending)
        young = [ref for ref in finished if self._db.exists("task", ref)]
        if len(young) + len(pending) > self._limits.tasks:
            young.sort(key=lambda ref: str(self._db.get("task", ref)["finished"]))
            self._destroy(young[: self._surplus(len(young), len(pending))])

    def _surplus(self, finished: int, pending: int) -> int:
        """Return how many finished tasks are too many; older releases leave as many as they may."""
        if self._db.model.release.has(old_forms.SWEEPS_ALL):
            return max(0, 2 * finished - self._limits.tasks)
        return finished + pending - self._limits.tasks

    def on(self, host: str) -> list[Task]:
        """Return the running operations that a host does."""
        return [task for task in self.running.values() if task.host == host]

    def lose(self, ref: str) -> None:
        """Delete a record whose operation goes on."""
        if self._db.exists("task", ref):
            self._db.destroy("task", ref)

    def forget(self) -> None:
        """Delete every record and handle, as a toolstack restart does; operations continue."""
        self.running.clear()
        self._destroy(self._db.refs("task"))

    def _is_over(self, ref: str) -> bool:
        task = self._db.get("task", ref)
        return "task" in task["current_operations"] or self._age(task["finished"]) > KEPT_SECONDS

    def _sweep_stuck(self, pending: list[str]) -> None:
        """Delete what is a day old and has not moved since the last sweep."""
        seen, self._seen = self._seen, {}
        for ref in pending:
            task = self._db.get("task", ref)
            if self._age(task["created"]) <= STUCK_SECONDS:
                continue
            self._seen[ref] = task["progress"]
            if seen.get(ref) == task["progress"]:
                self._db.destroy("task", ref)

    def _age(self, instant: str) -> float:
        return self._clock.now() - clock.seconds(instant)

    def _destroy(self, refs: Iterable[str]) -> None:
        for ref in list(refs):
            self._db.destroy("task", ref)

    def _coordinator(self) -> str:
        pools = self._db.refs("pool")
        return str(self._db.get("pool", pools[0])["master"]) if pools else NULL


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
