"""The command line, `xenflow`.

Commands on XenServer are read off the catalogue; none is written by hand per operation. A command's
module is imported when the command is used, and everything else within `main`, so that Ctrl-C ends
a command quietly from the first moment on.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_INTERRUPTED = 130


def main(argv: "Sequence[str] | None" = None) -> int:
    """Run one command; return its exit code."""
    try:
        import sys  # noqa: PLC0415 - an import takes time in which Ctrl-C may come

        from cli import command_line  # noqa: PLC0415 - likewise

        return command_line.run(list(sys.argv[1:] if argv is None else argv))
    except KeyboardInterrupt:
        return _INTERRUPTED


__all__ = ["main"]
