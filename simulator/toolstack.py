"""Restarting the toolstack: all that lives in memory only is lost, what the disk holds stays."""

from simulator import gates
from simulator.door import Door
from simulator.errors import Failure
from simulator.pool import Pool
from simulator.rpc import Dispatcher


class Toolstack:
    """The process on the coordinator, as somebody may restart it or move it to another host."""

    def __init__(self, pool: Pool, dispatcher: Dispatcher, door: Door) -> None:
        self._pool = pool
        self._dispatcher = dispatcher
        self._door = door

    def restart(self, *, finish: bool = False) -> None:
        """Cut connections, lose sessions, tasks and marks.

        Operations under way break off, or with `finish` come to their effect unseen.
        """
        self._door.disconnect(stop=not finish)
        if not finish:
            self._dispatcher.stop()
        self._pool.sessions.forget()
        self._pool.events.forget()
        self._pool.tasks.forget()
        self._clear_marks()

    def move(self, address: str) -> None:
        """Make the host at this address the coordinator."""
        found = self._pool.db.where("host", address=address)
        if not found:
            raise Failure("HANDLE_INVALID", "host", address)
        self._pool.db.put("pool", self._pool.db.refs("pool")[0], master=found[0])
        self.restart()

    def _clear_marks(self) -> None:
        for table in self._pool.db.tables.values():
            if "current_operations" in table.cls.fields:
                for ref in list(table.rows):
                    self._pool.db.put(table.cls.name, ref, current_operations={})
        for cls in gates.GATES:
            for ref in self._pool.db.refs(cls):
                gates.refresh(self._pool.db, cls, ref)
