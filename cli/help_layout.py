"""The layout of help: names of options in full, at any width.

typer's own table cuts long names on a narrow terminal, and shows the type of a flag as `<bool>`.
"""

import copy
import re
import shutil
from collections.abc import Iterator
from functools import partial, reduce
from typing import Any, TypeVar

from typer.core import TyperArgument, TyperCommand, TyperGroup

from cli import parameters

NARROW = 76  # columns below which help is a list: an option, and below it what it means

_NAMES = 36  # columns for both names of a flag; longer ones stand below each other
_TYPE = 12  # columns for what an option takes
_WITHIN_PARAGRAPH = re.compile(r"(?<=\S)\n(?=[^\s*\-\d])")
_MARKUP = re.compile(r"\[/?dim\]|\\(?=\[)")

_WORDS = {"str": "TEXT", "int": "INTEGER", "float": "NUMBER", "path": "FILE"}

_OURS = {
    "Show this message and exit.": "show this help",
    "Install completion for the current shell.": "set up completion for the shell that runs this",
    "Show completion for the current shell, to copy it or customize the installation.": (
        "print what sets up completion"
    ),
}
"""What typer says of its options, and what we do."""

C = TypeVar("C", TyperCommand, TyperGroup)
Parameter = Any  # an option or argument of typer


def shown(command: C, ctx: Any) -> C:
    """Return a copy of a command whose help is laid out for this terminal."""
    is_narrow = shutil.get_terminal_size().columns < NARROW
    layout = _plain if is_narrow else _tabular
    laid_out = [layout(one, ctx) for one in command.get_params(ctx)]
    copied = copy.copy(command)
    copied.help = reflowed(command.help or "")
    copied.get_params = lambda _ctx: laid_out  # type: ignore[method-assign,assignment]  # of this copy alone
    if is_narrow:
        copied.rich_markup_mode = None
        copied.help = plain(copied.help)
        copied.format_options = partial(_write_panels, copied)  # type: ignore[method-assign]  # of this copy alone
    return copied


def _write_panels(command: C, ctx: Any, formatter: Any) -> None:
    """Write options and commands as lists, in the panels that a wide terminal shows."""
    panels: dict[str, list[tuple[str, str]]] = {}
    own: list[Parameter] = [*command.get_params(ctx)]
    for one in own:
        if record := one.get_help_record(ctx):
            title = "Arguments" if isinstance(one, TyperArgument) else "Options"
            panels.setdefault(one.rich_help_panel or title, []).append(record)
    if isinstance(command, TyperGroup):
        for title, name, summary in _commands(command, ctx):
            panels.setdefault(title, []).append((name, summary))
    for title, records in panels.items():
        with formatter.section(title):
            formatter.write_dl(records)


def _commands(group: TyperGroup, ctx: Any) -> Iterator[tuple[str, str, str]]:
    """Yield the panel, the name and the summary of each command of a group."""
    for name in group.list_commands(ctx):
        command: Any = group.get_command(ctx, name)
        if not command.hidden:
            yield command.rich_help_panel or "Commands", name, command.get_short_help_str()


def reflowed(text: str) -> str:
    """Return a text with a line for each paragraph, as far as it has no list or example."""
    return _WITHIN_PARAGRAPH.sub(" ", text)


def _tabular(parameter: Parameter, ctx: Any) -> Parameter:
    copied = _copied(parameter)
    if isinstance(parameter, TyperArgument):
        copied.display_type_rich = lambda *_args, **_kwargs: None
        return copied
    copied.metavar = "" if parameter.is_flag else _folded(_word(parameter, ctx))
    if parameter.is_flag:
        copied.display_type_rich = lambda *_args, **_kwargs: None
    if parameter.secondary_opts:
        copied.opts = [_both(parameter.opts[0], parameter.secondary_opts[0])]
        copied.secondary_opts = []
    return copied


def _plain(parameter: Parameter, ctx: Any) -> Parameter:
    copied = _copied(parameter)
    copied.help = plain(copied.help or "")
    if isinstance(parameter, TyperArgument):
        copied.display_type = lambda *_args, **_kwargs: ""
    else:
        copied.metavar = "" if parameter.is_flag else _word(parameter, ctx)
    return copied


def _copied(parameter: Parameter) -> Parameter:
    copied = copy.copy(parameter)
    copied.help = _OURS.get(str(parameter.help), parameter.help)
    copied._get_number_range_help_str = lambda: _range(parameter)  # noqa: SLF001 - it has no other
    if isinstance(parameter, TyperArgument):
        copied.get_usage_pieces = lambda _ctx: [_usage(parameter)]
    return copied


def _usage(argument: Parameter) -> str:
    """Return an argument as the line of usage has it: NAME, [NAME] or [NAME...]."""
    word = str(argument.metavar or argument.name).upper()
    many = "..." if argument.nargs == -1 and not word.endswith("...") else ""
    return f"{word}{many}" if argument.required else f"[{word}{many}]"


def _range(parameter: Parameter) -> str | None:
    """Return what numbers an option takes."""
    least, most = parameters.bounds_of(parameter)
    if least is None:
        return None
    return f"{least:g} to {most:.0f}" if most is not None else f"{least:g} or more"


def _word(parameter: Parameter, ctx: Any) -> str:
    """Return what an option takes, in the words that all of our commands use."""
    if parameter.metavar:
        return str(parameter.metavar)
    shown = str(parameter.display_type_rich(ctx) or "").strip("<>")
    inner = re.sub(r"^list\[(.*)\]$", r"\1", shown)
    return _WORDS.get(inner.removesuffix(" range"), inner)


def plain(text: str) -> str:
    """Return a text without the marks that typer colours by."""
    return _MARKUP.sub("", text)


def _both(yes: str, no: str) -> str:
    return f"{yes} / {no}" if len(yes + no) < _NAMES else f"{yes} /\n{no}"


def _folded(choices: str) -> str:
    """Break a long row of choices into lines."""
    return reduce(_joined, re.findall(r"[^|]+\|?", choices), "")


def _joined(lines: str, choice: str) -> str:
    last = lines.rpartition("\n")[2]
    return lines + ("\n" if last and len(last) + len(choice) > _TYPE else "") + choice
