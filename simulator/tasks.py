"""Task records and the operations behind them: made, told of progress, cancelled, ended, swept."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from simulator import clock
from simulator.clock import Clock
from simulator.errors import Failure
from simulator.tables import NULL, Database

KEPT_SECONDS = 3900.0
STUCK_SECONDS = 24 * 3600.0
YOUNG_LIMIT = 200


class Task:
    """One operation under way and the record that shows it; the record may vanish before the end.

    A call that gets no task record has a Task all the same, with a `DummyRef:` for its reference.
    """

    def __init__(self, db: Database, time: Clock, ref: str, name: str, session: str) -> None:
        self.ref = ref
        self.name = name
        self.session = session
        self.cancelled = False
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._db = db
        self._clock = time
        self._pause: asyncio.Future[None] | None = None

    def progress(self, fraction: float) -> None:
        """Show how far the operation is, 0 to 1."""
        self._put(progress=float(fraction))

    def cancellable(self, *, allowed: bool) -> None:
        """Show whether a cancel would be heeded just now."""
        self._put(allowed_operations=["cancel"] if allowed else [])

    def forward(self, host: str) -> None:
        """Show that a host other than the coordinator does the work."""
        self._put(resident_on=host)

    def cancel(self) -> None:
        """Ask the operation to stop; it does when it next waits cancellably."""
        self.cancelled = True
        if self._pause:
            _resolve(self._pause)

    def check(self) -> None:
        """Raise TASK_CANCELLED if a cancel was asked for."""
        if self.cancelled:
            raise Failure("TASK_CANCELLED", self.ref)

    async def sleep(self, seconds: float) -> None:
        """Wait in simulated time; a cancel ends the wait with TASK_CANCELLED."""
        self.check()
        self._pause = self._clock.timer(seconds)
        await self._pause
        self.check()

    async def wake(self, change: asyncio.Future[None], seconds: float) -> None:
        """Wait for a change, at most `seconds`; a cancel ends the wait with TASK_CANCELLED."""
        pause = self._clock.timer(seconds)
        change.add_done_callback(lambda _: _resolve(pause))
        self.check()
        self._pause = pause
        await pause
        change.cancel()
        self.check()

    def succeed(self, result: str) -> None:
        """Show success; `result` is the value in XML-RPC text, `status` is written last."""
        self._put(allowed_operations=[])
        self._put(finished=self._clock.iso(), progress=1.0, result=result)
        self._end(status="success")

    def fail(self, failure: Failure) -> None:
        """Show the failure, or the cancelling if that is what it says."""
        if failure.code == "TASK_CANCELLED":
            self._put(progress=1.0, finished=self._clock.iso())
            self._put(status="cancelled")
            self._end(allowed_operations=[])
            return
        self._put(progress=1.0, error_info=failure.words(), backtrace=_backtrace(failure))
        self._put(finished=self._clock.iso(), allowed_operations=[])
        self._end(status="failure")

    def end(self) -> None:
        """End without a trace: the caller of a synchronous call has the answer itself."""
        if self._db.exists("task", self.ref):
            self._db.destroy("task", self.ref)
        self._end()

    def _put(self, **fields: Any) -> None:  # noqa: ANN401  # wire values
        if self._db.exists("task", self.ref):
            self._db.put("task", self.ref, **fields)

    def _end(self, **fields: Any) -> None:  # noqa: ANN401  # wire values
        self._put(**fields)
        _resolve(self.ended)


class Tasks:
    """All tasks of the pool: the records, and the operations still running behind them."""

    def __init__(self, db: Database, time: Clock) -> None:
        self.running: dict[str, Task] = {}
        self.peak = 0
        self._db = db
        self._clock = time
        self._seen: dict[str, float] = {}

    def start(
        self,
        name: str,
        *,
        session: str = NULL,
        subtask_of: str = NULL,
        other_config: Mapping[str, str] | None = None,
    ) -> Task:
        """Make a pending task record and the handle of the operation behind it."""
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
        """Make a pending task record with nothing behind it; give its reference."""
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
        """Give the handle of a call that gets no task record."""
        ref = f"DummyRef:|{self._db.new_uuid()}|{name}"
        return Task(self._db, self._clock, ref, name, session)

    def cancel(self, ref: str, by: str) -> None:
        """Mark the task as being cancelled by the call `by`, and ask its operation to stop."""
        self._db.put_key("task", ref, "current_operations", by, "cancel")
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
        """Delete a finished task's record; leave the mark that the sweep heeds on a pending one."""
        record = self._db.get("task", ref)
        if record["status"] != "pending":
            self._db.destroy("task", ref)
        elif "task" in record["current_operations"]:
            raise Failure("MAP_DUPLICATE_KEY", "task", "current_operations", ref, "task")
        else:
            self._db.put_key("task", ref, "current_operations", "task", "destroy")

    def sweep(self) -> None:
        """Delete what has been finished too long, stuck too long, or is one of too many."""
        refs = self._db.refs("task")
        pending = [ref for ref in refs if self._db.get("task", ref)["status"] == "pending"]
        finished = [ref for ref in refs if self._db.get("task", ref)["status"] != "pending"]
        self._destroy(ref for ref in finished if self._is_over(ref))
        self._sweep_stuck(pending)
        young = [ref for ref in finished if self._db.exists("task", ref)]
        if len(young) + len(pending) > YOUNG_LIMIT:
            young.sort(key=lambda ref: str(self._db.get("task", ref)["finished"]))
            self._destroy(young[: 2 * len(young) - YOUNG_LIMIT])

    def forget(self) -> None:
        """Lose every record and handle, as a restarted toolstack does; operations run on unseen."""
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


def _resolve(promise: asyncio.Future[None]) -> None:
    if not promise.done():
        promise.set_result(None)


def _backtrace(failure: Failure) -> str:
    return f"(((process xapi)(filename simulator)(line 0)(text {failure.code})))"
