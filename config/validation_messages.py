"""What pydantic finds wrong, said in one line."""

from collections.abc import Callable

from pydantic import ValidationError

_FOLLOWS = "default_factory_not_called"  # the field it would be taken from is wrong itself


def complaint(error: ValidationError, named: Callable[[str], str] = str) -> str:
    """Name each field that is wrong, as the reader knows it, and say what is wrong with it."""
    return "; ".join(
        _clause(found["loc"], found["msg"].removeprefix("Value error, "), named)
        for found in error.errors(include_url=False, include_input=False)
        if found["type"] != _FOLLOWS
    )


def _clause(place: tuple[int | str, ...], said: str, named: Callable[[str], str]) -> str:
    return f"{named(str(place[0]))}: {said}" if place else said
