"""One-line messages for pydantic's validation errors, in our words.

An error that is raised because of one of these is raised outside of the handler. A
`ValidationError` keeps what a validator of ours raised where the garbage collector does not look,
and by its stack trace all frames around it: an error whose context it is would never be collected.
"""

import difflib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pydantic import ValidationError

_FOLLOWS = "default_factory_not_called"  # its default comes from a field that is wrong itself
_OF_A_VALIDATOR = frozenset({"value_error", "assertion_error"})
_MUST_BE = "must be "
_ANY = "is not what it must be"


def complaint(
    error: ValidationError, named: Callable[[str], str] = str, known: Iterable[str] = ()
) -> str:
    """Return one line with each wrong field, as `named` writes it, and its problem.

    A field that does not exist is one of those that are known, misspelt.
    """
    return "; ".join(
        _clause(found["loc"], problem(found) + _meant(found, known), named)
        for found in error.errors(include_url=False, include_input=False)
        if found["type"] != _FOLLOWS
    )


def _meant(found: Mapping[str, Any], known: Iterable[str]) -> str:
    if found["type"] != "extra_forbidden" or not found["loc"]:
        return ""
    near = difflib.get_close_matches(str(found["loc"][0]), list(known), n=1)
    return f", did you mean {near[0]}?" if near else ""


def problem(found: Mapping[str, Any]) -> str:
    """Return what is wrong by one of pydantic's errors: "must be a whole number".

    None is in pydantic's words; what a validator raises is in its own.
    """
    kind, context = found["type"], found.get("ctx", {})
    if kind in _OF_A_VALIDATOR:
        return str(context.get("error") or _ANY)
    if kind in {"string_too_short", "too_short"} and context.get("min_length") == 1:
        return "must not be empty"
    if kind in _TEXTS:
        known = defaultdict(str, context, choices=_choices(context))
        return _TEXTS[kind].format_map(known)
    return next((text for beginning, text in _KINDS if kind.startswith(beginning)), _ANY)


def either(texts: Iterable[str]) -> str:
    """Return what is wrong with a value that may be one thing or another: "must be a or b"."""
    first, *others = dict.fromkeys(texts)
    if not others:
        return first
    if all(text.startswith(_MUST_BE) for text in (first, *others)):
        return " or ".join([first, *(text.removeprefix(_MUST_BE) for text in others)])
    return ", or ".join([first, *others])


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
    "multiple_of": "must be a multiple of {multiple_of}",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "must match {pattern}",
    "string_not_ascii": "must be ASCII",
    "too_short": "must have at least {min_length} items, and has {actual_length}",
    "too_long": "must have at most {max_length} items, and has {actual_length}",
    "bytes_too_short": "must have at least {min_length} bytes",
    "bytes_too_long": "must have at most {max_length} bytes",
    "url_too_long": "must have at most {max_length} characters",
    "url_scheme": "must begin with {expected_schemes}",
    "decimal_max_digits": "must have at most {max_digits} digits",
    "decimal_max_places": "must have at most {decimal_places} decimal places",
    "decimal_whole_digits": "must have at most {whole_digits} digits before the point",
    "finite_number": "must be a finite number",
    "json_invalid": "must be text that is JSON",
    "json_type": "must be text that is JSON",
    "invalid_key": "must have names that are text",
    "union_tag_invalid": "must be one of {expected_tags}",
    "int_parsing_size": "has too many digits",
    "recursion_loop": "must not hold itself",
    "recursion_depth_exceeded": "is nested too deep",
    "set_item_not_hashable": "must have no list or object among its items",
    "date_past": "must be in the past",
    "date_future": "must be in the future",
    "datetime_past": "must be in the past",
    "datetime_future": "must be in the future",
    "missing_argument": "is missing",
    "missing_keyword_only_argument": "is missing",
    "missing_positional_only_argument": "is missing",
    "unexpected_keyword_argument": "there is no such field",
    "unexpected_positional_argument": "there is no such field",
    "multiple_argument_values": "is given more than once",
    "frozen_field": "cannot be changed",
    "frozen_instance": "cannot be changed",
}
_KINDS = (
    ("int_", "must be a whole number"),
    ("float_", "must be a number"),
    ("decimal_", "must be a number"),
    ("fraction_", "must be a number"),
    ("complex_", "must be a number"),
    ("bool_", "must be true or false"),
    ("string_", "must be text"),
    ("bytes_", "must be text"),
    ("list_", "must be a list"),
    ("tuple_", "must be a list"),
    ("set_", "must be a list"),
    ("frozen_set_", "must be a list"),
    ("deque_", "must be a list"),
    ("itera", "must be a list"),
    ("dict_", "must be an object"),
    ("frozen_dict_", "must be an object"),
    ("ordered_dict_", "must be an object"),
    ("counter_", "must be an object"),
    ("mapping_", "must be an object"),
    ("model_", "must be an object"),
    ("dataclass_", "must be an object"),
    ("named_tuple_", "must be an object"),
    ("arguments_", "must be an object"),
    ("union_tag_", "must say which kind of object it is"),
    ("path_", "must be a path"),
    ("url_", "must be an address"),
    ("uuid_", "must be a UUID"),
    ("date_", "must be a date such as 2030-01-31"),
    ("datetime_", "must be a moment in ISO 8601"),
    ("timezone_", "must be a moment with the right zone"),
    ("time_delta_", "must be a duration"),
    ("time_", "must be a time such as 10:30"),
    ("none_", "must be null"),
)
"""The beginning of a kind of error -> what is wrong."""
