"""Waiting for changes (ocaml/xapi/xapi_event.ml)."""

from typing import Any

from simulator.call import Call
from simulator.verbs import verb


@verb("event.from")
async def from_(call: Call, classes: list[str], token: str, timeout: float) -> dict[str, Any]:  # noqa: ASYNC109  # the wire's own parameter
    """Wait for changes after the token, at most `timeout` seconds."""
    return await call.pool.events.since(call.session, classes, token, timeout)


@verb("event.inject")
async def inject(call: Call, cls: str, ref: str) -> str:
    """Force a `mod` event; give the token just before it."""
    return call.pool.events.inject(cls, ref)


@verb("event.get_current_id")
async def get_current_id(call: Call) -> int:
    """Give the number of the latest event."""
    return call.pool.events.current()


@verb("event.register")
async def register(call: Call, classes: list[str]) -> None:
    """Hear of these classes from now on."""
    call.pool.events.register(call.session, classes)


@verb("event.unregister")
async def unregister(call: Call, classes: list[str]) -> None:
    """Hear of these classes no more."""
    call.pool.events.unregister(call.session, classes)


@verb("event.next")
async def next_(call: Call) -> list[dict[str, Any]]:
    """Wait, without end, for what was registered."""
    return await call.pool.events.next(call.session)
