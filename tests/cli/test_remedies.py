"""The next step after a failure is one that helps."""

from pathlib import Path

import pytest

from cli.failure_reports import operation_failure
from tasks.engine.declaration import problems
from tests.cli.conftest import Run
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


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "targets.toml"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            '[default]\nurl = "http://p"\nusr = "r"\npassword_env = "P"',
            "usr: there is no such field, did you mean user?",
        ),
        ("[default", "is not TOML"),
        (None, "cannot read"),
    ],
)
def test_a_targets_file_that_is_wrong_is_to_be_corrected(
    text: str | None, problem: str, run: Run, file: Path, nowhere: str
) -> None:
    if text is not None:
        file.write_text(text)

    reply = run("targets", XENFLOW_TARGETS=str(file), XENFLOW_REDIS_URL=nowhere)

    assert reply.code == 2
    assert problem in reply.err
    assert "Next: correct the file, or name another in XENFLOW_TARGETS" in reply.err


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("XENFLOW_REDIS_URL", "nonsense"),
        ("XENFLOW_CONCURRENCY", "none"),
        ("XENFLOW_OPERATIONS_PATH", "/nowhere/at/all"),
    ],
)
def test_a_variable_that_is_wrong_is_named(variable: str, value: str, run: Run) -> None:
    """It is to be corrected."""
    reply = run("vm", "start", "web01", **{variable: value})

    assert reply.code == 2
    assert variable in reply.err
    assert "\nNext: correct " in reply.err


def test_a_host_of_redis_that_does_not_exist_is_not_to_be_started(run: Run) -> None:
    """The variable that names it is wrong."""
    reply = run("runs", XENFLOW_REDIS_URL="redis://nosuch.invalid:6379/0")

    assert reply.code == 3
    assert "cannot reach Redis at nosuch.invalid:6379: no such host" in reply.err
    assert "Next: correct XENFLOW_REDIS_URL" in reply.err


def test_the_address_of_redis_is_named_once(run: Run, nowhere: str) -> None:
    """The reason has neither it nor a number."""
    [first, *_] = run("runs", XENFLOW_REDIS_URL=nowhere).err.splitlines()

    assert first.endswith(": connection refused")
    assert first.count("127.0.0.1") == 1
