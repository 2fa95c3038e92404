"""Running an operation from the command line: check its message, send it, print the answer."""

import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from cli import (
    answers,
    catalogue_index,
    cells,
    client,
    command_words,
    find_hints,
    losses,
    names_in_use,
    object_names,
    operations,
    output,
    own_ends,
    passwords,
    units,
    waiting,
)
from cli.catalogue_index import Entry
from cli.client import Client, End
from cli.confirmation import confirm
from cli.exit_codes import Code, CommandFailed, Failure
from cli.failure_reports import operation_failure
from cli.options import RunOptions
from cli.output import Document, write
from cli.own_ends import Sent
from tasks.engine.declaration import message
from tasks.engine.declaration.message import Message
from tasks.engine.declaration.operation import Operation
from tasks.engine.declaration.problems import INVALID
from xenserver import errors

_GIVE_UP_AFTER = 60.0  # seconds past its deadline in which an operation must have ended

_ANSWERED_BEFORE = (
    "xenflow: {} has ended before: this is its stored answer, and nothing runs now; "
    "another id runs it again, and so does --repeat-failed if it failed"
)


def execute(entry: Entry, fields: Mapping[str, Any], options: RunOptions) -> int:
    """Send a message and wait for its answer; return the exit code."""
    with _interrupts_reported() as moment:
        operation = operations.load(entry)
        checked = _checked(operation, passwords.with_password(fields, options), options)
        if options.dry_run:
            return _print_message(operation, checked, options)
        _confirm(entry, checked, options)
        sent = Sent(operation.name, options.id or str(uuid.uuid4()), checked)
        with client.connected() as producer:
            if refusal := own_ends.refusal(producer, sent):
                return _print_end(producer, sent, refusal, options)
            _prepare(producer, operation, sent, options)
            _note_twins(producer, sent, options)
            moment.sent = sent
            producer.send(operation, checked.document(), sent.id)
            return _print_outcome(producer, sent, options)


@dataclass
class _Moment:
    """What is known where Ctrl-C comes: the message that may have been sent."""

    sent: Sent | None = None


@contextmanager
def _interrupts_reported() -> Iterator[_Moment]:
    moment = _Moment()
    try:
        yield moment
    except KeyboardInterrupt:
        sent = moment.sent
        if sent is None:
            raise CommandFailed(Code.INTERRUPTED, "interrupted; nothing was sent") from None
        text = f"interrupted while {sent.name} was sent, so it may run"
        raise CommandFailed(Code.INTERRUPTED, text, sent.follow, id=sent.id) from None


def _prepare(producer: Client, operation: Operation, sent: Sent, options: RunOptions) -> None:
    if options.wait:
        producer.need_consumer(operation.queue)
    end = producer.end_of(sent.id) if options.id is not None else None
    is_over = end and (own_ends.is_dropped(end) or (end.error and sent.message.repeat_failed))
    if is_over:
        producer.forget_failure(sent.id)  # else the old failure would be taken for the new end
    elif end:
        output.note(_ANSWERED_BEFORE.format(sent.id))


def _note_twins(producer: Client, sent: Sent, options: RunOptions) -> None:
    """Write that a name is in use, where a person waits; the same id may have used it itself."""
    if options.wait and options.id is None and not options.format.for_programs:
        _note(names_in_use.note(producer, sent))


def _note(text: str) -> None:
    if text:
        output.note(f"xenflow: {text}")


def _print_outcome(producer: Client, sent: Sent, options: RunOptions) -> int:
    """Print the id of a message, or wait for its end and print that; return the exit code."""
    if not options.wait:
        return _print_id(sent, options)
    with _named_on_error(f"run {sent.id} continues; {sent.follow}"):
        end = _wait(producer, sent, options)
    with _named_on_error(f"run {sent.id} has ended; xenflow show {sent.id}"):
        try:
            return _print_end(producer, sent, end, options)
        except KeyboardInterrupt:
            text = f"interrupted; {sent.name} has ended"
            next_step = f"xenflow show {sent.id}"
            raise CommandFailed(Code.INTERRUPTED, text, next_step, id=sent.id) from None


def _wait(producer: Client, sent: Sent, options: RunOptions) -> End:
    """Wait for the end of a message."""
    seconds = (sent.message.timeout or producer.settings.timeout) + _GIVE_UP_AFTER
    bar = waiting.progress_bar(producer, _label(sent)) if options.shows_progress else None
    end_of = partial(own_ends.own_end, producer, sent)
    try:
        end = waiting.wait(end_of, sent.id, seconds=seconds, bar=bar)
    except KeyboardInterrupt:
        text = f"interrupted; {sent.name} {sent.id} continues"
        raise CommandFailed(Code.INTERRUPTED, text, sent.follow, id=sent.id) from None
    if end is None:
        text = f"{sent.name} has not ended after {units.duration(seconds)}"
        raise CommandFailed(Code.TIMED_OUT, text, sent.follow, id=sent.id)
    return end


def _label(sent: Sent) -> str:
    """Return the name of an operation, with the object that it is on."""
    entry = catalogue_index.load().get(sent.name)
    one = entry.positional if entry else None
    on = sent.message.document().get(one.key) if one else None
    return f"{sent.name} {on}" if isinstance(on, str) else sent.name


@contextmanager
def _named_on_error(text: str) -> Iterator[None]:
    """Write the text, which names the run, before an error that does not name it."""
    try:
        yield
    except BrokenPipeError:
        raise  # nobody reads any more
    except Exception as error:
        if not (isinstance(error, CommandFailed) and error.failure.id):
            output.note(f"xenflow: {text}")
        raise


def _checked(operation: Operation, fields: Mapping[str, Any], options: RunOptions) -> Message:
    """Check a message as the worker does, before it is sent."""
    try:
        if options.id is not None:
            message.check_id(options.id)
        return message.check(operation.model, fields)
    except errors.Refused as refused:
        text = "; ".join(refused.params) if refused.code == INVALID else str(refused)
        raise CommandFailed(Code.USAGE, text, f"xenflow describe {operation.name}") from None


def _print_message(operation: Operation, checked: Message, options: RunOptions) -> int:
    kwargs = message.masked(checked.document())
    data = {"name": operation.name, "queue": operation.queue, "kwargs": kwargs}
    write(Document(data, lambda _options: _dry_run_text(data)), options)
    return Code.DONE


def _dry_run_text(data: Mapping[str, Any]) -> str:
    fields = "".join(f"\n  {name}={cells.plain(value)}" for name, value in data["kwargs"].items())
    return f"would send {data['name']} to the queue {data['queue']}:{fields}"


def _confirm(entry: Entry, checked: Message, options: RunOptions) -> None:
    """Ask before something is destroyed."""
    if entry.destroys:
        fields = checked.document()
        loss, command = losses.of(entry, fields), command_words.command(entry, fields)
        confirm(loss, command=command, refused="nothing was sent", yes=options.yes)


def _print_id(sent: Sent, options: RunOptions) -> int:
    data = {"id": sent.id, "name": sent.name}
    write(Document(data, lambda _options: sent.id), options)
    return Code.DONE


def _print_end(producer: Client, sent: Sent, end: End, options: RunOptions) -> int:
    data = {"id": sent.id, "name": sent.name, "state": end.state, **_outcome(end)}
    if end.error is not None:
        if options.debug and end.traceback:
            sys.stderr.write(f"{end.traceback.rstrip()}\n")
        failure = operation_failure(end.error, name=sent.name, operation=sent.id)
        raise _failed(_with_hint(failure, end.error, sent.message), data)
    translate = object_names.translation(producer, end.answer, sent, options)
    objects = object_names.unanswered(end.answer, sent)
    asked = getattr(sent.message, "fields", None) or ()
    document = Document(
        data,
        lambda chosen: answers.text(
            end.answer, chosen, asked=asked, translate=translate, objects=objects
        ),
        answers.records_of(end.answer),
    )
    write(document, options)
    if not options.format.for_programs:
        _note(find_hints.hint(producer, sent, end.answer))
    return Code.DONE


def _failed(failure: Failure, data: Mapping[str, Any]) -> CommandFailed:
    """Return what ends the command, with what is to be done in its document too."""
    done = {"next": failure.next_step, "exit_code": int(failure.code)}
    data = {**data, "error": {**data["error"], **done}}
    return CommandFailed(
        failure.code, failure.message, failure.next_step, id=failure.id, document=data
    )


def _with_hint(failure: Failure, error: errors.XenflowError, sent: Message) -> Failure:
    """Return a failure that says how a list is written, where a name looks like one and is not."""
    if not isinstance(error, errors.Missing):
        return failure
    for field, value in sent.document().items():
        match value:
            case [str(only)] if "," in only:
                option = "--" + field.replace("_", "-")
                first, _, second = only.partition(",")
                hint = f"write a list as {option} {first.strip()} {option} {second.strip()}"
                return replace(failure, next_step=f"{hint} · {failure.next_step}")
    return failure


def _outcome(end: End) -> dict[str, Any]:
    if end.error is None:
        return {"answer": end.answer}
    error = {"type": type(end.error).__name__, "code": end.error.code, "params": end.error.params}
    return {"error": {**error, "message": end.error.message}}
