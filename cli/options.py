"""Options that several commands share, as groups: a command takes a group as one parameter."""

import importlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Self

import typer

from cli.exit_codes import Code, CommandFailed

RUN_PANEL = "How it runs"
OUTPUT_PANEL = "Output"
CONNECTION_PANEL = "XenServer"


class Format(StrEnum):
    """How a command prints its document."""

    TABLE = "table"
    LIST = "list"
    JSON = "json"
    JSONL = "jsonl"
    YAML = "yaml"

    @property
    def for_programs(self) -> bool:
        """Whether programs read it: then standard output holds data alone."""
        return self not in {Format.TABLE, Format.LIST}


class OptionGroup:
    """Options that belong together; the parameters of a command name them `OPTIONS`."""

    OPTIONS: ClassVar[Mapping[str, tuple[Any, Any]]] = {}

    @classmethod
    def take_from(cls, arguments: dict[str, Any]) -> Self:
        """Take the group's options out of the arguments of a command."""
        return cls(**{name: arguments.pop(name) for name in cls.OPTIONS})


_OUTPUT = Annotated[
    Format | None,
    typer.Option(
        "--output",
        "-o",
        case_sensitive=False,
        help="how the answer is printed",
        rich_help_panel=OUTPUT_PANEL,
    ),
]
_JSON = Annotated[
    bool, typer.Option("--json", help="short for --output json", rich_help_panel=OUTPUT_PANEL)
]
_WIDE = Annotated[
    bool,
    typer.Option("--wide", help="print all columns, however wide", rich_help_panel=OUTPUT_PANEL),
]
_DEBUG = Annotated[
    bool,
    typer.Option("--debug", help="print stack traces of errors", rich_help_panel=OUTPUT_PANEL),
]
DEBUG_OPTION: tuple[Any, Any] = (_DEBUG, False)


@dataclass(frozen=True)
class OutputOptions(OptionGroup):
    """How a command prints what it has."""

    OPTIONS: ClassVar[Mapping[str, tuple[Any, Any]]] = {
        "output": (_OUTPUT, None),
        "json": (_JSON, False),
        "wide": (_WIDE, False),
        "debug": DEBUG_OPTION,
    }

    output: Format | None = None
    json: bool = False
    wide: bool = False
    debug: bool = False

    def __post_init__(self) -> None:
        """Refuse two formats at once."""
        if self.json and self.output not in {None, Format.JSON}:
            raise CommandFailed(Code.USAGE, f"--json and --output {self.output} exclude each other")

    @property
    def format(self) -> Format:
        """The format that was chosen."""
        return Format.JSON if self.json else self.output or Format.TABLE

    @property
    def shows_progress(self) -> bool:
        """Whether a person watches a terminal."""
        return not self.format.for_programs and sys.stderr.isatty()


def _name_of_process(text: str) -> str:
    """Return a name that Celery can put before `@` and the host's name."""
    if not text or any(sign in "@/" or sign.isspace() or not sign.isprintable() for sign in text):
        message = f"--name: must be one word without @ and /, not {text!r}"
        raise CommandFailed(Code.USAGE, message)
    return text


ProcessName = Annotated[
    str, typer.Option(help="its name, before the host's name", callback=_name_of_process)
]

_WAIT = Annotated[
    bool,
    typer.Option(
        "--wait/--no-wait",
        help="wait for the answer (the default), or only print the run's id",
        show_default=False,
        rich_help_panel=RUN_PANEL,
    ),
]


def _id(meaning: str) -> Any:
    option = typer.Option("--id", metavar="ID", help=meaning, rich_help_panel=RUN_PANEL)
    return Annotated[str | None, option]


_DRY_RUN = Annotated[
    bool,
    typer.Option(
        "--dry-run", help="check and print the message, send nothing", rich_help_panel=RUN_PANEL
    ),
]


def _yes(*, hidden: bool = False) -> Any:
    meaning = "destroy without asking; required without a terminal"
    option = typer.Option("--yes", "-y", help=meaning, rich_help_panel=RUN_PANEL, hidden=hidden)
    return Annotated[bool, option]


def _passwords(where: str) -> dict[str, tuple[Any, Any]]:
    """Return the options by which a password is given, and where they are of use."""
    asked = typer.Option(
        "--password", help=f"{where}: ask for the password", rich_help_panel=CONNECTION_PANEL
    )
    read = typer.Option(
        "--password-stdin",
        help=f"{where}: read the password from standard input",
        rich_help_panel=CONNECTION_PANEL,
    )
    kinds = {"ask_password": asked, "password_stdin": read}
    return {name: (Annotated[bool, option], False) for name, option in kinds.items()}


@dataclass(frozen=True)
class RunOptions(OutputOptions):
    """How an operation is sent, and how its answer is printed."""

    OPTIONS: ClassVar[Mapping[str, tuple[Any, Any]]] = {
        "wait": (_WAIT, True),
        "id": (_id("the run's id; a message sent twice with the same id runs once"), None),
        "dry_run": (_DRY_RUN, False),
        "yes": (_yes(), False),
        **_passwords("with --hostname"),
        **OutputOptions.OPTIONS,
    }

    wait: bool = True
    id: str | None = None
    dry_run: bool = False
    yes: bool = False
    ask_password: bool = False
    password_stdin: bool = False


class KeepingOptions(RunOptions):
    """Options of an operation that destroys nothing, and takes `--yes` without a word."""

    OPTIONS: ClassVar[Mapping[str, tuple[Any, Any]]] = {
        **RunOptions.OPTIONS,
        "yes": (_yes(hidden=True), False),
    }


class PairOptions(RunOptions):
    """Options of an operation whose message is written as `key=value`."""

    OPTIONS: ClassVar[Mapping[str, tuple[Any, Any]]] = {
        **RunOptions.OPTIONS,
        **_passwords("with hostname=HOST"),
    }


class RetryOptions(RunOptions):
    """Options of an operation whose message is that of an earlier run."""

    OPTIONS: ClassVar[Mapping[str, tuple[Any, Any]]] = {
        **RunOptions.OPTIONS,
        "id": (_id("the id of the new run, in place of a random one"), None),
        **_passwords("where the run had a hostname"),
    }


def format_of(words: Sequence[str]) -> Format:
    """Return the format that the words of a command ask for, as far as they can be read.

    It serves where the command itself could not be read.
    """
    chosen = Format.TABLE
    for word, following in zip(words, [*words[1:], ""], strict=True):
        option, equals, value = word.partition("=")
        if word == "--json" or _is_misspelt_json(word):
            chosen = Format.JSON
        elif option in {"--output", "-o"}:
            chosen = _format(value if equals else following) or chosen
    return chosen


def _is_misspelt_json(word: str) -> bool:
    """Return whether JSON was asked for in vain: a program that does so reads standard output."""
    if not word.lower().startswith(("-j", "--j")):
        return False
    return bool(importlib.import_module("difflib").get_close_matches(word.lower(), ["--json"]))


def _format(text: str) -> Format | None:
    return next((one for one in Format if one == text.lower()), None)
