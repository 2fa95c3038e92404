"""The command line, `xenflow`.

Commands on XenServer are read off the catalogue; none is written by hand per operation. A command's
module is imported when the command is used, and everything else within `main`, so that Ctrl-C ends
a command quietly from the first moment on.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_INTERRUPTED = 130
_NOTHING_SENT = "xenflow: interrupted; nothing was sent\n"


def main(argv: "Sequence[str] | None" = None) -> int:
    """Run one command; return its exit code."""
    try:
        import sys  # noqa: PLC0415 - an import takes time in which Ctrl-C may come

        from cli import command_line  # noqa: PLC0415 - likewise

        return command_line.run(list(sys.argv[1:] if argv is None else argv))
    except KeyboardInterrupt:
        return _interrupted()


def _interrupted() -> int:
    """Say that the command was interrupted, and that nothing was sent where that is sure."""
    import sys  # noqa: PLC0415 - it may not have been imported

    can_send = hasattr(sys.modules.get("cli.client"), "connected")  # it defines this last
    ahead = "\n" if sys.stderr.isatty() else ""  # the terminal has written ^C
    sys.stderr.write(ahead + ("xenflow: interrupted\n" if can_send else _NOTHING_SENT))
    return _INTERRUPTED


__all__ = ["main"]
