"""The language of `get_all_records_where`: `field "name__label" = "web01" and not ...`."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from simulator import datamodel
from simulator.errors import internal
from simulator.tables import Record

Predicate = Callable[[Record], bool]

_WORD = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|(\(|\)|=|\w+))')


def compile_(text: str, cls: datamodel.Class) -> Predicate:
    """Return the predicate of an expression; INTERNAL_ERROR where it is malformed."""
    parser = _Parser(text, cls)
    test = parser.either()
    if parser.word is not None:
        raise _malformed(text)
    return test


class _Parser:
    """Recursive descent: `or` binds loosest, then `and`, then `not`."""

    def __init__(self, text: str, cls: datamodel.Class) -> None:
        self._text = text
        self._words = _words(text)
        self._names = {field.column: field.name for field in cls.fields.values()}
        self._fields = cls.fields
        self.word: tuple[str, str] | None = None
        self._next()

    def either(self) -> Predicate:
        left = self._both()
        while self._took("or"):
            left = _or(left, self._both())
        return left

    def _both(self) -> Predicate:
        left = self._one()
        while self._took("and"):
            left = _and(left, self._one())
        return left

    def _one(self) -> Predicate:
        if self._took("not"):
            return _not(self._one())
        if self._took("("):
            inner = self.either()
            self._expect(")")
            return inner
        if self._took("true"):
            return lambda _: True
        if self._took("false"):
            return lambda _: False
        return self._comparison()

    def _comparison(self) -> Predicate:
        left = self._operand()
        self._expect("=")
        right = self._operand()
        return lambda record: left(record) == right(record)

    def _operand(self) -> Callable[[Record], str]:
        is_field = self._took("field")
        if self.word is None or self.word[0] != "text":
            raise _malformed(self._text)
        text = self.word[1]
        self._next()
        if not is_field:
            return lambda _: text
        name = self._names.get(text, text)
        if name not in self._fields:
            raise _malformed(self._text)
        return lambda record: as_text(record[name])

    def _took(self, word: str) -> bool:
        if self.word != ("word", word):
            return False
        self._next()
        return True

    def _expect(self, word: str) -> None:
        if not self._took(word):
            raise _malformed(self._text)

    def _next(self) -> None:
        self.word = next(self._words, None)


def as_text(value: Any) -> str:  # noqa: ANN401  # any wire value
    """Write a value as the toolstack's database compares it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "(" + " ".join(f"'{item}'" for item in value) + ")"
    if isinstance(value, dict):
        return "(" + " ".join(f"('{key}' '{item}')" for key, item in value.items()) + ")"
    return str(value)


def _words(text: str) -> Iterator[tuple[str, str]]:
    position, end = 0, len(text.rstrip())
    while position < end:
        found = _WORD.match(text, position)
        if not found:
            raise _malformed(text)
        position = found.end()
        if found[2] is not None:
            yield "word", found[2]
        else:
            yield "text", re.sub(r"\\(.)", r"\1", found[1])


def _or(left: Predicate, right: Predicate) -> Predicate:
    return lambda record: left(record) or right(record)


def _and(left: Predicate, right: Predicate) -> Predicate:
    return lambda record: left(record) and right(record)


def _not(test: Predicate) -> Predicate:
    return lambda record: not test(record)


def _malformed(text: str) -> Exception:
    return internal(f"Db_filter.Expression_error({text})")
