"""The language of `get_all_records_where`: `field "name__label" = "web01" and not ...`."""

import re
from collections.abc import Callable, Iterator

from simulator import datamodel, sexpr
from simulator.errors import Failure
from simulator.tables import Record

Predicate = Callable[[Record], bool]

_WORD = re.compile(r'"([^"]*)"|(\(|\)|=|true|false|field|and|or|not)')
_SPACE = " \t\n"
_NO_WORD = 'Failure("lexing: empty token")'
_NO_SENTENCE = "Stdlib.Parsing.Parse_error"


def compile_(text: str, cls: datamodel.Class) -> Predicate:
    """Return the predicate of an expression; INVALID_VALUE where it is malformed.

    A predicate raises INTERNAL_ERROR when it looks for a field that the class lacks.
    """
    parser = _Parser(text, cls)
    test = parser.whole()
    if parser.word is not None:
        raise _malformed(text, _NO_SENTENCE)
    return test


class _Parser:
    """Recursive descent: `and` and `or` bind alike, from the left; `not` takes all that follows."""

    def __init__(self, text: str, cls: datamodel.Class) -> None:
        self._text = text
        self._words = _words(text)
        self._names = {field.column: field.name for field in cls.fields.values()}
        self.word: tuple[str, str] | None = None
        self._next()

    def whole(self) -> Predicate:
        left = self._one()
        while self.word in _JOINS:
            join = _JOINS[self.word]
            self._next()
            left = join(left, self._one())
        return left

    def _one(self) -> Predicate:
        if self._took("not"):
            return _not(self.whole())
        if self._took("("):
            inner = self.whole()
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
            raise _malformed(self._text, _NO_SENTENCE)
        text = self.word[1]
        self._next()
        if not is_field:
            return lambda _: text
        return _field(self._names.get(text, text), text)

    def _took(self, word: str) -> bool:
        if self.word != ("word", word):
            return False
        self._next()
        return True

    def _expect(self, word: str) -> None:
        if not self._took(word):
            raise _malformed(self._text, _NO_SENTENCE)

    def _next(self) -> None:
        self.word = next(self._words, None)


def _field(name: str, column: str) -> Callable[[Record], str]:
    def look_up(record: Record) -> str:
        if name not in record:
            raise Failure("INTERNAL_ERROR", "missing field", column, "")
        return sexpr.text(record[name])

    return look_up


def _words(text: str) -> Iterator[tuple[str, str]]:
    position, end = 0, len(text.rstrip(_SPACE))
    while position < end:
        if text[position] in _SPACE:
            position += 1
            continue
        found = _WORD.match(text, position)
        if not found:
            raise _malformed(text, _NO_WORD)
        position = found.end()
        yield ("word", found[2]) if found[2] is not None else ("text", found[1])


def _or(left: Predicate, right: Predicate) -> Predicate:
    return lambda record: left(record) or right(record)


def _and(left: Predicate, right: Predicate) -> Predicate:
    return lambda record: left(record) and right(record)


def _not(test: Predicate) -> Predicate:
    return lambda record: not test(record)


def _malformed(text: str, reason: str) -> Failure:
    return Failure("INVALID_VALUE", text, reason)


_JOINS = {("word", "and"): _and, ("word", "or"): _or}
