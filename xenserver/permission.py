"""The last check before a request is written to its socket.

A thread may be frozen anywhere between its decision to call and the call. So the check is made
where the request leaves the process, not where the call is spelt.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_check: ContextVar[Callable[[], None] | None] = ContextVar("check", default=None)


@contextmanager
def asked(check: Callable[[], None] | None) -> Iterator[None]:
    """Run the check before each request of this thread is written, while the block runs.

    It raises to have the request not written; what it raises goes to the caller.
    """
    token = _check.set(check)
    try:
        yield
    finally:
        _check.reset(token)


def ask() -> None:
    """Make the check, if there is one."""
    check = _check.get()
    if check:
        check()
