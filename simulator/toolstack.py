"""Toolstack restarts: memory is lost, the database on disk stays."""

from simulator import preconditions
from simulator.connections import Connections
from simulator.errors import Failure
from simulator.http_app import HttpApplication
from simulator.pool import Pool
from simulator.rpc import Dispatcher


class Toolstack:
    """The toolstack process on the coordinator."""

    def __init__(self, pool: Pool, dispatcher: Dispatcher, app: HttpApplication) -> None:
        self._pool = pool
        self._dispatcher = dispatcher
        self._app = app
        pool.hand_over = self.move

    @property
    def connections(self) -> Connections:
        """Return the connections of its HTTP server."""
        return self._app.connections

    def restart(self, *, finish: bool = False) -> None:
        """Abort connections; delete sessions, tasks and current operations.

        Running operations are cancelled, or with `finish` complete without a task.
        """
        self._app.disconnect(stop=not finish)
        if not finish:
            self._dispatcher.stop()
        self._pool.sessions.forget()
        self._pool.events.queue.clear()
        self._pool.tasks.forget()
        self._clear_current_operations()

    def restart_member(self, host: str, *, finish: bool = False) -> None:
        """Restart the toolstack of a member: the pool forgets the tasks that it does.

        Its operations fail, or with `finish` complete without a task.
        """
        if host == self._pool.coordinator:
            raise ValueError("that host is the coordinator: use restart_toolstack")
        for task in self._pool.tasks.on(host):
            self._pool.tasks.lose(task.ref)
            self._clear_current_operations(task.ref)
            if not finish:
                task.interrupt(Failure("CANNOT_CONTACT_HOST", host))

    def move(self, address: str) -> None:
        """Make the host at this address the coordinator."""
        found = self._pool.db.where("host", address=address)
        if not found:
            raise ValueError(f'no host has the address "{address}"')
        self._pool.db.put("pool", self._pool.db.refs("pool")[0], master=found[0])
        self.restart()

    def _clear_current_operations(self, task: str = "") -> None:
        """Delete the operations of one task, or all of them, and see what is allowed now."""
        db = self._pool.db
        with preconditions.deferred(db):
            for table in db.tables.values():
                for row in list(table.rows.values()):
                    shown = row.record.get("current_operations", {})
                    kept = {each: op for each, op in shown.items() if task and each != task}
                    if shown != kept:
                        db.put(table.cls.name, row.ref, current_operations=kept)
