"""Figures of a benchmark and the table that shows them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_HEAD = ("what", "figure", "beside", "its figure", "ratio")


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value, and the one that it is compared with: a limit, or a smaller case."""

    what: str
    value: float
    unit: str
    beside: str
    reference: float

    @property
    def cells(self) -> tuple[str, ...]:
        """Return the cells of a row."""
        ratio = f"{self.value / self.reference:.2f}" if self.reference else ""
        return (self.what, self._text(self.value), self.beside, self._text(self.reference), ratio)

    def _text(self, value: float) -> str:
        return f"{value:,.0f} {self.unit}" if value >= _LARGE else f"{value:.3g} {self.unit}"


def table(title: str, figures: Iterable[Figure]) -> Iterator[str]:
    """Return the lines of a table."""
    rows = [_HEAD, *(figure.cells for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    yield title
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        yield "  ".join(cells).rstrip()


_LARGE = 1000
