"""How a command waits and tells: the options that every generated command shares."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Self

import typer

PANEL = "How it runs"

Wait = Annotated[
    bool,
    typer.Option(
        "--wait/--no-wait",
        help="wait for the answer, as it does by default, or print the id",
        show_default=False,
        rich_help_panel=PANEL,
    ),
]
Json = Annotated[
    bool,
    typer.Option("--json", help="print one JSON object and nothing else", rich_help_panel=PANEL),
]
Debug = Annotated[
    bool, typer.Option("--debug", help="show stack traces of errors", rich_help_panel=PANEL)
]
AskPassword = Annotated[
    bool,
    typer.Option(
        "--password", help="with --hostname: ask for the password", rich_help_panel="XenServer"
    ),
]
PasswordStdin = Annotated[
    bool,
    typer.Option(
        "--password-stdin",
        help="with --hostname: read the password from standard input",
        rich_help_panel="XenServer",
    ),
]


@dataclass(frozen=True)
class Manner:
    """What was chosen of them."""

    wait: bool = True
    json: bool = False
    debug: bool = False
    ask_password: bool = False
    password_stdin: bool = False

    @classmethod
    def taken_from(cls, said: dict[str, Any]) -> Self:
        """Take what is ours out of the options of a command."""
        return cls(**{name: said.pop(name) for name in OPTIONS})

    @property
    def shows_progress(self) -> bool:
        """Whether a person looks at the terminal."""
        return not self.json and sys.stderr.isatty()


OPTIONS: Mapping[str, tuple[Any, bool]] = {
    "wait": (Wait, True),
    "json": (Json, False),
    "debug": (Debug, False),
    "ask_password": (AskPassword, False),
    "password_stdin": (PasswordStdin, False),
}
