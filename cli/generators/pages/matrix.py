"""The matrix of operations: calls, errors, undoing and repeating of each, side by side."""

from collections.abc import Iterable, Sequence

from cli.generators.pages import calls, markdown, repeats
from tasks.engine.declaration import catalogue
from tasks.engine.declaration.operation import Operation

_ABOUT = """\
One row for each: the calls of XenServer it may make beside look-ups, the codes it may fail with
beside those that [all may](operations.md#what-all-take), what undoes it when a later step of its
flow fails, and what a second message does that asks for the same under another id. Under the same
id a message has one effect and one answer, however often it is delivered."""
_FLOWS = """\
A flow makes the calls of its steps, and may fail with their errors. What its steps made is undone
when it fails, unless `on_failure` is `keep`; what they changed or destroyed is not."""

_STEPS = """\
Flows send these; no other sender needs to. The command line accepts them without listing them."""

_COLUMNS = ("name", "calls", "fails with", "undone by", "sent again", "sent again with `ensure`")
_COLUMNS_OF_FLOWS = ("name", "steps", "fails with", "undoes", "sent again", "with `ensure`")


def page(known: Sequence[Operation]) -> str:
    """Return the matrix of operations, and that of flows."""
    operations = [one for one in known if not one.is_flow and not one.is_internal]
    steps = [one for one in known if not one.is_flow and one.is_internal]
    flows = [one for one in known if one.is_flow]
    return markdown.page(
        "What each does, and how it may end",
        _ABOUT,
        "## Operations",
        markdown.table(_COLUMNS, map(_row, operations)),
        f"## Steps of flows\n\n{_STEPS}",
        markdown.table(_COLUMNS, map(_row, steps)),
        f"## Flows\n\n{_FLOWS}",
        markdown.table(_COLUMNS_OF_FLOWS, map(_row_of_flow, flows)),
    )


def _row(operation: Operation) -> list[str]:
    codes = sorted({*calls.failures(operation), *calls.refusals(operation)})
    return [
        _link(operation, "operations.md"),
        markdown.terms(calls.methods(operation)),
        markdown.terms(codes),
        _undone_by(operation),
        *_repeats(operation),
    ]


def _undone_by(operation: Operation) -> str:
    undo = operation.undo
    if undo is None:
        return ""
    name = markdown.term(undo.name)
    return name if undo.finished else f"{name}, until it has ended"


def _row_of_flow(flow: Operation) -> list[str]:
    steps = calls.steps(flow)
    return [
        _link(flow, "flows.md"),
        markdown.terms(steps),
        markdown.terms(calls.refusals(flow)),
        markdown.terms(_undoable(steps)),
        *_repeats(flow),
    ]


def _undoable(steps: Iterable[str]) -> list[str]:
    found = (catalogue.find(step) for step in steps)
    return [step.name for step in found if step and step.undo]


def _repeats(operation: Operation) -> list[str]:
    repeat = repeats.of(operation)
    return [repeat.alone, repeat.ensured]


def _link(operation: Operation, page: str) -> str:
    return f"[`{operation.name}`]({page}#{operation.name.replace('.', '')})"
