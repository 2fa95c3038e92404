"""What people read, within the width of the terminal: lines, fields, columns.

Lines are broken at spaces and never within a word, for words are what people copy: names, UUIDs,
paths, addresses, codes. A word that is longer than the terminal is left to the terminal.
"""

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

GAP = 2  # columns between two columns, and before the further lines of a text
_WORD = re.compile(r"\s*\S+\s*")
LEAST_TEXT = 20  # columns that a text of several words needs in a table
_LEAST_VALUE = 16  # columns that a value needs beside the name of its field


@dataclass(frozen=True)
class Pieces:
    """Texts that follow each other on a line; each stays whole where a line can hold it."""

    texts: Sequence[Text]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the lines."""
        lines: list[Text] = []
        for text in self.texts:
            if lines and lines[-1].cell_len + GAP + text.cell_len <= options.max_width:
                lines[-1] = Text(" " * GAP).join([lines[-1], text])
            elif lines:
                lines += _indented(text, options.max_width)
            else:
                lines += _broken(text, options.max_width)
        yield from map(_whole, lines)


@dataclass(frozen=True)
class Rows:
    """Lines of columns that are never broken; what a line has further to say stands below it."""

    names: Sequence[str]
    rows: Sequence[tuple[Sequence[Text], Text]]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the lines."""
        head = [Text(name, style="bold") for name in self.names]
        lines = [head, *(row for row, _ in self.rows)]
        widths = [max(text.cell_len for text in column) for column in zip(*lines, strict=True)]
        yield _row(head, widths)
        for row, further in self.rows:
            yield _row(row, widths)
            yield from map(_whole, _indented(further, options.max_width) if further else [])


@dataclass(frozen=True)
class Fields:
    """Names and values, one below the other."""

    pairs: Sequence[tuple[Text, Text]]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the lines; a value that does not fit beside its name stands below it."""
        room = options.max_width
        aligned = max(name.cell_len for name, _ in self.pairs) + GAP
        for name, value in self.pairs:
            if max(_longest_word(value), min(value.cell_len, _LEAST_VALUE)) <= room - aligned:
                yield from _hanging(name, _broken(value, room - aligned), aligned)
            elif name.cell_len + GAP + value.cell_len <= room:
                yield _padded(name, name.cell_len + GAP) + value
            else:
                yield _whole(name)
                yield from map(_whole, _indented(value, room))


@dataclass(frozen=True)
class Columns:
    """A table without frills, or a list of fields for each row where its words do not fit.

    The text of `whole` columns is never broken into lines. All others have room for their longest
    word, and for `least` columns of a longer text.
    """

    names: Sequence[str]
    rows: Sequence[Sequence[Text]]
    whole: Container[str] = frozenset()
    gap: int = GAP
    least: int = LEAST_TEXT

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the table, or the lists."""
        widths = self._widths(options.max_width)
        if widths:
            yield self._table(widths)
        else:
            yield from self._lists()

    def _table(self, widths: Mapping[str, int]) -> Table:
        shown = Table(box=None, pad_edge=False, header_style="bold", padding=(0, self.gap, 0, 0))
        for name in self.names:
            shown.add_column(name, overflow="fold", width=widths[name])
        for row in self.rows:
            shown.add_row(*row)
        return shown

    def _lists(self) -> Iterator[Text | Fields]:
        for number, row in enumerate(self.rows):
            if number:
                yield Text()
            names = (Text(name, style="dim") for name in self.names)
            yield Fields([pair for pair in zip(names, row, strict=True) if pair[1]])

    def _widths(self, room: int) -> dict[str, int]:
        """Return the width of each column; nothing where the longest words need more room."""
        cells = [[Text(name), *column] for name, column in self._by_column()]
        most = [max(text.cell_len for text in column) for column in cells]
        words = [
            max(*map(_longest_word, column), min(wide, self.least))
            for column, wide in zip(cells, most, strict=True)
        ]
        for number, name in enumerate(self.names):
            if name in self.whole:
                words[number] = most[number]
        left = room + self.gap - sum(words) - self.gap * len(words)
        if left < 0:
            return {}
        return dict(zip(self.names, _shared_out(words, most, left), strict=True))

    def _by_column(self) -> Iterator[tuple[str, list[Text]]]:
        for number, name in enumerate(self.names):
            yield name, [row[number] for row in self.rows]


def _shared_out(least: Sequence[int], most: Sequence[int], left: int) -> list[int]:
    """Return widths from `least` to `most`: what is `left` goes to each column as it needs it."""
    wanted = [high - low for low, high in zip(least, most, strict=True)]
    total = sum(wanted)
    if total <= left:
        return list(most)
    return [low + want * left // total for low, want in zip(least, wanted, strict=True)]


def verbatim(text: str) -> Text:
    """Return text whose lines are printed as they are, however long: code, a table of a worker."""
    return _whole(Text(text))


def longest_word(text: str) -> int:
    """Return the columns of the longest word."""
    return max(map(cell_len, text.split()), default=0)


def _row(texts: Sequence[Text], widths: Sequence[int]) -> Text:
    cells = [_padded(text, width) for text, width in zip(texts, widths, strict=True)]
    return _whole(Text(" " * GAP).join(cells))


def _whole(line: Text) -> Text:
    """Return a line that is broken no further."""
    line.no_wrap, line.overflow = True, "ignore"
    return line


def _longest_word(text: Text) -> int:
    return longest_word(text.plain)


def _broken(text: Text, width: int) -> list[Text]:
    """Return the lines of a text, broken at its blanks; rich would break long words too."""
    lines = [line for part in text.split("\n", allow_blank=True) for line in _divided(part, width)]
    for line in lines:
        line.rstrip()
    return lines


def _divided(text: Text, width: int) -> Iterator[Text]:
    breaks, used = [], 0
    for word in _WORD.finditer(text.plain):
        if used and used + cell_len(word[0].rstrip()) > width:
            breaks.append(word.start())
            used = 0
        used += cell_len(word[0])
    yield from text.divide(breaks)


def _indented(text: Text, width: int) -> list[Text]:
    return [Text(" " * GAP) + line for line in _broken(text, width - GAP)]


def _hanging(name: Text, lines: Sequence[Text], beside: int) -> Iterator[Text]:
    for number, line in enumerate(lines):
        yield _padded(Text() if number else name, beside) + line


def _padded(text: Text, width: int) -> Text:
    """Return a text with blanks up to a width."""
    return text + Text(" " * (width - text.cell_len))
