"""The page of errors, and the errors of one operation."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cli import message_inputs
from cli.generators.pages import calls, markdown
from tasks.engine.declaration import catalogue
from tasks.engine.declaration.operation import Operation
from xenserver import error_messages, errors

_ABOUT = """\
A task that fails has Celery's state FAILURE. Its result names the class, which says what to do
next, and has the code, XenServer's parameters and a message. Codes that begin with
`XENFLOW_` are ours, the others XenServer's; a code that is not here is `Denied` if it begins
with `RBAC_`, `AUTH_` or `SESSION_`, and else `Unknown`.

In the messages below `…` stands for what XenServer names: an object, a state, a number. Codes
without a message here have that of XenServer."""
ALWAYS = (
    "XENFLOW_MESSAGE_INVALID",
    "XENFLOW_TARGET_UNKNOWN",
    "XENFLOW_UNREACHABLE",
    "XENFLOW_TIMED_OUT",
    "XENFLOW_CANCELLED",
    "RBAC_PERMISSION_DENIED",
    "SESSION_AUTHENTICATION_FAILED",
)
"""What anything may fail with."""
CALLED = ("XENFLOW_VANISHED", "TOO_MANY_PENDING_TASKS")
"""What anything may fail with that has XenServer work on something."""
NAMED = (
    *("XENFLOW_NO_SUCH_OBJECT", "XENFLOW_AMBIGUOUS_NAME", "XENFLOW_WRONG_CLASS"),
    "HANDLE_INVALID",
)
"""What anything that names an object may fail with."""
_UUIDS = frozenset({"pif", "vbd", "vif", "task"})  # inputs that name what has no name
_GAP = re.compile(r"\{\d+(:\w+)?\}")


def page() -> str:
    """Return the page of errors, by class."""
    return markdown.page("Errors", _ABOUT, *_classes(errors.XenflowError))


@dataclass(frozen=True)
class PossibleError:
    """An error that is possible: its code, its class, its message."""

    code: str
    kind: str
    message: str


def of(operation: Operation) -> list[PossibleError]:
    """Return an operation's errors: its own, XenServer's, and for a flow those of its steps."""
    parts = [operation, *filter(None, map(catalogue.find, _steps(operation)))]
    codes = {code for part in parts for code in _codes(part)}
    return [_error(code) for code in sorted(codes | set(ALWAYS))]


def _steps(operation: Operation) -> list[str]:
    return calls.steps(operation) if operation.is_flow else []


def _codes(operation: Operation) -> list[str]:
    wanted = message_inputs.of(operation.model)
    names = any(one.names or one.field in _UUIDS for one in wanted)
    codes = [*calls.refusals(operation), *calls.failures(operation)]
    works = operation.is_long and not operation.is_flow
    return [*codes, *(NAMED if names else ()), *(CALLED if works else ())]


def _error(code: str) -> PossibleError:
    kind = type(errors.from_api(code, [])).__name__
    return PossibleError(code, kind, _GAP.sub("…", error_messages.template(code)))


def _classes(parent: type[errors.XenflowError]) -> Iterator[str]:
    for kind in parent.__subclasses__():
        yield f"## {kind.__name__}"
        yield (kind.__doc__ or "").partition("\n")[0]
        codes = sorted(code for code, its in errors.codes().items() if its is kind)
        messages = {code: _GAP.sub("…", error_messages.template(code)) for code in codes}
        worded = [[markdown.term(code), text] for code, text in messages.items() if text]
        yield markdown.table(["code", "message"], worded)
        yield markdown.terms(code for code, text in messages.items() if not text)
        yield from _classes(kind)
