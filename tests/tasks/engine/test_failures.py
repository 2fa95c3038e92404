"""Stack traces of errors name objects as their messages do, and nothing that is internal."""

from traceback import format_exception

import pytest

from tasks.engine.execution import failures
from tasks.engine.journal.record import ErrorRecord
from xenserver import errors

REF = "OpaqueRef:29b4"


def test_a_stack_trace_has_the_message_with_names() -> None:
    """A reference means nothing to who reads it."""
    with pytest.raises(errors.Refused) as caught:
        raise errors.from_api("VM_BAD_POWER_STATE", [REF, "halted", "running"])
    ours = errors.with_names(caught.value, {REF: "web02"})

    record = failures.record(ours, caught.value)

    assert "VM web02 is running" in record.traceback
    assert REF not in record.traceback


def test_an_error_made_again_shows_where_it_was_raised_first() -> None:
    """Its trace begins as Python's own does for an error of another process."""
    again = failures.error(_record())

    assert format_exception(again)[0].startswith('RemoteTraceback: \n"""\nTraceback')


def _record() -> ErrorRecord:
    """Return the record of an error with a stack trace."""
    return ErrorRecord("Refused", "X", [], "x", "Traceback (most recent call last):")
