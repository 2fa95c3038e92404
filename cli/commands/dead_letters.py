"""`xenflow dead-letters`: messages that nobody could be answered about, put aside."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.text import Text
from typer.core import TyperCommand

from cli import client, tables
from cli import command as commands
from cli.exit_codes import Code, CommandFailed
from cli.options import OutputOptions
from cli.output import Document, write
from tasks.engine.journal.keys import Keys
from workers.broker import dead_letters as broker
from workers.broker.dead_letters import DeadLetters, Letter

_COLUMNS = ("id", "at", "queue", "length", "problem")


def command(name: str) -> TyperCommand:
    """Return `xenflow dead-letters`."""
    return commands.make(name, dead_letters)


def dead_letters(
    ids: Annotated[
        list[str] | None, typer.Argument(help="only these, by their ids or the beginning of them")
    ] = None,
    *,
    requeue: Annotated[
        bool, typer.Option("--requeue", help="put them back into their queues")
    ] = False,
    drop: Annotated[bool, typer.Option("--drop", help="forget them")] = False,
    messages: Annotated[
        bool, typer.Option("--messages", help="show them whole; they may hold passwords")
    ] = False,
    options: OutputOptions,
) -> int:
    """List messages that could not be read as far as an id, the newest first.

    A worker puts such a message aside, for nobody can be answered about it. The newest 1,000 are
    kept, for 30 days.
    """
    if requeue and drop:
        raise CommandFailed(Code.USAGE, "--requeue and --drop exclude each other")
    with client.connected() as producer, broker.client_of(producer.app) as redis:
        keys = Keys(producer.settings.journal_prefix)
        kept = DeadLetters(redis, keys.dead_letters, prefix=producer.settings.global_keyprefix)
        letters = _chosen(kept.letters(), ids)
        done = kept.requeue(letters) if requeue else kept.drop(letters) if drop else None
        rows = [_row(letter, messages=messages) for letter in letters]
        count = kept.count()
    data: dict[str, Any] = {"count": count, "letters": rows}
    if done is not None:
        data["requeued" if requeue else "dropped"] = done
        text = f"{done} of {len(letters)} {'put back into their queues' if requeue else 'dropped'}"
        write(Document(data, lambda _options: text, rows), options)
        return Code.DONE if done == len(letters) else Code.FAILED
    write(Document(data, lambda _options: _text(rows, count), rows), options)
    return Code.DONE


def _chosen(letters: Sequence[Letter], ids: Sequence[str] | None) -> list[Letter]:
    """Return the letters with these ids, or all; an id that none has ends the command."""
    if not ids:
        return list(letters)
    for one in ids:
        if not any(letter.id.startswith(one) for letter in letters):
            text = f"there is no dead letter {one}"
            raise CommandFailed(Code.FAILED, text, "xenflow dead-letters")
    return [letter for letter in letters if letter.id.startswith(tuple(ids))]


def _row(letter: Letter, *, messages: bool) -> dict[str, Any]:
    row = {
        "id": letter.id,
        "at": datetime.fromtimestamp(letter.at, UTC).isoformat(timespec="seconds"),
        "queue": letter.queue,
        "length": letter.length,
        "whole": letter.is_whole,
        "problem": letter.problem,
    }
    return row | ({"message": letter.shown} if messages else {})


def _text(rows: Sequence[dict[str, Any]], count: int) -> RenderableType:
    if not rows:
        return Text(f"none; {count} were put aside in the last 30 days")
    columns = [*_COLUMNS, *(["message"] if "message" in rows[0] else [])]
    return tables.table(columns, [[row[column] for column in columns] for row in rows])
