"""Errors as records: the journal keeps them, and a flow hands on that of its failed step."""

import traceback
from collections.abc import Mapping

from tasks.engine.journal import json_values
from tasks.engine.journal.record import ErrorRecord
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


def record(error: errors.XenflowError, cause: BaseException | None = None) -> ErrorRecord:
    """Return an error as a record; with the stack trace of its cause if there is one.

    The trace has the message of the error, which names what the cause has references of.
    """
    trace = "".join(traceback.format_exception(cause)) if cause else ""
    if isinstance(cause, errors.XenflowError):
        trace = trace.replace(cause.message, error.message)
    kind = type(error).__name__
    return ErrorRecord(kind, error.code, list(error.params), error.message, trace)


class RemoteTraceback(Exception):
    """Where an error was first raised, maybe in another process: its stack trace as text."""

    __module__ = "builtins"  # a stack trace names it without a module, which says nothing

    def __str__(self) -> str:
        """Write it so that a trace within a trace differs from the one around it."""
        return f'\n"""\n{self.args[0]}"""'


def error(known: ErrorRecord) -> errors.XenflowError:
    """Make the error of a record again; its cause shows where it was first raised."""
    cls = _TREE.get(known.type, errors.Unknown)
    made = cls(known.code, known.params, known.message)
    if known.traceback:
        made.__cause__ = RemoteTraceback(known.traceback)
    return made


def of_document(document: Mapping[str, object]) -> errors.XenflowError:
    """Make the error of a record that was read as JSON."""
    known = {name: document[name] for name in ("type", "code", "params", "message")}
    return error(json_values.make(ErrorRecord, known))


def foreign(error: BaseException) -> errors.XenflowError:
    """Return an error from outside the tree as a defect."""
    if isinstance(error, errors.XenflowError):
        return error
    text = f"{type(error).__name__}: {error}"
    return errors.Unknown(
        "XENFLOW_DEFECT",
        [type(error).__name__, str(error)],
        f"{text}. This is a defect of the operation, not of XenServer; "
        "the worker's log has the stack trace",
    )
