"""The tree of commands, known by name and summary; what is behind a name is imported when used.

A noun that only people's own operations have is found in the catalogue, once somebody asks for it.
"""

import ast
import importlib
from collections.abc import Iterator
from importlib import metadata
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Annotated, Any, NoReturn, cast

import typer
from typer.core import TyperCommand, TyperGroup

import tasks

_OPERATIONS = "cli.operations"

_COMMANDS = {
    "Any operation": {
        "run": ("run", "Run any operation or flow by its name: key=value ..."),
        "catalogue": ("catalogue", "List all operations and flows."),
        "describe": ("catalogue", "Show what an operation takes and answers, with examples."),
        "wizard": ("wizard_command", "Write operations of one's own for what a XenServer offers."),
        "schema": ("schema", "Write schemas, an AsyncAPI document, a typed client."),
        "seal": ("passwords", "Seal a password for a message."),
    },
    "Runs": {
        "runs": ("runs", "List the latest runs."),
        "show": ("runs", "Show a run: its tree, times and errors."),
        "watch": ("runs", "Follow a run until it ends."),
        "cancel": ("runs", "Call an operation or flow off, and undo what it made."),
        "targets": ("targets", "List the connection profiles, and what waits on each."),
    },
    "Processes": {
        "up": ("up", "Run everything on this machine until Ctrl-C."),
        "worker": ("processes", "Carry out operations and flows."),
        "poller": ("processes", "Follow the tasks of XenServer."),
        "flower": ("processes", "Show workers and tasks in a browser."),
        "simulate": ("simulate", "Be a pool of XenServers to try things on."),
        "demo": ("up", "Make 20 VMs at once on a simulated pool."),
    },
}
NOUNS = ("vm", "vbd", "vif", "vdi", "network", "sr", "host", "pif", "task")
"""What operations are on, in the order in which people look for them."""


class Promised(TyperCommand):
    """A command known by name and summary; it is made when it is used."""

    def __init__(self, name: str, summary: str, panel: str, *source: str) -> None:
        super().__init__(name=name, help=summary, rich_help_panel=panel)
        self._source = source

    def make_context(self, info_name: Any, args: Any, parent: Any = None, **extra: Any) -> Any:
        """Make the command, and hand over to it."""
        module, maker = self._source
        made = getattr(importlib.import_module(module), maker)(self.name)
        return made.make_context(info_name, args, parent=parent, **extra)


class Root(TyperGroup):
    """The top of the tree."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command of that name, also where only people's own operations have it."""
        known = super().get_command(ctx, cmd_name)
        if known or cmd_name.startswith("-"):
            return known
        return importlib.import_module(_OPERATIONS).find_group(cmd_name)


def root() -> TyperGroup:
    """Return the whole tree."""
    app = typer.Typer(cls=Root, rich_markup_mode="rich")
    app.callback(help="Run XenServer operations as Celery tasks, and see what became of them.")(
        _top
    )
    group = cast("TyperGroup", typer.main.get_command(app))  # unlike get_group it knows of shells
    for command in (*_groups(), *_commands()):
        group.add_command(command)
    return group


def _top(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="say which version this is",
            is_eager=True,
            callback=lambda said: _say_version() if said else None,
        ),
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="show stack traces of errors")] = False,
) -> None:
    """Run XenServer operations as Celery tasks, and see what became of them."""


def _say_version() -> NoReturn:
    typer.echo(f"xenflow {metadata.version('xenflow')}")
    raise typer.Exit


def _commands() -> Iterator[Promised]:
    for panel, commands in _COMMANDS.items():
        for name, (module, summary) in commands.items():
            yield Promised(name, summary, panel, f"cli.{module}", "command")


def _groups() -> Iterator[Promised]:
    """Promise a group for each noun, by the docstring of its room."""
    for noun in NOUNS:
        yield _group(noun, _docstring(noun))
    yield _group("flow", "Whole jobs, each made of several operations.")


def _group(name: str, docstring: str) -> Promised:
    summary = docstring.partition("\n")[0]
    return Promised(name, summary, "Operations and flows", _OPERATIONS, "group")


def _docstring(noun: str) -> str:
    """Read the docstring of a room of operations without importing it."""
    spec = PathFinder.find_spec(noun, tasks.__path__)
    if spec is None or spec.origin is None:
        return ""
    return ast.get_docstring(ast.parse(Path(spec.origin).read_text(encoding="utf-8"))) or ""
