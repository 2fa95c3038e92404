"""Stacks that share a broker with a neighbour: another service's worker on the same broker."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.stack import StackHarness
from workers.local_stack.supervisor import Supervisor


@pytest.fixture(scope="session")
def neighbour(
    stack: StackHarness, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StackHarness]:
    """Start a foreign worker beside the shared stack."""
    with beside(stack, tmp_path_factory.mktemp("foreign")):
        yield stack


@contextmanager
def beside(stack: StackHarness, folder: Path) -> Iterator[None]:
    """Keep a foreign worker on the broker of a stack."""
    command = [sys.executable, "-m", "celery", "-A", "tests.end_to_end.foreign", "worker"]
    options = [
        "-P",
        "threads",
        "-c",
        "2",
        "-Q",
        "foreign",
        "-n",
        "foreign@here",
        "--without-mingle",
    ]
    with Supervisor(folder) as supervisor:
        member = supervisor.start("foreign", [*command, *options], environment=stack.environment)
        first = stack.app.send_task("foreign.after", args=[None], queue="foreign")
        supervisor.wait(member, first.ready)
        yield
