"""A process dies at any point while a VM goes to another pool: it is in one of them, once."""

import uuid
from collections import Counter
from pathlib import Path

import pytest

from simulator import server
from tests.end_to_end.flow_cases import FlowCase
from tests.end_to_end.test_crash_points import (
    SPEED,
    Crash,
    crashing,
    no_time_passes,
    problem,
    run_clean,
)
from tests.stack import StackHarness, Xenserver, running_stack
from tests.tasks.fixtures import Maker, Record
from tests.tasks.table import Fields

MOVE, COPY = "xenserver.vm.migrate_to_pool", "xenserver.vm.copy_to_pool"
OTHER = '\n[there]\nurl = "{}"\nuser = "root"\npassword_file = "pool.password"\n'


def ready(maker: Maker) -> Fields:
    """Make a VM of a name of its own that is to go."""
    return {"vm": maker.vm(), "destination": "there"}


def gone(maker: Maker, fields: Fields, _: Record) -> bool:
    return maker.gone("VM", fields["vm"])


CASES = (
    FlowCase(MOVE, ready, gone),
    FlowCase(COPY, ready, lambda maker, fields, answer: not gone(maker, fields, answer)),
)


def crashed(stack: StackHarness, maker: Maker) -> list[Crash]:
    """Send each message once for each of its exchanges, to die after that one."""
    clean = {case.name: run_clean(stack, maker, case).exchanges for case in CASES}
    with no_time_passes(stack):
        made = [(case, n, case.ready(maker)) for case in CASES for n in range(clean[case.name] + 1)]
    return [
        Crash(case, n, fields, stack.send(case.name, task_id=f"crash/{n}/{uuid.uuid4()}", **fields))
        for case, n, fields in made
    ]


def marks(pool: Xenserver) -> list[str]:
    """Return the keys of marks that VMs of a pool have."""
    configs = [record["other_config"] for record in pool.records("VM").values()]
    return [key for config in configs for key in config if key.startswith("xenflow:mark:")]


@pytest.mark.slow(seconds=40)
@pytest.mark.timeout(600)
def test_a_vm_is_sent_once_whenever_its_worker_dies(tmp_path: Path) -> None:
    """Moved, or copied, it is in the other pool once; no mark is left."""
    options = server.Options(seed=2, speed=SPEED, control=True)
    with server.serve_in_thread(options) as other, running_stack(tmp_path, speed=SPEED) as stack:
        there = Xenserver(other.url)
        with (tmp_path / "targets.toml").open("a", encoding="utf-8") as targets:
            targets.write(OTHER.format(other.url))
        with crashing(stack, tmp_path / "crashing"):
            maker = Maker(stack.xenserver, stack.xenserver.control)
            crashes = crashed(stack, maker)
            problems = {str(one): text for one in crashes if (text := problem(maker, one))}
        left = marks(stack.xenserver) + marks(there)
        sent = Counter(record["name_label"] for record in there.records("VM").values())
        names = {one.fields["vm"]: one.result.get(timeout=60)["name_label"] for one in crashes}

    assert problems == {}
    assert {sent[name] for name in names.values()} == {1}
    assert left == []
