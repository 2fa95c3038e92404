"""A shell completes commands, operations, and names that a recent find has brought."""

import os
import subprocess
import sys

import pytest
from redis import Redis

from config.settings import Settings
from tasks.engine.journal.entry import Place
from tasks.engine.journal.journal import Journal
from tasks.engine.journal.keys import Keys
from tasks.engine.journal.record import Document, Record
from workers.local_stack import valkey_server

XENFLOW = (sys.executable, "-m", "cli")
FOUND: Document = {"records": [{"name_label": name} for name in ("web01", "web02", "db01")]}


def _completed(*words: str, redis_url: str) -> list[str]:
    asked = subprocess.run(
        XENFLOW,
        env={
            **os.environ,
            "XENFLOW_REDIS_URL": redis_url,
            "_XENFLOW_COMPLETE": "complete_bash",
            "COMP_WORDS": " ".join(["xenflow", *words]),
            "COMP_CWORD": str(len(words)),
        },
        capture_output=True,
        check=False,
        text=True,
    )
    return asked.stdout.split()


@pytest.fixture
def find(redis: Redis) -> None:
    """Write a find into the journal."""
    settings = Settings()
    journal = Journal(redis, Keys(settings.key_prefix), lease=settings.lease, keep=60)
    find = Record(name="xenserver.vm.find")
    claimed = journal.claim("f1", Place("f1"), find, timeout=60.0)
    journal.finish(claimed, Place("f1"), FOUND)


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        (["cata"], ["catalogue"]),
        (["vm", "unp"], ["unpause"]),
        (["vm", "dis"], []),  # discard, mark-leftovers and take-back are steps of our own flows
        (["vm", "mark"], []),
        (["run", "task.take"], []),
        (["describe", "flow.setup_d"], ["flow.setup_disk_or_cd"]),
        (["vm", "start", "--vm", "we"], []),
    ],
)
def test_what_the_catalogue_knows_is_completed(
    words: list[str], completed: list[str], nowhere: str
) -> None:
    """It needs no Redis; names of objects are not completed without one."""
    assert _completed(*words, redis_url=nowhere) == completed


@pytest.mark.usefixtures("find")
def test_names_of_a_recent_find_are_completed(valkey: valkey_server.Valkey) -> None:
    """Only inputs that name an object of that class are completed so."""
    assert _completed("vm", "start", "--vm", "we", redis_url=valkey.url) == ["web01", "web02"]
    assert _completed("vm", "start", "--host", "we", redis_url=valkey.url) == []
