"""Running an operation from the command line: check its message, send it, print the answer."""

import sys
import uuid
from collections.abc import Mapping
from typing import Any

import typer

from cli import answers, client, failure_reports, object_names, operations, passwords, waiting
from cli.catalogue_index import Entry
from cli.client import Client, End
from cli.exit_codes import Code, CommandFailed, Failure
from cli.options import RunOptions
from cli.output import Document, write
from tasks.engine.declaration import message
from tasks.engine.declaration.operation import Operation
from xenserver import errors

_GIVE_UP_AFTER = 60.0  # seconds past its deadline in which an operation must have ended


def execute(entry: Entry, fields: Mapping[str, Any], options: RunOptions) -> int:
    """Send a message and wait for its answer; return the exit code."""
    operation = operations.load(entry)
    checked = _checked(operation, passwords.with_password(fields, options))
    if options.dry_run:
        return _print_message(operation, checked, options)
    _confirm(entry, checked, options)
    operation_id = options.id or str(uuid.uuid4())
    with client.connected() as producer:
        if options.wait:
            producer.need_consumer(operation.queue)
        producer.send(operation, checked.document(), operation_id)
        if not options.wait:
            return _print_id(operation, operation_id, options)
        seconds = (checked.timeout or producer.settings.timeout) + _GIVE_UP_AFTER
        return wait_for(producer, operation.name, operation_id, checked, options, seconds)


def wait_for(  # noqa: PLR0913, PLR0917 - what a run is known by, and how it is shown
    producer: Client,
    name: str,
    operation_id: str,
    sent: message.Message,
    options: RunOptions,
    seconds: float,
) -> int:
    """Wait for the end of a message and print its answer; return the exit code."""
    follow = f"xenflow watch {operation_id} · xenflow cancel {operation_id}"
    try:
        end = waiting.wait(
            producer, operation_id, name=name, seconds=seconds, shown=options.shows_progress
        )
    except KeyboardInterrupt:
        text = f"interrupted; {name} continues"
        raise CommandFailed(Code.INTERRUPTED, text, follow, id=operation_id) from None
    if end is None:
        text = f"{name} has not ended after {seconds:.0f} s"
        raise CommandFailed(Code.TIMED_OUT, text, follow, id=operation_id)
    return _print_end(producer, name, operation_id, sent, end, options)


def _checked(operation: Operation, fields: Mapping[str, Any]) -> message.Message:
    """Check a message as the worker does, before it is sent."""
    try:
        return message.check(operation.model, fields)
    except errors.Refused as refused:
        text = "; ".join(refused.params) if refused.code == message.INVALID else str(refused)
        raise CommandFailed(Code.USAGE, text, f"xenflow describe {operation.name}") from None


def _print_message(operation: Operation, checked: message.Message, options: RunOptions) -> int:
    kwargs = message.masked(checked.document())
    data = {"name": operation.name, "queue": operation.queue, "kwargs": kwargs}
    write(Document(data, lambda _options: _dry_run_text(data)), options)
    return Code.DONE


def _dry_run_text(data: Mapping[str, Any]) -> str:
    fields = "".join(f"\n  {name}={value}" for name, value in data["kwargs"].items())
    return f"would send {data['name']} to the queue {data['queue']}:{fields}"


def _confirm(entry: Entry, checked: message.Message, options: RunOptions) -> None:
    """Ask a person before something is destroyed; a script is not asked."""
    if options.yes or not entry.destroys or not sys.stdin.isatty():
        return
    named = " ".join(f"{key}={value}" for key, value in message.masked(checked.document()).items())
    if not typer.confirm(f"{entry.name} {named}: do it?", err=True):
        raise CommandFailed(Code.FAILED, "nothing was sent", "--yes does it without a question")


def _print_id(operation: Operation, operation_id: str, options: RunOptions) -> int:
    data = {"id": operation_id, "name": operation.name}
    write(Document(data, lambda _options: operation_id), options)
    return Code.DONE


def _print_end(  # noqa: PLR0913, PLR0917 - see wait_for
    producer: Client,
    name: str,
    operation_id: str,
    sent: message.Message,
    end: End,
    options: RunOptions,
) -> int:
    data = {"id": operation_id, "name": name, "state": end.state, **_outcome(end)}
    if end.error is not None:
        if options.debug and end.traceback:
            sys.stderr.write(f"{end.traceback.rstrip()}\n")
        failure = failure_reports.operation_failure(end.error, name=name, operation=operation_id)
        raise _failed(failure, data)
    translate = object_names.translation(producer, end.answer, sent, options)
    asked = getattr(sent, "fields", None) or ()
    document = Document(
        data,
        lambda chosen: answers.text(end.answer, chosen, asked=asked, translate=translate),
        answers.records_of(end.answer),
    )
    write(document, options)
    return Code.DONE


def _failed(failure: Failure, data: Mapping[str, Any]) -> CommandFailed:
    return CommandFailed(
        failure.code, failure.message, failure.next_step, id=failure.id, document=data
    )


def _outcome(end: End) -> dict[str, Any]:
    if end.error is None:
        return {"answer": end.answer}
    error = {"type": type(end.error).__name__, "code": end.error.code, "params": end.error.params}
    return {"error": {**error, "message": end.error.message}}
