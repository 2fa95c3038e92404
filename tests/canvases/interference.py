"""What tests do to a flow on its way: refuse a call, hold a call up, call the flow off."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tests.stack import StackHarness, Xenserver

if TYPE_CHECKING:
    from celery.result import AsyncResult

FOREVER = 1_200.0  # simulated seconds: longer than any test looks on


@contextmanager
def refused(xenserver: Xenserver, method: str, code: str = "INTERNAL_ERROR") -> Iterator[None]:
    """Make XenServer refuse a method once."""
    xenserver.control(
        "fault", what="refuse", method=method, code=code, params=["as the test has it"]
    )
    try:
        yield
        assert has_applied(xenserver), f"{method} was never called"
    finally:
        xenserver.control("clear")


def has_applied(xenserver: Xenserver) -> bool:
    """Return whether no fault waits for a call any more."""
    return bool(xenserver.control("stats")["faults"]["waiting"] == 0)


@contextmanager
def endless(xenserver: Xenserver, verb: str) -> Iterator[None]:
    """Make a verb take for ever; everything else continues as before."""
    durations = xenserver.control("durations", set={})
    xenserver.control("durations", set={verb: FOREVER})
    try:
        yield
    finally:
        xenserver.control("durations", set={verb: durations.get(verb, durations["*"])})


def at_work(xenserver: Xenserver, verb: str) -> bool:
    """Return whether XenServer is at work on a verb."""
    tasks = xenserver.records("task").values()
    return any(t["name_label"] == f"Async.{verb}" and t["status"] == "pending" for t in tasks)


def is_parked(stack: StackHarness, run: str) -> bool:
    """Return whether a step of a run waits for XenServer, without a slot."""
    reply = [stack.record(step) for step in stack.runtime.journal.run(run)]
    return any(entry.phase == "parked" and entry.point("0").task for entry in reply)


def cancel(stack: StackHarness, result: "AsyncResult[Any]") -> None:
    """Ask a flow to stop, as `xenflow cancel` does."""
    assert stack.cancel(result.id) == "asked"


def pending(xenserver: Xenserver) -> int:
    """Count what XenServer is at work on."""
    return int(xenserver.control("stats")["tasks"]["pending"])
