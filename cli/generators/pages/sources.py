"""Functions as they are written: what they use, directly or through others."""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from types import ModuleType
from typing import Any

Function = Callable[..., Any]


@cache
def definition(function: Function) -> ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda:
    """Return the definition of a function, as it is written."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    return next(node for node in ast.walk(tree) if isinstance(node, kinds))


@cache
def nodes(function: Function) -> tuple[ast.AST, ...]:
    """Return the nodes of the source of a function."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    return tuple(ast.walk(tree))


def meaning(node: ast.AST, function: Function) -> Any:
    """Return what a name stands for in a function, a module's member too; None for others."""
    names = inspect.unwrap(function).__globals__
    match node:
        case ast.Attribute(value=ast.Name(id=module), attr=member) if isinstance(
            names.get(module), ModuleType
        ):
            return getattr(names[module], member, None)
        case ast.Name(id=name):
            return names.get(name)
    return None


def used(function: Function) -> Iterator[Any]:
    """Return what the names in a function stand for."""
    found = (meaning(node, function) for node in nodes(function))
    return (value for value in found if value is not None)


def closure(body: Function, written: Callable[[Any], Iterable[Function]]) -> list[Function]:
    """Return a function and those it uses; `written` gives those that a value stands for."""
    found = [body]
    for function in found:
        known = dict.fromkeys(one for value in used(function) for one in written(value))
        found += [one for one in known if one not in found]
    return found
