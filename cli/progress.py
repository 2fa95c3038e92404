"""Progress of many runs: a bar on a terminal, a line for each change elsewhere."""

import sys
from collections import Counter
from types import TracebackType
from typing import Self

from rich.console import Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from cli import output

_MOST = 6  # statuses that are shown


class ProgressView:
    """Show how many have ended, and what the others are doing."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._last = -1
        self._live = Live(console=output.out(), auto_refresh=False, transient=True)

    def __enter__(self) -> Self:
        """Start to draw, on a terminal."""
        if sys.stdout.isatty():
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Clear what was drawn."""
        self._live.stop()

    def show(self, ended: int, others: Counter[str]) -> None:
        """Show the present state."""
        if sys.stdout.isatty():
            self._live.update(self._drawing(ended, others), refresh=True)
        elif ended != self._last:
            output.line("; ".join([f"{ended:3} of {self._total} made", *_lines(others)[:2]]))
        self._last = ended

    def _drawing(self, ended: int, others: Counter[str]) -> Group:
        bar = Table.grid(padding=(0, 2))
        bar.add_row(
            ProgressBar(total=self._total, completed=ended, width=40),
            Text(f"{ended} of {self._total} made"),
        )
        return Group(bar, *(Text(line, style="dim") for line in _lines(others)))


def _lines(others: Counter[str]) -> list[str]:
    return [f"{number} x {words}" for words, number in others.most_common(_MOST)]
