"""Waiting for changes (ocaml/xapi/xapi_event.ml)."""

from typing import Any

from simulator.call import Call
from simulator.methods import method


@method("event.from")
async def from_(call: Call, classes: list[str], token: str, timeout: float) -> dict[str, Any]:  # noqa: ASYNC109 - the wire's own parameter
    """Wait for changes after the token, at most `timeout` seconds."""
    return await call.pool.events.since(call.session, classes, token, timeout)


@method("event.inject")
async def inject(call: Call, cls: str, ref: str) -> str:
    """Force a `mod` event; return the token just before it."""
    return call.pool.events.inject(cls, ref)


@method("event.get_current_id")
async def get_current_id(call: Call) -> int:
    """Return the number of the next event of the queue."""
    return call.pool.events.queue.number


@method("event.register")
async def register(call: Call, classes: list[str]) -> None:
    """Subscribe to classes."""
    call.pool.events.queue.register(call.session, classes)


@method("event.unregister")
async def unregister(call: Call, classes: list[str]) -> None:
    """Unsubscribe from classes."""
    call.pool.events.queue.unregister(call.session, classes)


@method("event.next")
async def next_(call: Call) -> list[dict[str, Any]]:
    """Wait without limit for events of the subscription."""
    return await call.pool.events.queue.next(call.session)
