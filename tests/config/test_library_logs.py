"""Celery's own records say in one line what an operator needs."""

from typing import Any

import pytest
from billiard.einfo import ExceptionInfo
from celery.app.task import Context
from celery.app.trace import TraceInfo
from celery.worker.consumer import consumer

from config import connection_errors, library_logs, logs
from config.settings import Settings
from xenserver import errors

pytestmark = pytest.mark.usefixtures("logging_as_it_was")

URI = "workers.broker.transport:Transport://:**@127.0.0.1:6379/0"


class Task:
    """What Celery's tracer needs of a task, to log how it failed."""

    name = "xenserver.vm.start"
    throws = (errors.XenflowError,)
    log_message = None


def failed(error: Exception) -> None:
    """Have Celery log an error, as its tracer does."""
    request = Context(id="op", hostname="w", args=(), kwargs={"vm": "web01"})
    try:
        raise error  # noqa: TRY301 - for its stack trace
    except Exception as raised:  # noqa: BLE001 - whatever is given
        tracer: Any = TraceInfo("FAILURE", raised)
        tracer._log_error(Task(), request, ExceptionInfo())  # noqa: SLF001 - what the tracer calls


def test_an_expected_error_is_one_short_line(capsys: pytest.CaptureFixture[str]) -> None:
    """It has neither a stack trace nor the name of a class; both are stored with the answer."""
    logs.configure(Settings())
    failed(errors.from_api("XENFLOW_TARGET_UNKNOWN", ["lab"], text="no target 'lab'"))

    [line] = capsys.readouterr().err.splitlines()
    assert line.count("no target 'lab' (XENFLOW_TARGET_UNKNOWN)") == 1
    assert "xenserver.vm.start[op] failed: " in line
    assert "Refused" not in line
    assert "Traceback" not in line


def test_an_unexpected_error_keeps_its_stack_trace(capsys: pytest.CaptureFixture[str]) -> None:
    """It stands there once, without the context."""
    logs.configure(Settings())
    failed(ValueError("a defect"))

    written = capsys.readouterr().err
    assert written.count("Traceback") == 1
    assert "kwargs=" not in written


celery_consumer: Any = consumer  # the stubs do not know its texts


def unreachable(problem: str, number: int) -> None:
    """Have Celery's consumer log a broker that is away."""
    step = celery_consumer.CONNECTION_RETRY_STEP.format(
        when="in 3.00 seconds", retries=number, max_retries=None
    )
    celery_consumer.logger.error(celery_consumer.CONNECTION_ERROR, URI, problem, step)


def test_a_broker_that_stays_away_is_logged_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line has its address and the reason; another reason is news."""
    logs.configure(Settings())
    refused = "Error 111 connecting to 127.0.0.1:6379. Connection refused."
    for number in range(5):
        unreachable(refused, number)
    unreachable("invalid username-password pair", 5)

    first, second = capsys.readouterr().err.splitlines()
    assert "redis://127.0.0.1:6379/0: connection refused; tried again in 3.00 seconds" in first
    assert "invalid username-password pair" in second

    monkeypatch.setattr(library_logs, "EVERY", 0.0)
    unreachable("invalid username-password pair", 6)
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Error 111 connecting to 127.0.0.1:6379. Connection refused.", "connection refused"),
        ("[Errno 111] Connection refused", "connection refused"),
        ("Error -2 connecting to nosuch:6379. Name or service not known.", "no such host"),
        (
            "Error 2 connecting to unix:///x.sock. No such file or directory.",
            "no such file or directory",
        ),
        ("Timeout connecting to server", "Timeout connecting to server"),
        ("Connection closed by server.", "Connection closed by server"),
    ],
)
def test_a_reason_is_in_words(text: str, reason: str) -> None:
    assert connection_errors.reason(text) == reason
