"""The confirmation before something is destroyed, which `--yes` skips.

Without a terminal nobody can be asked, and nothing is destroyed: a script says `--yes`.
"""

import sys

import typer

from cli import output
from cli.exit_codes import Code, CommandFailed


def confirm(loss: str, *, command: str, refused: str, yes: bool) -> None:
    """Say what will be lost by a command, and ask.

    Fail with the text `refused` where the answer is no, or nobody can be asked.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        text = f"{refused}: standard input is not a terminal, so nobody can be asked; {loss}"
        raise CommandFailed(Code.USAGE, text, f"{command} --yes")
    output.note(f"{loss[0].upper()}{loss[1:]}.")
    if not typer.confirm(f"{command}?", err=True):
        raise CommandFailed(Code.FAILED, refused)
