"""Toolstack restarts: memory is lost, the database on disk stays."""

from simulator import preconditions
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

    def restart(self, *, finish: bool = False) -> None:
        """Abort connections; delete sessions, tasks and current operations.

        Running operations are cancelled, or with `finish` complete without a task.
        """
        self._app.disconnect(stop=not finish)
        if not finish:
            self._dispatcher.stop()
        self._pool.sessions.forget()
        self._pool.events.forget()
        self._pool.tasks.forget()
        self._clear_current_operations()

    def move(self, address: str) -> None:
        """Make the host at this address the coordinator."""
        found = self._pool.db.where("host", address=address)
        if not found:
            raise Failure("HANDLE_INVALID", "host", address)
        self._pool.db.put("pool", self._pool.db.refs("pool")[0], master=found[0])
        self.restart()

    def _clear_current_operations(self) -> None:
        for table in self._pool.db.tables.values():
            if "current_operations" in table.cls.fields:
                for ref in list(table.rows):
                    self._pool.db.put(table.cls.name, ref, current_operations={})
        for cls in preconditions.PRECONDITIONS:
            for ref in self._pool.db.refs(cls):
                preconditions.refresh(self._pool.db, cls, ref)
