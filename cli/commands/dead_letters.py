"""`xenflow dead-letters`: messages that could not be answered, put aside."""

import importlib
from typing import Annotated

import typer
from typer.core import TyperCommand

from cli import command as commands
from cli.exit_codes import Code, CommandFailed
from cli.options import OutputOptions


def command(name: str) -> TyperCommand:
    """Return `xenflow dead-letters`."""
    return commands.make(name, dead_letters)


def dead_letters(  # noqa: PLR0913 - each is an option of the command
    ids: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ID...", help="only these, by their ids or the first characters of them"
        ),
    ] = None,
    *,
    requeue: Annotated[
        bool, typer.Option("--requeue", help="put them back into their queues")
    ] = False,
    drop: Annotated[bool, typer.Option("--drop", help="forget them")] = False,
    all_: Annotated[
        bool, typer.Option("--all", help="requeue or drop all of them, if no id is given")
    ] = False,
    messages: Annotated[
        bool, typer.Option("--messages", help="show them in full; they may contain passwords")
    ] = False,
    options: OutputOptions,
) -> int:
    """List messages that cannot be answered, the newest first.

    Such a message has no readable id, or its id is that of another message in progress. A
    worker puts it aside. The newest 1,000 are kept, for 30 days.
    """
    if requeue and drop:
        raise CommandFailed(Code.USAGE, "--requeue and --drop exclude each other")
    if (requeue or drop) and bool(ids) == all_:
        text = f"{'--requeue' if requeue else '--drop'} needs either ids or --all"
        raise CommandFailed(Code.USAGE, text, "xenflow dead-letters lists the ids")
    letters = importlib.import_module("cli.dead_letter_list")
    if requeue:
        return int(letters.requeue(ids, options, messages=messages))
    if drop:
        return int(letters.drop(ids, options, messages=messages))
    return int(letters.show(ids, options, messages=messages))
