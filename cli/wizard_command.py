"""`xenflow wizard`: writes operations of one's own for what a XenServer offers."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperCommand

from cli import output, single_command
from cli.exit_codes import Code, Stop
from cli.options import Debug, Json
from cli.wizard import selection, writer
from cli.wizard.operations_folder import Put, Unreadable
from cli.wizard.server_methods import Offers
from config import settings
from config.settings import Settings
from config.targets import Target, Targets
from simulator import datamodel
from workers import loader

_PLACE = "set XENFLOW_OPERATIONS_PATH, for the workers too, or say --folder"


def command(name: str) -> TyperCommand:
    """Return `xenflow wizard`."""
    return single_command.command(name, wizard)


def wizard(
    *,
    method: Annotated[
        list[str] | None,
        typer.Option(metavar="CLASS.METHOD", help="one to write for; may be said again"),
    ] = None,
    target: Annotated[str, typer.Option(help="the connection profile to ask")] = "default",
    folder: Annotated[
        Path | None, typer.Option(help="where to write; XENFLOW_OPERATIONS_PATH if not said")
    ] = None,
    json: Json = False,
    debug: Debug = False,  # noqa: ARG001 - read by entry.py
) -> int:
    """Write operations for methods that a XenServer offers, into a folder of one's own.

    On a terminal it asks which, and searches as you type. Without one, and without --method, it
    lists the methods.
    """
    chosen = settings.load()
    with Offers.of(_target(chosen, target)) as offers:
        if not method and not _on_terminal():
            return _list(offers.methods(), as_json=json)
        place = folder or chosen.operations_path
        if place is None:
            raise Stop(Code.USAGE, "there is no folder to write into", _PLACE)
        _load(chosen, place)
        _tell(_written(offers, place, method or _picked(offers)), as_json=json)
    _load(chosen, place)
    return Code.DONE


def _target(chosen: Settings, name: str) -> Target:
    return Targets.read(chosen.targets)[name]


def _on_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _load(chosen: Settings, folder: Path) -> None:
    """Load the folder as a worker will, so that what is wrong in it is said at once."""
    there = folder if folder.is_dir() else None
    loader.load(chosen.model_copy(update={"operations_path": there}))


def _list(offered: Sequence[str], *, as_json: bool) -> int:
    if as_json:
        output.document({"methods": list(offered)})
    else:
        output.line("\n".join(offered))
    return Code.DONE


def _picked(offers: Offers) -> list[str]:
    offered = offers.methods()
    try:
        return selection.pick(offered, dict(writer.meanings(datamodel.load(), offered)))
    except EOFError:
        return []


def _written(offers: Offers, folder: Path, methods: Sequence[str]) -> list[Put]:
    try:
        return writer.write(offers, datamodel.load(), folder, methods)
    except (writer.Unwritable, Unreadable) as wrong:
        raise Stop(Code.USAGE, str(wrong), "xenflow wizard | less lists what there is") from None


def _tell(written: Sequence[Put], *, as_json: bool) -> None:
    if as_json:
        output.document({"operations": [_entry(each) for each in written]})
        return
    for each in written:
        there = "" if each.is_new else "  (was there, and stays as it is)"
        output.line(f"{each.page.name}  {each.path}:{each.line}{there}")
    if any(each.is_new for each in written):
        *_, noun, verb = written[-1].page.name.split(".")
        shown = f"xenflow {noun} {verb.replace('_', '-')} --help"
        output.err().print(f"Next: read it, restart the workers, and: {shown}", soft_wrap=True)


def _entry(put: Put) -> dict[str, str | int | bool]:
    where = {"name": put.page.name, "file": str(put.path)}
    return {**where, "line": put.line, "new": put.is_new}
