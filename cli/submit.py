"""Performing an operation from the command line: check, send, wait, tell."""

from collections.abc import Mapping
from typing import Any

from cli import client, exit_codes, output, passwords, waiting
from cli.client import Client, End
from cli.exit_codes import Code, Ending, Stop
from cli.options import Manner
from tasks.engine.declaration import message
from tasks.engine.declaration.operation import Operation
from xenserver import errors

_GIVE_UP_AFTER = 60.0  # seconds past its deadline in which an operation must have ended


def execute(operation: Operation, fields: Mapping[str, Any], manner: Manner) -> int:
    """Send a message and see it through; return the exit code."""
    said = _checked(operation, passwords.with_password(fields, manner))
    with client.connected() as house:
        if manner.wait:
            house.need_consumer(operation.queue)
        sent = house.send(operation, said.document())
        if not manner.wait:
            return _told_id(operation, sent, manner)
        seconds = (said.timeout or house.settings.timeout) + _GIVE_UP_AFTER
        return see_through(house, operation.name, sent, manner, seconds=seconds)


def see_through(house: Client, name: str, sent: str, manner: Manner, *, seconds: float) -> int:
    """Wait for the end of a message and tell it; return the exit code."""
    try:
        end = waiting.wait(house, sent, name=name, seconds=seconds, shown=manner.shows_progress)
    except KeyboardInterrupt:
        follow = f"xenflow watch {sent} · xenflow cancel {sent}"
        raise Stop(Code.INTERRUPTED, f"interrupted; {name} goes on", follow) from None
    if end is None:
        follow = f"xenflow watch {sent} · xenflow cancel {sent}"
        raise Stop(Code.TIMED_OUT, f"{name} has not ended after {seconds:.0f} s", follow)
    return _told(name, sent, end, manner)


def _checked(operation: Operation, fields: Mapping[str, Any]) -> message.Message:
    """Check a message as the worker will, before it is sent."""
    try:
        return message.check(operation.model, fields)
    except errors.Refused as refused:
        words = "; ".join(refused.params) if refused.code == message.INVALID else str(refused)
        raise Stop(Code.USAGE, words, f"xenflow describe {operation.name}") from None


def _told_id(operation: Operation, sent: str, manner: Manner) -> int:
    if manner.json:
        output.document({"id": sent, "name": operation.name})
    else:
        output.line(sent)
    return Code.DONE


def _told(name: str, sent: str, end: End, manner: Manner) -> int:
    if manner.json:
        output.document({"id": sent, "name": name, "state": end.state, **_outcome(end)})
    if end.error is None:
        if not manner.json:
            output.answer(end.answer)
        return Code.DONE
    if manner.debug and end.traceback:
        output.err().out(end.traceback.rstrip())
    ending: Ending = exit_codes.told_by_worker(end.error, name=name, operation=sent)
    raise Stop(ending.code, ending.words, ending.next)


def _outcome(end: End) -> dict[str, Any]:
    if end.error is None:
        return {"answer": end.answer}
    told = {"type": type(end.error).__name__, "code": end.error.code, "params": end.error.params}
    return {"error": {**told, "message": end.error.message}}
