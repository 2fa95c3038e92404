"""What an operation says to XenServer, and the steps a flow is made of: read off their bodies.

The source says it: `xen.Async.VM.start(...)` is a call, the name of an operation before `.s(...)`
a step. Functions that a body uses are read as well, where they are in the packages of operations.
"""

import ast
import inspect
from types import FunctionType
from typing import Any

from cli.generators.pages import sources, toolstack
from cli.generators.pages.sources import Function
from simulator import datamodel
from tasks.engine.declaration.operation import Operation
from tasks.engine.declaration.problems import INVALID
from tasks.engine.declaration.suspensions import Address
from tasks.engine.execution.points import addresses

_DEVICES = ("VM_HAS_PCI_ATTACHED", "VM_HAS_VUSBS")
_BESIDES = {
    "VDI.create": ("SR_FULL",),
    "VDI.pool_migrate": (
        *("SR_DOES_NOT_SUPPORT_MIGRATION", "MIRROR_FAILED", "LICENCE_RESTRICTION", *_DEVICES),
        "TOO_MANY_STORAGE_MIGRATES",
    ),
    "VM.checkpoint": (*_DEVICES, "VM_HAS_VGPU"),
    "VM.migrate_send": (
        *("DUPLICATE_VM", "SR_FULL", "SR_DOES_NOT_SUPPORT_MIGRATION", "MIRROR_FAILED", *_DEVICES),
        *("TOO_MANY_STORAGE_MIGRATES", "VM_HAS_TOO_MANY_SNAPSHOTS", "HOST_HAS_NO_MANAGEMENT_IP"),
    ),
    "VM.import": ("IMPORT_ERROR_PREMATURE_EOF", "IMPORT_ERROR_SOME_CHECKSUMS_FAILED", "SR_FULL"),
    "VM.pool_migrate": _DEVICES,
    "VM.snapshot": ("VM_HAS_VGPU", "VM_HAS_VUSBS"),
    "VM.suspend": (*_DEVICES, "VM_HAS_VGPU"),
}
"""Errors of the toolstack's source that the data model does not list, nor the simulator's code."""
_HELPERS = ("Async", "find", "search", "uuid")  # attributes of `xen` that are not a class
_ROOMS = ("tasks", "canvases", "xenflow_operations")


def methods(operation: Operation) -> list[str]:
    """Return the methods of XenServer that an operation may call, apart from look-ups."""
    found = (
        _method(node) for function in _functions(operation) for node in sources.nodes(function)
    )
    return sorted({method for method in found if method})


def failures(operation: Operation) -> list[str]:
    """Return the codes with which XenServer may refuse those."""
    messages, called = datamodel.load().messages, methods(operation)
    published = {
        code for method in called if method in messages for code in messages[method].errors
    }
    found = [*map(toolstack.codes, called), *(_BESIDES.get(method, ()) for method in called)]
    return sorted(published.union(*found))


def refusals(operation: Operation) -> list[str]:
    """Return the codes with which an operation or flow itself refuses what it is asked for."""
    functions = _functions(operation)
    if any(value is Address for function in functions for value in sources.used(function)):
        functions += filter(inspect.isfunction, vars(addresses).values())
    found = {_refusal(node) for function in functions for node in sources.nodes(function)}
    return sorted(found - {""})


def steps(flow: Operation) -> list[str]:
    """Return the operations that a flow may take as steps, and the steps of flows among them."""
    found: dict[str, None] = {}
    for function in _functions(flow):
        for value in sources.used(function):
            if isinstance(value, Operation) and value.name not in found:
                inner = steps(value) if value.is_flow else []
                found |= dict.fromkeys(inner or [value.name])
    return list(found)


def _functions(operation: Operation) -> list[Function]:
    """Return a body, and the functions of the packages that it uses, directly or through others."""
    return sources.closure(inspect.unwrap(operation.body), _written)


def _written(value: Any) -> list[FunctionType]:
    """Return what is defined in the packages: a function, or those of a class."""
    parts = vars(value).values() if isinstance(value, type) else [value]
    return [part for part in parts if isinstance(part, FunctionType) and _is_ours(part)]


def _is_ours(function: FunctionType) -> bool:
    room, *rest = function.__module__.split(".")
    code = inspect.unwrap(function).__code__
    is_written = code.co_filename.endswith(".py")  # not made by a decorator
    return room in _ROOMS and "engine" not in rest and is_written


def _method(node: ast.AST) -> str:
    match node:
        case ast.Attribute(
            value=ast.Attribute(
                value=ast.Name(id="xen" | "there")  # `there` is a pool beside the own one
                | ast.Attribute(attr="_xen")
                | ast.Attribute(value=ast.Name(id="xen"), attr="Async"),
                attr=cls,
            ),
            attr=verb,
        ) if cls not in _HELPERS:
            return f"{cls}.{verb}"
        case ast.Call(
            func=ast.Name(id="getattr"),
            args=[
                ast.Attribute(
                    value=ast.Attribute(value=ast.Name(id="xen"), attr="Async"), attr=cls
                ),
                ast.Constant(value=str(verb)),
            ],
        ):
            return f"{cls}.{verb}"  # a verb that is a word of Python
    return ""


def _refusal(node: ast.AST) -> str:
    match node:
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id="errors"), attr="from_api"),
            args=[ast.Constant(value=str(code)), *_],
        ):
            return code
        case ast.Call(func=ast.Attribute(value=ast.Name(id="errors"), attr="invalid")):
            return INVALID
    return ""
