"""The connection profiles, and what waits on each."""

from collections.abc import Mapping, Sequence
from typing import Any

from redis.exceptions import RedisError
from rich.console import RenderableType
from rich.text import Text

from cli import failure_reports, journal_reader, layout, output, tables, target_trouble
from cli.exit_codes import Code, CommandFailed
from cli.options import Format, OutputOptions
from cli.output import Document, write
from config import settings
from config.targets import Target, Targets
from tasks.engine.journal.call_limit import CallLimit
from tasks.engine.journal.journal import Journal
from tasks.engine.journal.parked import ParkedOperations
from workers import target_check

_COLUMNS = ["name", "url", "user", "transport", "parked", "calls", "followed", "trouble"]
_UNIMPORTANT = ("transport", "user", "followed", "calls")
"""What is left out where not all fits, in this order."""
_WHOLE = frozenset(_COLUMNS) - {"trouble"}
_NONE = "no target is set up"
_SET_UP = "XENFLOW_TARGETS names the file of connection profiles"
_UNKNOWN: dict[str, Any] = {"parked": None, "followed": None, "trouble": None}
_IDLE: dict[str, Any] = {"parked": 0, "followed": False, "trouble": ""}


def show(options: OutputOptions, *, check: bool) -> int:
    """Print the targets; with `check`, fail where one cannot be reached."""
    known = Targets.read(settings.load().targets)
    work = _work(known, is_needed=not check)
    found = _checked(known, options) if check and known else {}
    rows = [
        {**_row(known, name), **work.get(name, {}), **found.get(name, {})}
        for name in (*known, *(work.keys() - known))
    ]
    document = Document({"targets": rows}, lambda o: _text(rows, o, checked=check), rows)
    if check and not known:
        raise CommandFailed(Code.FAILED, _NONE, _SET_UP, document=document.data)
    if any(not one["reachable"] for one in found.values()):
        raise _unreachable(document, rows, options)
    write(document, options)
    return Code.DONE


def _work(known: Targets, *, is_needed: bool) -> dict[str, dict[str, Any]]:
    """Return what waits on each target; where Redis is away, that nobody knows."""
    try:
        with journal_reader.opened() as journal:
            waiting, trouble = _waiting(journal), target_trouble.latest(journal)
            usage = {name: _usage(journal, name, target) for name, target in known.items()}
    except RedisError as error:
        if is_needed:
            raise
        reason = failure_reports.failure_of(error).message
        output.note(f"xenflow: {reason}; what waits on each target is not known")
        return {name: dict(_UNKNOWN) for name in known}
    found = {name: {**_IDLE, **waiting.get(name, {})} for name in (*known, *waiting)}
    return {
        name: {**row, "trouble": row["trouble"] or trouble.get(name, ""), **usage.get(name, {})}
        for name, row in found.items()
    }


def _checked(known: Targets, options: OutputOptions) -> Mapping[str, Mapping[str, Any]]:
    with output.status(options) as tell:
        tell(f"logs in to {', '.join(known)}")
        return target_check.check(known)


def _unreachable(
    document: Document, rows: list[dict[str, Any]], options: OutputOptions
) -> CommandFailed:
    if not options.format.for_programs:
        write(document, options)
    names = ", ".join(row["name"] for row in rows if not row.get("reachable", True))
    cures = " · ".join(dict.fromkeys(row["cure"] for row in rows if "cure" in row))
    text = f"cannot log in to {names}"
    return CommandFailed(Code.UNREACHABLE, text, cures, document=document.data)


def _row(known: Targets, name: str) -> dict[str, Any]:
    if name not in known:
        return {"name": name}
    target = known[name]
    addresses = {"url": target.url, "urls": list(target.urls)}
    return {"name": name, **addresses, "user": target.user, "transport": target.transport}


def _waiting(journal: Journal) -> dict[str, dict[str, Any]]:
    """Return for each target where something is parked: how much, and the state of its poller."""
    parked = ParkedOperations(journal)
    return {
        name: {
            "parked": parked.count(name),
            "followed": bool(journal.redis.exists(journal.keys.lease(name))),
            "trouble": parked.health(name).get("error", ""),
        }
        for name in parked.targets()
    }


def _usage(journal: Journal, name: str, target: Target) -> dict[str, Any]:
    """Return how many asynchronous calls are in flight, how many wait, and how many may be."""
    usage = CallLimit(journal).usage(name, target.max_calls)
    waits = f", {usage.waiting} wait" if usage.waiting else ""
    return {
        "calls": f"{usage.in_flight} of {usage.limit:.0f}{waits}",
        "calls_in_flight": usage.in_flight,
        "calls_waiting": usage.waiting,
        "calls_limit": int(usage.limit),
    }


def _text(rows: list[dict[str, Any]], options: OutputOptions, *, checked: bool) -> RenderableType:
    if not rows:
        return Text(f"{_NONE}: {_SET_UP}")
    rows = [{**row, **_in_words(row)} for row in rows]
    if options.format is Format.LIST:
        return tables.lists(rows)
    columns = ["name", "url", "check"] if checked else _COLUMNS
    shown = columns if options.wide or checked else _fitting(columns, rows)
    listing = tables.table(
        shown, [[row.get(column) for column in shown] for row in rows], whole=_WHOLE
    )
    return tables.with_note(listing, columns, shown)


def _in_words(row: Mapping[str, Any]) -> dict[str, str]:
    """Return the addresses, and whether a poller follows: none does while nothing is parked."""
    unfollowed = "no" if row["parked"] else "idle"
    followed = "yes" if row["followed"] else unfollowed
    more = len(row.get("urls", ())) - 1
    url = {"url": f"{row['url']} and {more} more"} if more > 0 else {}
    return {**url, "followed": followed, "trouble": row["trouble"] or "none"}


def _fitting(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the columns that fit, without the least important ones."""
    kept = list(columns)
    for column in _UNIMPORTANT:
        widths = [max(len(c), *(len(str(row.get(c, ""))) for row in rows)) for c in kept]
        if sum(widths) + layout.GAP * (len(kept) - 1) <= output.width():
            break
        kept.remove(column)
    return kept
