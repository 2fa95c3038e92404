"""The tree of commands, known by name and summary.

A command's module is `cli.commands.<name>` and is imported when the command is used; so are the
commands of a noun, which are read off the index of the catalogue.
"""

import importlib
from collections.abc import Iterator, Sequence
from importlib.machinery import PathFinder
from itertools import takewhile
from pathlib import Path
from typing import Annotated, Any, NoReturn, cast

import typer
from typer.core import TyperGroup

import tasks
from cli import catalogue_index, near_names, parameters
from cli.command import Command, Group

_NOUN_COMMANDS = "cli.noun_commands"
_OPERATIONS_PANEL = "Operations and flows"

_SUMMARIES = {
    "Any operation": {
        "run": "Run any operation or flow by its name: key=value ...",
        "catalogue": "List all operations and flows.",
        "describe": "Show what an operation takes and answers, with examples.",
        "wizard": "Write operations of your own for methods of a XenServer.",
        "schema": "Write schemas, an AsyncAPI document, a typed client.",
        "seal": "Seal a password for a message.",
    },
    "Runs": {
        "runs": "List the latest runs.",
        "show": "Show a run: its tree, times and errors.",
        "watch": "Follow a run until it ends.",
        "cancel": "Cancel an operation or flow, and undo what it made.",
        "retry": "Run a failed run again, with the same inputs.",
        "dead-letters": "List messages that could not be answered; requeue or drop them.",
        "targets": "List the connection profiles, and what waits on each.",
        "doctor": "Check the installation: what is wrong, and what cures it.",
        "metrics": "Print the metrics for Prometheus, or serve them.",
        "sweep": "Resume stalled operations, destroy what calls left behind.",
    },
    "Processes": {
        "up": "Run everything on this machine until Ctrl-C.",
        "worker": "Run operations and flows.",
        "poller": "Follow the tasks of XenServer.",
        "flower": "Show workers and tasks in a browser.",
        "simulate": "Simulate a pool of XenServers.",
        "demo": "Make 20 VMs at once on a simulated pool.",
    },
}
NOUNS = ("vm", "vbd", "vif", "vdi", "network", "sr", "host", "pif", "task")
"""The nouns of operations, in the order of the list of commands."""


class LazyCommand(Command):
    """A command known by name and summary, which is made when it is used."""

    def __init__(self, name: str, summary: str, panel: str, module: str) -> None:
        super().__init__(name=name, help=summary, rich_help_panel=panel)
        self._module = module

    def make_context(self, info_name: Any, args: Any, parent: Any = None, **extra: Any) -> Any:
        """Make the command, and hand over to it."""
        made = importlib.import_module(self._module).command(self.name)
        made.help = made.help or self.help or _summary(str(self.name))
        return made.make_context(info_name, args, parent=parent, **extra)


class Root(Group):
    """The top of the tree."""

    def list_commands(self, ctx: Any) -> list[str]:
        """List the commands, those of own operations included where they are known."""
        known = catalogue_index.cached()
        nouns = [noun for noun in known.nouns() if noun not in self.commands] if known else []
        for noun in nouns:
            self.add_command(_noun_command(noun, f"Operations of your own on {noun}."))
        for noun in NOUNS:
            self.commands[noun].help = _summary(noun)
        return super().list_commands(ctx)

    def near(self, ctx: Any, word: str) -> list[str]:
        """Return commands that a wrong word may mean, those of operations too."""
        index = catalogue_index.load()
        entry = index.get(word)
        entries = [entry] if entry else index.near(word)
        of_nouns = [f"{one.noun} {one.verb}" for one in entries]
        is_operation = "." in word or word in {one.verb for one in entries}
        own = [] if is_operation else super().near(ctx, word)
        return [*own, *of_nouns][: near_names.MOST]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command of that name, also where only own operations have it."""
        known = super().get_command(ctx, cmd_name)
        if known or cmd_name.startswith("-"):
            return known
        has_it = cmd_name in catalogue_index.load().nouns()
        return _noun_command(cmd_name, "") if has_it else None


def root() -> TyperGroup:
    """Return the whole tree."""
    names = {"help_option_names": ["--help", "-h"]}
    app = typer.Typer(cls=Root, rich_markup_mode="rich", context_settings=names)
    app.callback(help="Run XenServer operations as Celery tasks, and see their results.")(_top)
    group = cast("TyperGroup", typer.main.get_command(app))  # unlike get_group it adds
    parameters.read_lightly(group.params)  # the options for shells
    for command in (*_nouns(), *_commands()):
        group.add_command(command)
    return group


def path(words: Sequence[str]) -> str:
    """Return the words that name the command: `xenflow`, and one, or a noun and a verb."""
    named = list(takewhile(lambda word: not word.startswith("-"), words))
    is_command = any(named[:1] == [name] for names in _SUMMARIES.values() for name in names)
    return " ".join(["xenflow", *named[: 1 if is_command else 2]])


def _top(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="print the version",
            is_eager=True,
            callback=lambda given: _print_version() if given else None,
        ),
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", hidden=True)] = False,  # each command shows it
) -> None:
    """Run XenServer operations as Celery tasks, and see their results."""


def _print_version() -> NoReturn:
    metadata = importlib.import_module("importlib.metadata")  # imported only where it is asked for
    typer.echo(f"xenflow {metadata.version('xenflow')}")
    raise typer.Exit


def _commands() -> Iterator[LazyCommand]:
    for panel, summaries in _SUMMARIES.items():
        for name, summary in summaries.items():
            yield LazyCommand(name, summary, panel, f"cli.commands.{name.replace('-', '_')}")


def _nouns() -> Iterator[LazyCommand]:
    """Yield a group for each noun; its summary is read when the commands are listed."""
    for noun in NOUNS:
        yield _noun_command(noun, "")
    yield _noun_command("flow", "Flows, each made of several operations.")


def _noun_command(noun: str, summary: str) -> LazyCommand:
    return LazyCommand(noun, summary, _OPERATIONS_PANEL, _NOUN_COMMANDS)


def _summary(noun: str) -> str:
    """Read the first line of a module of operations, without importing it."""
    spec = PathFinder.find_spec(noun, tasks.__path__)
    if spec is None or spec.origin is None:
        return ""
    with Path(spec.origin).open(encoding="utf-8") as source:
        return source.readline().strip().strip('"')
