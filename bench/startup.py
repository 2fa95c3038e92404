"""Start-up: CPU time until a command has printed its answer, beside bare programs.

All programs run by turns, so that a busy machine slows them alike; the least time of each counts.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.figures import Figure
from tasks.engine.journal.entry import Place
from tasks.engine.journal.journal import Journal
from tasks.engine.journal.keys import Keys
from tasks.engine.journal.record import Document, Record
from workers.local_stack import valkey_server

ROUNDS, RUNS = 7, 20
_TYPER = """\
import typer

app = typer.Typer()

@app.command()
def start(vm: str) -> None:
    "Start a VM."

@app.command()
def stop(vm: str) -> None:
    "Stop a VM."

app(prog_name="bare")
"""
_CELERY = """\
import os
from celery import Celery

app = Celery(backend=os.environ["XENFLOW_REDIS_URL"])
print(app.AsyncResult("unknown").state)
"""
_XENFLOW = (sys.executable, "-m", "cli")


@dataclass(frozen=True, slots=True)
class _Program:
    """A command line, and variables of its environment."""

    words: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)

    def cost(self, environment: Mapping[str, str]) -> float:
        """Return the CPU time of one run in seconds."""
        before = os.times()
        subprocess.run(  # noqa: S603 - programs of this module
            self.words,
            env={**environment, **self.environment},
            check=False,  # a completion exits as the shell wants it
            stdout=subprocess.DEVNULL,
        )
        after = os.times()
        return (after.children_user - before.children_user) + (
            after.children_system - before.children_system
        )


def run() -> Iterator[Figure]:
    """Return the figures of four commands, each beside the bare program that it is like."""
    with tempfile.TemporaryDirectory() as folder, _redis(Path(folder)) as url:
        programs = _programs(Path(folder))
        environment = {**os.environ, "XENFLOW_REDIS_URL": url, "XDG_CACHE_HOME": folder}
        costs = _least(programs, environment)
    yield _figure(costs, "xenflow --help", "typer --help")
    yield _figure(costs, "xenflow vm --help", "typer --help")
    yield _figure(costs, "xenflow runs", "celery, one result")
    yield _figure(costs, "complete a command", "typer completion")
    yield _figure(costs, "complete a VM", "typer completion + redis")


def _figure(costs: Mapping[str, float], what: str, beside: str) -> Figure:
    reference = sum(costs[part] for part in beside.split(" + "))
    return Figure(what, costs[what] * 1000, "ms", beside, reference * 1000)


def _programs(folder: Path) -> dict[str, _Program]:
    typer, celery = folder / "bare_typer.py", folder / "bare_celery.py"
    typer.write_text(_TYPER, encoding="utf-8")
    celery.write_text(_CELERY, encoding="utf-8")
    bare = (sys.executable, str(typer))
    return {
        "typer --help": _Program((*bare, "--help")),
        "typer completion": _Program(bare, _completion("BARE", "bare st")),
        "celery, one result": _Program((sys.executable, str(celery))),
        "redis": _Program((sys.executable, "-c", "import redis")),
        "xenflow --help": _Program((*_XENFLOW, "--help")),
        "xenflow vm --help": _Program((*_XENFLOW, "vm", "--help")),
        "xenflow runs": _Program((*_XENFLOW, "runs")),
        "complete a command": _Program(_XENFLOW, _completion("XENFLOW", "xenflow ru")),
        "complete a VM": _Program(_XENFLOW, _completion("XENFLOW", "xenflow vm start --vm w")),
    }


def _completion(program: str, line: str) -> dict[str, str]:
    words = line.split()
    return {
        f"_{program}_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
    }


def _least(programs: Mapping[str, _Program], environment: Mapping[str, str]) -> dict[str, float]:
    """Return the least cost of each program; the first round only fills caches."""
    rounds = [
        {name: program.cost(environment) for name, program in programs.items()}
        for _ in range(ROUNDS + 1)
    ]
    return {name: min(costs[name] for costs in rounds[1:]) for name in programs}


@contextmanager
def _redis(folder: Path) -> Iterator[str]:
    """Start a server whose journal has runs, each of which found a VM."""
    server = valkey_server.start(folder / "valkey")
    try:
        with server.client() as redis:
            journal = Journal(redis, Keys(), lease=10.0, keep=60)
            for number in range(RUNS):
                place = Place(f"run{number}")
                claimed = journal.claim(place.root, place, _FIND, timeout=60.0)
                journal.finish(claimed, place, _FOUND)
        yield server.url
    finally:
        server.stop()


_FIND = Record(name="xenserver.vm.find", target="lab")
_FOUND: Document = {"return_result": "1 VM", "records": [{"uuid": "1", "name_label": "web01"}]}
