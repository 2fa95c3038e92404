"""A use of the wizard: which methods, which folder, and what was written."""

import sys
from collections.abc import Sequence
from pathlib import Path

from cli import output
from cli.exit_codes import Code, CommandFailed
from cli.options import OutputOptions
from cli.output import Document, write
from cli.wizard import selection, writer
from cli.wizard.operations_folder import Location, Unreadable
from cli.wizard.server_methods import ServerMethods
from config import settings
from config.settings import Settings
from config.targets import Target, Targets
from simulator import datamodel
from workers import loader

_PLACE = "set XENFLOW_OPERATIONS_PATH, for the workers too, or name one with --folder"


def run(method: list[str], *, target: str, folder: Path | None, options: OutputOptions) -> int:
    """Write operations for methods, those that a person picks where none is named; or list all."""
    chosen = settings.load()
    with ServerMethods.of(_target(chosen, target)) as offers:
        if not method and not _on_terminal():
            return _list(offers.methods(), options)
        place = folder or chosen.operations_path
        if place is None:
            raise CommandFailed(Code.USAGE, "there is no folder to write into", _PLACE)
        _load(chosen, place)
        _report(_written(offers, place, method or _picked(offers)), options)
    _load(chosen, place)
    return Code.DONE


def _target(chosen: Settings, name: str) -> Target:
    return Targets.read(chosen.targets)[name]


def _on_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _load(chosen: Settings, folder: Path) -> None:
    """Load the folder as a worker does, so that an error in it is reported at once."""
    there = folder if folder.is_dir() else None
    loader.load(chosen.model_copy(update={"operations_path": there}))


def _list(offered: Sequence[str], options: OutputOptions) -> int:
    write(
        Document({"methods": list(offered)}, lambda _options: "\n".join(offered), offered), options
    )
    return Code.DONE


def _picked(offers: ServerMethods) -> list[str]:
    offered = offers.methods()
    try:
        return selection.pick(offered, dict(writer.meanings(datamodel.load(), offered)))
    except EOFError:
        return []


def _written(offers: ServerMethods, folder: Path, methods: Sequence[str]) -> list[Location]:
    try:
        return writer.write(offers, datamodel.load(), folder, methods)
    except (writer.Unwritable, Unreadable) as wrong:
        raise CommandFailed(
            Code.USAGE, str(wrong), "xenflow wizard | less lists what there is"
        ) from None


def _report(written: Sequence[Location], options: OutputOptions) -> None:
    rows = [_row(each) for each in written]
    text = "\n".join(map(_line, written)) or "nothing was written"
    write(Document({"operations": rows}, lambda _options: text, rows), options)
    if any(each.is_new for each in written):
        *_, noun, verb = written[-1].source.name.split(".")
        shown = f"xenflow {noun} {verb.replace('_', '-')} --help"
        output.note(f"Next: read it, restart the workers, and: {shown}")


def _line(put: Location) -> str:
    there = "" if put.is_new else "  (it was there, and is unchanged)"
    return f"{put.source.name}  {put.path}:{put.line}{there}"


def _row(put: Location) -> dict[str, str | int | bool]:
    where = {"name": put.source.name, "file": str(put.path)}
    return {**where, "line": put.line, "new": put.is_new}
