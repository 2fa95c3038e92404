"""Asking a person before something is destroyed."""

import typer

from cli.exit_codes import Code, CommandFailed


def confirm(question: str, *, otherwise: str, next_step: str) -> None:
    """Ask on standard error; fail with what was left undone where the answer is no."""
    if not typer.confirm(question, err=True):
        raise CommandFailed(Code.FAILED, otherwise, next_step)
