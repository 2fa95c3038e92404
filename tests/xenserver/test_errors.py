"""The classes, messages and serialization of errors."""

import json

import pytest

from xenserver import errors

POWER = ("VM_BAD_POWER_STATE", ["OpaqueRef:1", "paused, suspended, running", "halted"])


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("VM_BAD_POWER_STATE", errors.Refused),
        ("OTHER_OPERATION_IN_PROGRESS", errors.Busy),
        ("HANDLE_INVALID", errors.Missing),
        ("XENFLOW_AMBIGUOUS_NAME", errors.Ambiguous),
        ("CANNOT_CONTACT_HOST", errors.Unreachable),
        ("RBAC_PERMISSION_DENIED", errors.Denied),
        ("SR_BACKEND_FAILURE_44", errors.Full),
        ("VM_SHUTDOWN_TIMEOUT", errors.TimedOut),
        ("TASK_CANCELLED", errors.Cancelled),
        ("INTERNAL_ERROR", errors.Unknown),
    ],
)
def test_a_code_has_its_place_in_the_tree(code: str, kind: type[errors.XenflowError]) -> None:
    """The class of an error is its remedy."""
    assert type(errors.from_api(code, [])) is kind


def test_a_code_that_nobody_knows_is_unknown() -> None:
    """Newer servers have newer codes: they are kept, with their parameters."""
    error = errors.from_api("SOMETHING_NEW", ["a", "b"])

    assert (type(error), error.code, error.params) == (errors.Unknown, "SOMETHING_NEW", ["a", "b"])
    assert str(error) == "XenServer answered: a, b (SOMETHING_NEW)"


def test_an_error_says_what_is_so_what_must_be_and_its_code() -> None:
    """A person reads states and the next step, a program the code."""
    error = errors.with_names(errors.from_api(*POWER), {"OpaqueRef:1": "web01"})

    assert str(error) == (
        "VM web01 is halted; it must be paused, suspended or running (VM_BAD_POWER_STATE)"
    )
    assert error.params == POWER[1]


def test_one_reference_within_another_keeps_its_own_name() -> None:
    """Names are put in for the longest references first."""
    error = errors.from_api("OPERATION_BLOCKED", ["OpaqueRef:12", "see OpaqueRef:1"])

    reply = errors.with_names(error, {"OpaqueRef:1": "one", "OpaqueRef:12": "twelve"})

    assert "twelve is locked" in str(reply)
    assert "see one" in str(reply)


def test_the_older_shorter_form_of_an_error_is_worded_too() -> None:
    """XCP-ng 8.3 names a busy object by two parameters where newer servers give four."""
    reply = str(errors.from_api("OTHER_OPERATION_IN_PROGRESS", ["VM.start", "web01"]))

    assert reply.startswith("web01 (VM.start) is busy")


def test_an_error_with_too_few_parameters_lists_them() -> None:
    """A template that names more parameters than came is replaced by a list of them."""
    reply = str(errors.from_api("VM_BAD_POWER_STATE", ["web01"]))

    assert reply == "XenServer answered: web01 (VM_BAD_POWER_STATE)"


def test_words_of_ones_own_end_with_the_code() -> None:
    """A caller can replace the message; the code stays."""
    error = errors.from_api("XENFLOW_NO_SUCH_OBJECT", ["VM", "web"], text="no VM is named web")

    assert str(error) == "no VM is named web (XENFLOW_NO_SUCH_OBJECT)"


@pytest.mark.parametrize("kind", [errors.Refused, errors.Ambiguous, errors.Unreachable])
def test_an_error_survives_a_result_backend(kind: type[errors.XenflowError]) -> None:
    """Celery keeps an exception as its args in JSON, and makes it anew from them."""
    error = kind("CODE", ["a"], "words (CODE)")

    again = kind(*json.loads(json.dumps(error.args)))

    assert (again.code, again.params, again.message) == ("CODE", ["a"], "words (CODE)")
    assert again.args == error.args


@pytest.mark.parametrize(
    ("code", "heard"),
    [("XENFLOW_UNREACHABLE", False), ("XENFLOW_ANSWER_LOST", True), ("XENFLOW_NO_ANSWER", True)],
)
def test_an_unreachable_server_may_have_heard(code: str, heard: bool) -> None:  # noqa: FBT001 - a table's cell
    """Whoever would repeat a call must know whether it may have had its effect."""
    error = errors.from_api(code, ["http://host"])

    assert isinstance(error, errors.Unreachable)
    assert error.maybe_heard is heard


def test_what_xenserver_says_is_cut_to_a_bound() -> None:
    """However long and many its parameters are; a second reading changes nothing."""
    error = errors.from_api("INTERNAL_ERROR", ["x" * 1_000_000] * 1_000)

    assert len(str(error.args)) < errors.LONGEST_PARAM * errors.MOST_PARAMS * 2
    assert errors.Unknown(*json.loads(json.dumps(error.args))).args == error.args
