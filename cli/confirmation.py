"""The confirmation before something is destroyed, which `--yes` skips.

Without a terminal nobody can be asked, and nothing is destroyed: a script says `--yes`.
"""

import sys

import typer

from cli.exit_codes import Code, CommandFailed


def confirm(question: str, *, refused: str, yes: bool) -> None:
    """Ask; fail with the text `refused` where the answer is no, or nobody can be asked."""
    if yes:
        return
    if not sys.stdin.isatty():
        text = f"{refused}: standard input is not a terminal, so nobody can be asked: {question}"
        raise CommandFailed(Code.USAGE, text, "--yes does not ask")
    if not typer.confirm(question, err=True):
        raise CommandFailed(Code.FAILED, refused, "--yes does not ask")
