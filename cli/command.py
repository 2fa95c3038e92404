"""A command whose help can be read on a narrow terminal."""

import copy
import re
from functools import reduce
from typing import Any

from typer.core import TyperCommand, TyperOption

_NAMES = 36  # columns for both names of a flag; longer ones stand below each other
_TYPE = 12  # columns for what an option takes


class Command(TyperCommand):
    """A command that shows every option's names in full, also at 80 columns."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help with both names of a flag in one column, and long choices folded."""
        shown = copy.copy(self)
        shown.params = [
            _shown(one, ctx) if isinstance(one, TyperOption) else one for one in self.params
        ]
        TyperCommand.format_help(shown, ctx, formatter)


def _shown(option: TyperOption, ctx: Any) -> TyperOption:
    shown = copy.copy(option)
    shown.metavar = "" if option.is_flag else _folded(option.display_type_rich(ctx) or "")
    if option.secondary_opts:
        shown.opts = [_both(option.opts[0], option.secondary_opts[0])]
        shown.secondary_opts = []
    return shown


def _both(yes: str, no: str) -> str:
    return f"{yes} / {no}" if len(yes + no) < _NAMES else f"{yes} /\n{no}"


def _folded(choices: str) -> str:
    """Break a long row of choices into lines."""
    return reduce(_joined, re.findall(r"[^|]+\|?", choices), "")


def _joined(lines: str, choice: str) -> str:
    last = lines.rpartition("\n")[2]
    return lines + ("\n" if last and len(last) + len(choice) > _TYPE else "") + choice
