"""The command line, `xenflow`.

Commands on XenServer are read off the catalogue; none is written by hand per operation. A command's
module is imported when the command is used, and the rest of the command line within `main`, so that
Ctrl-C ends it quietly from the first moment on.
"""

import importlib
import sys
from collections.abc import Sequence

_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        return int(importlib.import_module("cli.command_line").run(words))
    except KeyboardInterrupt:
        return _INTERRUPTED


__all__ = ["main"]
