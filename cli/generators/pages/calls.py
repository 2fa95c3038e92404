"""What an operation says to XenServer, and the steps a flow is made of: read off their bodies.

The source says it: `xen.Async.VM.start(...)` is a call, the name of an operation before `.s(...)`
a step. Functions that a body uses are read as well, where they are in the packages of operations.
"""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from types import FunctionType, ModuleType
from typing import Any

from simulator import datamodel
from tasks.engine.declaration.operation import Operation
from tasks.engine.declaration.problems import INVALID

_UNPUBLISHED = {
    "VBD.create": ("DEVICE_ALREADY_EXISTS", "VBD_CDS_MUST_BE_READONLY", "VDI_READONLY"),
    "VBD.destroy": ("OPERATION_NOT_ALLOWED",),
    "VBD.plug": ("DEVICE_ALREADY_ATTACHED", "VM_BAD_POWER_STATE"),
    "VDI.clone": ("SR_BACKEND_FAILURE_44", "SR_OPERATION_NOT_SUPPORTED"),
    "VDI.create": ("SR_BACKEND_FAILURE_44", "SR_FULL", "SR_OPERATION_NOT_SUPPORTED"),
    "VDI.destroy": ("VDI_IN_USE",),
    "VDI.pool_migrate": (
        *("SR_DOES_NOT_SUPPORT_MIGRATION", "VM_REQUIRES_SR", "VM_LACKS_FEATURE", "MIRROR_FAILED"),
        *("LICENCE_RESTRICTION", "TOO_MANY_STORAGE_MIGRATES"),
    ),
    "VDI.snapshot": ("SR_BACKEND_FAILURE_44", "SR_OPERATION_NOT_SUPPORTED", "VDI_IS_SHARABLE"),
    "VIF.create": ("DEVICE_ALREADY_EXISTS", "MAC_INVALID"),
    "VIF.destroy": ("OPERATION_NOT_ALLOWED",),
    "VIF.plug": ("DEVICE_ALREADY_ATTACHED", "VM_BAD_POWER_STATE"),
    "VIF.unplug": ("DEVICE_ALREADY_DETACHED",),
    "VM.migrate_send": (
        *("VDI_NOT_IN_MAP", "VIF_NOT_IN_MAP", "VM_LACKS_FEATURE", "HOST_DISABLED", "DUPLICATE_VM"),
        *("SR_FULL", "SR_DOES_NOT_SUPPORT_MIGRATION", "MIRROR_FAILED", "CANNOT_CONTACT_HOST"),
        *("TOO_MANY_STORAGE_MIGRATES", "VM_HAS_TOO_MANY_SNAPSHOTS", "HOST_HAS_NO_MANAGEMENT_IP"),
    ),
    "VM.import": (
        *("IMPORT_ERROR_GENERIC", "IMPORT_ERROR_PREMATURE_EOF", "IMPORT_ERROR_UNEXPECTED_FILE"),
        *("IMPORT_ERROR_SOME_CHECKSUMS_FAILED", "DUPLICATE_VM", "SR_FULL"),
    ),
    "VM.destroy": ("VM_BAD_POWER_STATE",),
    "network.destroy": ("NETWORK_CONTAINS_PIF", "NETWORK_CONTAINS_VIF"),
    "pool.create_VLAN_from_PIF": ("PIF_IS_VLAN", "PIF_VLAN_EXISTS"),
}
"""Errors of the toolstack's source that the published data model does not list."""
_HELPERS = ("Async", "find", "search", "uuid")  # attributes of `xen` that are not a class
_ROOMS = ("tasks", "canvases", "xenflow_operations")


def methods(operation: Operation) -> list[str]:
    """Return the methods of XenServer that an operation may call, apart from look-ups."""
    found = (_method(node) for function in _functions(operation) for node in _nodes(function))
    return sorted({method for method in found if method})


def failures(operation: Operation) -> list[str]:
    """Return the codes with which XenServer may refuse those."""
    messages, called = datamodel.load().messages, methods(operation)
    published = {
        code for method in called if method in messages for code in messages[method].errors
    }
    return sorted(published.union(*(_UNPUBLISHED.get(method, ()) for method in called)))


def refusals(operation: Operation) -> list[str]:
    """Return the codes with which an operation or flow itself refuses what it is asked for."""
    found = (_refusal(node) for function in _functions(operation) for node in _nodes(function))
    return sorted({code for code in found if code})


def steps(flow: Operation) -> list[str]:
    """Return the operations that a flow may take as steps, and the steps of flows among them."""
    found: dict[str, None] = {}
    for function in _functions(flow):
        for value in _used(function):
            if isinstance(value, Operation) and value.name not in found:
                inner = steps(value) if value.is_flow else []
                found |= dict.fromkeys(inner or [value.name])
    return list(found)


def _functions(operation: Operation) -> list[Callable[..., Any]]:
    """Return a body, and the functions of the packages that it uses, directly or through others."""
    found = [inspect.unwrap(operation.body)]
    for function in found:
        known = dict.fromkeys(one for value in _used(function) for one in _written(value))
        found += [one for one in known if one not in found]
    return found


def _written(value: Any) -> list[FunctionType]:
    """Return what is defined in the packages: a function, or those of a class."""
    parts = vars(value).values() if isinstance(value, type) else [value]
    return [part for part in parts if isinstance(part, FunctionType) and _is_ours(part)]


def _is_ours(function: FunctionType) -> bool:
    room, *rest = function.__module__.split(".")
    code = inspect.unwrap(function).__code__
    is_written = code.co_filename.endswith(".py")  # not made by a decorator
    return room in _ROOMS and "engine" not in rest and is_written


def _nodes(function: Callable[..., Any]) -> list[ast.AST]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    return list(ast.walk(tree))


def _used(function: Callable[..., Any]) -> Iterator[Any]:
    """Return what the names in a function stand for, a module's members too."""
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
