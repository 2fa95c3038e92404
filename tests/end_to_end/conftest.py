"""Houses with a neighbour: another service's worker on the same broker."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.stack import Inhabited
from workers.local_stack.supervisor import Supervisor


@pytest.fixture(scope="session")
def neighbour(house: Inhabited, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inhabited]:
    """Put a foreign worker beside the shared house."""
    with beside(house, tmp_path_factory.mktemp("foreign")):
        yield house


@contextmanager
def beside(house: Inhabited, folder: Path) -> Iterator[None]:
    """Keep a foreign worker on the broker of a house."""
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
    with Supervisor(folder) as household:
        member = household.start("foreign", [*command, *options], environment=house.environment)
        household.wait(
            member,
            lambda: bool(house.app.control.ping(destination=["foreign@here"], timeout=0.5)),
        )
        yield
