"""Answers of operations, as people see them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from cli import tables
from cli.options import OutputOptions
from cli.tables import Translate


def text(
    answer: Any,
    options: OutputOptions,
    *,
    asked: Sequence[str] = (),
    translate: Translate = lambda _name, value: value,
) -> RenderableType:
    """Return an answer for people: what was done, then its fields, records as a table."""
    if not isinstance(answer, Mapping):
        return tables.cell(answer)
    return Group(*_parts(answer, options, asked, translate))


def records_of(answer: Any) -> Sequence[Any] | None:
    """Return the records of an answer that is a list of them; None for any other answer."""
    lists = (
        [value for value in answer.values() if _is_records(value)] if _has_fields(answer) else []
    )
    if len(lists) == 1:
        return list(lists[0])
    return [] if _has_fields(answer) and answer.get("records") == [] else None


def _has_fields(answer: Any) -> bool:
    return isinstance(answer, Mapping)


def _parts(
    answer: Mapping[str, Any], options: OutputOptions, asked: Sequence[str], translate: Translate
) -> Iterator[RenderableType]:
    yield Text(str(answer.get("return_result", "")), overflow="ignore", no_wrap=True)
    shown = {name: value for name, value in answer.items() if _says_more(answer, name, value)}
    plain = {name: value for name, value in shown.items() if not _is_records(value)}
    if plain:
        yield tables.fields(plain)
    for name in shown.keys() - plain.keys():
        yield tables.records(shown[name], options, asked=asked, translate=translate)


def _says_more(answer: Mapping[str, Any], name: str, value: Any) -> bool:
    """Whether a field says more than the first line does, and is not an empty list."""
    if name in {"return_result", "count"} or value is None or value == []:
        return False
    is_table = "\n" in str(answer.get("return_result"))  # it shows the records itself
    return bool(value != answer.get("return_result")) and not (is_table and _is_records(value))


def _is_records(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, Mapping) for v in value)
