"""`xenflow run`: any operation or flow by its name on the wire."""

from typing import Annotated

import typer
from typer.core import TyperCommand

from cli import inputs, names, parsing, single_command, submit
from cli.options import AskPassword, Debug, Json, Manner, PasswordStdin, Wait


def command(name: str) -> TyperCommand:
    """Return `xenflow run`."""
    return single_command.command(name, run)


def run(  # noqa: PLR0913 - each is an option of the command line
    name: names.Name,
    fields: Annotated[
        list[str] | None,
        typer.Argument(metavar="KEY=VALUE...", help="the message; structures as JSON or @FILE"),
    ] = None,
    *,
    wait: Wait = True,
    json: Json = False,
    debug: Debug = False,
    ask_password: AskPassword = False,
    password_stdin: PasswordStdin = False,
) -> int:
    """Run any operation or flow by its name: `xenflow run xenserver.vm.start vm=web01`."""
    operation = names.find(name)
    said = parsing.pairs(inputs.of(operation.model), fields or [])
    manner = Manner(wait, json, debug, ask_password, password_stdin)
    return submit.execute(operation, said, manner)
