"""Answers: what Redis keeps of those that name 5,000 VMs, in the journal and as results.

The journal needs no copy of a large answer that the result backend keeps: its figures stand beside
those of the results.
"""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from redis import Redis

from bench.figures import Figure
from tasks.engine.journal.keys import Keys
from workers import app as application
from workers.app import Xenflow
from workers.local_stack.stack import Stack
from workers.local_stack.supervisor import Supervisor

VMS, TIMEOUT = 5_000, 120
_MIB = 1 << 20

READS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "vm.find, all fields": ("xenserver.vm.find", {"fields": ["*"]}),
    "vm.find, useful fields": ("xenserver.vm.find", {}),
    "find_list_of_vms": ("flow.find_list_of_vms", {}),
}


def run() -> Iterator[Figure]:
    """Return what the run of each read leaves in the journal, beside what is left as results."""
    with tempfile.TemporaryDirectory() as folder, Supervisor(Path(folder)) as supervisor:
        services = Stack(supervisor)
        services.valkey()
        services.simulator(speed=1000.0, vms=VMS)
        services.worker()
        app = application.create(services.settings)
        for what, (name, fields) in READS.items():
            app.send_task(name, kwargs=dict(fields)).get(timeout=TIMEOUT)
            journal, results = _kept(app, app.runtime.journal.redis)
            yield Figure(what, journal / _MIB, "MiB", "as results", results / _MIB)


def _kept(app: Xenflow, redis: Redis) -> tuple[int, int]:
    """Return the bytes of the last run in the journal and as results, and forget it."""
    journal, backend = app.runtime.journal, cast("Any", app.backend)  # the stubs know less
    (root,) = journal.runs(most=1)
    ids = journal.run(root)
    sizes = [
        (_size(redis, Keys().entry(id_)), _size(redis, backend.get_key_for_task(id_)))
        for id_ in ids
    ]
    return sum(size for size, _ in sizes), sum(size for _, size in sizes)


def _size(redis: Redis, key: str | bytes) -> int:
    return int(redis.memory_usage(key, samples=0) or 0)
