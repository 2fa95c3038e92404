"""Runs as people see them: a list, and a tree with times."""

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from cli import output
from workers.run_record import Leg, Run, Step

_MARKS = {"succeeded": "✓", "failed": "✗", "undone": "↺", "open": "…"}
_STYLES = {"succeeded": "green", "failed": "red", "undone": "yellow", "open": "cyan"}


def listed(runs: Sequence[Run]) -> Table:
    """Return runs as a list; on a terminal ids and names are as short as commands take them."""
    short = output.out().is_terminal
    rows = [
        [
            run.id[:_SHORT] if short else run.id,
            run.name.removeprefix("xenserver.") if short else run.name,
            _moment(run.created, short=short),
            _taken(run.created, run.ended),
            run.words(),
        ]
        for run in runs
    ]
    return output.table(["id", "name", "began", "took", "state"], rows)


def tree(run: Run, *, traces: bool = False) -> Group:
    """Return a run as a tree: each operation, its legs below it, and what came of it."""
    head = Text.assemble(
        (run.name, "bold"),
        f"  run {run.id}  began {_moment(run.created)}, took {_taken(run.created, run.ended)}",
    )
    trees = [_branch(step, run.created, None, traces=traces) for step in run.steps]
    return Group(head, *trees)


def _branch(step: Step, began: float, parent: Tree | None, *, traces: bool) -> Tree:
    label = _label(step, began)
    branch = Tree(label) if parent is None else parent.add(label)
    for leg in step.legs:
        if leg.method:
            branch.add(_leg(leg, began))
    for inner in step.steps:
        _branch(inner, began, branch, traces=traces)
    for line in _outcome(step, traces=traces):
        branch.add(line)
    return branch


def _label(step: Step, began: float) -> Text:
    return Text.assemble(
        (f"{_MARKS[step.state]} ", _STYLES[step.state]),
        (step.name, "bold"),
        (f" {_named(step)}" if _named(step) else ""),
        (f"  {_at(step.created, began)}, {_taken(step.created, step.ended)}", "dim"),
        "" if step.ended else f"  {step.words()}{_figure(step)}",
    )


def _named(step: Step) -> str:
    """Return the inputs that name things, as they were given."""
    told = [f"{k}={v}" for k, v in step.inputs.items() if isinstance(v, str) and k not in _DULL]
    return " ".join(told)


def _figure(step: Step) -> str:
    return f", {step.progress:.0%}" if step.progress else ""


def _leg(leg: Leg, began: float) -> Text:
    moments = [
        f"{word} {_at(moment, began)}"
        for word, moment in (
            ("launched", leg.launched),
            ("parked", leg.parked),
            ("landed", leg.landed),
        )
        if moment is not None
    ]
    ending = "" if leg.status in {"", "success"} else f"  {leg.status}"
    return Text.assemble((leg.method, ""), (f"  {', '.join(moments)}", "dim"), (ending, "red"))


def _outcome(step: Step, *, traces: bool) -> list[Text]:
    lines = []
    if step.fault:
        lines.append(Text(step.fault["message"], style="red"))
        lines += [Text(left, style="yellow") for left in _left(step.fault)]
        if traces and step.fault.get("traceback"):
            lines.append(Text(step.fault["traceback"].rstrip(), style="dim"))
    elif step.answer:
        lines.append(Text(_first_line(step.answer), style="dim"))
    return lines


def _left(fault: Mapping[str, Any]) -> list[str]:
    """Return what became of what was made, unless the message says so itself."""
    told = [_things(word, fault[name]) for name, word in _LEFT.items() if fault.get(name)]
    return [words for words in told if words not in fault["message"]]


def _things(word: str, things: Sequence[dict[str, Any]]) -> str:
    named = ", ".join(f"{t['class']} {t['name'] or t['uuid']}" for t in things)
    return f"{word}: {named}"


def _first_line(answer: Any) -> str:
    if isinstance(answer, dict) and "return_result" in answer:
        return str(answer["return_result"]).partition("\n")[0]
    return json.dumps(answer, ensure_ascii=False)


def _moment(at: float, *, short: bool = False) -> str:
    return time.strftime("%d %b %H:%M" if short else "%Y-%m-%d %H:%M:%S", time.localtime(at))


def _at(moment: float, began: float) -> str:
    return f"+{max(moment - began, 0.0):.2f} s"


def _taken(began: float, ended: float | None) -> str:
    return f"{(time.time() if ended is None else ended) - began:.2f} s"


_SHORT = 8  # characters of an id; `xenflow show` knows a run by them
_DULL = frozenset({"target", "hostname", "username", "password", "protocol"})
_LEFT = {"undone": "undone", "not_undone": "could not be undone", "kept": "kept"}
