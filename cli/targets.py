"""`xenflow targets`: the connection profiles, and what waits on each."""

from typing import Any

from typer.core import TyperCommand

from cli import client, output, single_command
from cli.client import Client
from cli.exit_codes import Code
from cli.options import Debug, Json
from config import settings
from config.targets import Targets
from tasks.engine.journal.parked import ParkedOperations


def command(name: str) -> TyperCommand:
    """Return `xenflow targets`."""
    return single_command.command(name, targets)


def targets(*, json: Json = False, debug: Debug = False) -> int:  # noqa: ARG001 - read by entry.py
    """List the connection profiles, and what waits on each."""
    known = Targets.read(settings.load().targets)
    with client.connected() as house:
        waiting = _waiting(house)
    rows = [
        {"name": name, "url": target.url, "user": target.user, "transport": target.transport}
        | waiting.pop(name, _QUIET)
        for name, target in known.items()
    ]
    rows += [{"name": name, **told} for name, told in waiting.items()]
    _tell(rows, as_json=json)
    return Code.DONE


_QUIET: dict[str, Any] = {"parked": 0, "followed": False, "trouble": ""}


def _waiting(house: Client) -> dict[str, dict[str, Any]]:
    """Return of every place where something is parked: how much, and how its poller fares."""
    parked, keys, redis = ParkedOperations(house.journal), house.journal.keys, house.journal.redis
    return {
        name: {
            "parked": parked.count(name),
            "followed": bool(redis.exists(keys.lease(name))),
            "trouble": parked.health(name).get("error", ""),
        }
        for name in parked.targets()
    }


def _tell(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        output.document({"targets": rows})
    elif rows:
        columns = ["name", "url", "user", "transport", "parked", "followed", "trouble"]
        output.out().print(output.table(columns, [[row.get(c) for c in columns] for row in rows]))
    else:
        output.line("no target is set up: XENFLOW_TARGETS names the file of connection profiles")
