"""Rules of the simulator, read for one operation: which codes each of them may give.

A rule is a function of an object and of the name of an operation. What the name alone decides is
decided here: `if op not in _MOVING: return None` rules a rule out for most operations.
"""

import ast
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import FunctionType
from typing import Any

from cli.generators.pages import sources
from cli.generators.pages.sources import Function
from simulator.errors import Failure

_ENDS = (ast.Return, ast.Raise)


def codes(rule: Function, op: str) -> set[str]:
    """Return the codes with which a rule may refuse an operation."""
    return set(_Reading(inspect.unwrap(rule), op).codes())


def raised(function: Function) -> Iterator[str]:
    """Return the codes that are written in a function."""
    for node in sources.nodes(function):
        match node:
            case ast.Call(func=called, args=[code, *_]) if (
                sources.meaning(called, function) is Failure
            ):
                yield from _code(code, function)


def _code(node: ast.expr, function: Function) -> Iterator[str]:
    """Return a code that is written out, or as the name of a constant."""
    value = node.value if isinstance(node, ast.Constant) else sources.meaning(node, function)
    if isinstance(value, str):
        yield value


def _simulators(value: Any) -> list[Function]:
    is_ours = isinstance(value, FunctionType) and value.__module__.startswith("simulator.")
    return [value] if is_ours else []


class _Reading:
    """One rule, read for one operation."""

    def __init__(self, rule: Function, op: str) -> None:
        self._rule = rule
        self._op = op
        self._name = "".join(arg.arg for arg in sources.definition(rule).args.args[1:2])
        self._decided: dict[str, bool | None] = {}

    def codes(self) -> Iterator[str]:
        """Return the codes that the rule may give."""
        body = sources.definition(self._rule).body
        yield from self._of_block(body) if isinstance(body, list) else self._of(body)

    def _of_block(self, block: Iterable[ast.stmt]) -> Iterator[str]:
        for statement in block:
            match statement:
                case ast.If(test=test, body=body, orelse=orelse):
                    truth = self._truth(test)
                    yield from self._of(test)
                    yield from self._of_block(body if truth is not False else [])
                    yield from self._of_block(orelse if truth is not True else [])
                    if truth and isinstance(body[-1], _ENDS):
                        return
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    self._decided[name] = self._truth(value)
                    yield from self._of(value)
                case ast.For(body=body):
                    yield from self._of_block(body)
                case ast.Match(subject=subject, cases=cases):
                    for case in self._cases(subject, cases):
                        yield from self._of_block(case.body)
                case _:
                    yield from self._of(statement)

    def _cases(self, subject: ast.expr, cases: list[ast.match_case]) -> list[ast.match_case]:
        """Return the cases that may hold: of the operation's name, the first that does."""
        if self._known(subject) != self._op:
            return cases
        for case in cases:
            match case.pattern:
                case ast.MatchValue(value=ast.Constant(value=self._op)) | ast.MatchAs(pattern=None):
                    return [case]
        return []

    def _of(self, node: ast.AST) -> Iterator[str]:
        match node:
            case ast.IfExp(test=test, body=body, orelse=orelse):
                truth = self._truth(test)
                yield from self._of(body) if truth is not False else ()
                yield from self._of(orelse) if truth is not True else ()
                return
            case ast.Call(func=called, args=args):
                yield from self._of_call(self._known(called), args)
        for child in ast.iter_child_nodes(node):
            yield from self._of(child)

    def _of_call(self, called: Any, args: list[ast.expr]) -> Iterator[str]:
        if called is Failure:
            yield from _code(args[0], self._rule)
        elif _simulators(called) and [self._known(arg) for arg in args[1:]] == [self._op]:
            yield from codes(called, self._op)
        elif _simulators(called):
            for function in sources.closure(called, _simulators):
                yield from raised(function)

    def _known(self, node: ast.expr) -> Any:
        """Return what an expression stands for; None where only the object decides it."""
        match node:
            case ast.Name(id=name) if name == self._name:
                return self._op
            case ast.Subscript(value=table, slice=key):
                entries = self._known(table)
                return entries.get(self._known(key)) if isinstance(entries, Mapping) else None
            case ast.Constant(value=value):
                return value
            case ast.Set(elts=parts) | ast.Tuple(elts=parts):
                return [self._known(part) for part in parts]
        return sources.meaning(node, self._rule)

    def _truth(self, test: ast.expr) -> bool | None:
        """Return whether a condition holds; None where only the object decides it."""
        match test:
            case ast.Name(id=name):
                return self._decided.get(name)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = self._truth(operand)
                return None if inner is None else not inner
            case ast.BoolOp(op=joined, values=parts):
                truths, decides = [self._truth(part) for part in parts], isinstance(joined, ast.Or)
                undecided = None if None in truths else not decides
                return decides if decides in truths else undecided
            case ast.Compare(left=left, ops=[how], comparators=[right]):
                value, other = self._known(left), self._known(right)
                holds = _HOW.get(type(how))
                decided = holds and value == self._op and other is not None
                return holds(value, other) if holds and decided else None
        return None


_HOW: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.In: lambda value, other: value in other,
    ast.NotIn: lambda value, other: value not in other,
    ast.Eq: lambda value, other: bool(value == other),
    ast.NotEq: lambda value, other: bool(value != other),
}
