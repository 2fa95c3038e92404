"""Making a single command of a function, as typer makes it."""

from collections.abc import Callable, Mapping
from typing import Any

import typer
from typer.core import TyperCommand

from cli.command import Command


def command(
    name: str, function: Callable[..., int], settings: Mapping[str, Any] | None = None
) -> TyperCommand:
    """Return the command of a function."""
    app = typer.Typer(rich_markup_mode="rich", add_completion=False)
    app.command(name, cls=Command, context_settings=dict(settings or {}))(function)
    made = typer.main.get_command(app)
    assert isinstance(made, TyperCommand)  # noqa: S101 - one function makes one command
    return made
