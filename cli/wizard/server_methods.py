"""What a XenServer offers: the names of its methods, and how many parameters one takes.

Neither needs a session, and no method is carried out: a call without even a session lacks a
parameter whatever the method, and is refused with the count that was expected.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Self

from config.targets import Target
from xenserver import errors, session, transport, values
from xenserver.transport import Transport

COUNT = "MESSAGE_PARAMETER_COUNT_MISMATCH"

OURS = ("session", "event", "system")
"""Classes that the engine uses for all operations."""


class ServerMethods:
    """The methods of one target."""

    def __init__(self, target: Target, way: Transport) -> None:
        self._target = target
        self._way = way

    @classmethod
    @contextmanager
    def of(cls, target: Target) -> Iterator[Self]:
        """Return what a target offers; the connection is closed at the end of the block."""
        way = transport.connect(target, session.ORIGINATOR)
        try:
            yield cls(target, way)
        finally:
            way.close()

    def methods(self) -> list[str]:
        """List the methods that an operation can be made of, by name."""
        listed = values.texts(self._ask("system.listMethods"))
        return sorted(name for name in listed if "." in name and _class(name) not in OURS)

    def count(self, method: str) -> int:
        """Learn how many parameters a method takes, the session aside."""
        try:
            self._ask(method)
        except errors.XenflowError as refused:
            match refused.code, refused.params:
                case str(code), [_, expected, *_] if code == COUNT and expected.isdigit():
                    return int(expected)
            raise
        params = [self._target.url, f"{method} was accepted without a session"]
        raise errors.from_api("XENFLOW_REPLY_INVALID", params)

    def _ask(self, method: str, params: Sequence[values.Value] = ()) -> values.Value:
        return self._way.call(
            self._target.url, method, params, headers=None, timeout=self._target.timeout
        )


def _class(method: str) -> str:
    return method.partition(".")[0]
