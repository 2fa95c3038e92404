"""The values that cross the wire, and what shape they must have.

Both transports hand out the same Python values: text, int, float, bool, lists, and dicts with text
as keys. Dates stay the text that XenServer writes (`20260824T10:11:12Z`); no value is "".
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias, cast

from xenserver import errors

Value: TypeAlias = "str | int | float | list[Value] | dict[str, Value] | None"
Record: TypeAlias = "dict[str, Value]"

NULL = "OpaqueRef:NULL"
DATE = "%Y%m%dT%H:%M:%SZ"  # an instant, in UTC
NEVER = "19700101T00:00:00Z"


def text(value: object) -> str:
    """Return `value` if it is text; raise Unreachable otherwise."""
    if isinstance(value, str):
        return value
    raise _malformed("text", value)


def ref(value: object) -> str:
    """Return `value` if it is a reference; raise Unreachable otherwise."""
    if isinstance(value, str) and value.startswith("OpaqueRef:"):
        return value
    raise _malformed("a reference", value)


def texts(value: object) -> list[str]:
    """Return `value` if it is a list of texts; raise Unreachable otherwise."""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    raise _malformed("a list of texts", value)


def record(value: object) -> Record:
    """Return `value` if it is a record; raise Unreachable otherwise."""
    if isinstance(value, dict):
        return cast("Record", value)  # decoders make text keys and nothing but values
    raise _malformed("a record", value)


def records(value: object) -> dict[str, Record]:
    """Return `value` if it maps references to records; raise Unreachable otherwise."""
    if isinstance(value, dict) and all(isinstance(item, dict) for item in value.values()):
        return cast("dict[str, Record]", value)  # looked at just now
    raise _malformed("records by reference", value)


def each(value: object) -> list[Record]:
    """Return `value` if it is a list of records; raise Unreachable otherwise."""
    if isinstance(value, list) and all(isinstance(item, dict) for item in value):
        return cast("list[Record]", value)  # looked at just now
    raise _malformed("a list of records", value)


def outgoing(value: object) -> Value:
    """Make a parameter fit for the wire: an object becomes its reference, None the null one."""
    match value:
        case None:
            return NULL
        case str() | int() | float():
            return value
        case Mapping():
            return {str(key): outgoing(item) for key, item in value.items()}
        case Sequence():
            return [outgoing(item) for item in value]
        case _ if hasattr(value, "ref"):
            return text(value.ref)
        case _:
            raise TypeError(f"XenServer takes no {type(value).__name__}: {value!r}")


def _malformed(expected: str, value: object) -> errors.XenflowError:
    seen = f"{expected} was expected, {type(value).__name__} came"
    return errors.from_api("XENFLOW_REPLY_INVALID", ["the address", seen])
