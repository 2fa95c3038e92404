"""The catalogue: every operation and flow that has been declared, by name."""

from collections.abc import Iterator
from difflib import get_close_matches

from tasks.engine.declaration.checks import DeclarationError
from tasks.engine.declaration.definition import Operation

_declared: dict[str, Operation] = {}


def declare(operation: Operation) -> None:
    """Register an operation; a name is registered once."""
    if operation.name in _declared:
        there = _declared[operation.name].where
        problem = f"{operation.name} is declared already, at {there}; take another name"
        raise DeclarationError(operation.where, problem)
    _declared[operation.name] = operation


def withdraw(package: str) -> None:
    """Take out what the modules of a package declared."""
    for name, operation in list(_declared.items()):
        if operation.body.__module__.startswith(f"{package}."):
            del _declared[name]


def find(name: str) -> Operation | None:
    """Return the operation of that name, or None."""
    return _declared.get(name)


def everything() -> Iterator[Operation]:
    """Return every operation and flow, sorted by name."""
    return iter([_declared[name] for name in sorted(_declared)])


def like(name: str) -> list[str]:
    """Return names that somebody who typed `name` may have meant."""
    return get_close_matches(name, _declared, n=3, cutoff=0.5)
