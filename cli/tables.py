"""Tables for people: as many columns as fit, those that answer a question first."""

from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.text import Text

from cli import cells, layout, output, units
from cli.cells import cell
from cli.layout import GAP, Columns, Fields
from cli.options import Format, OutputOptions

Record = Mapping[str, Any]
Translate = Callable[[str, Any], Any]
"""Return what is shown of a field's value: the name of an object in place of its UUID."""

_ANSWERING = ("name_label", "power_state", "status", "enabled", "currently_attached", "device")
"""Fields that answer a question: never left out."""
_REFERENCES = frozenset({"vm", "vdi", "sr", "network", "host"})
"""Fields, in any case, that say what an object without a name belongs to: never left out of it."""
_IDENTIFYING = "uuid"
_POSITION = "userdevice"
_IMPORTANT = frozenset({"type", "snapshot_time", "virtual_size", "physical_size"})
_UNIMPORTANT = frozenset(
    {"name_description", "is_a_template", "is_a_snapshot", "is_control_domain", "edition"}
    | {"mtu", "bootable", _POSITION}
)
"""Fields, in any case, that are the first to be left out."""
_FIRST = ("uuid", "name_label", "power_state", "device", "userdevice", "status", "type")
"""Fields that stand first, in this order."""
_WHOLE = frozenset({"uuid", "id", "name", "began", "took", "state", "power_state", "status"})
"""Columns that are never broken into two lines."""
_NAME = "_name_label"  # ends the field with the name of what the field before it refers to
_FOLDABLE = "name_label"  # may be broken into lines where the terminal is narrow
_NARROW = 72  # columns of a terminal below which the gap is always one
_MATTERS = 2  # rank of a column for which the gap becomes one on a wider terminal too


def table(
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    whole: Container[str] = _WHOLE,
) -> Columns:
    """Return a table without frills; the text of `whole` columns is never broken into lines."""
    texts = [[value if isinstance(value, Text) else cell(value) for value in row] for row in rows]
    return Columns(columns, texts, whole)


def fields(document: Record, translate: Translate = lambda _name, value: value) -> Fields:
    """Return an object's fields, a line each; those of objects within it are named by both."""
    pairs = []
    for path, name, value in cells.flattened(document):
        is_named = f"{path}{_NAME}" in document  # by the field after it
        known = value if is_named else translate(name, value)
        pairs.append((Text(path, style="dim"), cell(units.shown(name, known))))
    return Fields(pairs)


def records(
    found: Sequence[Record],
    options: OutputOptions,
    *,
    asked: Sequence[str] = (),
    translate: Translate = lambda _name, value: value,
) -> RenderableType:
    """Return records as a table, or as lists of fields where no table can hold them.

    `asked` are the fields that the reader asked for: all of them are shown.
    """
    if options.format is Format.LIST:
        return lists(found, translate)
    columns = _columns(found, asked)
    ordered = sorted(found, key=lambda record: str(record.get(_FOLDABLE, "")))
    rows = [{name: _cell_text(name, record, translate) for name in columns} for record in ordered]
    room = output.WIDEST if options.wide else output.width()
    kept, gap = (columns, GAP) if options.wide else _fitting(columns, rows, room)
    if not kept or (asked and len(kept) < len(columns)):
        return lists(found, translate)
    whole = [name for name in kept if name != _FOLDABLE]
    texts = [[row[name] for name in kept] for row in rows]
    shown = Columns(kept, texts, whole, gap=gap, least=1)
    return with_note(shown, columns, kept)


def lists(
    found: Sequence[Record], translate: Translate = lambda _name, value: value
) -> RenderableType:
    """Return the fields of each record, a line for a field."""
    parts: list[RenderableType] = []
    for record in found:
        parts += [fields(record, translate), Text()]
    return Group(*parts[:-1])


def with_note(
    shown: RenderableType, columns: Sequence[str], kept: Container[str]
) -> RenderableType:
    """Return a table, and below it the names of the columns that it leaves out."""
    left_out = [name for name in columns if name not in kept]
    if not left_out:
        return shown
    text = f"\nnot shown: {', '.join(left_out)} (use --wide or --output list)"
    return Group(shown, Text(text, style="dim"))


def _cell_text(name: str, record: Record, translate: Translate) -> Text:
    return cell(units.shown(name, translate(name, record.get(name))))


def _columns(found: Sequence[Record], asked: Sequence[str]) -> list[str]:
    names = list(dict.fromkeys(name for record in found for name in record))
    if asked and "*" not in asked:
        names = [name for name in names if name in asked]
    first = [name for name in _FIRST if name in names]
    others = [name for name in names if name not in _FIRST]
    if not asked:
        others = [name for name in others if _is_plain(found, name)]
    return first + others


def _fitting(
    columns: Sequence[str], rows: Sequence[Mapping[str, Text]], room: int
) -> tuple[list[str], int]:
    """Return the columns that fit, and the gap between them: one where that keeps what matters."""
    widths = {name: _width(name, rows) for name in columns}
    kept = _kept(widths, room, GAP) if room >= _NARROW else []
    if kept and all(name in kept for name in columns if _rank(name, columns) <= _MATTERS):
        return kept, GAP
    return _kept(widths, room, 1), 1


def _kept(widths: Mapping[str, int], room: int, gap: int) -> list[str]:
    """Return the columns that fit, those that answer a question first; none where these do not."""
    columns = list(widths)
    needed = _needed(columns)
    taken = sum(widths[name] + gap for name in needed)
    if taken - gap > room:
        return []
    kept = set(needed)
    for name in sorted(columns, key=lambda name: (_rank(name, columns), widths[name])):
        if name not in kept and taken + widths[name] <= room:
            kept.add(name)
            taken += widths[name] + gap
    return [name for name in columns if name in kept]


def _needed(columns: Sequence[str]) -> list[str]:
    """Return the columns that are never left out."""
    needed = [name for name in columns if name in _ANSWERING]
    if _POSITION in columns and "device" not in columns:  # a halted VM's drives have no device
        needed.append(_POSITION)
    if "name_label" in columns:
        return needed
    references = [name for name in columns if _refers(name, columns)]
    return needed + (references or [name for name in columns if name == _IDENTIFYING])


def _rank(name: str, columns: Container[str]) -> int:
    """Return what comes first, where not all columns fit: the lower number."""
    if name.lower() in _UNIMPORTANT or _has_name(name, columns):
        return 4
    if name == _IDENTIFYING:
        return 0
    if name in _IMPORTANT:
        return 1
    return _MATTERS if _refers(name, columns) else 3


def _refers(name: str, columns: Container[str]) -> bool:
    """Whether a column says what an object belongs to: by the name, where there are both."""
    word = name.lower().removesuffix(_NAME)
    return word in _REFERENCES and not _has_name(name, columns)


def _has_name(name: str, columns: Container[str]) -> bool:
    """Whether the name of what a column refers to is a column of its own."""
    return f"{name}{_NAME}" in columns


def _width(name: str, rows: Sequence[Mapping[str, Text]]) -> int:
    """Return the columns that a field needs: a long name label can be broken at its spaces."""
    texts = [name, *(row[name].plain for row in rows)]
    return max(map(layout.longest_word if name == _FOLDABLE else cell_len, texts))


def _is_plain(found: Sequence[Record], name: str) -> bool:
    """Whether a column holds something, and that in a few words."""
    values = [record.get(name) for record in found]
    return any(v not in (None, "") for v in values) and all(
        isinstance(value, str | int | float | None) for value in values
    )
