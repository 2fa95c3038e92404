"""Faults of operations, applied before the effect of a method or after it."""

from collections.abc import Sequence
from typing import Any

from simulator.call import Call
from simulator.faults import FOREVER, REFUSALS

_DEAF = frozenset({"deaf"})
_FORGET = frozenset({"forget"})
_STALL = frozenset({"stall"})


async def apply(call: Call, args: Sequence[Any], when: str) -> None:
    """Apply the pending faults of a call; raise Failure where it is refused."""
    faults, method = call.pool.faults, call.method
    if faults.take(_DEAF, method, args, when):
        call.running.deaf = True
    if faults.take(_FORGET, method, args, when):
        call.pool.tasks.lose(call.task)
    if stall := faults.take(_STALL, method, args, when):
        if when == "after":
            call.running.progress(1.0)
        await call.running.sleep(stall.seconds or FOREVER)
    if refusal := faults.take(REFUSALS, method, args, when):
        raise refusal.refusal(method.removeprefix("Async."), args)
