"""Answers of operations, as people see them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from cli import cells, layout, output, tables
from cli.options import OutputOptions
from cli.tables import Translate

_NONE: Mapping[str, Any] = MappingProxyType({})
_BETWEEN_NAMES = re.compile(r"[:;,] | \(\d+\)")
_FOUND = "records"  # the field of what a find found: its table has no title


def text(
    answer: Any,
    options: OutputOptions,
    *,
    asked: Sequence[str] = (),
    translate: Translate = lambda _name, value: value,
    objects: Mapping[str, Any] = _NONE,
) -> RenderableType:
    """Return an answer for people: what was done, then its fields, records as a table.

    `objects` are those that the message named and the answer does not.
    """
    if not isinstance(answer, Mapping):
        return cells.cell(answer)
    return Group(*_parts({**answer, **objects}, options, asked, translate))


def records_of(answer: Any) -> Sequence[Any] | None:
    """Return the records of an answer that is a list of them; None for any other answer."""
    lists = (
        [value for value in answer.values() if _is_records(value)] if _has_fields(answer) else []
    )
    if len(lists) == 1:
        return list(lists[0])
    return [] if _has_fields(answer) and answer.get(_FOUND) == [] else None


def _has_fields(answer: Any) -> bool:
    return isinstance(answer, Mapping)


def _parts(
    answer: Mapping[str, Any], options: OutputOptions, asked: Sequence[str], translate: Translate
) -> Iterator[RenderableType]:
    result = str(answer.get("return_result", ""))
    shown = {name: value for name, value in answer.items() if _says_more(result, name, value)}
    lists = {
        name: value
        for name, value in shown.items()
        if _is_records(value) and not _is_named(result, name, value)
    }
    if "\n" in result and lists:  # it is a table of the records: one of the two is printed
        result, lists = (result, {}) if _fits(result, options) else ("", lists)
    if result:
        is_sentence = "\n" not in result and output.out().is_terminal
        yield layout.Pieces([Text(result)]) if is_sentence else layout.verbatim(result)
    plain = {name: value for name, value in shown.items() if not _is_records(value)}
    if plain:
        yield tables.fields(plain, translate)
    for number, (name, found) in enumerate(lists.items()):
        if name != _FOUND:
            yield Text(f"\n{name}" if result or plain or number else name, style="bold")
        yield tables.records(found, options, asked=asked, translate=translate)
    if answer.get("after"):
        yield _next_page(answer)


def _next_page(answer: Mapping[str, Any]) -> Text:
    command = "" if _FOUND in answer else "xenflow vm find "
    return Text(f"more: {command}--after {answer['after']}", style="dim")


def _fits(text: str, options: OutputOptions) -> bool:
    return options.wide or max(map(len, text.splitlines())) <= output.width()


def _says_more(result: str, name: str, value: Any) -> bool:
    """Whether a field says more than the first line does, and is not an empty list."""
    return name not in {"return_result", "count", "after"} and value not in (None, [], result)


def _is_named(result: str, name: str, records: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the first line names all objects of a list that are no more."""
    named = _BETWEEN_NAMES.split(result)
    return name.startswith("deleted") and all(one.get("name_label") in named for one in records)


def _is_records(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, Mapping) for v in value)
