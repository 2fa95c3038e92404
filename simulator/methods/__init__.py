"""The methods of XenAPI that do more than read or store a field.

A method is a coroutine that takes the call and the parameters in wire order (without the session):

    @method("VM.start")
    async def start(call: Call, vm: str, start_paused: bool, force: bool) -> None:
        async with call.current_operation("VM", vm, "start"):
            await call.work("VM.start")
            call.db.put("VM", vm, power_state="Running")

It returns the wire value (None for void) and raises `errors.Failure` to refuse. Parameters are
already counted and of the right type; a parameter with a default in the data model needs one here.
`X.create` of a class with a constructor takes one dict that holds every settable field, defaults
filled in. References are not checked: `call.db.get` refuses a dead one.
"""

import importlib
import pkgutil
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

Method = Callable[..., Awaitable[Any]]
V = TypeVar("V", bound=Method)

REGISTRY: dict[str, Method] = {}


def method(name: str) -> Callable[[V], V]:
    """Register a coroutine as the method of the message `name`, such as `VM.start`."""

    def register(function: V) -> V:
        if name in REGISTRY:
            message = f"{name} is already registered"
            raise ValueError(message)
        REGISTRY[name] = function
        return function

    return register


def load() -> dict[str, Method]:
    """Import every module of this package and return the registry."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return REGISTRY
