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
next, and carries the code, XenServer's parameters and a message in words. Codes that begin with
`XENFLOW_` are ours, the others XenServer's; a code that is not here is `Denied` if it begins
with `RBAC_`, `AUTH_` or `SESSION_`, and else `Unknown`.

In the words below `…` stands for what XenServer names: an object, a state, a number. For codes
without words of ours, XenServer's own are told."""
ALWAYS = (
    "XENFLOW_MESSAGE_INVALID",
    "XENFLOW_TARGET_UNKNOWN",
    "XENFLOW_UNREACHABLE",
    "XENFLOW_TIMED_OUT",
    "XENFLOW_CANCELLED",
)
"""What anything may fail with."""
NAMED = ("XENFLOW_NO_SUCH_OBJECT", "XENFLOW_AMBIGUOUS_NAME", "XENFLOW_WRONG_CLASS")
"""What may befall whoever names an object."""
_UUIDS = frozenset({"pif", "vbd", "vif", "task"})  # inputs that name what has no name
_GAP = re.compile(r"\{\d+(:\w+)?\}")


def page() -> str:
    """Return the page of errors, by class."""
    return markdown.page("Errors", _ABOUT, *_classes(errors.XenflowError))


@dataclass(frozen=True)
class Told:
    """An error to reckon with: its code, its class, and what it says."""

    code: str
    kind: str
    words: str


def of(operation: Operation) -> list[Told]:
    """Return an operation's errors: its own, XenServer's, and for a flow those of its steps."""
    parts = [operation, *filter(None, map(catalogue.find, _steps(operation)))]
    codes = {code for part in parts for code in _codes(part)}
    return [_told(code) for code in sorted(codes | set(ALWAYS))]


def _steps(operation: Operation) -> list[str]:
    return calls.steps(operation) if operation.is_flow else []


def _codes(operation: Operation) -> list[str]:
    wanted = message_inputs.of(operation.model)
    names = any(one.names or one.field in _UUIDS for one in wanted)
    said = [*calls.refusals(operation), *calls.failures(operation)]
    return [*said, *(NAMED if names else ())]


def _told(code: str) -> Told:
    kind = type(errors.from_api(code, [])).__name__
    return Told(code, kind, _GAP.sub("…", error_messages.phrase(code)))


def _classes(parent: type[errors.XenflowError]) -> Iterator[str]:
    for kind in parent.__subclasses__():
        yield f"## {kind.__name__}"
        yield (kind.__doc__ or "").partition("\n")[0]
        codes = sorted(code for code, its in errors.codes().items() if its is kind)
        told = {code: _GAP.sub("…", error_messages.phrase(code)) for code in codes}
        worded = [[markdown.term(code), words] for code, words in told.items() if words]
        yield markdown.table(["code", "in words"], worded)
        yield markdown.terms(code for code, words in told.items() if not words)
        yield from _classes(kind)
