"""The page of commands."""

import inspect
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

import typer

from cli import command_tree, exit_codes
from cli.generators.pages import markdown

_ABOUT = """\
`xenflow --help` shows them in a terminal, and `--help` after any of them what it takes. What
acts on XenServer waits for its answer unless `--no-wait` is given; answers go to standard
output, all else to standard error. With `--json` the output is one JSON object."""
_GROUPS = "Operations and flows"
_SUBMITTED = """\
Each has the inputs of [its operation](operations.md) or [flow](flows.md) as options:
`delete_disks` is `--delete-disks`. Lists are written by repeating the option, maps as
`--other-config key=value`, structures as JSON or as `@file.json`. With `--fields` a table has
these columns alone; the UUIDs, which are in every answer, are shown with `--json`."""

_COMPLETION = """\
`xenflow --install-completion` sets it up for the shell that runs it: bash, zsh, fish or
PowerShell. Start a new shell afterwards. `xenflow --show-completion` prints the same, to be put
where all users have it.

The tab key completes commands, options and their choices, operations, ids of runs, targets, and
names of objects. The names are those in the answers of the latest finds: `xenflow vm find` makes
the names of VMs known. What was destroyed since is among them until another find."""


def page() -> str:
    """Return the page of commands, in the panels that help has."""
    root = command_tree.root()
    context = typer.Context(root, info_name="xenflow")
    commands: list[Any] = [root.commands[name] for name in root.list_commands(context)]
    panels = groupby(commands, key=lambda command: command.rich_help_panel)
    parts = (part for panel, mine in panels for part in _panel(panel, list(mine), context))
    return markdown.page("Commands", _ABOUT, *parts, *_ends())


def _ends() -> list[str]:
    return ["## Completion", _COMPLETION, "## Exit codes", _codes()]


def _panel(title: str, commands: list[Any], context: typer.Context) -> Iterator[str]:
    yield f"## {title}"
    if title == _GROUPS:
        yield _SUBMITTED
        yield markdown.table(["command", "what it is about"], _groups(commands, context))
        return
    for command in commands:
        yield from _command(command, context)


def _groups(commands: Iterable[Any], context: typer.Context) -> Iterator[list[str]]:
    for group in commands:
        made = _made(group, context)
        listed = [verb for verb, one in made.commands.items() if not one.hidden]
        verbs = " ".join(markdown.term(verb) for verb in sorted(listed))
        yield [markdown.term(f"xenflow {group.name}"), f"{group.help} {verbs}"]


def _command(command: Any, context: typer.Context) -> Iterator[str]:
    made = _made(command, context)
    arguments = " ".join(_shown(one) for one in made.params if _is_argument(one))
    yield f"### xenflow {command.name}"
    yield markdown.code(f"xenflow {command.name} {arguments} [OPTIONS]".replace("  ", " "))
    yield inspect.cleandoc(made.help or command.help)
    shown = [one for one in made.params if not getattr(one, "hidden", False)]
    yield markdown.table(["option", "meaning"], map(_parameter, shown))


def _parameter(one: Any) -> list[str]:
    names = [_shown(one)] if _is_argument(one) else [*one.opts, *one.secondary_opts]
    return [markdown.terms(names), one.help or ""]


def _is_argument(one: Any) -> bool:
    return bool(one.param_type_name == "argument")


def _shown(argument: Any) -> str:
    """Return an argument by the name that its help shows."""
    return str(argument.metavar or argument.name.upper())


def _made(command: Any, context: typer.Context) -> Any:
    """Return the command that parses what follows the name."""
    return command.make_context(command.name, [], parent=context, resilient_parsing=True).command


def _codes() -> str:
    meanings = {code: code.name.lower().replace("_", " ") for code in exit_codes.Code}
    return markdown.table(["code", "meaning"], ([str(int(c)), w] for c, w in meanings.items()))
