"""What an operation says to XenServer, and the steps a flow is made of: read off their bodies.

The source says it: `xen.later.VM.start(...)` is a call, the name of an operation before `.s(...)`
a step. Functions that a body uses are read as well, where they are in the rooms of operations.
"""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from types import FunctionType, ModuleType
from typing import Any

from simulator import datamodel
from tasks.frame.operation import Operation

_SPEAKS = ("later", "now")
_ROOMS = ("tasks", "canvases", "xenflow_operations")


def methods(operation: Operation) -> list[str]:
    """Give the methods of XenServer that an operation may call, besides look-ups."""
    spoken = (_method(node) for function in _functions(operation) for node in _nodes(function))
    return sorted({method for method in spoken if method})


def failures(operation: Operation) -> list[str]:
    """Give the codes with which XenServer may refuse those, as the data model has them."""
    messages = datamodel.load().messages
    known = (messages[method] for method in methods(operation) if method in messages)
    return sorted({code for message in known for code in message.errors})


def steps(flow: Operation) -> list[str]:
    """Give the operations that a flow may take as steps, and the steps of flows among them."""
    found: dict[str, None] = {}
    for function in _functions(flow):
        for value in _used(function):
            if isinstance(value, Operation) and value.name not in found:
                inner = steps(value) if value.is_flow else []
                found |= dict.fromkeys(inner or [value.name])
    return list(found)


def _functions(operation: Operation) -> list[Callable[..., Any]]:
    """Give a body, and the functions of the rooms that it uses, directly or through others."""
    found = [inspect.unwrap(operation.body)]
    for function in found:
        found += [
            value
            for value in _used(function)
            if isinstance(value, FunctionType) and value not in found and _is_ours(value)
        ]
    return found


def _is_ours(function: FunctionType) -> bool:
    room, *rest = function.__module__.split(".")
    return room in _ROOMS and "frame" not in rest


def _nodes(function: Callable[..., Any]) -> list[ast.AST]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    return list(ast.walk(tree))


def _used(function: Callable[..., Any]) -> Iterator[Any]:
    """Give what the names in a function stand for, a module's members too."""
    names = inspect.unwrap(function).__globals__
    for node in _nodes(function):
        match node:
            case ast.Attribute(value=ast.Name(id=module), attr=member) if isinstance(
                names.get(module), ModuleType
            ):
                yield getattr(names[module], member, None)
            case ast.Name(id=name):
                yield names.get(name)


def _method(node: ast.AST) -> str:
    match node:
        case ast.Attribute(
            value=ast.Attribute(value=ast.Attribute(value=ast.Name(id="xen"), attr=how), attr=cls),
            attr=verb,
        ) if how in _SPEAKS:
            return f"{cls}.{verb}"
    return ""
