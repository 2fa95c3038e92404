"""One-line messages for pydantic's validation errors, in our words.

An error that is raised because of one of these is raised outside of the handler. A
`ValidationError` keeps what a validator of ours raised where the garbage collector does not look,
and by its stack trace all frames around it: an error whose context it is would never be collected.
"""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

_FOLLOWS = "default_factory_not_called"  # its default comes from a field that is wrong itself


def complaint(error: ValidationError, named: Callable[[str], str] = str) -> str:
    """Return one line with each wrong field, as `named` writes it, and its problem."""
    return "; ".join(
        _clause(found["loc"], problem(found), named)
        for found in error.errors(include_url=False, include_input=False)
        if found["type"] != _FOLLOWS
    )


def problem(found: Mapping[str, Any]) -> str:
    """Return what is wrong by one of pydantic's errors: "must be a whole number"."""
    kind, context = found["type"], found.get("ctx", {})
    if kind in {"string_too_short", "too_short"} and context["min_length"] == 1:
        return "must not be empty"
    if kind in _TEXTS:
        return _TEXTS[kind].format(**context, choices=_choices(context))
    for beginning, text in _KINDS:
        if kind.startswith(beginning):
            return text
    return str(found["msg"]).removeprefix("Value error, ")


def _clause(place: tuple[int | str, ...], text: str, named: Callable[[str], str]) -> str:
    return f"{named(str(place[0]))}: {text}" if place else text


def _choices(context: Mapping[str, Any]) -> str:
    """Return the choices that pydantic lists: "'a', 'b' or 'c'" as "a, b or c"."""
    return str(context.get("expected", "")).replace("'", "")


_TEXTS = {
    "missing": "is missing",
    "extra_forbidden": "there is no such field",
    "literal_error": "must be {choices}",
    "enum": "must be {choices}",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "must match {pattern}",
    "too_short": "must have at least {min_length} items, and has {actual_length}",
    "too_long": "must have at most {max_length} items, and has {actual_length}",
    "finite_number": "must be a finite number",
}
_KINDS = (
    ("int_", "must be a whole number"),
    ("float_", "must be a number"),
    ("bool_", "must be true or false"),
    ("string_", "must be text"),
    ("list_", "must be a list"),
    ("tuple_", "must be a list"),
    ("set_", "must be a list"),
    ("dict_", "must be an object"),
    ("mapping_", "must be an object"),
    ("model_", "must be an object"),
    ("dataclass_", "must be an object"),
    ("path_", "must be a path"),
    ("url_", "must be an address"),
    ("none_", "must be null"),
)
"""The beginning of a kind of error -> what is wrong."""
