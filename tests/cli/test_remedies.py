"""The next step after a failure is one that helps."""

import pytest

from cli.failure_reports import operation_failure
from tasks.engine.declaration import problems
from workers.broker import unknown_tasks
from xenserver import errors


def remedy(error: errors.XenflowError) -> str:
    return operation_failure(error, name="xenserver.vm.relabel", operation="op").next_step


def test_an_operation_that_the_worker_lacks_is_not_a_wrong_request() -> None:
    """The worker has to load it."""
    problem = unknown_tasks.problem("xenserver.vm.relabel", ["xenserver.vm.start"], "change")

    failure = operation_failure(
        problems.wrong([problem]), name="xenserver.vm.relabel", operation="op"
    )

    assert failure.message.startswith(
        "xenserver.vm.relabel failed: this worker has no operation xenserver.vm.relabel; "
    )
    assert failure.next_step == "have the worker load it, and restart it · xenflow show op"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("RBAC_PERMISSION_DENIED", "role"),
        ("SESSION_AUTHENTICATION_FAILED", "user and password"),
        ("XENFLOW_CERTIFICATE_REFUSED", "fingerprint"),
        ("XENFLOW_TARGET_UNKNOWN", "targets file of the worker"),
        ("VM_BAD_POWER_STATE", "change the request"),
    ],
)
def test_a_remedy_is_of_what_was_refused(code: str, words: str) -> None:
    """A role is no certificate, and a target that is missing no wrong request."""
    error = errors.from_api(code, ["x", "y", "z"])

    assert words in remedy(error)
    assert ("certificate" in remedy(error)) is False
