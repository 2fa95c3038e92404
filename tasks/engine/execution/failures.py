"""Errors as documents: the journal keeps them, and a flow hands on that of its fallen step."""

from collections.abc import Mapping
from typing import Any

from xenserver import errors

_TREE: dict[str, type[errors.XenflowError]] = {
    cls.__name__: cls
    for cls in (
        errors.Refused,
        errors.Busy,
        errors.Missing,
        errors.Ambiguous,
        errors.Unreachable,
        errors.Denied,
        errors.Full,
        errors.TimedOut,
        errors.Cancelled,
        errors.Unknown,
    )
}


def document(error: errors.XenflowError, traceback: str = "") -> dict[str, Any]:
    """Return an error as a document fit for JSON."""
    told = {
        "type": type(error).__name__,
        "code": error.code,
        "params": list(error.params),
        "message": error.message,
    }
    return {**told, "traceback": traceback} if traceback else told


def error(told: Mapping[str, Any]) -> errors.XenflowError:
    """Make the error of a document again."""
    cls = _TREE.get(told["type"], errors.Unknown)
    return cls(told["code"], told["params"], told["message"])


def foreign(error: BaseException) -> errors.XenflowError:
    """Return an error that is none of ours its place in the tree: that of a defect."""
    if isinstance(error, errors.XenflowError):
        return error
    told = f"{type(error).__name__}: {error}"
    return errors.Unknown(
        "XENFLOW_DEFECT",
        [type(error).__name__, str(error)],
        f"{told}. This is a defect of the operation, not of XenServer; "
        "the worker's log has the stack trace",
    )
