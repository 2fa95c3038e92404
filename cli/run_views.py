"""Runs for people: a list, and a tree with times."""

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text
from rich.tree import Tree

from cli import cells, layout, output, tables, units
from cli.layout import Pieces
from tasks.engine.journal.record import OutcomeStatus
from workers.run_record import Run, Step, Suspension

_MARKS = {
    "succeeded": "✓",
    "failed": "✗",
    "cancelled": "✗",
    "timed_out": "✗",
    "undone": "↺",
    "open": "…",
    "sent": "…",
}
_STYLES = {
    "succeeded": "green",
    "failed": "red",
    "cancelled": "yellow",
    "timed_out": "red",
    "undone": "yellow",
    "open": "cyan",
    "sent": "cyan",
}


def listed(runs: Sequence[Run], *, wide: bool = False) -> RenderableType:
    """Return runs as a list; on a terminal ids and names are as short as commands take them.

    What a state alone does not say stands below the line, unless all lines have room for it.
    """
    width = output.WIDEST if wide else output.width()
    short = not wide and (output.out().is_terminal or width < output.PIPE_WIDTH)
    rows = [summary(run, short=short) for run in runs]
    widths = {name: max(len(name), *(len(row[name]) for row in rows)) for name in _COLUMNS}
    if _needed(widths, _COLUMNS) <= width:
        return tables.table(_COLUMNS, [[row[column] for column in _COLUMNS] for row in rows])
    columns = _fitting(widths, width)
    left = max(width - _needed(widths, columns) + widths["name"], _LEAST_NAME)
    for row in rows:
        row["name"] = _cut(row["name"], left)
    lines = [([Text(row[name]) for name in columns], Text(row["status"])) for row in rows]
    return tables.with_note(layout.Rows(columns, lines), _LINE, columns)


def _needed(widths: Mapping[str, int], columns: Sequence[str]) -> int:
    return sum(widths[name] + layout.GAP for name in columns) - layout.GAP


def _fitting(widths: Mapping[str, int], room: int) -> list[str]:
    """Return the columns of a line that fit: `took` is left out first, then `began`."""
    columns = list(_LINE)
    for name in ("took", "began"):
        if _needed(widths, columns) > room:
            columns.remove(name)
    return columns


def summary(run: Run, *, short: bool = False) -> dict[str, str]:
    """Return what a list shows of a run; `short` ids and names are as commands take them."""
    return {
        "id": run.id[:_SHORT] if short else run.id,
        "name": run.name.removeprefix("xenserver.") if short else run.name,
        "began": _moment(run.created, short=short),
        "took": _taken(run.created, run.ended),
        "state": run.state,
        "status": _status(run, short=short),
    }


def _status(run: Run, *, short: bool) -> str:
    """Return what the state alone does not say."""
    text = run.status().removeprefix(run.state).removeprefix(": ")
    return text.removeprefix("xenserver.") if short else text


def tree(run: Run, *, traces: bool = False) -> Group:
    """Return a run as a tree: each operation, its calls below it, and its outcome."""
    head = Pieces([Text(run.name, style="bold"), Text(f"run {run.id}"), Text(_when(run))])
    trees = [_branch(step, run.created, None, traces=traces) for step in run.steps]
    return Group(head, *trees)


def _when(run: Run) -> str:
    if run.created is None:
        return "has not begun"
    return f"began {_moment(run.created)}, took {_taken(run.created, run.ended)}"


def _branch(step: Step, began: float | None, parent: Tree | None, *, traces: bool) -> Tree:
    label = _label(step, began)
    branch = Tree(label) if parent is None else parent.add(label)
    for point in step.suspensions:
        if point.method and began is not None:
            branch.add(_suspension(point, began))
    for inner in filter(_is_shown, step.steps):
        _branch(inner, began, branch, traces=traces)
    for line in _outcome(step, traces=traces):
        branch.add(line)
    return branch


def _is_shown(step: Step) -> bool:
    """Whether a step tells anything: one that only brings answers together does if it fails."""
    return not step.name.startswith(_OF_ENGINE) or step.state != "succeeded"


def _label(step: Step, began: float | None) -> Pieces:
    mark = Text.assemble((f"{_MARKS[step.state]} ", _STYLES[step.state]), (step.name, "bold"))
    inputs = [Text(text) for text in _named(step)]
    times = [Text(", ".join(times), style="dim") for times in [_times(step, began)] if times]
    ends = [] if step.ended else [Text(f"{step.status()}{_percent(step)}")]
    return Pieces([mark, *inputs, *times, *ends])


def _times(step: Step, began: float | None) -> list[str]:
    """Return when a step began, unless the run began with it, and how long it took."""
    if step.created is None or began is None:
        return []
    start = [] if step.created == began else [_at(step.created, began)]
    return [*start, _taken(step.created, step.ended)]


def _named(step: Step) -> list[str]:
    """Return the inputs that name objects, as they were given; of a list the first."""
    shown = {name: _input(value) for name, value in step.inputs.items() if name not in _DULL}
    return [f"{name}={text}" for name, text in shown.items() if text]


def _input(value: Any) -> str:
    """Return text as it is, and the beginning of a list; nothing of any other value."""
    if isinstance(value, str):
        return value
    if not isinstance(value, list) or not value:
        return ""
    texts = [_cut(cells.plain(one), _LONGEST) for one in value[:_FIRST]]
    more = [f"{len(value) - _FIRST} more"] if len(value) > _FIRST else []
    return f"[{', '.join([*texts, *more])}]"


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _percent(step: Step) -> str:
    return f", {step.progress:.0%}" if step.progress else ""


def _suspension(point: Suspension, began: float) -> Pieces:
    moments = [
        f"{word} {_at(moment, began)}"
        for word, moment in (
            ("launched", point.launched),
            ("parked", point.parked),
            ("landed", point.landed),
        )
        if moment is not None
    ]
    ending = [] if point.status in {"", "success"} else [Text(_ending(point), style="red")]
    times = [Text(", ".join(moments), style="dim")] if moments else []
    method = f"{point.method} again" if point.is_repeated else point.method
    return Pieces([Text(method), *times, *ending])


def _ending(point: Suspension) -> str:
    """Return how a call ended that did not succeed, and why."""
    if point.status == OutcomeStatus.VANISHED:
        return "vanished: XenServer lost the task, and its effect was looked for"
    return f"{point.status}: {point.error}" if point.error else point.status


def _outcome(step: Step, *, traces: bool) -> list[Text]:
    lines = []
    if step.refusals:
        refused = f"{step.refusals} under its id refused, the latest: {step.refused}"
        lines.append(Text(refused, style="yellow"))
    if step.failure:
        lines.append(Text(step.failure["message"], style="red"))
        lines += [Text(left, style="yellow") for left in _left(step.failure)]
        if traces and step.failure.get("traceback"):
            lines.append(Text(step.failure["traceback"].rstrip(), style="dim"))
    elif step.answer:
        lines.append(Text(_first_line(step.answer), style="dim"))
    return lines


def _left(failure: Mapping[str, Any]) -> list[str]:
    """Return what was undone or is left, unless the message contains it."""
    texts = [_objects(word, failure[name]) for name, word in _LEFT.items() if failure.get(name)]
    return [text for text in texts if text not in failure["message"]]


def _objects(word: str, objects: Sequence[dict[str, Any]]) -> str:
    named = ", ".join(f"{one['class']} {one['name'] or one['uuid']}" for one in objects)
    return f"{word}: {named}"


def _first_line(answer: Any) -> str:
    if isinstance(answer, dict) and "return_result" in answer:
        return str(answer["return_result"]).partition("\n")[0]
    return json.dumps(answer, ensure_ascii=False)


def _moment(at: float | None, *, short: bool = False) -> str:
    if at is None:
        return ""
    then = time.localtime(at)
    is_today = then[:3] == time.localtime()[:3]
    brief = "%H:%M" if is_today else "%d %b %H:%M"
    return time.strftime(brief if short else "%Y-%m-%d %H:%M:%S", then)


def _at(moment: float, began: float) -> str:
    return f"+{units.duration(max(moment - began, 0.0))}"


def _taken(began: float | None, ended: float | None) -> str:
    if began is None:
        return ""
    return units.duration(max((time.time() if ended is None else ended) - began, 0.0))


_OF_ENGINE = "xenflow."  # steps that speak to no XenServer
_FIRST = 3  # inputs of a list that are shown
_LONGEST = 60  # characters of each
_SHORT = 8  # characters of an id by which commands find a run
_LEAST_NAME = 16  # columns to which a name is cut at most
_LINE = ("id", "name", "began", "took", "state")
_COLUMNS = (*_LINE, "status")
_DULL = frozenset({"target", "hostname", "username", "password", "protocol"})
_LEFT = {"undone": "undone", "not_undone": "could not be undone", "kept": "kept"}
