"""Who waits for which object: first come, first served, and nobody woken in vain.

XenServer wakes all who wait for an object when it is released. Here the first alone is woken; it
passes the turn on when it has got through or given up. What clients see is the same, and a thousand
waiting calls cost a thousand steps, not a million.
"""

import asyncio
from collections import OrderedDict

Turn = asyncio.Future[None]


class Turns:
    """The queues of a pool, one for each object that somebody waits for."""

    def __init__(self) -> None:
        self._queues: dict[str, OrderedDict[Turn, None]] = {}

    def join(self, ref: str, *, first: bool) -> Turn:
        """Queue up for an object, `first` for who was woken and found it taken again."""
        turn: Turn = asyncio.get_running_loop().create_future()
        queue = self._queues.setdefault(ref, OrderedDict())
        queue[turn] = None
        queue.move_to_end(turn, last=not first)
        return turn

    def leave(self, ref: str, turn: Turn) -> None:
        """Stop queueing."""
        queue = self._queues.get(ref, OrderedDict())
        queue.pop(turn, None)
        if not queue:
            self._queues.pop(ref, None)

    def pass_on(self, ref: str) -> None:
        """Wake the first who waits for an object."""
        for turn in self._queues.get(ref, ()):
            if not turn.done():
                turn.set_result(None)
                return
