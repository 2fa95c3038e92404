"""Make a command of a function, with the options that it shares with others."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from cli import help_layout, near_names, parameters
from cli.exit_codes import Code, CommandFailed
from cli.options import DEBUG_OPTION, OptionGroup

Function = Callable[..., int]


class Command(TyperCommand):
    """A command whose help shows every name in full."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        parameters.read_lightly(self.params)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words; refuse an option that takes one value and is given two."""
        if not ctx.resilient_parsing:
            parameters.refuse_repeated(self.make_parser(ctx).parse_args(list(args))[-1], ctx)
        return super().parse_args(ctx, args)

    def get_help_option(self, ctx: Any) -> Any:
        """Return the option that shows the help."""
        return parameters.lightly(super().get_help_option(ctx))

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help."""
        TyperCommand.format_help(help_layout.shown(self, ctx), ctx, formatter)

    def get_short_help_str(self, limit: int = 0) -> str:  # noqa: ARG002 - of the signature
        """Return the first line of the help, whatever its length: the list breaks it."""
        return help_layout.plain((self.help or "").partition("\n")[0])


class Group(TyperGroup):
    """A group of commands with such help."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        parameters.read_lightly(self.params)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that the first word names; suggest others where it names none."""
        word = args[0]
        if self.get_command(ctx, word) is None and not word.startswith("-"):
            near = " or ".join(map(repr, self.near(ctx, word)))
            text = f"No such command {word!r}." + (f" Did you mean {near}?" if near else "")
            raise CommandFailed(Code.USAGE, text, f"{ctx.command_path} --help")
        return super().resolve_command(ctx, args)

    def near(self, ctx: Any, word: str) -> list[str]:
        """Return commands that a wrong word may mean."""
        return near_names.of(word, self.list_commands(ctx))

    def get_help_option(self, ctx: Any) -> Any:
        """Return the option that shows the help."""
        return parameters.lightly(super().get_help_option(ctx))

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help."""
        TyperGroup.format_help(help_layout.shown(self, ctx), ctx, formatter)


def make(name: str, function: Function, settings: Mapping[str, Any] | None = None) -> TyperCommand:
    """Return the command of a function."""
    app = typer.Typer(rich_markup_mode="rich", add_completion=False)
    app.command(name, cls=Command, context_settings=dict(settings or {}))(_with_groups(function))
    made = typer.main.get_command(app)
    assert isinstance(made, TyperCommand)  # noqa: S101 - one function makes one command
    return made


def _with_groups(function: Function) -> Function:
    """Return a function that takes the options of each group in the group's place."""
    signature = inspect.signature(function, eval_str=True)
    groups = {one.name: one.annotation for one in signature.parameters.values() if _is_group(one)}

    def call(**arguments: Any) -> int:
        taken = {name: group.take_from(arguments) for name, group in groups.items()}
        if not groups:
            arguments.pop("debug")  # `main` reads it
        return function(**arguments, **taken)

    call.__signature__ = signature.replace(  # type: ignore[attr-defined]  # functions have it
        parameters=[*_plain(signature), *_options(groups.values())]
    )
    call.__doc__ = function.__doc__
    return call


def _is_group(parameter: inspect.Parameter) -> bool:
    kind = parameter.annotation
    return isinstance(kind, type) and issubclass(kind, OptionGroup)


def _plain(signature: inspect.Signature) -> list[inspect.Parameter]:
    return [one for one in signature.parameters.values() if not _is_group(one)]


def _options(groups: Any) -> list[inspect.Parameter]:
    options = {name: option for group in groups for name, option in group.OPTIONS.items()}
    return [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=default)
        for name, (kind, default) in (options or {"debug": DEBUG_OPTION}).items()
    ]
