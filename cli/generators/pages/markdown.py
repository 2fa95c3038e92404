"""Pieces of Markdown."""

from collections.abc import Iterable, Sequence

WRITTEN = "<!-- Written by `make docs`: change what it is read off, not this file. -->"


def page(title: str, about: str, *parts: str) -> str:
    """Return a page, its parts a line apart."""
    return "\n\n".join([f"# {title}", WRITTEN, about, *(part for part in parts if part)]) + "\n"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table, or nothing where it has no rows."""
    lines = [_row(row) for row in rows]
    head = [_row(columns), _row(["---"] * len(columns))]
    return "\n".join([*head, *lines]) if lines else ""


def code(text: str, language: str = "") -> str:
    """Return a block of code."""
    return f"```{language}\n{text}\n```"


def term(text: str) -> str:
    """Return a name or value as it is written, or nothing for nothing."""
    return f"`{text}`" if text else ""


def terms(texts: Iterable[str]) -> str:
    """Return names in a line."""
    return ", ".join(map(term, texts))


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
