"""Laying out Python as a formatter does: 88 columns, and what does not fit one part a line."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence

WIDTH = 88
INDENT = "    "


def call(head: str, parts: Sequence[str], tail: str = ")", *, indent: str = INDENT) -> list[str]:
    """Format a statement that ends in brackets: `given = xen.VM.get_uuid(` and its parts."""
    whole = f"{indent}{head}{', '.join(parts)}{tail}"
    if len(whole) <= WIDTH:
        return [whole]
    inside = [line for part in parts for line in _part(part, indent + INDENT)]
    return [f"{indent}{head}", *inside, f"{indent}{tail}"]


def docstring(paragraphs: Iterable[str]) -> list[str]:
    """Format a docstring; the first paragraph is a line."""
    first, *others = paragraphs
    if not others:
        return [f'{INDENT}"""{first}"""']
    lines = [f'{INDENT}"""{first}']
    for paragraph in others:
        lines += ["", *_filled(paragraph)]
    return [*lines, f'{INDENT}"""']


def imported(module: str, names: Iterable[str]) -> str:
    """Format an import of names: constants first, then classes, then functions."""
    ordered = sorted(set(names), key=_rank)
    return "\n".join(
        call(f"from {module} import ", ordered, "", indent="")
        if _fits(module, ordered)
        else [f"from {module} import (", *(f"{INDENT}{name}," for name in ordered), ")"]
    )


def _fits(module: str, names: Sequence[str]) -> bool:
    return len(f"from {module} import {', '.join(names)}") <= WIDTH


def _rank(name: str) -> tuple[int, str]:
    plain = name.partition(" ")[0]
    kind = 0 if plain.isupper() and len(plain) > 1 else 1 if plain[0].isupper() else 2
    return kind, name


def _filled(paragraph: str) -> list[str]:
    return textwrap.wrap(
        paragraph,
        WIDTH,
        initial_indent=INDENT,
        subsequent_indent=INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _part(part: str, indent: str) -> Iterator[str]:
    """Format one part of several; where it is too long, in the parts that it has itself."""
    if len(f"{indent}{part},") <= WIDTH:
        yield f"{indent}{part},"
    elif " for " in part:
        each, loop = part[1:-1].split(" for ", 1)
        yield from (f"{indent}{part[0]}", f"{indent}{INDENT}{each}")
        yield from (f"{indent}{INDENT}for {loop}", f"{indent}{part[-1]},")
    else:
        opening, _, rest = part.partition("[")
        choices, _, closing = rest.rpartition("]")
        yield f"{indent}{opening}["
        yield from (f"{indent}{INDENT}{choice}," for choice in choices.split(", "))
        yield f"{indent}]{closing},"
