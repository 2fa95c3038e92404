"""Wrong input is answered with a named error and the next step; the worker continues."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.stack import CLOSED, TIMEOUT, StackHarness, running_stack
from xenserver import errors

FAILED, USAGE, UNREACHABLE = 1, 2, 3


@dataclass(frozen=True)
class Wrong:
    """A wrong message, the error that names what is wrong, and how the command line ends."""

    task: str
    fields: dict[str, str]
    kind: type[errors.XenflowError]
    code: str
    says: str
    exits: int = FAILED


START, DESTROY = "xenserver.vm.start", "xenserver.network.destroy"
INVALID = "XENFLOW_MESSAGE_INVALID"
WRONG = {
    "an unknown field": Wrong(
        START, {"vm": "web02", "cpus": "3"}, errors.Refused, INVALID, "cpus: there is no", USAGE
    ),
    "a missing field": Wrong(START, {}, errors.Refused, INVALID, "vm: is missing", USAGE),
    "a value of the wrong type": Wrong(
        "xenserver.network.create",
        {"name": "wide", "mtu": "wide"},
        errors.Refused,
        INVALID,
        "mtu: must be a whole number",
        USAGE,
    ),
    "a VM that is not there": Wrong(
        START, {"vm": "web99"}, errors.Missing, "XENFLOW_NO_SUCH_OBJECT", "no VM is named web99"
    ),
    "a name that two bear": Wrong(
        DESTROY,
        {"network": "twins"},
        errors.Ambiguous,
        "XENFLOW_AMBIGUOUS_NAME",
        "2 networks are named twins; give one's UUID",
    ),
    "the UUID of a host for a VM": Wrong(
        START,
        {"vm": "<host>"},
        errors.Refused,
        "XENFLOW_WRONG_CLASS",
        "is the UUID of a host, not of a VM; give the UUID of a VM",
    ),
    "a VM that runs already": Wrong(
        START,
        {"vm": "web01"},
        errors.Refused,
        "VM_BAD_POWER_STATE",
        "VM web01 is running; it must be halted",
    ),
    "an unknown target": Wrong(
        START,
        {"vm": "web02", "target": "nowhere"},
        errors.Refused,
        "XENFLOW_TARGET_UNKNOWN",
        "no target 'nowhere'; known: default, closed, stranger",
    ),
    "a XenServer that does not answer": Wrong(
        START,
        {"vm": "web02", "target": "closed"},
        errors.Unreachable,
        "XENFLOW_UNREACHABLE",
        "cannot be reached (connection refused); check address, port and network",
        exits=UNREACHABLE,
    ),
    "a wrong password": Wrong(
        START,
        {"vm": "web02", "target": "stranger"},
        errors.Denied,
        "SESSION_AUTHENTICATION_FAILED",
        "check user and password",
    ),
}


@pytest.fixture(scope="module")
def misled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackHarness]:
    """Run a stack with wrong targets and a short timeout for unreachable ones."""
    folder = tmp_path_factory.mktemp("misled")
    with running_stack(folder, speed=20.0) as stack:
        _lead_astray(stack)
        stack.services.choose(unreachable_timeout="1")
        stack.services.worker()
        stack.services.poller()
        for _ in range(2):
            stack.do("xenserver.network.create", name="twins")
        yield stack


def _lead_astray(stack: StackHarness) -> None:
    (stack.services.folder / "wrong.password").touch(mode=0o600)
    (stack.services.folder / "wrong.password").write_text("wrong\n")
    with (stack.services.folder / "targets.toml").open("a") as profiles:
        profiles.write(
            f'[closed]\nurl = "http://127.0.0.1:{CLOSED}"\n'
            'user = "root"\npassword_file = "pool.password"\n'
            f'[stranger]\nurl = "{stack.xenserver.url}"\n'
            'user = "root"\npassword_file = "wrong.password"\n'
        )


def _fields(wrong: Wrong, stack: StackHarness) -> dict[str, str]:
    host = next(iter(stack.xenserver.records("host")))
    return {name: value.replace("<host>", host) for name, value in wrong.fields.items()}


def _command(
    stack: StackHarness, *words: str, **variables: str
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "cli", *words],
        env={**stack.environment, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )


def _words(wrong: Wrong, stack: StackHarness) -> list[str]:
    fields = _fields(wrong, stack)
    return ["run", wrong.task, "--yes", *(f"{name}={value}" for name, value in fields.items())]


@pytest.mark.parametrize("what", WRONG)
def test_a_message_is_answered_with_an_error_by_name(misled: StackHarness, what: str) -> None:
    """It has code, message and stack trace; afterwards the worker continues."""
    wrong = WRONG[what]

    result = misled.send(wrong.task, **_fields(wrong, misled))
    with pytest.raises(wrong.kind) as caught:
        result.get(timeout=TIMEOUT)

    assert caught.value.code == wrong.code
    assert wrong.says in caught.value.message
    assert "Traceback" in str(result.traceback)
    assert misled.do("xenserver.host.find")["count"] == 3


@pytest.mark.parametrize("what", WRONG)
def test_a_command_ends_in_words_with_a_next_step(misled: StackHarness, what: str) -> None:
    """The exit code depends on its kind; there is no stack trace."""
    wrong = WRONG[what]

    ended = _command(misled, *_words(wrong, misled))

    assert ended.returncode == wrong.exits
    assert wrong.says in ended.stderr
    assert wrong.code in ended.stderr or wrong.exits == USAGE
    assert "\nNext: " in ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr


def test_debug_shows_where_a_worker_met_the_error(misled: StackHarness) -> None:
    """The stack trace comes with the answer."""
    ended = _command(misled, *_words(WRONG["a VM that is not there"], misled), "--debug")

    assert ended.returncode == FAILED
    assert "Traceback" in ended.stderr
    assert "XENFLOW_NO_SUCH_OBJECT" in ended.stderr


@pytest.mark.parametrize("setting", ["BROKER_URL", "RESULT_BACKEND"])
def test_the_redis_that_is_down_is_named(misled: StackHarness, setting: str) -> None:
    variables = {f"XENFLOW_{setting}": f"redis://127.0.0.1:{CLOSED}/0"}

    ended = _command(misled, "vm", "find", **variables)

    assert ended.returncode == UNREACHABLE
    assert f"cannot reach Redis at 127.0.0.1:{CLOSED}" in ended.stderr
    assert f"or set XENFLOW_{setting}" in ended.stderr


@pytest.mark.parametrize("debug", [False, True])
def test_redis_down_is_explained_in_words(misled: StackHarness, *, debug: bool) -> None:
    """It names the address of Redis; only `--debug` shows a stack trace."""
    port = CLOSED
    nowhere = f"redis://:secret@127.0.0.1:{port}/0"
    urls = dict.fromkeys(("REDIS_URL", "BROKER_URL", "RESULT_BACKEND"), nowhere)
    variables = {f"XENFLOW_{name}": url for name, url in urls.items()}

    ended = _command(misled, "vm", "find", *(["--debug"] if debug else []), **variables)

    assert ended.returncode == UNREACHABLE
    assert f"cannot reach Redis at 127.0.0.1:{port}" in ended.stderr
    assert "\nNext: start it, or set XENFLOW_REDIS_URL" in ended.stderr
    assert ("Traceback" in ended.stderr) is debug
    assert "secret" not in ended.stdout + ended.stderr


def test_a_positional_argument_that_nobody_reads_is_refused(stack: StackHarness) -> None:
    """It would be answered with all VMs of the pool otherwise."""
    sent = stack.app.send_task("xenserver.vm.find", args=["web01"])

    with pytest.raises(errors.Refused, match="a positional argument is not read"):
        sent.get(timeout=TIMEOUT)


def test_an_unknown_operation_is_one_that_this_worker_lacks(stack: StackHarness) -> None:
    """The error names where a worker learns operations from; it is no defect."""
    with pytest.raises(errors.Refused) as caught:
        stack.do("xenserver.vm.hibernate", vm="web01")

    assert "this worker has no operation xenserver.vm.hibernate" in str(caught.value)
    assert "XENFLOW_OPERATIONS_PATH" in str(caught.value)


def test_a_misspelt_operation_is_answered_with_the_name_that_is_meant(
    stack: StackHarness,
) -> None:
    """A service gets it too, which has no command line to suggest it."""
    with pytest.raises(errors.Refused, match=r"did you mean xenserver\.vm\.start\?"):
        stack.do("xenserver.vm.strat", vm="web01")


@pytest.mark.parametrize("vm", ["deb12", "nosuch"])
def test_a_result_that_is_ignored_leaves_nothing_behind(
    stack: StackHarness, name: str, vm: str
) -> None:
    """Progress that was shown meanwhile is forgotten at the end, also when it fails."""
    sent = stack.app.send_task(
        "xenserver.vm.copy", kwargs={"vm": vm, "name": name}, ignore_result=True
    )
    stack.until(lambda: stack.record(sent.id).published, "published")

    assert not stack.redis.exists(f"celery-task-meta-{sent.id}")
