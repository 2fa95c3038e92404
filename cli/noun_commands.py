"""The commands of a noun, made of the index of the catalogue: none is written by hand."""

import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

import typer
from rich.markup import escape
from typer.core import TyperGroup

from cli import catalogue_index, completion, option_names, options, parsing
from cli.catalogue_index import Entry
from cli.command import Command, Function, Group, make
from cli.exit_codes import Code, CommandFailed
from cli.inputs import Input, Kind
from cli.options import KeepingOptions, RunOptions

POSITIONAL = "object_"

_SUBMIT = "cli.submit"  # imports Celery: only when something is sent
_CONNECTION = frozenset({"target", "hostname", "username", "protocol", "port"})
_NO_OPTION = frozenset({"feed", "password"})  # no step came before; a password is never an argument


def command(noun: str) -> TyperGroup:
    """Return the group of a noun's commands."""
    group = NounGroup(name=noun, rich_markup_mode="rich", no_args_is_help=True)
    for entry in catalogue_index.load().of(noun):
        group.add_command(EntryCommand(entry))
    return group


class EntryCommand(Command):
    """The command of an operation, which is made when it is used."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(name=entry.verb, help=_documentation(entry), hidden=entry.is_internal)
        self._entry = entry

    def make_context(self, info_name: Any, args: Any, parent: Any = None, **extra: Any) -> Any:
        """Make the command, and hand over to it."""
        made = make(self._entry.verb, function_of(self._entry))
        return made.make_context(info_name, args, parent=parent, **extra)


class NounGroup(Group):
    """The commands of a noun; a verb of other tools is answered with ours."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that the first word names."""
        meant = _SYNONYMS.get(args[0]) if args else None
        if meant in self.commands and args[0] not in self.commands:
            path = f"xenflow {ctx.info_name}"
            raise CommandFailed(
                Code.USAGE, f"there is no `{path} {args[0]}`", f"{path} {meant} --help"
            )
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command of a verb, which may be spelled as in the operation's name."""
        return super().get_command(ctx, cmd_name.replace("_", "-"))


def function_of(entry: Entry) -> Function:
    """Return the function of an operation's command; its signature has the inputs."""
    wanted = [one for one in entry.inputs if one.field not in _NO_OPTION]
    positional = entry.positional

    def call(run: RunOptions, **arguments: Any) -> int:
        given = _with_positional(entry, arguments)
        submit: Any = importlib.import_module(_SUBMIT)
        try:
            return int(submit.execute(entry, parsing.options(wanted, given), run))
        except CommandFailed as failed:
            raise option_names.translated(failed, wanted) from failed.__cause__

    parameters = [*([_argument(positional)] if positional else [])]
    for one in wanted:
        worded = replace(one, help=option_names.in_help(one.help, entry.inputs))
        parameters.append(_parameter(worded, is_positional=one == positional))
    kind = RunOptions if entry.destroys else KeepingOptions
    group = inspect.Parameter("run", inspect.Parameter.KEYWORD_ONLY, annotation=kind)
    call.__signature__ = inspect.Signature([*parameters, group])  # type: ignore[attr-defined]  # functions have it
    call.__doc__ = _documentation(entry)
    return call


def _documentation(entry: Entry) -> str:
    """Return what an operation does, in words of options."""
    return escape(option_names.in_help(entry.documentation, entry.inputs))


def _with_positional(entry: Entry, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments with the positional one under the field that it stands for."""
    one = entry.positional
    if one is None:
        return arguments
    word = arguments.pop(POSITIONAL)
    if word is None:
        if one.required and arguments[one.field] is None:
            text = f"{one.option} is missing: `xenflow {entry.noun} {entry.verb} {_metavar(one)}`"
            raise CommandFailed(Code.USAGE, text, f"xenflow {entry.noun} {entry.verb} --help")
        return arguments
    field = "uuid" if "uuid" in arguments and parsing.is_uuid(word) else one.field
    if arguments[field] is not None:
        text = (
            f"{one.option} is given twice: {word!r} without an option stands for it; leave one out"
        )
        raise CommandFailed(Code.USAGE, text, f"xenflow {entry.noun} {entry.verb} --help")
    return {**arguments, field: word}


def _argument(one: Input) -> inspect.Parameter:
    argument = typer.Argument(
        metavar=_metavar(one),
        help=f"the same as {one.option}",
        show_default=False,
        autocompletion=_completion(one),
    )
    return inspect.Parameter(
        POSITIONAL,
        inspect.Parameter.KEYWORD_ONLY,
        annotation=Annotated[str | None, argument],
        default=None,
    )


def _metavar(one: Input) -> str:
    return one.key.replace("_", "-").upper()


def _parameter(one: Input, *, is_positional: bool) -> inspect.Parameter:
    required = one.required and not is_positional
    option = typer.Option(
        f"{one.option}/--no-{one.option[2:]}" if one.kind is Kind.FLAG else one.option,
        help=_help(one) + (r" [dim]\[required][/dim]" if one.required and is_positional else ""),
        metavar=None if one.kind in {Kind.FLAG, Kind.CHOICE} else one.shape,
        show_default=False,
        case_sensitive=False,
        rich_help_panel=_panel(one),
        autocompletion=_completion(one),
    )
    return inspect.Parameter(
        one.field,
        inspect.Parameter.KEYWORD_ONLY,
        annotation=Annotated[_type(one, required=required), option],
        default=... if required else None,
    )


def _completion(one: Input) -> Callable[[str], list[str]] | None:
    if one.field == "target":
        return completion.targets
    if one.choices:
        return lambda incomplete: [each for each in one.choices if each.startswith(incomplete)]
    return completion.names_of(one.names) if one.names else None


def _help(one: Input) -> str:
    parts = f"; fields: {', '.join(part.key for part in one.parts)}" if one.parts else ""
    meaning = one.help.removesuffix(".") if parts else one.help
    default = rf"[dim]\[default: {escape(one.default_text)}][/dim]" if one.default_text else ""
    return f"{escape(meaning + parts)} {default}".strip()


def _panel(one: Input) -> str:
    if not one.common:
        return "Inputs"
    return options.CONNECTION_PANEL if one.field in _CONNECTION else options.RUN_PANEL


def _type(one: Input, *, required: bool) -> Any:
    plain = _PLAIN.get(one.kind, str)
    if one.kind is Kind.CHOICE:
        plain = Literal[one.choices]
    return plain if required else plain | None


_PLAIN: Mapping[Kind, Any] = {Kind.FLAG: bool, Kind.LIST: list[str], Kind.MAP: list[str]}
_SYNONYMS = {
    "list": "find",
    "ls": "find",
    "get": "find",
    "show": "find",
    "delete": "destroy",
    "remove": "destroy",
    "rm": "destroy",
    "stop": "shutdown",
    "restart": "reboot",
    "create": "clone",
}
"""Verbs of other tools, and ours."""
