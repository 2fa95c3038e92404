"""Wait queues of objects, first come, first served.

XenServer wakes all waiters of an object when it is released. Here only the first is woken; it wakes
the next when it has succeeded or failed. Clients see the same, and the cost is linear.
"""

import asyncio
from collections import OrderedDict

Waiter = asyncio.Future[None]


class WaitQueues:
    """The wait queues of a pool, one per object."""

    def __init__(self) -> None:
        self._queues: dict[str, OrderedDict[Waiter, None]] = {}

    def join(self, ref: str, *, first: bool) -> Waiter:
        """Join the queue of an object; `first` for a waiter that found it busy again."""
        waiter: Waiter = asyncio.get_running_loop().create_future()
        queue = self._queues.setdefault(ref, OrderedDict())
        queue[waiter] = None
        queue.move_to_end(waiter, last=not first)
        return waiter

    def leave(self, ref: str, waiter: Waiter) -> None:
        """Leave the queue of an object."""
        queue = self._queues.get(ref, OrderedDict())
        queue.pop(waiter, None)
        if not queue:
            self._queues.pop(ref, None)

    def wake_next(self, ref: str) -> None:
        """Wake the first waiter of an object."""
        for waiter in self._queues.get(ref, ()):
            if not waiter.done():
                waiter.set_result(None)
                return
