"""Commands made of operations: one for each in the catalogue, none written by hand."""

import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

import typer
from rich.markup import escape

from cli import completion, inputs, options, parsing, submit
from cli.inputs import Input, Kind
from cli.options import Manner
from tasks.engine.declaration.operation import Operation

Function = Callable[..., int]

_CONNECTION = frozenset({"target", "hostname", "username", "protocol", "port"})
_NO_OPTION = frozenset({"feed", "password"})  # no step came before; a password is never an argument


def command_of(operation: Operation) -> Function:
    """Return the function from which typer makes the command of an operation."""
    wanted = [one for one in inputs.of(operation.model) if one.field not in _NO_OPTION]

    def act(**said: Any) -> int:
        chosen = Manner.taken_from(said)
        return submit.execute(operation, parsing.options(wanted, said), chosen)

    parameters = [*map(_parameter, wanted), *_shared()]
    act.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # functions have it
    act.__doc__ = escape(inspect.getdoc(operation.body) or operation.name)
    return act


def _shared() -> list[inspect.Parameter]:
    return [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=default)
        for name, (kind, default) in options.OPTIONS.items()
    ]


def _parameter(one: Input) -> inspect.Parameter:
    option = typer.Option(
        f"{one.option}/--no-{one.option[2:]}" if one.kind is Kind.FLAG else one.option,
        help=_help(one),
        metavar=None if one.kind in {Kind.FLAG, Kind.CHOICE} else one.shape,
        show_default=False,
        rich_help_panel=_panel(one),
        autocompletion=completion.names_of(one.names) if one.names else None,
    )
    return inspect.Parameter(
        one.field,
        inspect.Parameter.KEYWORD_ONLY,
        annotation=Annotated[_type(one), option],
        default=... if one.required else None,
    )


def _help(one: Input) -> str:
    default = rf"[dim]\[default: {escape(one.default_told)}][/dim]" if one.default_told else ""
    return f"{escape(one.help)} {default}".strip()


def _panel(one: Input) -> str:
    if not one.common:
        return "Inputs"
    return "XenServer" if one.field in _CONNECTION else options.PANEL


def _type(one: Input) -> Any:
    plain = _PLAIN.get(one.kind, str)
    if one.kind is Kind.CHOICE:
        plain = Literal[one.choices]
    return plain if one.required else plain | None


_PLAIN: Mapping[Kind, Any] = {Kind.FLAG: bool, Kind.LIST: list[str], Kind.MAP: list[str]}
