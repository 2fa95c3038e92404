"""What a shell completes: names of objects, where the journal knows a recent find of them."""

import json
from collections.abc import Callable, Iterator

from cli import client
from cli.client import Client
from tasks.engine.journal import scripts

LATEST = 200  # runs among which a find is looked for

Complete = Callable[[str], list[str]]


def names_of(cls: str) -> Complete:
    """Return what completes the name of an object of a class."""

    def complete(incomplete: str) -> list[str]:
        try:
            with client.connected() as house:
                known = set(_found(house, f"xenserver.{cls.lower()}.find"))
        except Exception:  # noqa: BLE001 - a shell that completes nothing is better than one that complains
            return []
        return sorted(name for name in known if name.startswith(incomplete))

    return complete


def _found(house: Client, find: str) -> Iterator[str]:
    """Return the name labels that the latest finds brought."""
    pipe = house.redis.pipeline(transaction=False)
    for run in house.journal.runs(most=LATEST):
        pipe.hmget(house.journal.keys.entry(run), "name", "answer")
    for name, answer in pipe.execute():
        if name and answer and scripts.text(name) == find:
            records = json.loads(answer).get("records", [])
            yield from (record["name_label"] for record in records if "name_label" in record)
