"""Messages that could not be answered: listed, requeued, dropped."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from cli import client, tables
from cli.exit_codes import Code, CommandFailed
from cli.options import OutputOptions
from cli.output import Document, write
from tasks.engine.journal.keys import Keys
from workers.broker import dead_letters as broker
from workers.broker.dead_letters import DeadLetters, Letter

_COLUMNS = ("id", "at", "queue", "length", "problem")


def show(ids: Sequence[str] | None, options: OutputOptions, *, messages: bool) -> int:
    """Print the letters."""
    with _opened() as kept:
        letters, count = _chosen(kept.letters(), ids), kept.count()
    rows = [_row(letter, messages=messages) for letter in letters]
    data = {"count": count, "letters": rows}
    write(Document(data, lambda _options: _text(rows, count), rows), options)
    return Code.DONE


def requeue(ids: Sequence[str] | None, options: OutputOptions, *, messages: bool) -> int:
    """Requeue dead letters."""
    with _opened() as kept:
        letters = _chosen(kept.letters(), ids)
        done, count = kept.requeue(letters), kept.count()
    rows = [_row(letter, messages=messages) for letter in letters]
    data = {"count": count, "letters": rows, "requeued": done}
    return _report(data, f"{done} of {len(rows)} put back into their queues", options)


def drop(ids: Sequence[str] | None, options: OutputOptions, *, messages: bool) -> int:
    """Forget letters."""
    with _opened() as kept:
        letters = _chosen(kept.letters(), ids)
        done, count = kept.drop(letters), kept.count()
    rows = [_row(letter, messages=messages) for letter in letters]
    data = {"count": count, "letters": rows, "dropped": done}
    return _report(data, f"{done} of {len(rows)} dropped", options)


def _report(data: dict[str, Any], text: str, options: OutputOptions) -> int:
    write(Document(data, lambda _options: text, data["letters"]), options)
    done = data.get("requeued", data.get("dropped"))
    return Code.DONE if done == len(data["letters"]) else Code.FAILED


@contextmanager
def _opened() -> Iterator[DeadLetters]:
    with client.connected() as producer, broker.client_of(producer.app) as redis:
        keys = Keys(producer.settings.journal_prefix)
        yield DeadLetters(redis, keys.dead_letters, prefix=producer.settings.global_keyprefix)


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
        before = f"; {count} put aside in the last 30 days are gone" if count else ""
        return Text(f"no dead letters{before}")
    columns = [*_COLUMNS, *(["message"] if "message" in rows[0] else [])]
    return tables.table(columns, [[row[column] for column in columns] for row in rows])
