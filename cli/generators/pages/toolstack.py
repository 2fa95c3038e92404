"""The codes with which XenServer refuses a method, read off the simulator.

The simulator takes its checks from the source of the toolstack, one by one. What a method raises is
in its body and the functions it uses; what an object refuses while it is in another state is in the
rules for the operation that the method shows in `current_operations`.
"""

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from types import FunctionType
from typing import Any

from cli.generators.pages import rules, sources
from cli.generators.pages.sources import Function
from simulator import back_end, locks, methods, preconditions

Guard = tuple[str, str]
"""A class, and an operation of its objects."""

_OF_STORAGE = frozenset({"SR", "VDI", "VBD"})


@cache
def codes(method: str) -> frozenset[str]:
    """Return the codes with which XenServer may refuse a method beside those of any call."""
    body = methods.load().get(method)
    if body is None:
        return frozenset()
    found = sources.closure(inspect.unwrap(body), written)
    raised = {code for function in found for code in rules.raised(function)}
    guards = {guard for function in found for guard in _guards(function, method)}
    return frozenset(raised.union(*(_refused(*guard) for guard in guards)))


def written(value: Any) -> list[Function]:
    """Return the function of the simulator that a value is, if it is one."""
    function = inspect.unwrap(value) if callable(value) else None
    is_ours = isinstance(function, FunctionType) and function.__module__.startswith("simulator.")
    return [function] if is_ours and function else []


def _guards(function: Function, method: str) -> Iterator[Guard]:
    """Return which operations of which classes a function shows while it works."""
    if function is inspect.unwrap(locks.devices):
        yield "VBD", "attach"
    for node in sources.nodes(function):
        match node:
            case ast.Call(
                func=ast.Attribute(attr="current_operation"),
                args=[ast.Constant(value=str(cls)), _, op],
            ):
                yield cls, _operation(op, method)
            case ast.Call(func=ast.Attribute(attr="vm_and_devices"), args=[_, _, op, *_]):
                yield "VM", _operation(op, method)
            case ast.Call(func=ast.Attribute(attr="disk"), args=[_, _, op]):
                yield "VDI", _operation(op, method)


def _operation(op: ast.expr, method: str) -> str:
    """Return an operation that is written out; else that of the method, which has its name."""
    return str(op.value) if isinstance(op, ast.Constant) else method.partition(".")[2]


@cache
def _refused(cls: str, op: str) -> frozenset[str]:
    """Return the codes with which an object of a class refuses an operation."""
    known = preconditions.PRECONDITIONS.get(cls)
    found = {code for rule in known.rules for code in rules.codes(rule, op)} if known else set()
    if cls in _OF_STORAGE:
        parts = sources.closure(back_end.assert_available, written)
        found.update(code for part in parts for code in rules.raised(part))
    return frozenset(found)
