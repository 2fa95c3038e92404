"""One-line messages for pydantic's validation errors."""

from collections.abc import Callable

from pydantic import ValidationError

_FOLLOWS = "default_factory_not_called"  # its default comes from a field that is wrong itself


def complaint(error: ValidationError, named: Callable[[str], str] = str) -> str:
    """Return one line with each wrong field, as `named` writes it, and its problem."""
    return "; ".join(
        _clause(found["loc"], found["msg"].removeprefix("Value error, "), named)
        for found in error.errors(include_url=False, include_input=False)
        if found["type"] != _FOLLOWS
    )


def _clause(place: tuple[int | str, ...], problem: str, named: Callable[[str], str]) -> str:
    return f"{named(str(place[0]))}: {problem}" if place else problem
